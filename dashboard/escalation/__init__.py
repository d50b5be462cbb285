"""What becomes of alarms that nobody answers: steps in time (pure), the screens there are, and the contacts outside."""
