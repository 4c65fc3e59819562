"""How migrations run: on the app's engine, in batch mode so that SQLite can change tables."""

from alembic import context
from flask import current_app

from vocapp.core.db import Base

engine = current_app.extensions["migrate"].db.engine


def run() -> None:
    """Run the migrations that Alembic was asked for, each in a transaction of its own."""
    if context.is_offline_mode():
        raise SystemExit("Migrations need a database to run on; offline scripts are not offered.")
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            # Batch mode rebuilds tables; with keys enforced, dropping the old one would empty its children.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
