"""Keep doubts whether two are one person, and what people decided about them."""

from alembic import op

revision = "identity_0002"
down_revision = "identity_0001"
branch_labels = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE doubt (
        case_key text COLLATE "C" PRIMARY KEY,
        kind text NOT NULL,
        school text NOT NULL,
        key text COLLATE "C" NOT NULL,
        other_key text COLLATE "C",
        account_id uuid,
        other_account_id uuid,
        state text NOT NULL CHECK (state IN ('open', 'same_person', 'different_people')),
        raised_at timestamptz NOT NULL,
        decided_by text,
        decided_at timestamptz,
        reason text
    );
    COMMENT ON TABLE doubt IS
        'Two UPNs or two holders of a staff code that may be one person, and what people decided';
    CREATE INDEX doubt_open ON doubt (case_key) WHERE state = 'open';
    """)
