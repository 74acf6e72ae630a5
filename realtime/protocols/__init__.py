"""The wire formats: thin adapters over one session and the same handlers."""
