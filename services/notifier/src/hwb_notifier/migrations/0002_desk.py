"""Make room for what people do about cases: who has one, and every step with its reason."""

from alembic import op

revision = "notifier_0002"
down_revision = "notifier_0001"
branch_labels = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE service_case
        ADD COLUMN assigned_to text,
        ADD COLUMN version integer NOT NULL DEFAULT 1;
    COMMENT ON COLUMN service_case.version IS 'Rises with each change of the case: its ETag';

    CREATE TABLE case_step (
        case_key text NOT NULL REFERENCES service_case,
        number integer NOT NULL,
        opening integer NOT NULL,
        what text NOT NULL CHECK (what IN ('commented', 'assigned', 'resolved', 'decided')),
        value text,
        reason text NOT NULL,
        role text NOT NULL,
        subject text NOT NULL,
        at timestamptz NOT NULL,
        PRIMARY KEY (case_key, number)
    );
    COMMENT ON TABLE case_step IS 'What people did about a case, and why; never changed';
    COMMENT ON COLUMN case_step.value IS 'To whom it was assigned, or what was decided';
    """)
