"""Make the runtime's own tables, the same in every service's database."""

from alembic import op

revision = "runtime_0001"
down_revision = None
branch_labels = ("runtime",)


def upgrade() -> None:
    op.execute("""
    CREATE TABLE consumer_offset (
        topic text NOT NULL,
        partition integer NOT NULL,
        topic_id text,
        next_offset bigint NOT NULL,
        advanced_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (topic, partition)
    );
    COMMENT ON TABLE consumer_offset IS 'How far this service has applied each partition';

    CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        events integer NOT NULL,
        batch bytea NOT NULL
    );
    -- Compressing takes longer than writing, and the row is gone in a moment.
    ALTER TABLE outbox ALTER COLUMN batch SET STORAGE EXTERNAL;
    COMMENT ON TABLE outbox IS 'Events that wait for the relay, one row a transaction';

    CREATE TABLE inbox (
        topic text NOT NULL,
        ce_id text NOT NULL,
        seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (topic, ce_id)
    );
    CREATE INDEX inbox_by_age ON inbox (seen_at);

    CREATE TABLE parked (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        topic text NOT NULL,
        partition integer NOT NULL,
        position bigint NOT NULL,
        key text NOT NULL,
        key_bytes bytea,
        value bytea,
        headers jsonb NOT NULL,
        reason text NOT NULL,
        parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        UNIQUE (topic, partition, position)
    );
    CREATE INDEX parked_by_key ON parked (topic, key);

    CREATE TABLE idempotency (
        caller text NOT NULL,
        key text NOT NULL,
        request_digest bytea NOT NULL,
        status integer,
        body jsonb,
        made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        PRIMARY KEY (caller, key)
    );
    """)
