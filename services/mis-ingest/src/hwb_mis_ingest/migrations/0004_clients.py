"""Make the tables of Provisioning Clients' credentials, and of how fast somebody may go on."""

from alembic import op

revision = "mis_ingest_0004"
down_revision = "mis_ingest_0003"
branch_labels = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE client (
        client_id text PRIMARY KEY,
        school text NOT NULL,
        made_at timestamptz NOT NULL,
        made_by text NOT NULL,
        revoked_at timestamptz,
        revoked_by text
    );
    CREATE INDEX client_school ON client (school);
    COMMENT ON TABLE client IS 'Credentials of schools'' Provisioning Clients';

    CREATE TABLE client_secret (
        secret_sha256 bytea PRIMARY KEY,
        client_id text NOT NULL REFERENCES client,
        made_at timestamptz NOT NULL,
        made_by text NOT NULL,
        ends_at timestamptz
    );
    CREATE INDEX client_secret_client ON client_secret (client_id);
    COMMENT ON COLUMN client_secret.ends_at IS 'Set when a newer one was made: the overlap ends';

    CREATE TABLE client_token (
        token_sha256 bytea PRIMARY KEY,
        client_id text NOT NULL REFERENCES client,
        ends_at timestamptz NOT NULL
    );
    CREATE INDEX client_token_client ON client_token (client_id);

    CREATE TABLE pace (
        what text PRIMARY KEY,
        level double precision NOT NULL,
        at timestamptz NOT NULL
    );
    COMMENT ON TABLE pace IS 'How often something may still be done now, and when that was so';
    """)
