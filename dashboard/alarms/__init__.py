"""The alarm engine: pure, the same code for live, simulated and replayed data."""
