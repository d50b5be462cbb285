"""Settings and shipped data: typed, frozen, unknown keys refused."""
