"""Keep how long released accounts are kept, what was deleted, and which cases follow from that."""

from alembic import op

revision = "identity_0005"
down_revision = "identity_0004"
branch_labels = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE person ADD COLUMN released_on date, ADD COLUMN deletes_on date;
    COMMENT ON COLUMN person.released_on IS
        'When the release was processed that nobody has taken the account back from since';
    COMMENT ON COLUMN person.deletes_on IS 'When the account is deleted, once that is announced';
    CREATE INDEX person_deletes ON person (deletes_on) WHERE deletes_on IS NOT NULL;

    CREATE TABLE deleted_account (
        account_id uuid PRIMARY KEY,
        version integer NOT NULL,
        deleted_on date NOT NULL,
        approved boolean NOT NULL
    );
    COMMENT ON TABLE deleted_account IS
        'All that remains of a deleted account; approved: a person let it go beyond the limit';
    CREATE INDEX deleted_account_by_day ON deleted_account (deleted_on);

    CREATE TABLE deletion_approval (
        up_to date PRIMARY KEY,
        digest text NOT NULL,
        accounts integer NOT NULL,
        approved_by text NOT NULL,
        approved_at timestamptz NOT NULL,
        reason text NOT NULL
    );
    COMMENT ON TABLE deletion_approval IS
        'Deletions beyond the calendar''s limit that a person approved: that very list';

    CREATE TABLE notice (
        case_key text COLLATE "C" PRIMARY KEY,
        kind text NOT NULL,
        school text,
        facts jsonb NOT NULL,
        raised_at timestamptz NOT NULL
    );
    COMMENT ON TABLE notice IS 'Open cases that follow from what is so, not from one event';
    """)
