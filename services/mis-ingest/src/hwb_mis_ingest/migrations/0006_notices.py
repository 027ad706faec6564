"""Make the table of open cases that follow from the calendar, which no run raises."""

from alembic import op

revision = "mis_ingest_0006"
down_revision = "mis_ingest_0005"
branch_labels = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE notice (
        case_key text COLLATE "C" PRIMARY KEY,
        kind text NOT NULL,
        school text,
        facts jsonb NOT NULL,
        raised_at timestamptz NOT NULL
    );
    COMMENT ON TABLE notice IS 'Open cases that follow from what is so, not from one run';
    """)
