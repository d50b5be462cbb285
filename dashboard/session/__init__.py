"""The session record: events, the fold over them, infusion arithmetic. Pure."""
