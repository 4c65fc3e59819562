"""How migrations run: each in a transaction of its own, in batch mode so that SQLite can change tables."""

import sqlite3

from alembic import context
from sqlalchemy import NullPool, create_engine

from vocapp.core.db import Base, engine_options
from vocapp.core.gateways import gateways


def run() -> None:
    """Run the migrations that Alembic was asked for."""
    if context.is_offline_mode():
        raise SystemExit("Migrations need a database to run on; offline scripts are not offered.")
    url = gateways().settings.database_url
    connect_args = engine_options(url).get("connect_args", {})
    # A connection of its own, thrown away after: its foreign keys are off.
    with create_engine(url, poolclass=NullPool, connect_args=connect_args).connect() as connection:
        driver_connection = connection.connection.driver_connection
        if isinstance(driver_connection, sqlite3.Connection):
            # Batch mode rebuilds tables; with keys enforced, dropping the old one would empty its children.
            driver_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
