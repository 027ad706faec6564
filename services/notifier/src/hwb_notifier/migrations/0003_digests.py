"""Make room for digests: who a mail goes to, who could not be reached, and one mail for many."""

from alembic import op

revision = "notifier_0003"
down_revision = "notifier_0002"
branch_labels = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE digest (
        digest_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        addressee text NOT NULL,
        number integer NOT NULL,
        message_id text NOT NULL UNIQUE,
        state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'sent', 'dissolved')),
        not_before timestamptz NOT NULL DEFAULT clock_timestamp(),
        failures integer NOT NULL DEFAULT 0,
        reason text,
        taken_at timestamptz,
        UNIQUE (addressee, number)
    );
    CREATE INDEX digest_due ON digest (not_before) WHERE state = 'due';
    CREATE INDEX digest_taken ON digest (addressee, taken_at);
    COMMENT ON TABLE digest IS 'One mail for many cases; which ones is fixed before it is sent';
    COMMENT ON COLUMN digest.not_before IS 'System time, like taken_at';

    ALTER TABLE mail
        DROP CONSTRAINT mail_state_check,
        ADD CHECK (state IN ('due', 'gathered', 'sent', 'parked')),
        ADD COLUMN addressee text NOT NULL DEFAULT 'service_desk',
        ADD COLUMN undelivered_to text,
        ADD COLUMN digest_id bigint REFERENCES digest,
        ADD COLUMN taken_at timestamptz;
    CREATE INDEX mail_waiting ON mail (addressee, mail_id) WHERE state = 'due';
    CREATE INDEX mail_taken ON mail (addressee, taken_at);
    CREATE INDEX mail_of_digest ON mail (digest_id) WHERE digest_id IS NOT NULL;
    COMMENT ON COLUMN mail.addressee IS 'service_desk, school/<number>, authority/<code>';
    COMMENT ON COLUMN mail.undelivered_to IS 'Who could not be reached, so that the desk was';
    COMMENT ON COLUMN mail.taken_at IS 'When the mail server took it, in system time';
    """)
