"""`vocapp mail receive`: one mail in, as a mail server's pipe delivers it."""

import os
import sys
from typing import BinaryIO, NoReturn

import click
from sqlalchemy.exc import SQLAlchemyError

from vocapp.commands.base import within_app
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.inbound.rules import MOST_BYTES, Way
from vocapp.inbound.service import receive_mail


@click.command("receive")
@click.argument("file", type=click.File("rb"))
@click.option("--from", "envelope_from", default="", help="The envelope sender, as the mail server knows it.")
@click.option("--to", "envelope_to", default="", help="The envelope recipient.")
def receive(file: BinaryIO, envelope_from: str, envelope_to: str) -> None:
    """Keep one raw mail from FILE, or from standard input for “-”.

    The code is 75 while it cannot be kept, so that a mail server holds the mail and tries again.

    Example: vocapp mail receive - --from "$SENDER" --to "$RECIPIENT" < mail.eml
    """
    # One byte more than is kept shows that there was more, whatever size it has.
    raw = file.read(MOST_BYTES + 1)
    try:
        _keep(raw, envelope_from, envelope_to)
    except SQLAlchemyError:
        _refuse_for_now("The database cannot keep this mail now; deliver it again later.")
    except DomainError as fault:
        # Any other code would send the mail back, though nothing is wrong with it.
        _refuse_for_now(str(fault))


@within_app
def _keep(raw: bytes, envelope_from: str, envelope_to: str) -> None:
    with transaction():
        receive_mail(raw, via=Way.PIPE, envelope_from=envelope_from, envelope_to=envelope_to, now=utcnow())


def _refuse_for_now(reason: str) -> NoReturn:
    click.echo(f"Error: {reason}", err=True)
    sys.exit(os.EX_TEMPFAIL)
