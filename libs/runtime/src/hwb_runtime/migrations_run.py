"""Brings a service's database to the newest state: the runtime's tables and the service's own."""

import logging
from pathlib import Path

import psycopg

LOCK = 0x4877_6200  # "Hwb": one migration at a time in a database


def migrate(database_url: str, service_migrations: Path) -> None:
    """Run what is missing, under an advisory lock, so that two starts at once do no harm."""
    from alembic import command
    from alembic.config import Config

    ours = Path(__file__).parent / "migrations"
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic_environment"))
    config.set_main_option("version_locations", f"{ours}\n{service_migrations}")
    config.set_main_option("path_separator", "newline")
    config.attributes["database_url"] = database_url
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with psycopg.connect(database_url, autocommit=True) as guard:
        guard.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        command.upgrade(config, "heads")
