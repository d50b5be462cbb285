"""The training room: simulated runs that a trainer steers and a trainee sees as the live page."""
