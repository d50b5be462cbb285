"""One module a protocol family; each public module defines `MONITOR`."""
