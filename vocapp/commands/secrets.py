"""`vocapp secrets`: the keys that stored secrets are sealed with."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import click
from sqlalchemy import MetaData

from vocapp.commands.base import print_json, within_app
from vocapp.core.audit import record_act
from vocapp.core.crypto import current_keyring
from vocapp.core.db import Base, reading, transaction
from vocapp.core.errors import DomainError
from vocapp.core.rotation import Outcome, reseal, sealed_columns, secrets_under_older_keys


@dataclass(frozen=True)
class ColumnReport:
    """What happened to the secrets of one column."""

    table: str
    column: str
    resealed: int
    unreadable: int


def rotate_all(metadata: MetaData) -> Sequence[ColumnReport]:
    """Seal every secret with the newest key, each in a transaction of its own, so it may stop anywhere."""
    reports: list[ColumnReport] = []
    for column in sealed_columns(metadata):
        with reading():
            places = list(secrets_under_older_keys(column))
        outcomes: Counter[Outcome] = Counter()
        for place in places:
            with transaction():
                outcomes[reseal(place)] += 1
        reports.append(
            ColumnReport(
                column.table.name, column.name, outcomes[Outcome.RESEALED], outcomes[Outcome.UNREADABLE]
            )
        )
    return reports


@click.group()
def secrets() -> None:
    """The keys that stored secrets are sealed with.

    Example: vocapp secrets rotate
    """


@secrets.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@within_app
def rotate(as_json: bool) -> None:
    """Seal stored secrets with the newest key; older keys may go afterwards.

    Put the new key in front of the old one in VOCAPP_ENCRYPTION_KEYS and restart everything first. May be
    stopped and started again at any time, while people work.

    Example: vocapp secrets rotate
    """
    newest_id = current_keyring().newest_id
    reports = rotate_all(Base.metadata)
    resealed = sum(report.resealed for report in reports)
    unreadable = sum(report.unreadable for report in reports)
    if resealed:
        with transaction():
            counts = {"resealed": resealed, "key": newest_id}
            record_act("secrets_resealed", actor_id=None, subject_kind="secrets", details=counts)
    if as_json:
        print_json(
            {
                "key": newest_id,
                "resealed": resealed,
                "unreadable": unreadable,
                "columns": [*map(vars, reports)],
            }
        )
    else:
        click.echo(f"{resealed} secrets were sealed again; the newest key is {newest_id}.")
    if unreadable:
        raise DomainError(
            f"{unreadable} secrets could not be opened; put the older keys back behind the newest in "
            "VOCAPP_ENCRYPTION_KEYS and run it again, or enter those secrets again."
        )
