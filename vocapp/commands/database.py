"""`vocapp db`: bring the database's tables up to date, or back."""

import click
import flask_migrate
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from vocapp.accounts.profiles import ensure_defaults
from vocapp.commands.base import within_app
from vocapp.core.db import Base, db, transaction

NEWEST = "head"


def bring_up_to_date() -> None:
    """Bring the tables to the newest state, with the personas and tiers every installation begins with."""
    flask_migrate.upgrade(revision=NEWEST)
    with transaction():
        ensure_defaults()


@click.group(name="db")
def database() -> None:
    """Bring the database's tables up to date, or back.

    Example: vocapp db upgrade
    """


@database.command()
@click.argument("revision", default=NEWEST)
@within_app
def upgrade(revision: str) -> None:
    """Bring the tables up to date.

    Example: vocapp db upgrade
    """
    if revision == NEWEST:
        bring_up_to_date()
    else:
        flask_migrate.upgrade(revision=revision)


@database.command()
@click.argument("revision", default="-1")
@within_app
def downgrade(revision: str) -> None:
    """Take the last step back (or go to a named revision).

    Example: vocapp db downgrade -- -1
    """
    flask_migrate.downgrade(revision=revision)


@database.command()
@within_app
def check() -> None:
    """Say whether the tables are what the program expects.

    Example: vocapp db check
    """
    with db.engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
    if differences:
        raise click.ClickException("The database is not up to date; run: vocapp db upgrade")
    click.echo("The database is up to date.")
