"""Settings by environment: `local` (development), `test`, `production`."""
