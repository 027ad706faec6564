"""Make the tables of the season guard: counts, held rows, and records as they were before a run."""

from alembic import op

revision = "mis_ingest_0002"
down_revision = "mis_ingest_0001"
branch_labels = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE school_intake
        ADD COLUMN waits_since uuid,
        ADD COLUMN closing_approved_by text,
        ADD COLUMN closing_approved_at timestamptz;
    COMMENT ON COLUMN school_intake.waits_since IS
        'The rollback after which uploads wait until somebody approves one';

    ALTER TABLE run
        DROP CONSTRAINT run_status_check,
        ADD CHECK (status IN
            ('received', 'waiting', 'refused', 'discarded', 'published', 'settled')),
        ADD COLUMN digest text NOT NULL DEFAULT '',
        ADD COLUMN of_run uuid REFERENCES run,
        ADD COLUMN rolled_back_by uuid REFERENCES run,
        ADD COLUMN hold text CHECK (hold IN ('open', 'approved', 'discarded', 'superseded')),
        ADD COLUMN hold_digest text,
        ADD COLUMN decided_by text,
        ADD COLUMN decided_at timestamptz;
    CREATE INDEX run_held ON run (school) WHERE hold = 'open';
    COMMENT ON COLUMN run.digest IS 'Of the upload: what a person approves when it waits';
    COMMENT ON COLUMN run.of_run IS 'The run whose list is approved, or that is rolled back';

    CREATE TABLE held_row (
        run_id uuid NOT NULL REFERENCES run,
        number integer NOT NULL,
        kind text NOT NULL,
        code text NOT NULL,
        state text NOT NULL,
        hash uuid,
        local_id text NOT NULL,
        derived_former_upn text,
        record text NOT NULL,
        changed text[] NOT NULL,
        is_new boolean NOT NULL,
        reason text NOT NULL,
        PRIMARY KEY (run_id, number)
    );
    COMMENT ON COLUMN held_row.hash IS 'Null where only the state is another';

    CREATE TABLE held_class (
        run_id uuid NOT NULL REFERENCES run,
        class_key text NOT NULL,
        local_id text NOT NULL,
        state text NOT NULL,
        hash uuid NOT NULL,
        body text NOT NULL,
        PRIMARY KEY (run_id, class_key)
    );
    COMMENT ON TABLE held_class IS 'Classes as they are once the held rows are approved';

    CREATE TABLE season_roll (
        school text NOT NULL,
        season text NOT NULL,
        kind text NOT NULL,
        year_group text NOT NULL,
        people integer NOT NULL,
        places integer NOT NULL,
        PRIMARY KEY (school, season, kind, year_group)
    );
    COMMENT ON TABLE season_roll IS 'Who claimed when the season opened, as numbers';

    CREATE TABLE stopped_claiming (
        school text NOT NULL,
        kind text NOT NULL,
        code text NOT NULL,
        season text NOT NULL,
        year_group text NOT NULL,
        PRIMARY KEY (school, kind, code)
    );

    CREATE TABLE lost_places (
        school text NOT NULL,
        season text NOT NULL,
        places integer NOT NULL,
        PRIMARY KEY (school, season)
    );

    CREATE TABLE season_learner (
        school text NOT NULL,
        season text NOT NULL,
        code text NOT NULL,
        year_group text NOT NULL,
        PRIMARY KEY (school, season, code)
    );
    COMMENT ON TABLE season_learner IS 'The year group of each learner when the rollover opened';

    CREATE TABLE end_of_year (
        school text NOT NULL,
        season text NOT NULL,
        below_top integer NOT NULL,
        moved_up integer NOT NULL,
        top_still_there integer NOT NULL,
        PRIMARY KEY (school, season)
    );

    CREATE TABLE record_before (
        school text NOT NULL,
        run_seq integer NOT NULL,
        kind text NOT NULL,
        code text NOT NULL,
        state text NOT NULL,
        hash uuid NOT NULL,
        local_id text NOT NULL,
        derived_former_upn text,
        before_run_seq integer NOT NULL,
        record text NOT NULL,
        PRIMARY KEY (school, run_seq, kind, code)
    );
    COMMENT ON TABLE record_before IS 'Records as they were before a run, for rolling it back';

    CREATE TABLE class_before (
        school text NOT NULL,
        run_seq integer NOT NULL,
        class_key text NOT NULL,
        local_id text NOT NULL,
        state text NOT NULL,
        hash uuid NOT NULL,
        before_run_seq integer NOT NULL,
        body text NOT NULL,
        PRIMARY KEY (school, run_seq, class_key)
    );
    """)
