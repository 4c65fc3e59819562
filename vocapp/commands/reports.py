"""`vocapp report`: papers as PDF files."""

from pathlib import Path

import click

from vocapp.accounts.queries import account_by_key
from vocapp.accounts.rules import comparable_id
from vocapp.commands.base import within_app
from vocapp.core.clock import utcnow
from vocapp.core.db import reading
from vocapp.core.errors import DomainError
from vocapp.reports.printing import print_account
from vocapp.reports.snapshot import account_snapshot


@click.group()
def report() -> None:
    """Papers as PDF files.

    Example: vocapp report account ACME-1 --out acme.pdf
    """


@report.command()
@click.argument("key")
@click.option(
    "--out",
    "target",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    required=True,
    help="Where the PDF goes.",
)
@within_app
def account(key: str, target: Path) -> None:
    """Draw the benchmark of the account with an external id.

    Example: vocapp report account ACME-1 --out acme.pdf
    """
    with reading():
        found = account_by_key(comparable_id(key))
        if found is None:
            raise DomainError(f"There is no account {key}; give the external_id of one, as imported.")
        snapshot = account_snapshot(found.id, now=utcnow())
    target.write_bytes(print_account(snapshot))
    click.echo(f"Wrote {target}.")
