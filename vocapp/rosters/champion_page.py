"""What a champion sees: people we believe are there and seats nobody holds, in words for customers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from surveys.translation import Language, best_language, language, phrase, phrase_book
from vocapp.accounts.models import Account, Contact, Persona
from vocapp.accounts.queries import personas_in_order
from vocapp.core.names import masked_name
from vocapp.core.workdays import zone_of
from vocapp.identity.models import User
from vocapp.identity.queries import company
from vocapp.outbox.link_pages import SpokenPage
from vocapp.rosters.champion_form import NEW_PLACE
from vocapp.rosters.champion_queries import known_people, seats_of
from vocapp.rosters.champion_rules import ChampionAnswer
from vocapp.rosters.models import RosterRequest

# So many cards are gone through in a minute; the others are folded away.
CARDS_SHOWN = 8
SEATS_SHOWN = 3
OTHERS_SHOWN = 3


@dataclass(frozen=True)
class KnownPerson:
    """Somebody we believe is there; `parts` are the parts they play, in the reader's words."""

    contact_id: int
    name: str
    title: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Seat:
    """A part that more people should play than we know; `rows` is how many."""

    persona_id: int
    words: str
    rows: int


@dataclass(frozen=True)
class Places:
    """Where somebody new may be named: `prefix` and the numbers make up the names of the fields.

    `last_typed` is the last number with words in it, 0 for none; `is_titled` says that a heading of the page
    says the same words.
    """

    words: str
    prefix: str
    numbers: Sequence[int]
    last_typed: int = 0
    is_titled: bool = False


@dataclass(frozen=True, kw_only=True)
class LinkPage(SpokenPage):
    """A page behind a champion's link, and the languages it can be read in."""

    token: str
    languages: Sequence[Language]


@dataclass(frozen=True, kw_only=True)
class RosterPage(LinkPage):
    """The page of one link: whom we know, whom we miss, and until when it may be said."""

    closes_on: date
    people: Sequence[KnownPerson]
    more_people: Sequence[KnownPerson]
    seats: Sequence[Seat]

    def has_said(self, given: Mapping[str, str], people: Sequence[KnownPerson]) -> bool:
        """Whether anything was said about some people, so that their cards must not be folded away."""
        return any(given.get(f"person-{person.contact_id}") for person in people)

    def places(self, given: Mapping[str, str]) -> list[Places]:
        """Return the places to name somebody for a seat, those included where somebody has."""
        typed = _typed_places(given)
        words = {seat.persona_id: seat.words for seat in self.seats}
        rows = {seat.persona_id: seat.rows for seat in self.seats}
        return [
            _places(
                words.get(persona_id, self.say("roster_others")),
                f"seat-{persona_id}",
                rows.get(persona_id, 0),
                typed.get(persona_id, set()),
            )
            for persona_id in dict.fromkeys([*rows, *sorted(key for key in typed if key)])
        ]

    def other_places(self, given: Mapping[str, str]) -> Places:
        """Return the places to name somebody beyond the seats."""
        typed = _typed_places(given).get(0, set())
        return _places(self.say("roster_others"), "other", OTHERS_SHOWN, typed, is_titled=True)


@dataclass(frozen=True)
class ShownForm:
    """The form as a page shows it: what stands in each field, and what is wrong with it.

    `errors` maps a field's name to a phrase; `revision` is the number of the form that counts, 0 for none.
    """

    given: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    revision: int = 0
    is_conflict: bool = False


def page_language(champion: Contact, *, chosen: str | None, accepted: Iterable[str], sent: str) -> Language:
    """Return the language `chosen` on the page, else the champion's, the browser's, or that of the mail."""
    wanted = (chosen, champion.language, *accepted, sent)
    return language(best_language(wanted, phrase_book().languages))


def link_page(request: RosterRequest, token: str, *, chosen: str | None, accepted: Iterable[str]) -> LinkPage:
    """Return a page behind a champion's link that shows nobody."""
    return LinkPage(
        language=page_language(request.contact, chosen=chosen, accepted=accepted, sent=request.language),
        values=_values(request.account, request.contact, request.sender),
        token=token,
        languages=list(phrase_book().languages.values()),
    )


def roster_page(
    request: RosterRequest, token: str, *, chosen: str | None, accepted: Iterable[str], on: date
) -> RosterPage:
    """Return the page behind a champion's link."""
    spoken = page_language(request.contact, chosen=chosen, accepted=accepted, sent=request.language)
    return page_for(
        request.account, request.contact, request.sender, spoken, token=token, ends=request.expires_at, on=on
    )


def page_for(
    account: Account,
    champion: Contact,
    sender: User,
    spoken: Language,
    *,
    token: str,
    ends: datetime,
    on: date,
) -> RosterPage:
    """Return what a champion sees of their account; previews and real pages are made here."""
    ours = company()
    zone = zone_of(champion.time_zone, ours.time_zone if ours else "")
    empty, holders = seats_of(account.id, on)
    known = known_people(account.id)
    people = [(person.id in holders, _known(person, spoken.code, on)) for person in known]
    ordered = [one for _holds, one in sorted(people, key=lambda each: not each[0])]
    shown = max(CARDS_SHOWN, sum(holds for holds, _one in people))
    if len(ordered) <= shown + 2:
        shown = len(ordered)  # Folding away one or two cards saves nobody time.
    return RosterPage(
        language=spoken,
        values=_values(account, champion, sender),
        token=token,
        languages=list(phrase_book().languages.values()),
        closes_on=ends.astimezone(zone).date(),
        people=ordered[:shown],
        more_people=ordered[shown:],
        seats=_seats(empty, spoken.code),
    )


def _values(account: Account, champion: Contact, sender: User) -> dict[str, str]:
    ours = company()
    return {
        "sender": sender.name or sender.email,
        "company": ours.name if ours else sender.email.rpartition("@")[2],
        "account": account.name,
        "person": masked_name(champion.first_name, champion.last_name, champion.email),
    }


def _known(person: Contact, code: str, on: date) -> KnownPerson:
    played = (each for each in person.personas if each.retired_on is None or each.retired_on > on)
    words = (customer_words(persona, code) for persona in played)
    name = f"{person.first_name} {person.last_name}".strip()
    # Without a name, what stands before the @ tells colleagues whom we mean, and outsiders no address.
    shown = name or person.email.partition("@")[0]
    return KnownPerson(person.id, shown, person.title, tuple(filter(None, words)))


def _seats(empty: Mapping[str, int], code: str) -> list[Seat]:
    seats = []
    for persona in personas_in_order():
        words = customer_words(persona, code)
        if words and empty.get(persona.key):
            seats.append(Seat(persona.id, words, min(empty[persona.key], SEATS_SHOWN)))
    return seats


def customer_words(persona: Persona, code: str) -> str:
    """Return how a part is called before customers, "" when there are no words for that."""
    key = f"roster_part_{persona.key}"
    if persona.customer_words or key not in phrase_book().phrases:
        return persona.customer_words
    return phrase(key, code)


def _places(words: str, prefix: str, rows: int, typed: set[int], *, is_titled: bool = False) -> Places:
    numbers = sorted({*range(1, rows + 1), *typed})
    return Places(words, prefix, numbers, last_typed=max(typed, default=0), is_titled=is_titled)


def _typed_places(given: Mapping[str, str]) -> dict[int, set[int]]:
    """Return persona id (0: none) → the numbers of the places where something stands."""
    found: dict[int, set[int]] = {}
    for name, text in given.items():
        match = NEW_PLACE.fullmatch(name)
        if match and text.strip():
            found.setdefault(int(match["persona"] or 0), set()).add(int(match["number"]))
    return found


def recorded_form(request: RosterRequest) -> ShownForm:
    """Return the form of a page opened anew, with what was said before in it."""
    return ShownForm(_typed(ChampionAnswer.from_json(request.answer)), revision=request.revision)


def _typed(answer: ChampionAnswer) -> dict[str, str]:
    """Return an answer as the fields of the form it was read from."""
    ids = {persona.key: persona.id for persona in personas_in_order()}
    given = {"comment": answer.comment}
    for person in answer.people:
        place = f"person-{person.contact_id}"
        given |= {
            place: person.said,
            f"{place}-title": person.title,
            f"{place}-email": person.email,
            f"{place}-next-name": person.next_name,
            f"{place}-next-email": person.next_email,
        }
    numbers: dict[str, int] = {}
    for one in answer.named:
        group = f"seat-{ids[one.persona_key]}" if one.persona_key in ids else "other"
        numbers[group] = numbers.get(group, 0) + 1
        place = f"{group}-{numbers[group]}"
        given |= {f"{place}-name": one.name, f"{place}-email": one.email, f"{place}-title": one.title}
    return given
