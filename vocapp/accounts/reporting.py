"""Who reports to whom at an account: whom somebody may report to, and which line is refused."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus, would_circle
from vocapp.core.db import db
from vocapp.core.errors import DomainError

# A longer list cannot be chosen from; whoever is chosen already is always in it.
MOST_LISTED = 500


def possible_bosses(account_id: int, person: Contact | None = None) -> Sequence[Contact]:
    """Return whom somebody at an account may report to, by name: everybody there but themselves.

    Those who left are listed only while somebody still reports to them.
    """
    present = Contact.status != ContactStatus.LEFT
    people = select(Contact).where(Contact.account_id == account_id, Contact.merged_into_id.is_(None))
    if person is not None:
        present = or_(present, Contact.id == person.reports_to_id)
        people = people.where(Contact.id != person.id)
        # Whoever is chosen already comes first, so that no limit cuts them off.
        people = people.order_by((Contact.id == person.reports_to_id).desc())
    named = people.where(present).order_by(Contact.last_name, Contact.first_name, Contact.id)
    return db.session.scalars(named.limit(MOST_LISTED)).all()


def refuse_bad_line(account_id: int, boss_id: int | None, *, person: Contact | None = None) -> None:
    """Raise `DomainError` for a line to another account, to oneself, or back to oneself through others."""
    if boss_id is None:
        return
    boss = db.session.get(Contact, boss_id)
    if boss is None or boss.account_id != account_id or boss.merged_into_id is not None:
        raise DomainError("People report to somebody at the same account; choose one of them.")
    if person is None:
        return
    if boss is person:
        raise DomainError(f"{person.full_name} cannot report to themselves; choose somebody else.")
    rows = db.session.execute(
        select(Contact.id, Contact.reports_to_id).where(
            Contact.account_id == account_id, Contact.reports_to_id.is_not(None)
        )
    )
    lines: dict[int, int | None] = dict(rows.all())
    if would_circle(person.id, boss.id, lines):
        raise DomainError(
            f"{boss.full_name} reports to {person.full_name}, directly or through others; "
            "choose somebody else, or change that line first."
        )
