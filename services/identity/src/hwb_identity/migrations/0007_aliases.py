"""Keep the sign-in names that accounts had before they were renamed by hand."""

from alembic import op

revision = "identity_0007"
down_revision = "identity_0006"
branch_labels = None


def upgrade() -> None:
    op.execute("""
    CREATE TABLE account_alias (
        sign_in_name text COLLATE "C" PRIMARY KEY,
        account_id uuid NOT NULL
    );
    COMMENT ON TABLE account_alias IS
        'Sign-in names that accounts had before they were renamed; they go on working';
    CREATE INDEX account_alias_by_account ON account_alias (account_id);
    """)
