"""Make the tables of uploads that arrive in parts."""

from alembic import op

revision = "mis_ingest_0005"
down_revision = "mis_ingest_0004"
branch_labels = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE upload_session (
        session_id uuid PRIMARY KEY,
        school text NOT NULL,
        caller text NOT NULL,
        key text NOT NULL,
        length bigint NOT NULL,
        sha256 text NOT NULL,
        extracted_at timestamptz,
        received bigint NOT NULL DEFAULT 0,
        taken boolean NOT NULL DEFAULT false,
        made_at timestamptz NOT NULL,
        ends_at timestamptz NOT NULL,
        UNIQUE (caller, key)
    );
    CREATE INDEX upload_session_school ON upload_session (school, made_at);
    CREATE INDEX upload_session_end ON upload_session (ends_at);
    COMMENT ON TABLE upload_session IS 'Uploads that arrive in parts, by their Idempotency-Key';
    COMMENT ON COLUMN upload_session.taken IS 'Its run is there and its parts are gone';

    CREATE TABLE upload_part (
        session_id uuid REFERENCES upload_session ON DELETE CASCADE,
        start bigint,
        bytes bytea NOT NULL,
        PRIMARY KEY (session_id, start)
    );
    """)
