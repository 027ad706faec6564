"""Make the tables of runs, uploads and last published records."""

from alembic import op

revision = "mis_ingest_0001"
down_revision = None
branch_labels = ("mis-ingest",)


def upgrade() -> None:
    op.execute("""
    CREATE TABLE school_intake (
        school text PRIMARY KEY,
        last_run_seq integer NOT NULL,
        last_extracted_at timestamptz
    );
    COMMENT ON TABLE school_intake IS 'Locked to put the runs of one school in order';

    CREATE TABLE run (
        run_id uuid PRIMARY KEY,
        place bigint GENERATED ALWAYS AS IDENTITY,
        school text NOT NULL,
        run_seq integer NOT NULL,
        status text NOT NULL CHECK (status IN ('received', 'refused', 'published', 'settled')),
        format text NOT NULL,
        extracted_at timestamptz,
        received_at timestamptz NOT NULL,
        received_from text NOT NULL,
        traceparent text NOT NULL,
        published_at timestamptz,
        settled_at timestamptz,
        counts jsonb,
        applied integer,
        pending integer,
        parked integer,
        refusal text,
        refusal_says text,
        failures integer NOT NULL DEFAULT 0,
        touched_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        UNIQUE (school, run_seq)
    );
    CREATE INDEX run_waiting ON run (place) WHERE status = 'received';
    CREATE INDEX run_unsettled ON run (touched_at) WHERE status = 'published';
    COMMENT ON COLUMN run.touched_at IS 'System time, for reconcile; the others are business time';

    CREATE TABLE upload_chunk (
        run_id uuid NOT NULL REFERENCES run,
        number integer NOT NULL,
        bytes bytea NOT NULL,
        PRIMARY KEY (run_id, number)
    );
    ALTER TABLE upload_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;
    COMMENT ON TABLE upload_chunk IS 'Uploads not yet published: deleted with the publication';

    CREATE TABLE rejection (
        run_id uuid NOT NULL REFERENCES run,
        number integer NOT NULL,
        file text NOT NULL,
        line integer NOT NULL,
        field text NOT NULL,
        reason text NOT NULL,
        value_class text NOT NULL,
        PRIMARY KEY (run_id, number)
    );

    CREATE TABLE published_record (
        school text NOT NULL,
        kind text NOT NULL,
        code text NOT NULL,
        state text NOT NULL,
        hash uuid NOT NULL,
        local_id text NOT NULL,
        derived_former_upn text,
        run_seq integer NOT NULL,
        record text NOT NULL,
        PRIMARY KEY (school, kind, code)
    ) WITH (fillfactor = 50);  -- a rollover writes every row anew: with room in its page, no index
    COMMENT ON COLUMN published_record.hash IS 'Of the row as the school stated it';
    COMMENT ON COLUMN published_record.record IS 'JSON as published; text because it is not read';

    CREATE TABLE published_class (
        school text NOT NULL,
        class_key text NOT NULL,
        local_id text NOT NULL,
        state text NOT NULL,
        hash uuid NOT NULL,
        run_seq integer NOT NULL,
        body text NOT NULL,
        PRIMARY KEY (school, class_key)
    );

    CREATE TABLE open_case (
        case_key text PRIMARY KEY,
        school text NOT NULL,
        raised_by_run uuid NOT NULL
    );
    """)
