"""Figures as pure functions, tested without Dash."""
