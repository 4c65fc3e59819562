"""Our own view of an account or a person, put together for the pages it stands on beside what they said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from vocapp.accounts.queries import house_rules
from vocapp.assessments.notes import names_of, notes_of
from vocapp.assessments.queries import Assessed, last_assessed
from vocapp.core.web import Page
from vocapp.identity.models import User
from vocapp.identity.rules import may_write

NOTES_BESIDE = 5


@dataclass(frozen=True, slots=True)
class OurView:
    """What the macros of assessments/_card.html show: the latest assessment, the newest notes, the rights.

    `names` maps the contacts that notes are about to their names; empty on a person's own page.
    """

    account_id: int
    contact_id: int | None
    assessed: Assessed | None
    days: int
    notes: Page
    names: Mapping[int, str]
    reader_id: int
    may_change: bool


def our_view(
    account_id: int,
    contact_id: int | None = None,
    *,
    reader: User,
    on: date,
    number: int = 1,
    notes_shown: int = NOTES_BESIDE,
) -> OurView:
    """Return our own view of an account (its notes with those about its people) or of one person there."""
    notes = notes_of(account_id, contact_id, number=number, size=notes_shown)
    return OurView(
        account_id=account_id,
        contact_id=contact_id,
        assessed=last_assessed(account_id, contact_id, on=on),
        days=house_rules().assessment_days,
        notes=notes,
        names=names_of(notes.items) if contact_id is None else {},
        reader_id=reader.id,
        may_change=may_write(reader.role),
    )
