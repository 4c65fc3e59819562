"""Suggestions as a page shows them: what would change into what, and whom the account knows already."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import personas_in_order
from vocapp.core.db import db
from vocapp.core.web import Page, page_of
from vocapp.freshness.accepting import PERSONAS, parts_proposed, standing_of
from vocapp.freshness.models import Suggestion
from vocapp.freshness.queries import address_key, known_elsewhere, open_suggestions
from vocapp.freshness.rules import EvidenceSource, SuggestionKind
from vocapp.identity.models import User

_SHOWN = ("first_name", "last_name", "email", "title", "phone")


@dataclass(frozen=True, slots=True)
class Change:
    """One column with its value before (None: there is nobody yet) and after; personas by name, in a line."""

    column: str
    before: str | None
    after: str


@dataclass(frozen=True, slots=True)
class ShownSuggestion:
    """A suggestion with what accepting it would do.

    `known` is who a new person already is, `is_certain` whether by address rather than by name alone;
    `elsewhere` has the address at other accounts; `is_repeated`: somebody else on the page says the same.
    """

    suggestion: Suggestion
    changes: Sequence[Change]
    known: Contact | None
    is_certain: bool
    elsewhere: Sequence[Contact]
    is_repeated: bool

    @property
    def named(self) -> str:
        """The name of a new person, or their address."""
        values = self.suggestion.values
        name = f"{values.get('first_name', '')} {values.get('last_name', '')}".strip()
        return name or values.get("email", "")

    @property
    def ends_a_part(self) -> bool:
        """Whether it says that somebody plays no part at all."""
        return self.suggestion.kind == SuggestionKind.CORRECTION and self.suggestion.values == {PERSONAS: []}

    @property
    def is_vouched_for(self) -> bool:
        """Whether accepting confirms the person unless the CSM says otherwise."""
        return self.suggestion.source == EvidenceSource.CHAMPION_PAGE


@dataclass(frozen=True, slots=True)
class AccountGroup:
    """The suggestions about one account."""

    account: Account
    suggestions: Sequence[ShownSuggestion]


def waiting_at(account_id: int, *, reader: User, most: int = 3) -> Page:
    """Return the first suggestions that wait at an account, as a reader may see them, and their total."""
    page = page_of(open_suggestions(account_id), number=1, size=most)
    return replace(page, items=shown_suggestions(page.items, reader=reader))


def by_account(suggestions: Sequence[Suggestion], *, reader: User) -> list[AccountGroup]:
    """Return suggestions as a reader may see them, grouped by account in the order given."""
    return [
        AccountGroup(account, list(group))
        for account, group in groupby(
            shown_suggestions(suggestions, reader=reader), key=lambda shown: shown.suggestion.account
        )
    ]


def shown_suggestions(suggestions: Sequence[Suggestion], *, reader: User) -> list[ShownSuggestion]:
    """Return suggestions with everything a decision needs, in a fixed number of statements."""
    names = {persona.key: persona.name for persona in personas_in_order()}
    known = _known_by_address(suggestions)
    elsewhere = known_elsewhere(reader, suggestions)
    said = [_words(suggestion) for suggestion in suggestions]
    found = []
    for suggestion, words in zip(suggestions, said, strict=True):
        key = address_key(suggestion.values.get("email", ""))
        by_address = known.get((suggestion.account_id, key))
        who = by_address or suggestion.known
        others = [person for person in elsewhere.get(key, ()) if person.account_id != suggestion.account_id]
        found.append(
            ShownSuggestion(
                suggestion=suggestion,
                changes=_changes(suggestion, who, names),
                known=who,
                is_certain=by_address is not None,
                elsewhere=others,
                is_repeated=said.count(words) > 1,
            )
        )
    return found


def _known_by_address(suggestions: Sequence[Suggestion]) -> dict[tuple[int, str], Contact]:
    new = [each for each in suggestions if each.kind == SuggestionKind.NEW_PERSON]
    keys = {address_key(each.values.get("email", "")) for each in new} - {""}
    if not keys:
        return {}
    people = (
        select(Contact)
        .where(
            Contact.email_key.in_(keys),
            Contact.account_id.in_({each.account_id for each in new}),
            Contact.merged_into_id.is_(None),
        )
        .options(selectinload(Contact.personas))
    )
    return {(person.account_id, person.email_key): person for person in db.session.scalars(people)}


def _words(suggestion: Suggestion) -> tuple[Any, ...]:
    about = suggestion.contact_id or address_key(suggestion.values.get("email", "")) or suggestion.id
    return (
        suggestion.account_id,
        suggestion.kind,
        about,
        repr(sorted(suggestion.values)) * bool(suggestion.contact_id),
    )


def _changes(suggestion: Suggestion, known: Contact | None, names: dict[str, str]) -> list[Change]:
    if suggestion.kind == SuggestionKind.LEFT:
        return []
    who = suggestion.contact if suggestion.kind == SuggestionKind.CORRECTION else known
    have: dict[str, Any] = standing_of(who) if who else {}
    # Whoever is new stands in the question with their name.
    columns = _SHOWN if who else _SHOWN[2:]
    wanted = {column: suggestion.values[column] for column in columns if column in suggestion.values}
    changes = [
        Change(column, have.get(column), value)
        for column, value in wanted.items()
        if have.get(column) != value
    ]
    played = have.get(PERSONAS, [])
    parts = suggestion.values.get(PERSONAS, played)
    if suggestion.kind == SuggestionKind.NEW_PERSON:
        parts = [*played, *(key for key in parts_proposed(suggestion) if key not in played)]
    if parts != played:
        before = _part_names(played, names) if who else None
        changes.append(Change(PERSONAS, before, _part_names(parts, names)))
    return changes


def _part_names(keys: Sequence[str], names: dict[str, str]) -> str:
    return ", ".join(names.get(key, key) for key in keys)
