"""Slow measurements against a baseline from the same run: `python -m benchmarks`."""
