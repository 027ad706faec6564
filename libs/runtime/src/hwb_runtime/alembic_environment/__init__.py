"""Where alembic finds how to run."""
