"""What alembic runs: plain SQL over psycopg, one transaction a migration."""

from alembic import context
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

url = make_url(context.config.attributes["database_url"]).set(drivername="postgresql+psycopg")
with create_engine(url, poolclass=NullPool).connect() as connection:
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
