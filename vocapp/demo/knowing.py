"""How the demo company came to know its customers: lines, assessments, rosters, champions' help."""

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update

from vocapp.accounts.models import Account, Contact, Note, Persona, contact_personas
from vocapp.accounts.rules import AccountStatus, ContactStatus, Degree
from vocapp.assessments.models import Assessment
from vocapp.assessments.rules import questions_for
from vocapp.campaigns.models import Wave, wave_accounts
from vocapp.core.db import db
from vocapp.core.tokens import hash_token, new_nonce
from vocapp.demo.stories import CARRIED_BY_ONE, CHAMPION_LEFT, COMEBACK_STORY, SILENT, STORY_NAMES
from vocapp.freshness.rules import EvidenceKind, EvidenceSource, SuggestionKind
from vocapp.freshness.service import record_evidence, suggest
from vocapp.rosters.champion import token_of
from vocapp.rosters.champion_answers import SentRoster, record_answer
from vocapp.rosters.champion_rules import ChampionAnswer, Named, PersonSaid, Said
from vocapp.rosters.models import RosterConfirmation, RosterLine, RosterRequest
from vocapp.rosters.rules import RemovalReason, RequestState, RosterDecision

REPORTS_UP = ("decision_maker", "champion", "influencer", "admin", "power_user")
INFLUENCE = {"decision_maker": Degree.HIGH, "champion": Degree.MEDIUM, "influencer": Degree.MEDIUM}
FAMILY_SIZE = 3
FAMILIES = 2

NOTES = {
    STORY_NAMES[
        SILENT
    ]: "Called twice and wrote once since the last wave. Their new CFO reviews every supplier.",
    STORY_NAMES[CHAMPION_LEFT]: "Our champion told me on the phone that this was the last week there.",
    STORY_NAMES[CARRIED_BY_ONE]: "Everything goes through one person. Ask for an introduction to the team.",
    STORY_NAMES[COMEBACK_STORY]: "Weekly calls for a quarter did it: the open tickets went from 14 to 2.",
}


@dataclass(slots=True)
class Known:
    """One contact of the demo company; `persona` is the first part they play."""

    id: int
    first_name: str
    last_name: str
    email: str
    persona: str
    status: str


@dataclass(slots=True)
class Place:
    """One account of the demo company with its people."""

    id: int
    name: str
    owner_id: int
    tier_id: int | None
    is_present: bool
    people: list[Known] = field(default_factory=list)

    def present(self, persona: str = "") -> list[Known]:
        """Return the active people, or those of one persona."""
        return [
            person
            for person in self.people
            if person.status == ContactStatus.ACTIVE and persona in ("", person.persona)
        ]


def get_to_know(*, draw: random.Random, now: datetime) -> None:
    """Add everything around the contacts that a year of work leaves behind; no answer changes."""
    places = _places()
    present = [place for place in places if place.is_present]
    _draw_lines(places)
    _grow_families(present, draw)
    _write_notes(present, now)
    _assess(present, draw, now)
    _confirm_rosters(present, draw)
    _know_somebody_twice(present)
    _hear_of_departures(places, now)
    _ask_champions(present, draw, now)


def _places() -> list[Place]:
    accounts = db.session.execute(
        select(Account.id, Account.name, Account.owner_id, Account.tier_id, Account.status)
        .where(Account.is_demo)
        .order_by(Account.id)
    )
    places = {
        row.id: Place(
            row.id, row.name, row.owner_id or 0, row.tier_id, is_present=row.status == AccountStatus.ACTIVE
        )
        for row in accounts
    }
    people = db.session.execute(
        select(
            Contact.id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            Persona.key,
            Contact.status,
            Contact.account_id,
        )
        .join(contact_personas, contact_personas.c.contact_id == Contact.id)
        .join(Persona, Persona.id == contact_personas.c.persona_id)
        .where(Contact.is_demo, ~Contact.is_role_address)
        .order_by(Contact.id)
    )
    for contact_id, first_name, last_name, email, persona, status, account_id in people:
        person = Known(contact_id, first_name, last_name, email, persona, status)
        places[account_id].people.append(person)
    return list(places.values())


def _draw_lines(places: Iterable[Place]) -> None:
    """Let everybody report to the first person of the part above theirs."""
    rows = []
    for place in places:
        heads = {key: next((p for p in place.people if p.persona == key), None) for key in REPORTS_UP}
        boss = next((person for person in heads.values() if person is not None), None)
        lead = heads["champion"] or boss
        for person in place.people:
            is_near = person is lead or person.persona in ("decision_maker", "champion", "influencer")
            above = boss if is_near else lead
            reports_to = (
                above.id if above is not None and above is not person and person is not boss else None
            )
            influence = INFLUENCE.get(person.persona, Degree.LOW)
            rows.append({"id": person.id, "reports_to_id": reports_to, "influence": influence})
    if rows:
        db.session.execute(update(Contact), rows)


def _grow_families(places: Sequence[Place], draw: random.Random) -> None:
    """Give the first large accounts daughters of their own region, and every account a potential to grow."""
    taken: set[int] = set()
    rows: list[dict[str, Any]] = []
    heads = sorted(places, key=lambda place: (place.tier_id or 0, place.id))
    for parent in heads:
        daughters = [
            place
            for place in places
            if place.owner_id == parent.owner_id and place is not parent and place.id not in taken
        ][-FAMILY_SIZE:]
        if parent.id in taken or len(taken) >= FAMILIES * (FAMILY_SIZE + 1) or len(daughters) < FAMILY_SIZE:
            continue
        taken |= {parent.id, *(place.id for place in daughters)}
        rows += [{"id": place.id, "parent_id": parent.id} for place in daughters]
    if rows:
        db.session.execute(update(Account), rows)
    grown = [{"id": place.id, "growth_potential": draw.choice(("", *Degree))} for place in places]
    if grown:
        db.session.execute(update(Account), grown)


def _write_notes(places: Iterable[Place], now: datetime) -> None:
    notes = [
        Note(
            account_id=place.id, author_id=place.owner_id, text=NOTES[place.name], at=now - timedelta(days=8)
        )
        for place in places
        if place.name in NOTES
    ]
    db.session.add_all(notes)
    db.session.flush()


def _assess(places: Iterable[Place], draw: random.Random, now: datetime) -> None:
    """Fill in forms for most accounts, some of them too long ago, and for those who sign or speak for us."""
    rows = []
    for place in places:
        if draw.random() < 0.3:
            continue
        lean = draw.choice((2, 3, 3, 4, 4))
        for days in (draw.randint(130, 220), draw.randint(5, 120)):
            ratings = _ratings(questions_for(is_person=False), lean, draw)
            rows.append(_form(place, None, ratings, now - timedelta(days=days, hours=draw.randint(0, 6))))
        for person in [*place.present("decision_maker"), *place.present("champion")]:
            lean_of_person = min(5, lean + (person.persona == "champion"))
            ratings = _ratings(questions_for(is_person=True), lean_of_person, draw)
            rows.append(_form(place, person, ratings, now - timedelta(days=draw.randint(5, 60))))
    if rows:
        db.session.execute(insert(Assessment), rows)


def _ratings(questions: Iterable[Any], lean: int, draw: random.Random) -> dict[str, int]:
    return {
        question.key: min(max(lean + draw.choice((-1, 0, 0, 1)), 1), 5)
        for question in questions
        if draw.random() < 0.9
    }


def _form(place: Place, person: Known | None, ratings: Mapping[str, int], at: datetime) -> dict[str, Any]:
    return {
        "account_id": place.id,
        "contact_id": person.id if person else None,
        "author_id": place.owner_id,
        "ratings": dict(ratings) or {"attitude" if person else "goals": 3},
        "note": "",
        "at": at,
    }


def _confirm_rosters(places: Sequence[Place], draw: random.Random) -> None:
    """Have most rosters confirmed some days before each of the last two waves, a few people left out."""
    by_id = {place.id: place for place in places}
    asked = db.session.execute(
        select(wave_accounts.c.account_id, Wave.launched_at)
        .join(Wave, Wave.id == wave_accounts.c.wave_id)
        .where(Wave.is_demo, Wave.launched_at.is_not(None))
        .order_by(Wave.launched_at, wave_accounts.c.account_id)
    ).all()
    last_two = sorted({launched_at for _account, launched_at in asked})[-2:]
    latest: dict[int, RosterConfirmation] = {}
    for account_id, launched_at in asked:
        place = by_id.get(account_id)
        if launched_at not in last_two or place is None or draw.random() < 0.35:
            continue
        at = launched_at - timedelta(days=draw.randint(1, 12), hours=draw.randint(0, 5))
        if account_id in latest:
            latest[account_id].is_latest = False
        latest[account_id] = RosterConfirmation(
            account_id=account_id, by_id=place.owner_id, at=at, lines=_lines(place, draw)
        )
        db.session.add(latest[account_id])
        # One at a time: of two confirmations of an account only one may be the latest.
        db.session.flush()


def _lines(place: Place, draw: random.Random) -> list[RosterLine]:
    lines = []
    for person in place.present():
        is_removed = draw.random() < 0.05 and person.persona not in ("decision_maker", "champion")
        reason = draw.choice((RemovalReason.BAD_MOMENT, RemovalReason.ASKED_ELSEWHERE, RemovalReason.UNHAPPY))
        lines.append(
            RosterLine(
                contact_id=person.id,
                decision=RosterDecision.REMOVE if is_removed else RosterDecision.KEEP,
                reason=reason if is_removed else "",
            )
        )
    return lines


def _know_somebody_twice(places: Sequence[Place]) -> None:
    """Put one person of every CSM on record a second time, as imports from several tools do."""
    owners: set[int] = set()
    for place in places:
        double = next(iter(place.present("power_user")), None)
        if double is None or place.owner_id in owners or place.name in STORY_NAMES.values():
            continue
        owners.add(place.owner_id)
        local, _at, domain = double.email.partition("@")
        address = f"{local}.{domain.partition('.')[0]}@mail.example"
        twin = Contact(
            account_id=place.id,
            first_name=double.first_name,
            last_name=double.last_name,
            email=address,
            email_key=address,
            is_demo=True,
        )
        db.session.add(twin)
    db.session.flush()


def _hear_of_departures(places: Iterable[Place], now: datetime) -> None:
    """Tell where it is known from that people left, and that addresses are dead."""
    told = {
        ContactStatus.LEFT: EvidenceKind.SAID_LEFT,
        ContactStatus.BOUNCED: EvidenceKind.BOUNCED,
    }
    for place in places:
        for person in place.people:
            kind = told.get(ContactStatus(person.status))
            if kind is not None:
                record_evidence(
                    db.session.get_one(Contact, person.id),
                    kind,
                    source=EvidenceSource.MAIL,
                    source_id=person.id,
                    occurred_at=now - timedelta(days=60),
                    details={"address": person.email},
                    now=now - timedelta(days=60),
                )


def _ask_champions(places: Sequence[Place], draw: random.Random, now: datetime) -> None:
    """Have some champions asked: most answered, one link is still open; what they named waits for the CSM."""
    asked: defaultdict[int, int] = defaultdict(int)
    for place in places:
        champion = next(iter(place.present("champion")), None)
        if champion is None or asked[place.owner_id] >= 3 or place.name == STORY_NAMES[SILENT]:
            continue
        asked[place.owner_id] += 1
        request = _request(place, champion, now - timedelta(days=5 * asked[place.owner_id], hours=2))
        if asked[place.owner_id] > 1:
            answered_at = request.created_at + timedelta(hours=5)
            record_answer(request, SentRoster(_said(place, champion, draw), at=answered_at))
    _refer(places, now)


def _request(place: Place, champion: Known, at: datetime) -> RosterRequest:
    nonce = new_nonce()
    request = RosterRequest(
        account_id=place.id,
        contact_id=champion.id,
        sender_id=place.owner_id,
        nonce=nonce,
        token_hash=hash_token(token_of(nonce)),
        state=RequestState.SENT,
        created_at=at,
        sent_at=at,
        expires_at=at + timedelta(days=21),
    )
    db.session.add(request)
    db.session.flush()
    return request


def _said(place: Place, champion: Known, draw: random.Random) -> ChampionAnswer:
    """Return a champion's form: most people are right, one has left, one got a new title, one is new."""
    others = [person for person in place.present() if person is not champion]
    people = [PersonSaid(person.id, Said.RIGHT) for person in others[:4]]
    if len(others) > 5:
        people.append(PersonSaid(others[5].id, Said.LEFT))
    if len(others) > 4:
        people.append(PersonSaid(others[4].id, Said.CHANGED, title="Head of Operations"))
    domain = champion.email.partition("@")[2]
    first, last = draw.choice((("Noor", "Haddad"), ("Ines", "Carvalho"), ("Björn", "Åkesson")))
    named = Named("admin", f"{first} {last}", f"{first[0].lower()}.new@{domain}", "Platform Administrator")
    return ChampionAnswer(people=tuple(people), named=(named,))


def _refer(places: Sequence[Place], now: datetime) -> None:
    """Let the one person who carries an account name who decides there."""
    place = next((place for place in places if place.name == STORY_NAMES[CARRIED_BY_ONE]), None)
    voice = next(iter(place.present("champion")), None) if place is not None else None
    if place is None or voice is None:
        return
    suggest(
        place.id,
        SuggestionKind.NEW_PERSON,
        key=f"demo:referral:{place.id}",
        source=EvidenceSource.ANSWER_PAGE,
        source_id=voice.id,
        named_by_id=voice.id,
        persona_key="decision_maker",
        values={
            "first_name": "Amara",
            "last_name": "Nwosu",
            "email": f"amara.nwosu@{voice.email.partition('@')[2]}",
        },
        now=now - timedelta(days=3),
    )
