"""Classes and accounts as read, groups with their members, and the queue of operations."""

from alembic import op

revision = "groups_0001"
down_revision = None
branch_labels = ("groups",)
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE class (
            class_key text PRIMARY KEY,
            school text NOT NULL,
            academic_year text NOT NULL,
            class_code text NOT NULL,
            title text NOT NULL,
            year_group text,
            state text NOT NULL,
            teachers text[] NOT NULL,
            members text[] NOT NULL,
            run_seq bigint NOT NULL
        );
        CREATE INDEX class_by_school ON class (school, academic_year, class_code);

        -- Rows change often and keep their keys: room in the page saves the indexes.
        CREATE TABLE account (
            account_id text PRIMARY KEY,
            role text NOT NULL,
            status text NOT NULL,
            sign_in_name text NOT NULL,
            home_school text,
            other_schools text[] NOT NULL,
            person_refs text[] NOT NULL,
            version bigint NOT NULL
        ) WITH (fillfactor = 50);

        -- A person_ref may for a moment name two accounts: their events come in any order.
        CREATE TABLE person (
            person_ref text NOT NULL,
            account_id text NOT NULL,
            PRIMARY KEY (person_ref, account_id)
        );

        CREATE TABLE class_group (
            group_id text PRIMARY KEY,
            provider text NOT NULL,
            provider_id text,
            class_key text NOT NULL REFERENCES class,
            school text NOT NULL,
            academic_year text NOT NULL,
            class_code text NOT NULL,
            title text NOT NULL,
            state text NOT NULL,
            wish text NOT NULL,
            generation integer NOT NULL,
            linked boolean NOT NULL,
            roster_wanted integer NOT NULL,
            roster_done integer NOT NULL,
            parked text,
            reason text,
            asked_by text NOT NULL,
            created_at timestamptz NOT NULL,
            changed_at timestamptz NOT NULL,
            UNIQUE (class_key, provider)
        );
        CREATE INDEX class_group_by_school ON class_group (school, academic_year);
        CREATE INDEX class_group_by_state ON class_group (state, academic_year);

        -- Whom the MIS listed, for as long as the group follows it.
        CREATE TABLE group_roster (
            group_id text NOT NULL REFERENCES class_group,
            person_ref text NOT NULL,
            role text NOT NULL,
            PRIMARY KEY (group_id, person_ref, role)
        );
        CREATE INDEX group_roster_by_person ON group_roster (person_ref);

        -- Who shall be a member; from the archiving on, who was one.
        CREATE TABLE group_member (
            group_id text NOT NULL REFERENCES class_group,
            account_id text NOT NULL,
            role text NOT NULL,
            PRIMARY KEY (group_id, account_id)
        );
        CREATE INDEX group_member_by_account ON group_member (account_id, role);

        CREATE TABLE operation (
            operation_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            group_id text NOT NULL REFERENCES class_group,
            provider text NOT NULL,
            action text NOT NULL,
            generation integer NOT NULL,
            lane smallint NOT NULL,
            state text NOT NULL DEFAULT 'queued',
            not_before timestamptz NOT NULL DEFAULT clock_timestamp(),
            lease text,
            lease_until timestamptz,
            attempts integer NOT NULL DEFAULT 0,
            location text,
            asked_at timestamptz,
            error_code text,
            traceparent text,
            queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            started_at timestamptz,
            finished_at timestamptz
        );
        CREATE UNIQUE INDEX operation_one_at_a_time ON operation (group_id)
            WHERE state IN ('queued', 'running');
        CREATE INDEX operation_queued ON operation (provider, lane, not_before, operation_id)
            WHERE state = 'queued';
        CREATE INDEX operation_running ON operation (provider, lease_until)
            WHERE state = 'running';
        CREATE INDEX operation_finished ON operation (provider, action, finished_at)
            WHERE state = 'done';

        CREATE INDEX operation_by_group ON operation (group_id, action);

        -- Worth nothing after a crash, so it need not reach the disk.
        CREATE UNLOGGED TABLE bucket (
            name text PRIMARY KEY,
            tokens double precision NOT NULL DEFAULT 1,
            factor double precision NOT NULL DEFAULT 1,
            refilled_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            blocked_until timestamptz NOT NULL DEFAULT '-infinity'
        );
    """)
