"""What views share: telling a refusal as a sentence, and the reader's clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from zoneinfo import ZoneInfo

from flask import flash

from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.workdays import zone_of
from vocapp.identity.guards import current_person
from vocapp.identity.queries import company


@contextmanager
def told() -> Iterator[None]:
    """Write in a transaction; what a rule refuses is told on the next page instead of stopping this one."""
    try:
        with transaction():
            yield
    except DomainError as refusal:
        flash(str(refusal), "error")


def day_of(moment: datetime | None) -> date | None:
    """Return the day of a moment where the reader is."""
    return moment.astimezone(reader_zone()).date() if moment else None


def reader_zone() -> ZoneInfo:
    """Return the time zone of the signed-in user, else the company's."""
    ours = company()
    return zone_of(current_person().time_zone, ours.time_zone if ours else "")
