"""Make the table of open cases about groups that are to be archived without an owner."""

from alembic import op

revision = "groups_0006"
down_revision = "groups_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE notice (
            case_key text COLLATE "C" PRIMARY KEY,
            kind text NOT NULL,
            school text,
            facts jsonb NOT NULL,
            raised_at timestamptz NOT NULL
        );
        COMMENT ON TABLE notice IS 'Open cases that follow from what is so, not from one event';
    """)
