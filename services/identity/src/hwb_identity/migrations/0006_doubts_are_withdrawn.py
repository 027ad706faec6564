"""Let a proposal of a merge be withdrawn by the school whose word raised it."""

from alembic import op

revision = "identity_0006"
down_revision = "identity_0005"
branch_labels = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE doubt DROP CONSTRAINT doubt_state_check;
    ALTER TABLE doubt ADD CONSTRAINT doubt_state_check
        CHECK (state IN ('open', 'same_person', 'different_people', 'withdrawn'));
    """)
