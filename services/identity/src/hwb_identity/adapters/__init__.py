"""PostgreSQL, as identity uses it."""
