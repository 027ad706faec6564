"""Keep why a row was kept back, so that a diagnosis can say it."""

from alembic import op

revision = "identity_0003"
down_revision = "identity_0002"
branch_labels = None


def upgrade() -> None:
    op.execute("""
    ALTER TABLE kept_back ADD COLUMN reasons text NOT NULL DEFAULT '';
    COMMENT ON COLUMN kept_back.state IS
        'rejected or held; withdrawn where such a row is no longer there';
    COMMENT ON COLUMN kept_back.reasons IS 'Codes of mis-ingest, with spaces between them';
    """)
