"""Until when a group is left alone, whichever worker takes its next operation."""

from alembic import op

revision = "groups_0005"
down_revision = "groups_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        -- No call on the group before it, by this operation or the next; none: never called for it.
        ALTER TABLE operation ADD COLUMN quiet_until timestamptz;
    """)
