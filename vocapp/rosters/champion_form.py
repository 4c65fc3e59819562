"""Reading the form of a champion: what was said, what is wrong with it, and everything typed."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vocapp.accounts.cells import CellProblem, clean_text, read_address
from vocapp.accounts.rules import is_role_address
from vocapp.core.typed_text import UNSTORABLE
from vocapp.rosters.champion_rules import MOST_NAMED, ChampionAnswer, Named, PersonSaid, Said

LONGEST_LINE = 120
LONGEST_COMMENT = 10_000

ERROR_EMAIL = "error_email"
ERROR_TOO_LONG = "error_too_long"
ERROR_LONG_LINE = "roster_error_long"
ERROR_WHO = "roster_error_who"
ERROR_WHAT_CHANGED = "roster_error_what_changed"
ERROR_OURS = "roster_error_ours"
ERROR_SHARED = "roster_error_shared"
ERROR_YOURSELF = "roster_error_yourself"
ERROR_TWICE = "roster_error_twice"
ERROR_TOO_MANY = "roster_error_too_many"

# A field about somebody new: the seat of a persona or none, which place, and what about them.
NEW_PLACE = re.compile(
    r"(?P<group>seat-(?P<persona>[1-9]\d{0,8})|other)-(?P<number>\d{1,4})-(?:name|email|title)", re.ASCII
)


@dataclass(frozen=True)
class FormFacts:
    """What reading a form takes to know: whom it may speak of, and whose address is whose."""

    contacts: Mapping[int, str]
    personas: Mapping[int, str]
    champion_key: str
    is_staff: Callable[[str], bool]


@dataclass(frozen=True)
class ReadForm:
    """A sent form: the answer, everything typed, and field → phrase of what is wrong with it."""

    answer: ChampionAnswer
    given: Mapping[str, str]
    errors: Mapping[str, str]


def read_form(fields: Mapping[str, str], facts: FormFacts) -> ReadForm:
    """Read the form a champion sent; whom it does not know it passes over.

    `facts.contacts` maps the contacts of the account to their addresses in comparable form,
    `facts.personas` ids to keys.
    """
    reader = _Reader(fields, facts)
    people = [reader.person(contact_id) for contact_id in facts.contacts if f"person-{contact_id}" in fields]
    named = [reader.newcomer(place, persona) for place, persona in _new_places(fields, facts)]
    answer = ChampionAnswer(
        people=tuple(person for person in people if person),
        named=tuple(one for one in named if one),
        comment=reader.comment(),
    )
    return ReadForm(answer, dict(fields), reader.errors)


def _new_places(fields: Mapping[str, str], facts: FormFacts) -> list[tuple[str, str]]:
    """Return the filled places where somebody new may be named, seats first, with the persona of each."""
    found = {}
    for name, text in fields.items():
        match = NEW_PLACE.fullmatch(name)
        if match and text.strip():
            persona_id = int(match["persona"] or 0)
            place = f"{match['group']}-{match['number']}"
            found[(not persona_id, persona_id, int(match["number"]))] = (
                place,
                facts.personas.get(persona_id, ""),
            )
    order = {persona_id: number for number, persona_id in enumerate(facts.personas)}
    return [found[key] for key in sorted(found, key=lambda key: (key[0], order.get(key[1], 0), key))]


class _Reader:
    """One pass over the fields of a form, collecting what is wrong."""

    def __init__(self, fields: Mapping[str, str], facts: FormFacts) -> None:
        self._fields = fields
        self._facts = facts
        self._met: set[str] = set()
        self._count = 0
        self.errors: dict[str, str] = {}

    def person(self, contact_id: int) -> PersonSaid | None:
        """Return what is said about somebody we know; None for nothing."""
        place = f"person-{contact_id}"
        said = self._fields.get(place, "")
        if said == Said.RIGHT:
            return PersonSaid(contact_id, Said.RIGHT)
        if said == Said.LEFT:
            name = self._line(f"{place}-next-name")
            email, _key = self._address(f"{place}-next-email")
            if name or email:
                self._count_newcomer(f"{place}-next-name")
            return PersonSaid(contact_id, Said.LEFT, next_name=name, next_email=email)
        if said != Said.CHANGED:
            return None
        title = self._line(f"{place}-title")
        email, key = self._address(f"{place}-email")
        is_empty = not any(self._fields.get(f"{place}-{part}", "").strip() for part in ("title", "email"))
        if is_empty:
            self.errors[f"{place}-title"] = ERROR_WHAT_CHANGED
        if key == self._facts.contacts[contact_id]:
            email = ""  # They typed what we have; nothing about it is new.
        return PersonSaid(contact_id, Said.CHANGED, title=title, email=email)

    def newcomer(self, place: str, persona: str) -> Named | None:
        """Return somebody named; None when what was typed is of no use."""
        name = self._line(f"{place}-name")
        email, key = self._address(f"{place}-email")
        title = self._line(f"{place}-title")
        problems = [field for field in self.errors if field.startswith(f"{place}-")]
        if not (name or email or problems):
            self.errors[f"{place}-name"] = ERROR_WHO
        who = key or " ".join(name.casefold().split())
        if key and key == self._facts.champion_key:
            self.errors[f"{place}-email"] = ERROR_YOURSELF
        elif who and who in self._met:
            self.errors[f"{place}-{'email' if key else 'name'}"] = ERROR_TWICE
        self._met.add(who)
        self._count_newcomer(f"{place}-name")
        return Named(persona, name, email, title) if name or email else None

    def comment(self) -> str:
        """Return the comment as it was written, line by line."""
        text = UNSTORABLE.sub("", self._fields.get("comment", "").replace("\r\n", "\n")).strip()
        if len(text) > LONGEST_COMMENT:
            self.errors["comment"] = ERROR_TOO_LONG
        return text

    def _count_newcomer(self, place: str) -> None:
        self._count += 1
        if self._count == MOST_NAMED + 1:
            self.errors.setdefault(place, ERROR_TOO_MANY)

    def _line(self, name: str) -> str:
        text = UNSTORABLE.sub(" ", self._fields.get(name, ""))
        try:
            return clean_text(text, most=LONGEST_LINE)
        except CellProblem:
            self.errors[name] = ERROR_LONG_LINE
            return ""

    def _address(self, name: str) -> tuple[str, str]:
        """Return an address as written and in comparable form; both empty for none."""
        text = self._fields.get(name, "").strip()
        if not text:
            return "", ""
        try:
            address, key = read_address(clean_text(UNSTORABLE.sub("", text), most=320))
        except CellProblem:
            self.errors[name] = ERROR_EMAIL
            return "", ""
        if self._facts.is_staff(key):
            self.errors[name] = ERROR_OURS
        elif is_role_address(key):
            self.errors[name] = ERROR_SHARED
        return address, key
