"""`vocapp report`: papers as PDF files."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from surveys.translation import phrase_book
from vocapp.accounts.queries import account_by_key
from vocapp.accounts.rules import comparable_id
from vocapp.campaigns.models import Wave
from vocapp.commands.base import within_app
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading
from vocapp.core.errors import DomainError
from vocapp.identity.queries import csms
from vocapp.reports.checking import checked_order
from vocapp.reports.freezing import take_snapshot
from vocapp.reports.printing import other_form, print_report
from vocapp.reports.rules import Audience, Order, PaperSize, ReportKind

# What a report can be beside a PDF.
FORMS = frozenset({"pptx", "xlsx"})


@click.group()
def report() -> None:
    """Papers as PDF files.

    Example: vocapp report account ACME-1 --out acme.pdf
    """


def _printed(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that every report has."""
    options = (
        click.option(
            "--out",
            "target",
            type=click.Path(dir_okay=False, writable=True, path_type=Path),
            required=True,
            help="Where it goes.",
        ),
        click.option(
            "--language", type=click.Choice(list(phrase_book().languages)), default="en", help="Its language."
        ),
        click.option(
            "--paper",
            type=click.Choice([size.value for size in PaperSize]),
            default=PaperSize.A4.value,
            help="The sheet it is for.",
        ),
        click.option("--appendix", is_flag=True, help="With the data behind it."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@report.command()
@click.argument("key")
@click.option("--for-customer", is_flag=True, help="The edition a customer may read.")
@_printed
@within_app
def account(key: str, target: Path, language: str, paper: str, *, for_customer: bool, appendix: bool) -> None:
    """Draw the benchmark of the account with an external id.

    Example: vocapp report account ACME-1 --out acme.pdf
    """
    with reading():
        found = account_by_key(comparable_id(key))
        if found is None:
            raise DomainError(f"There is no account {key}; give the external_id of one, as imported.")
        audience = Audience.CUSTOMER if for_customer else Audience.INTERNAL
        order = Order(
            ReportKind.ACCOUNT,
            account_id=found.id,
            audience=audience,
            language=language,
            paper=PaperSize(paper),
            has_appendix=appendix,
        )
    _write(order, target)


@report.command()
@_printed
@within_app
def portfolio(target: Path, language: str, paper: str, *, appendix: bool) -> None:
    """Draw the review of all accounts; the ending says as what: .pdf, .pptx (slides) or .xlsx (tables).

    Example: vocapp report portfolio --out portfolio.pptx
    """
    _write(
        Order(ReportKind.PORTFOLIO, language=language, paper=PaperSize(paper), has_appendix=appendix), target
    )


@report.command()
@click.argument("email")
@_printed
@within_app
def csm(email: str, target: Path, language: str, paper: str, *, appendix: bool) -> None:
    """Draw the book of a CSM.

    Example: vocapp report csm ana@vendor.example --out book.pdf
    """
    with reading():
        found = next((user for user in csms() if user.email.lower() == email.strip().lower()), None)
        if found is None:
            raise DomainError(f"There is no CSM {email}; give the address one signs in with.")
        order = Order(
            ReportKind.BOOK,
            user_id=found.id,
            language=language,
            paper=PaperSize(paper),
            has_appendix=appendix,
        )
    _write(order, target)


@report.command()
@click.argument("wave_id", type=int)
@_printed
@within_app
def wave(wave_id: int, target: Path, language: str, paper: str, *, appendix: bool) -> None:
    """Draw the report of a wave, by the number in its page's address.

    Example: vocapp report wave 12 --out wave.pdf
    """
    with reading():
        if db.session.get(Wave, wave_id) is None:
            raise DomainError(f"There is no wave {wave_id}; its number stands in the address of its page.")
        order = Order(
            ReportKind.WAVE,
            wave_id=wave_id,
            language=language,
            paper=PaperSize(paper),
            has_appendix=appendix,
        )
    _write(order, target)


def _write(order: Order, target: Path) -> None:
    with reading():
        snapshot = take_snapshot(checked_order(order), now=utcnow())
    ending = target.suffix.lower().lstrip(".")
    target.write_bytes(other_form(snapshot, ending) if ending in FORMS else print_report(snapshot))
    click.echo(f"Wrote {target}.")
