"""`vocapp salesforce`: test the connection, read, write, both, and the package of fields."""

from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from integrations.crm.salesforce.package import build_package, build_uninstall, zip_package
from integrations.crm.salesforce.package_fields import default_fields
from vocapp.commands.base import print_json, within_app
from vocapp.core.db import db, reading, transaction
from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways
from vocapp.core.settings import read_environment
from vocapp.sync.looking import look_and_propose, try_out
from vocapp.sync.models import CrmConnection, CrmRun
from vocapp.sync.rules import RunKind, RunState
from vocapp.sync.service import connect
from vocapp.workflows.sync_crm import run_sync

JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would happen; write nothing here or there.")
CONNECTION = click.option(
    "--connection", "number", type=int, help="Which connection, by its number; needed when there are several."
)


@click.group()
def salesforce() -> None:
    """Bring accounts and people in from Salesforce, and scores back.

    Example: vocapp salesforce sync --dry-run
    """


@salesforce.command()
@CONNECTION
@JSON
@within_app
def check(number: int | None, as_json: bool) -> None:
    """Test the connection step by step, with a hint for each step that fails.

    Example: vocapp salesforce check
    """
    connection_id = chosen_connection(number)
    lines = try_out(connection_id)
    if as_json:
        print_json(
            [
                {"name": line.name, "is_fine": line.is_fine, "words": line.words, "hint": line.hint}
                for line in lines
            ]
        )
    else:
        for line in lines:
            click.echo(f"{'ok  ' if line.is_fine else 'FAIL'}  {line.name}: {line.words}")
            if line.hint and not line.is_fine:
                click.echo(f"      {line.hint}")
    failed = [line.name for line in lines if not line.is_fine]
    if failed:
        raise DomainError(f"Not everything works: {', '.join(failed)}; the hints above say what to do.")


@salesforce.command()
@CONNECTION
@DRY_RUN
@JSON
@within_app
def pull(number: int | None, dry_run: bool, as_json: bool) -> None:
    """Read what changed in Salesforce.

    Example: vocapp salesforce pull
    """
    _run(number, RunKind.PULL, is_dry_run=dry_run, as_json=as_json)


@salesforce.command()
@CONNECTION
@DRY_RUN
@JSON
@within_app
def push(number: int | None, dry_run: bool, as_json: bool) -> None:
    """Write scores and what we know of people to Salesforce.

    Example: vocapp salesforce push --json
    """
    _run(number, RunKind.PUSH, is_dry_run=dry_run, as_json=as_json)


@salesforce.command()
@CONNECTION
@DRY_RUN
@JSON
@within_app
def sync(number: int | None, dry_run: bool, as_json: bool) -> None:
    """Read, then write.

    Example: vocapp salesforce sync --dry-run --json
    """
    _run(number, RunKind.SYNC, is_dry_run=dry_run, as_json=as_json)


@salesforce.command()
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("vocapp-salesforce.zip"),
    show_default=True,
    help="The file to write.",
)
@click.option("--uninstall", is_flag=True, help="Write the package that removes the fields again.")
@within_app
def package(out: Path, uninstall: bool) -> None:
    """Write the package of fields that an administrator deploys to the organisation.

    Example: vocapp salesforce package --out fields.zip
    """
    fields = default_fields()
    parts = build_uninstall(fields) if uninstall else build_package(fields)
    try:
        out.write_bytes(zip_package(parts))
    except OSError as problem:
        raise DomainError(f"{out} cannot be written ({problem.strerror}); choose another --out.") from None
    click.echo(f"{out}: {len(parts)} files. Deploy it with an administrator's access, or from the page.")


def chosen_connection(number: int | None) -> int:
    """Return the Salesforce connection meant; settings make the first one. Raises `DomainError` for none."""
    with reading():
        ids = list(
            db.session.scalars(
                select(CrmConnection.id).where(CrmConnection.kind == "salesforce").order_by(CrmConnection.id)
            )
        )
    if number is not None:
        if number not in ids:
            raise DomainError(f"There is no Salesforce connection {number}; Settings lists them.")
        return number
    if len(ids) > 1:
        raise DomainError(f"There are several connections; choose one with --connection {ids[0]}.")
    return ids[0] if ids else _connect_by_settings()


def _connect_by_settings() -> int:
    settings = gateways().settings.salesforce
    if settings is None:
        raise DomainError(
            "There is no Salesforce connection; make one under Settings, or set VOCAPP_SALESFORCE_DOMAIN, "
            "VOCAPP_SALESFORCE_CONSUMER_KEY and VOCAPP_SALESFORCE_CONSUMER_SECRET."
        )
    access = {"is_by_settings": True, "flow": "jwt" if settings.username else "client_credentials"}
    with transaction():
        made = connect("salesforce", name="Salesforce", access=access, secret_values={}, by=None)
        connection_id = made.id
    look_and_propose(connection_id)
    return connection_id


def _refuse_another_address(connection_id: int) -> None:
    """Links back are made from our address; a command that only guesses it would rewrite them all."""
    with reading():
        known = db.session.get_one(CrmConnection, connection_id).options.get("base_url")
    is_guess = "VOCAPP_BASE_URL" not in read_environment()
    if known and is_guess and known != gateways().settings.base_url:
        raise DomainError(
            f"The installation runs at {known}, and links back are made from its address; "
            f"set VOCAPP_BASE_URL={known} here too."
        )


def _run(number: int | None, kind: RunKind, *, is_dry_run: bool, as_json: bool) -> None:
    connection_id = chosen_connection(number)
    _refuse_another_address(connection_id)
    run = run_sync(connection_id, RunKind.REHEARSAL if is_dry_run else kind)
    if as_json:
        print_json(run.report)
    else:
        _print_report(run)
    if run.state != RunState.DONE:
        raise DomainError(" ".join(filter(None, (run.reason, run.hint))) or "The run did not end well.")
    if run.report["refusals"]:
        raise DomainError(f"{run.report['refusals']} records were refused; Settings says why.")


def _print_report(run: CrmRun) -> None:
    report: dict[str, Any] = run.report
    would = "would be " if run.kind == RunKind.REHEARSAL else ""
    for title, counts in (
        ("read", report["read"]),
        (f"{would}created here or there", report["created"]),
        (f"{would}changed here", report["changed"]),
        (f"{would}written", report["written"]),
    ):
        for name, count in counts.items():
            click.echo(f"{name}: {count} {title}")
    click.echo(
        f"{report['skipped']} skipped, {report['conflicts']} conflicts, {report['refusals']} refused; "
        f"{report['calls']} calls ({report['planned_calls']} planned)."
    )
    for note in report["notes"]:
        click.echo(note)
