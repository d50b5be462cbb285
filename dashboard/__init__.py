"""The session watcher: alarms, record, live page. Only `cli` wires everything together."""
