"""Requests to champions, whom one could ask, and who is known at their account, read only."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from sqlalchemy import Select, bindparam, exists, select
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from vocapp.accounts.directory import Directory
from vocapp.accounts.holding import hold_account, hold_people_of
from vocapp.accounts.models import Contact
from vocapp.accounts.queries import footprint_of, house_rules, personas_in_order
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.core.tokens import hash_token
from vocapp.outbox.models import Message
from vocapp.outbox.queries import address_hash, message_by_key, suppressed_hashes
from vocapp.rosters.champion_form import FormFacts
from vocapp.rosters.champion_rules import UNANSWERED, counts_as_asked, is_page_open, may_ask_from
from vocapp.rosters.models import RosterRequest, RosterRevision
from vocapp.rosters.rules import RequestState

REQUEST = "roster_request"
REMINDER = "roster_reminder"


def mail_key(request_id: int) -> str:
    """Return the key of the mail that asks."""
    return f"{REQUEST}:{request_id}"


def reminder_key(request_id: int) -> str:
    """Return the key of the one reminder."""
    return f"{REMINDER}:{request_id}"


def request_by_token(token: str, *, is_locked: bool = False) -> RosterRequest | None:
    """Return the request whose link carries this token, or None.

    One look-up by hash either way, with the contact and nothing beside it, so a wrong token takes as long as
    one whose page is closed. `is_locked` holds the request until the end of the transaction, so that forms
    sent at once are read one by one; whoever goes on to change people holds them before (`hold_roster_of`).
    """
    return db.session.scalar(_by_token_hash(is_locked), {"token_hash": hash_token(token)})


@cache
def _by_token_hash(is_locked: bool) -> Select[RosterRequest]:
    found = (
        select(RosterRequest)
        .where(RosterRequest.token_hash == bindparam("token_hash"))
        .options(joinedload(RosterRequest.contact, innerjoin=True))
    )
    if is_locked:
        found = found.with_for_update(of=RosterRequest).execution_options(populate_existing=True)
    return found


def hold_roster_of(token: str) -> None:
    """Hold the account behind a token with everybody there; nothing for a token that leads nowhere."""
    found = db.session.scalar(
        select(RosterRequest.account_id).where(RosterRequest.token_hash == hash_token(token))
    )
    if found is not None:
        hold_account(found)
        hold_people_of(found)


def is_open(request: RosterRequest, *, now: datetime) -> bool:
    """Whether the page of a request may be seen: while it takes answers, by somebody who is still there."""
    return is_page_open(request.state, request.expires_at, now=now) and is_still_there(request)


def is_still_there(request: RosterRequest) -> bool:
    """Whether the person asked still works at that account, as far as we know."""
    contact = request.contact
    return contact.status != ContactStatus.LEFT and contact.account_id == request.account_id


def requests_of(account_id: int) -> Sequence[RosterRequest]:
    """Return the requests to champions of an account, newest first, with whom and by whom."""
    found = (
        select(RosterRequest)
        .where(RosterRequest.account_id == account_id)
        .options(joinedload(RosterRequest.contact), joinedload(RosterRequest.sender))
        .order_by(RosterRequest.created_at.desc(), RosterRequest.id.desc())
    )
    return db.session.scalars(found).unique().all()


def waiting_forms(account_id: int) -> Sequence[RosterRevision]:
    """Return the doubtful forms of an account that nobody decided about, oldest first."""
    found = (
        select(RosterRevision)
        .join(RosterRevision.request)
        .where(
            RosterRequest.account_id == account_id,
            RosterRevision.quarantine_reason.is_not(None),
            RosterRevision.decision.is_(None),
        )
        .options(contains_eager(RosterRevision.request).joinedload(RosterRequest.contact))
        .order_by(RosterRevision.id)
    )
    return db.session.scalars(found).all()


def revision_of(request_id: int, number: int) -> RosterRevision | None:
    """Return one sent form of a request, or None."""
    wanted = (RosterRevision.request_id == request_id, RosterRevision.number == number)
    return db.session.scalar(select(RosterRevision).where(*wanted))


def last_revision_of(request_id: int) -> RosterRevision | None:
    """Return the form that was sent last, doubtful or not."""
    sent = select(RosterRevision).where(RosterRevision.request_id == request_id)
    return db.session.scalar(sent.order_by(RosterRevision.number.desc()).limit(1))


def has_forms(request_id: int) -> bool:
    """Whether a champion has sent anything, doubtful or not."""
    return last_revision_of(request_id) is not None


def form_facts(request: RosterRequest) -> FormFacts:
    """Return what reading a champion's form takes to know.

    It may speak of everybody at the account, also of those who were taken off the page since it was opened.
    """
    contacts = select(Contact.id, Contact.email_key).where(
        Contact.account_id == request.account_id, Contact.merged_into_id.is_(None)
    )
    ordered = contacts.order_by(Contact.last_name, Contact.first_name, Contact.id)
    return FormFacts(
        contacts=dict(db.session.execute(ordered).all()),
        personas={persona.id: persona.key for persona in personas_in_order()},
        champion_key=request.contact.email_key,
        is_staff=Directory(is_dry_run=True).is_staff,
    )


def account_may_ask_from(account_id: int) -> date | None:
    """Return the first day on which a champion of this account may be asked again; None when none was yet."""
    turns = [
        request.created_at.date()
        for request in requests_of(account_id)
        if counts_as_asked(request.state, was_sent=request.sent_at is not None)
    ]
    return may_ask_from(max(turns, default=None), every_days=house_rules().champion_every_days)


def asked_lately(account_ids: Collection[int], *, now: datetime) -> frozenset[int]:
    """Return those of some accounts where it is too early to ask a champion again, in one statement."""
    first_day = now.astimezone(UTC).date() - timedelta(days=house_rules().champion_every_days)
    turns = select(RosterRequest.account_id, RosterRequest.state, RosterRequest.sent_at).where(
        RosterRequest.account_id.in_(account_ids),
        RosterRequest.created_at >= datetime.combine(first_day + timedelta(days=1), time(), tzinfo=UTC),
    )
    rows = db.session.execute(turns)
    return frozenset(
        account_id
        for account_id, state, sent_at in rows
        if counts_as_asked(state, was_sent=sent_at is not None)
    )


@dataclass(frozen=True, slots=True)
class Unheard:
    """A champion who was asked and reminded, and has not answered; nothing more is sent to them."""

    contact_id: int
    name: str
    asked_at: datetime


def unheard_requests(account_ids: Collection[int], *, now: datetime) -> dict[int, Unheard]:
    """Return account id → the latest unanswered request there, of the last `champion_every_days` days.

    Only where the reminder is out or the page has closed, and the person is still there.
    """
    latest = aliased(RosterRequest)
    is_latest = ~exists().where(
        latest.account_id == RosterRequest.account_id, latest.created_at > RosterRequest.created_at
    )
    has_ended = (RosterRequest.state == RequestState.EXPIRED) | RosterRequest.reminded_at.is_not(None)
    rows = db.session.execute(
        select(
            RosterRequest.account_id,
            Contact.id,
            Contact.first_name,
            Contact.last_name,
            Contact.email,
            RosterRequest.created_at,
        )
        .join(Contact, Contact.id == RosterRequest.contact_id)
        .where(
            RosterRequest.account_id.in_(account_ids),
            RosterRequest.created_at >= now - timedelta(days=house_rules().champion_every_days),
            RosterRequest.sent_at.is_not(None),
            RosterRequest.state.in_((RequestState.SENT, RequestState.EXPIRED)),
            has_ended,
            is_latest,
            Contact.status == ContactStatus.ACTIVE,
        )
    )
    return {
        account_id: Unheard(contact_id, f"{first} {last}".strip() or email, asked_at)
        for account_id, contact_id, first, last, email, asked_at in rows
    }


def people_to_ask(account_id: int) -> list[Contact]:
    """Return whom one could ask about an account: people we may write to, champions first, then by name."""
    people = known_people(account_id)
    blocked = suppressed_hashes(person.email for person in people)
    askable = [person for person in people if address_hash(person.email) not in blocked]
    return sorted(askable, key=lambda person: all(persona.key != "champion" for persona in person.personas))


def known_people(account_id: int) -> Sequence[Contact]:
    """Return the active people of an account with their personas, by name; no shared mailboxes."""
    found = (
        select(Contact)
        .where(
            Contact.account_id == account_id,
            Contact.status == ContactStatus.ACTIVE,
            Contact.is_role_address.is_(False),
            Contact.merged_into_id.is_(None),
        )
        .options(selectinload(Contact.personas))
        .order_by(Contact.last_name, Contact.first_name, Contact.id)
    )
    return db.session.scalars(found).all()


def seats_of(account_id: int, on: date) -> tuple[dict[str, int], frozenset[int]]:
    """Return persona key → empty seats, in page order, and the contacts who hold a seat."""
    footprint = footprint_of([account_id], on).get(account_id)
    groups = footprint.personas if footprint else ()
    empty = {group.persona.key: group.empty for group in groups if group.empty}
    holders = (slot.person.contact_id for group in groups for slot in group.slots if slot.person)
    return empty, frozenset(holders)


def sent_or_tried_at(request: RosterRequest) -> datetime | None:
    """Return when a request's mail was taken; until that is noted, when it was tried."""
    if request.sent_at is not None:
        return request.sent_at
    mail = message_by_key(mail_key(request.id))
    return (mail.sent_at or mail.first_tried_at) if mail else None


def mail_states(requests: Sequence[RosterRequest]) -> dict[int, str]:
    """Return request id → the state of the mail that asks."""
    ids = [request.id for request in requests]
    rows = select(Message.subject_id, Message.state).where(
        Message.subject_kind == REQUEST, Message.template == REQUEST, Message.subject_id.in_(ids)
    )
    return dict(db.session.execute(rows).all())


def due_reminders(*, now: datetime, limit: int) -> Sequence[RosterRequest]:
    """Return unanswered requests whose reminder is due, held until the end of the transaction."""
    due = (
        select(RosterRequest)
        .where(RosterRequest.reminder_due_at <= now)
        .order_by(RosterRequest.reminder_due_at, RosterRequest.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return db.session.scalars(due).all()


def unanswered_past_end(now: datetime) -> Select[RosterRequest]:
    """Return a select of requests that ended without an answer."""
    return select(RosterRequest).where(RosterRequest.state.in_(UNANSWERED), RosterRequest.expires_at <= now)


def open_request_of(account_id: int, *, now: datetime) -> RosterRequest | None:
    """Return the request of an account that still waits for its champion, or None."""
    waiting = select(RosterRequest).where(
        RosterRequest.account_id == account_id,
        RosterRequest.state.in_(UNANSWERED),
        RosterRequest.expires_at > now,
    )
    return db.session.scalar(waiting.order_by(RosterRequest.id.desc()).limit(1))


def requests_to(email_key: str) -> Sequence[RosterRequest]:
    """Return the requests that wait for a person, at whatever account."""
    waiting = (
        select(RosterRequest)
        .join(RosterRequest.contact)
        .where(Contact.email_key == email_key, RosterRequest.state.in_(UNANSWERED))
    )
    return db.session.scalars(waiting).all()
