"""Make the table of rows that are kept back, so that the same ones are said once."""

from alembic import op

revision = "mis_ingest_0003"
down_revision = "mis_ingest_0002"
branch_labels = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE kept_back (
        school text NOT NULL,
        kind text NOT NULL,
        code text NOT NULL,
        state text NOT NULL CHECK (state IN ('rejected', 'held')),
        hash uuid NOT NULL,
        PRIMARY KEY (school, kind, code)
    );
    COMMENT ON TABLE kept_back IS
        'Rows last said to be rejected or held, for diagnosis; hash is of what was said';
    """)
