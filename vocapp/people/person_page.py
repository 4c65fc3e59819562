"""The page of a person, put together: who, how sure we are, what they said, what we think, what happened."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from vocapp.accounts.models import Contact
from vocapp.assessments.beside import OurView, our_view
from vocapp.campaigns.models import Invitation
from vocapp.core.db import db
from vocapp.duplicates.models import ContactMerge
from vocapp.duplicates.queries import alike_to, elsewhere, merges_of
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.freshness.queries import evidence_of, open_suggestions
from vocapp.freshness.rules import VOUCHING
from vocapp.freshness.showing import ShownSuggestion, shown_suggestions
from vocapp.identity.models import User
from vocapp.people.part_rules import TakingPart
from vocapp.people.queries import PersonCard, cards_of
from vocapp.people.taking_part import part_of
from vocapp.responses.phone import callable_invitations
from vocapp.timeline.queries import story_of
from vocapp.timeline.sources import Scope
from vocapp.timeline.story import Story

EVENTS_SHOWN = 10
REPORTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class PersonPage:
    """Everything on the page of a person.

    `vouched` and `doubted` are what spoke for them last and what has spoken against them since, if anything.
    `callable` are invitations for which an answer given by phone can be written down. `alike` are
    contacts who may be the same person. `away_until` is the last day they are away, None when they are not,
    or nobody said until when.
    """

    person: Contact
    card: PersonCard
    away_until: date | None
    boss: Contact | None
    reports: Sequence[Contact]
    vouched: Evidence | None
    doubted: Evidence | None
    part: TakingPart
    evidence: Sequence[Evidence]
    suggestions: Sequence[ShownSuggestion]
    own: OurView
    elsewhere: Sequence[Contact]
    merges: Sequence[tuple[ContactMerge, bool]]
    alike: Sequence[Contact]
    callable: Sequence[Invitation]
    story: Story


def person_page(person: Contact, *, reader: User, now: datetime) -> PersonPage:
    """Return the page of a person as a reader may see it."""
    known = evidence_of(person.id)
    vouched, doubted = last_words(known)
    return PersonPage(
        person=person,
        card=cards_of(person.account_id, [person], now=now)[0],
        away_until=_away_until(person, now.date()),
        boss=db.session.get(Contact, person.reports_to_id) if person.reports_to_id else None,
        reports=_reports_of(person),
        vouched=vouched,
        doubted=doubted,
        part=part_of(person, now=now),
        evidence=known,
        suggestions=shown_suggestions(_suggestions_about(person), reader=reader),
        own=our_view(person.account_id, person.id, reader=reader, on=now.date()),
        elsewhere=elsewhere(person, reader),
        merges=merges_of(person, now=now),
        alike=_alike(person, reader),
        callable=callable_invitations(person.id, now=now),
        story=story_of(Scope(person.account_id, person.id), size=EVENTS_SHOWN),
    )


def last_words(evidence: Sequence[Evidence]) -> tuple[Evidence | None, Evidence | None]:
    """Return what vouched for a contact last, and what first spoke against them after that.

    `evidence` is newest first; what was undone says nothing.
    """
    vouched, doubted = None, None
    for word in evidence:
        if word.undone_at is not None:
            continue
        if word.kind in VOUCHING:
            vouched = word
            break
        doubted = word
    return vouched, doubted


def _away_until(person: Contact, today: date) -> date | None:
    until = person.absent_until
    return until if until is not None and until >= today else None


def _reports_of(person: Contact) -> Sequence[Contact]:
    reports = (
        select(Contact)
        .where(Contact.reports_to_id == person.id, Contact.merged_into_id.is_(None))
        .order_by(Contact.last_name, Contact.first_name, Contact.id)
    )
    return db.session.scalars(reports.limit(REPORTS_SHOWN)).all()


def _suggestions_about(person: Contact) -> Sequence[Suggestion]:
    about = open_suggestions(person.account_id).where(
        or_(
            Suggestion.contact_id == person.id,
            Suggestion.known_id == person.id,
            Suggestion.replaces_id == person.id,
        )
    )
    return db.session.scalars(about).unique().all()


def _alike(person: Contact, reader: User) -> Sequence[Contact]:
    ids = alike_to(person, reader)
    if not ids:
        return []
    people = select(Contact).where(Contact.id.in_(ids)).options(selectinload(Contact.personas))
    return db.session.scalars(people.order_by(Contact.last_name, Contact.id)).all()
