"""A breaker per provider, so that one that is out of order is left in peace by all workers."""

from alembic import op

revision = "groups_0004"
down_revision = "groups_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        -- A row is there while a breaker is not closed; worth nothing after a crash.
        CREATE UNLOGGED TABLE breaker (
            provider text PRIMARY KEY,
            of_writes boolean NOT NULL,
            level integer NOT NULL,
            probing boolean NOT NULL DEFAULT false,
            open_until timestamptz NOT NULL
        );
    """)
