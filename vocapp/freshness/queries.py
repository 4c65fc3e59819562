"""Evidence and suggestions, read only."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import joinedload, selectinload

from vocapp.accounts.cells import CellProblem, read_address
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import contact_at, visible_account_ids
from vocapp.accounts.rules import AccountStatus
from vocapp.accounts.search_text import fold
from vocapp.core.db import db
from vocapp.core.web import count_of
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.rules import VOUCHING, EvidenceKind
from vocapp.identity.models import User

LATELY = timedelta(days=7)
MOST_DECIDED = 10


def evidence_of(contact_id: int) -> Sequence[Evidence]:
    """Return everything seen or said about a contact, newest first, what was undone included."""
    said = select(Evidence).where(Evidence.contact_id == contact_id)
    return db.session.scalars(said.order_by(Evidence.occurred_at.desc(), Evidence.id.desc())).all()


def open_suggestions(of: User | int, *, account_id: int | None = None) -> Select[Any]:
    """Return a select of the undecided suggestions a user may see, or of one account (its id).

    In the order of account names, then as they came; those of former customers wait for nobody. `account_id`
    narrows a user's down to one account.
    """
    return (
        _suggestions(of, account_id)
        .where(Suggestion.decision.is_(None))
        .order_by(Account.name, Account.id, Suggestion.created_at, Suggestion.id)
    )


def count_open_suggestions(of: User | int) -> int:
    """Return how many suggestions wait for a user, or at one account (its id)."""
    return count_of(open_suggestions(of).with_only_columns(Suggestion.id))


def decided_lately(of: User, *, account_id: int | None = None, now: datetime) -> Sequence[Suggestion]:
    """Return the last ten decisions of the past week a user may see, newest first."""
    decided = _suggestions(of, account_id).where(Suggestion.decided_at >= now - LATELY)
    return db.session.scalars(
        decided.order_by(Suggestion.decided_at.desc(), Suggestion.id.desc()).limit(MOST_DECIDED)
    ).all()


def _suggestions(of: User | int, account_id: int | None) -> Select[Any]:
    whose = Suggestion.account_id == of if isinstance(of, int) else _is_visible_to(of)
    found = select(Suggestion).join(Account, Account.id == Suggestion.account_id)
    if account_id is not None:
        found = found.where(Suggestion.account_id == account_id)
    return found.where(whose, Account.status == AccountStatus.ACTIVE).options(*_with_people())


def visible_suggestion(user: User, suggestion_id: int) -> Suggestion | None:
    """Return a suggestion, decided or not, about a customer the user may see; else None."""
    return next(iter(visible_suggestions(user, [suggestion_id])), None)


def visible_suggestions(user: User, suggestion_ids: Collection[int]) -> Sequence[Suggestion]:
    """Return those of some suggestions that are about customers the user may see, in the order they came."""
    chosen = _suggestions(user, None).where(Suggestion.id.in_(suggestion_ids))
    return db.session.scalars(chosen.order_by(Suggestion.created_at, Suggestion.id)).all()


def _is_visible_to(user: User) -> ColumnElement[bool]:
    return Suggestion.account_id.in_(visible_account_ids(user))


def _with_people() -> list[Any]:
    people = (
        Suggestion.contact,
        Suggestion.named_by,
        Suggestion.replaces,
        Suggestion.known,
        Suggestion.outcome,
    )
    return [
        joinedload(Suggestion.account),
        *(selectinload(person).selectinload(Contact.personas) for person in people),
    ]


def last_words(
    contact: Contact, heard: Iterable[Evidence], *, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """Return when somebody last vouched for a contact, and when something last spoke against them.

    Of what was heard; a mail that came back from an address they no longer have speaks against nobody. A
    confirmation that left no evidence counts from the start of its day.
    """
    confirmed: list[datetime] = []
    doubted: list[datetime] = []
    for each in heard:
        address = each.details.get("address")
        if EvidenceKind(each.kind) in VOUCHING:
            confirmed.append(each.occurred_at)
        elif each.kind == EvidenceKind.ABSENT:
            continue
        elif address is None or address_key(address) == contact.email_key:
            doubted.append(each.occurred_at)
    if contact.verified_on is not None:
        # A file may name a day to come; nobody has vouched for more than today yet.
        confirmed.append(min(datetime.combine(contact.verified_on, time(0), tzinfo=UTC), now))
    return max(confirmed, default=None), max(doubted, default=None)


def last_told(contact_ids: Collection[int], kind: EvidenceKind) -> dict[int, datetime]:
    """Return contact id → when evidence of a kind last happened, undone or not; the others are left out."""
    told = (
        select(Evidence.contact_id, func.max(Evidence.occurred_at))
        .where(Evidence.contact_id.in_(contact_ids), Evidence.kind == kind)
        .group_by(Evidence.contact_id)
    )
    return dict(db.session.execute(told).all())


def people_called(account_id: int, name: str) -> list[int]:
    """Return the contacts of an account who have a name, whatever its case, accents and order."""
    wanted = _comparable(name)
    if not wanted:
        return []
    people = db.session.execute(
        select(Contact.id, Contact.first_name, Contact.last_name)
        .where(
            Contact.account_id == account_id,
            Contact.merged_into_id.is_(None),
            *(Contact.search_text.contains(word, autoescape=True) for word in wanted),
        )
        .order_by(Contact.id)
    )
    return [contact_id for contact_id, *names in people if _comparable(" ".join(names)) == wanted]


def _comparable(name: str) -> list[str]:
    return sorted(fold(name).split())


def known_elsewhere(user: User, suggestions: Iterable[Suggestion]) -> dict[str, list[Contact]]:
    """Return address in comparable form → contacts of other accounts who have it and the user may see."""
    keys = {address_key(each.values.get("email", "")) for each in suggestions} - {""}
    found: dict[str, list[Contact]] = {}
    people = (
        select(Contact)
        .where(
            Contact.email_key.in_(keys),
            Contact.merged_into_id.is_(None),
            Contact.account_id.in_(visible_account_ids(user)),
        )
        .options(joinedload(Contact.account))
        .order_by(Contact.id)
    )
    for person in db.session.scalars(people) if keys else ():
        found.setdefault(person.email_key, []).append(person)
    return found


def people_concerned(suggestions: Iterable[Suggestion]) -> set[int]:
    """Return the contacts that deciding about some suggestions, or taking that back, may change."""
    concerned: set[int | None] = set()
    for suggestion in suggestions:
        concerned |= {suggestion.contact_id, suggestion.known_id, suggestion.outcome_id}
        email = suggestion.values.get("email", "")
        if email:
            known = contact_at(suggestion.account_id, address_key(email))
            concerned.add(known.id if known is not None else None)
    return {contact_id for contact_id in concerned if contact_id is not None}


def twins_of(suggestion: Suggestion) -> Sequence[Suggestion]:
    """Return the other open suggestions that say the same: the same person named, or said to have left."""
    others = select(Suggestion).where(
        Suggestion.account_id == suggestion.account_id,
        Suggestion.kind == suggestion.kind,
        Suggestion.decision.is_(None),
        Suggestion.id != suggestion.id,
    )
    if suggestion.contact_id is not None:
        others = others.where(Suggestion.contact_id == suggestion.contact_id)
    return [other for other in db.session.scalars(others.order_by(Suggestion.id)) if _same(other, suggestion)]


def _same(one: Suggestion, other: Suggestion) -> bool:
    if one.contact_id is not None:
        return one.values == other.values
    address = address_key(one.values.get("email", ""))
    return bool(address) and address == address_key(other.values.get("email", ""))


def address_key(text: str) -> str:
    """Return an address in comparable form; what is none, as it stands in lower case."""
    try:
        return read_address(text)[1]
    except CellProblem:
        return text.strip().lower()
