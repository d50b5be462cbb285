"""A run's clock in words. Pure."""


def clock(seconds: float) -> str:
    """Minutes and seconds, however long: `07:05`, `245:00`."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes:02d}:{rest:02d}"
