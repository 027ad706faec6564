"""How fast the line of restores moves is counted by when they began."""

from alembic import op

revision = "groups_0003"
down_revision = "groups_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE INDEX operation_restore_begun ON operation (provider, started_at)
            WHERE action = 'restore';
    """)
