"""Keep with a change of an account who decided it, and why."""

from alembic import op

revision = "identity_0004"
down_revision = "identity_0003"
branch_labels = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE account_history ADD COLUMN decided_by text, ADD COLUMN reason text;
    COMMENT ON COLUMN account_history.decided_by IS
        'The person whose decision the change was; NULL where a run or a day caused it';
    """)
