"""`vocapp import` and `vocapp export`: accounts, contacts, answers and events from and to files."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import click
from tqdm import tqdm

from vocapp.accounts.columns import TableKind
from vocapp.accounts.exporting import FILE_FORMATS, ExportTable, account_table, contact_table, write_table
from vocapp.accounts.importing import ImportOrder
from vocapp.accounts.tally import Tally
from vocapp.commands.base import print_json, within_app
from vocapp.core.clock import utcnow
from vocapp.core.db import reading
from vocapp.core.errors import DomainError
from vocapp.workflows.import_file import import_table

SHOW_PROGRESS_AFTER_SECONDS = 2.0
BAR = "{desc}: {percentage:3.0f}%|{bar}|{postfix}, {remaining} left"


@click.group(name="import")
def import_group() -> None:
    """Bring accounts, contacts, another tool's answers and events in from CSV or XLSX files.

    Example: vocapp import accounts customers.csv --dry-run
    """


@click.group(name="export")
def export_group() -> None:
    """Write accounts and contacts to CSV or XLSX files.

    Example: vocapp export contacts --format xlsx --out contacts.xlsx
    """


FILE = click.argument("file", type=click.Path(path_type=Path))
DRY_RUN = click.option("--dry-run", is_flag=True, help="Say what would happen and write nothing.")
JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
MAP = click.option(
    "--map",
    "mapping",
    multiple=True,
    metavar="THEIRS=OURS",
    help="Which column of the file is which of ours; nothing behind the = leaves the column out.",
)


@import_group.command()
@FILE
@DRY_RUN
@JSON
@MAP
@within_app
def accounts(file: Path, dry_run: bool, as_json: bool, mapping: tuple[str, ...]) -> None:
    """Import accounts; columns the file lacks and empty cells change nothing.

    Example: vocapp import accounts customers.csv --map "Kundennr.=external_id"
    """
    order = ImportOrder(TableKind.ACCOUNTS, _read_mapping(mapping), is_dry_run=dry_run)
    _import(order, file, as_json=as_json)


@import_group.command()
@FILE
@DRY_RUN
@JSON
@MAP
@click.option("--create-accounts", is_flag=True, help="Make accounts that only a contact's row names.")
@within_app
def contacts(
    file: Path, dry_run: bool, as_json: bool, mapping: tuple[str, ...], create_accounts: bool
) -> None:
    """Import contacts of accounts; columns the file lacks and empty cells change nothing.

    Example: vocapp import contacts people.xlsx --create-accounts
    """
    order = ImportOrder(
        TableKind.CONTACTS, _read_mapping(mapping), creates_accounts=create_accounts, is_dry_run=dry_run
    )
    _import(order, file, as_json=as_json)


@import_group.command()
@FILE
@DRY_RUN
@JSON
@MAP
@within_app
def responses(file: Path, dry_run: bool, as_json: bool, mapping: tuple[str, ...]) -> None:
    """Import answers given in another tool; they count as sentiment, and in no answer rate.

    Example: vocapp import responses history.csv --map "Score=rating" --dry-run
    """
    _import(
        ImportOrder(TableKind.RESPONSES, _read_mapping(mapping), is_dry_run=dry_run), file, as_json=as_json
    )


@import_group.command()
@FILE
@DRY_RUN
@JSON
@MAP
@within_app
def events(file: Path, dry_run: bool, as_json: bool, mapping: tuple[str, ...]) -> None:
    """Import what happened at accounts: cases, finished onboardings, milestones; triggers ask about them.

    Example: vocapp import events cases.csv --map "Ticket=external_id" --dry-run
    """
    _import(ImportOrder(TableKind.EVENTS, _read_mapping(mapping), is_dry_run=dry_run), file, as_json=as_json)


@import_group.command()
@FILE
@DRY_RUN
@JSON
@MAP
@within_app
def outcomes(file: Path, dry_run: bool, as_json: bool, mapping: tuple[str, ...]) -> None:
    """Import how renewals ended: renewed, churned or contracted; what one entered by hand stands.

    Example: vocapp import outcomes renewals.csv --map "Result=outcome" --dry-run
    """
    _import(
        ImportOrder(TableKind.OUTCOMES, _read_mapping(mapping), is_dry_run=dry_run), file, as_json=as_json
    )


@import_group.command()
@FILE
@DRY_RUN
@JSON
@MAP
@within_app
def benchmarks(file: Path, dry_run: bool, as_json: bool, mapping: tuple[str, ...]) -> None:
    """Import figures that others published, by industry and region, with their source and date.

    Example: vocapp import benchmarks industry.csv --map "Study=source" --dry-run
    """
    order = ImportOrder(TableKind.BENCHMARKS, _read_mapping(mapping), is_dry_run=dry_run)
    _import(order, file, as_json=as_json)


def _read_mapping(pairs: tuple[str, ...]) -> dict[str, str]:
    mapping = {}
    for pair in pairs:
        theirs, equals, ours = pair.rpartition("=")
        if not equals or not theirs:
            raise DomainError(f"--map {pair} is not of the form THEIRS=OURS; put an = between the two names.")
        mapping[theirs.strip()] = ours.strip()
    return mapping


def _import(order: ImportOrder, file: Path, *, as_json: bool) -> None:
    if not file.is_file():
        raise DomainError(f"There is no file {file}; check the name.")
    bar = _ProgressBar(f"Checking {file.name}" if order.is_dry_run else f"Importing {file.name}")
    tally = import_table(order, file, file.name, now=utcnow(), on_progress=bar.show)
    bar.close()
    if as_json:
        print_json(tally.as_dict())
    else:
        _print_tally(order, tally)
    if tally.errors:
        raise DomainError(_refusal(len(tally.errors), is_dry_run=order.is_dry_run))


def _refusal(errors: int, *, is_dry_run: bool) -> str:
    rows = "1 row" if errors == 1 else f"{errors} rows"
    if is_dry_run:
        return f"{rows} would not be imported; correct the file, or import it and the others come in."
    verb, them = ("was", "it") if errors == 1 else ("were", "them")
    return (
        f"{rows} {verb} not imported; correct {them} and import the file again, the others stay as they are."
    )


def _print_tally(order: ImportOrder, tally: Tally) -> None:
    for warning in tally.warnings:
        again = f" ({warning.rows} rows)" if warning.rows > 1 else ""
        click.echo(f"line {warning.line}{_in(warning.column)}: {warning.reason}{again}")
    for error in tally.errors:
        click.echo(f"line {error.line}{_in(error.column)}: {error.reason}", err=True)
    would = "would be " if order.is_dry_run else ""
    click.echo(
        f"{tally.rows} {order.kind}: {tally.created} {would}created, {tally.updated} {would}updated, "
        f"{tally.unchanged} unchanged; {tally.duplicates} duplicate rows, {len(tally.errors)} errors."
    )


def _in(column: str | None) -> str:
    return f", {column}" if column else ""


class _ProgressBar:
    """A bar on standard error, only on a terminal and only for work that takes over two seconds."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._started = time.monotonic()
        self._bar: tqdm[NoReturn] | None = None

    def show(self, rows: int, fraction: float) -> None:
        """Say how many rows were seen and how much of the file (0-1) that is."""
        is_long = time.monotonic() - self._started > SHOW_PROGRESS_AFTER_SECONDS
        if self._bar is None and is_long and sys.stderr.isatty():
            self._bar = tqdm(total=100, desc=self._title, bar_format=BAR, file=sys.stderr)
        if self._bar is not None:
            self._bar.set_postfix_str(f"{rows} rows", refresh=False)
            self._bar.update(round(fraction * 100) - self._bar.n)

    def close(self) -> None:
        """Leave the terminal tidy."""
        if self._bar is not None:
            self._bar.close()


FORMAT = click.option(
    "--format", "file_format", type=click.Choice(FILE_FORMATS), default="csv", show_default=True
)
OUT = click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; standard output without.",
)


@export_group.command(name="accounts")
@FORMAT
@OUT
@within_app
def export_accounts(file_format: str, out: Path | None) -> None:
    """Write all accounts, in the columns that an import reads.

    Example: vocapp export accounts --out accounts.csv
    """
    write_export(account_table, file_format, out)


@export_group.command(name="contacts")
@FORMAT
@OUT
@within_app
def export_contacts(file_format: str, out: Path | None) -> None:
    """Write all contacts, in the columns that an import reads.

    Example: vocapp export contacts --format json --out contacts.json
    """
    write_export(contact_table, file_format, out)


def write_export(table_of: Callable[[], ExportTable], file_format: str, out: Path | None) -> None:
    """Write a table to a file, which is there whole or not at all, or to standard output.

    Raises `DomainError` when the file cannot be written.
    """
    with reading():
        if out is None:
            write_table(table_of(), file_format, sys.stdout.buffer)
            return
        draft = out.with_name(f".{out.name}.draft")
        try:
            with draft.open("wb") as file:
                write_table(table_of(), file_format, file)
            draft.replace(out)
        except OSError as problem:
            raise DomainError(
                f"{out} cannot be written ({problem.strerror}); choose another --out."
            ) from None
        finally:
            draft.unlink(missing_ok=True)
