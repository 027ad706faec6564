"""Make the tables of cases and of the mails about them."""

from alembic import op

revision = "notifier_0001"
down_revision = None
branch_labels = ("notifier",)


def upgrade() -> None:
    op.execute("""
    CREATE TABLE service_case (
        case_key text PRIMARY KEY,
        kind text NOT NULL,
        school text,
        state text NOT NULL CHECK (state IN ('open', 'resolved')),
        opening integer NOT NULL CHECK (opening > 0),
        raised_by text NOT NULL,
        raised_at timestamptz NOT NULL,
        resolved_at timestamptz,
        facts jsonb NOT NULL
    );
    CREATE INDEX service_case_newest ON service_case (raised_at DESC, case_key DESC);
    CREATE INDEX service_case_of_school ON service_case (school, raised_at DESC);
    COMMENT ON TABLE service_case IS 'Every case once, as it stands; ids, numbers and dates only';

    CREATE TABLE mail (
        mail_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        case_key text NOT NULL REFERENCES service_case,
        opening integer NOT NULL,
        message_id text NOT NULL UNIQUE,
        first_message_id text NOT NULL,
        kind text NOT NULL,
        school text,
        facts jsonb NOT NULL,
        raised_at timestamptz NOT NULL,
        state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'sent', 'parked')),
        made_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        not_before timestamptz NOT NULL DEFAULT clock_timestamp(),
        failures integer NOT NULL DEFAULT 0,
        reason text,
        sent_at timestamptz,
        UNIQUE (case_key, opening)
    );
    CREATE INDEX mail_due ON mail (not_before, mail_id) WHERE state = 'due';
    COMMENT ON TABLE mail IS 'One mail for each opening of a case, with what it says';
    COMMENT ON COLUMN mail.made_at IS 'System time, like not_before; the rest is business time';
    """)
