"""What every domain shares: errors, ids, tasks, pagination, limits. Imports no domain."""
