"""Durable storage of events and samples: SQLAlchemy Core, one writer thread."""
