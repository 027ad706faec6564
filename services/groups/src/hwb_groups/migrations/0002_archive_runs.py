"""The end of the year's archive run: what was confirmed, by whom, and which groups are in it."""

from alembic import op

revision = "groups_0002"
down_revision = "groups_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        -- "open" is whether archives may be begun now: running, and within the hours.
        CREATE TABLE archive_run (
            run_id text PRIMARY KEY,
            academic_year text NOT NULL,
            state text NOT NULL,
            open boolean NOT NULL,
            opened_at timestamptz,
            hours_begin time,
            hours_end time,
            groups integer NOT NULL,
            digest text NOT NULL,
            begun_at timestamptz NOT NULL,
            ended_at timestamptz
        );
        CREATE UNIQUE INDEX archive_run_one_at_a_time ON archive_run ((true))
            WHERE ended_at IS NULL;

        CREATE TABLE archive_run_decision (
            run_id text NOT NULL REFERENCES archive_run,
            decided_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            decision text NOT NULL,
            decided_by text NOT NULL,
            PRIMARY KEY (run_id, decided_at)
        );

        -- "taken": its archive has been queued.
        CREATE TABLE archive_run_group (
            run_id text NOT NULL REFERENCES archive_run,
            group_id text NOT NULL REFERENCES class_group,
            without_owner boolean NOT NULL,
            taken boolean NOT NULL DEFAULT false,
            PRIMARY KEY (run_id, group_id)
        );
        CREATE INDEX archive_run_group_to_take ON archive_run_group (run_id, group_id)
            WHERE NOT taken;

        CREATE INDEX class_group_present ON class_group (academic_year) WHERE wish = 'present';
        CREATE INDEX group_member_teachers ON group_member (group_id, account_id)
            WHERE role = 'teacher';
    """)
