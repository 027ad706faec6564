"""Make the tables of people, accounts and runs."""

from alembic import op

revision = "identity_0001"
down_revision = None
branch_labels = ("identity",)


def upgrade() -> None:
    op.execute("""
    CREATE TABLE person (
        -- "C": the order that Python sorts in, which locks rely on; compared much faster, too.
        key text COLLATE "C" PRIMARY KEY,
        held_by text COLLATE "C",
        role text NOT NULL,
        keys text[] NOT NULL,
        enrolments jsonb NOT NULL,
        decisions jsonb NOT NULL,
        account_id uuid,
        sign_in_name text COLLATE "C",
        display_name text,
        version integer NOT NULL DEFAULT 0,
        home_school text COLLATE "C",
        released_from text COLLATE "C",
        status text,
        year_group text,
        classes text[],
        other_schools text[],
        waiting jsonb NOT NULL,
        next_due date,
        changed_at timestamptz NOT NULL
        -- A rollover updates every row once: with room for it beside the row no index is touched.
    ) WITH (fillfactor = 50);
    COMMENT ON TABLE person IS
        'One row a UPN or <school>/<staff code>: the person, what every school said, the account';
    COMMENT ON COLUMN person.held_by IS
        'The row that holds the person of this key: a former UPN, or a transferred staff code';
    CREATE UNIQUE INDEX person_by_account ON person (account_id) WHERE account_id IS NOT NULL;
    CREATE UNIQUE INDEX person_by_sign_in_name ON person (sign_in_name)
        WHERE sign_in_name IS NOT NULL;
    CREATE INDEX person_by_school ON person ((coalesce(home_school, released_from)), account_id)
        WHERE account_id IS NOT NULL;
    CREATE INDEX person_by_other_school ON person USING gin (other_schools)
        WHERE other_schools <> '{}';
    CREATE INDEX person_waiting ON person (key) WHERE waiting <> '[]';
    CREATE INDEX person_due ON person (next_due) WHERE next_due IS NOT NULL;

    CREATE TABLE sign_in_stem (
        stem text COLLATE "C" NOT NULL,
        lane smallint NOT NULL,
        taken integer NOT NULL,
        PRIMARY KEY (stem, lane)
    ) WITH (fillfactor = 75);
    COMMENT ON TABLE sign_in_stem IS
        'How many sign-in names of a stem each lane has taken; lanes never wait for each other';

    CREATE TABLE account_history (
        account_id uuid NOT NULL,
        version integer NOT NULL,
        changed_at timestamptz NOT NULL,
        change text NOT NULL,
        cause text NOT NULL,
        account json NOT NULL,
        PRIMARY KEY (account_id, version)
    );
    COMMENT ON TABLE account_history IS
        'Every change of every account: its cause (run:…, due, command:…), what it was then';

    CREATE TABLE calendar_followed (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        digest text NOT NULL
    );
    COMMENT ON TABLE calendar_followed IS
        'The calendar by which everybody was evaluated; another one has them evaluated anew';

    CREATE TABLE run (
        run_id text COLLATE "C" PRIMARY KEY,
        school text NOT NULL,
        run_seq integer NOT NULL,
        changes integer NOT NULL,
        traceparent text,
        published_at timestamptz NOT NULL,
        rejected integer NOT NULL DEFAULT 0,
        held integer NOT NULL DEFAULT 0,
        settled_at timestamptz
    );
    COMMENT ON TABLE run IS 'Published runs and when all their changes were applied or parked';
    CREATE INDEX run_unsettled ON run (run_id) WHERE settled_at IS NULL;

    CREATE INDEX run_by_school ON run (school, run_seq);

    CREATE TABLE run_heard (
        school text COLLATE "C" PRIMARY KEY,
        run_id text COLLATE "C" NOT NULL,
        run_seq integer NOT NULL,
        change text NOT NULL,
        heard_at timestamptz NOT NULL
    );
    COMMENT ON TABLE run_heard IS 'The newest thing heard of any run of a school, for diagnosis';

    CREATE TABLE kept_back (
        key text COLLATE "C" NOT NULL,
        school text COLLATE "C" NOT NULL,
        state text NOT NULL,
        run_seq integer NOT NULL,
        PRIMARY KEY (key, school)
    );
    COMMENT ON TABLE kept_back IS
        'Rows that were rejected or held, for diagnosis; an older one than the record counts not';

    CREATE TABLE run_progress (
        run_id text COLLATE "C" NOT NULL,
        partition integer NOT NULL,
        applied integer NOT NULL,
        pending integer NOT NULL,
        PRIMARY KEY (run_id, partition)
    ) WITH (fillfactor = 75);
    COMMENT ON TABLE run_progress IS
        'Changes of a run applied from each partition: one row a partition, so that none waits';

    CREATE TABLE transfer_case (
        case_key text PRIMARY KEY,
        school text NOT NULL,
        staff_key text NOT NULL,
        previous_school text NOT NULL,
        previous_staff_key text,
        account_id uuid NOT NULL,
        previous_account_id uuid,
        state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'refused')),
        note text,
        requested_by text NOT NULL,
        requested_at timestamptz NOT NULL,
        decided_by text,
        decided_at timestamptz,
        reason text
    );
    COMMENT ON TABLE transfer_case IS 'Requests to keep the account of the previous school';

    CREATE TABLE password (
        account_id uuid PRIMARY KEY,
        argon2id text NOT NULL,
        sealed bytea,
        made_at timestamptz NOT NULL
    );
    COMMENT ON TABLE password IS 'Passwords of accounts for which somebody has asked';
    COMMENT ON COLUMN password.sealed IS
        'The password, encrypted under a secret that is not in the database; NULL after a match';

    CREATE TABLE manual_account (
        account_id uuid PRIMARY KEY,
        owner text NOT NULL,
        reason text NOT NULL,
        ends_on date,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        reviewed_by text,
        reviewed_at timestamptz,
        confirmed_with text
    );
    COMMENT ON TABLE manual_account IS
        'Non-MIS and governor accounts: who answers for each, why, until when, and the last review';

    CREATE TABLE access_log (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        asked_at timestamptz NOT NULL,
        action text NOT NULL,
        subject text NOT NULL,
        role text NOT NULL,
        school text,
        account_id uuid,
        person_ref text
    );
    COMMENT ON TABLE access_log IS 'Who saw or reset which password, who asked about whom';
    """)
