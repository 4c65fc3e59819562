"""Asking a champion who is right, who is missing and who left: the life of a request."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from surveys.translation import best_language, phrase_book
from vocapp.accounts.holding import hold_account
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import house_rules
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways
from vocapp.core.tokens import derive_token, hash_token, new_nonce
from vocapp.core.workdays import Place, next_polite_moment, place_of, reminder_time
from vocapp.freshness.service import record_bounce
from vocapp.identity.models import User
from vocapp.identity.queries import company
from vocapp.outbox.models import Message
from vocapp.outbox.notes import check_note
from vocapp.outbox.queries import is_suppressed
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import cancel_messages, queue_message
from vocapp.rosters.champion_queries import (
    REMINDER,
    REQUEST,
    account_may_ask_from,
    due_reminders,
    is_still_there,
    mail_key,
    mail_states,
    reminder_key,
    requests_to,
    unanswered_past_end,
)
from vocapp.rosters.champion_rules import REMIND_AFTER_WORKING_DAYS, UNANSWERED, may_follow
from vocapp.rosters.models import RosterRequest
from vocapp.rosters.rules import RequestState

PURPOSE = "roster"


def request_roster(
    account: Account, champion: Contact, *, sender: User, note: str = "", now: datetime
) -> RosterRequest:
    """Ask a champion by mail who belongs on the roster, and return the request.

    Raises `DomainError` when the person cannot be asked, the note cannot be sent as it stands, or the account
    was asked lately; the sentence then names the day from which it may be asked again.
    """
    # Held, so that of two colleagues who ask at once the second hears of the first.
    account = hold_account(account.id)
    _check_champion(account, champion)
    check_note(note)
    check_turn(account, now=now)
    nonce = new_nonce()
    request = RosterRequest(
        account_id=account.id,
        contact_id=champion.id,
        sender_id=sender.id,
        nonce=nonce,
        token_hash=hash_token(token_of(nonce)),
        personal_note=note,
        language=best_language([champion.language], phrase_book().languages),
        created_at=now,
        expires_at=now + timedelta(days=house_rules().champion_open_days),
    )
    db.session.add(request)
    db.session.flush()
    _queue(request, template=REQUEST, key=mail_key(request.id))
    _note("asked", request, by=sender)
    db.session.flush()
    return request


def check_turn(account: Account, *, now: datetime) -> None:
    """Raise `DomainError` when it is too early to ask anybody at an account again."""
    first_day = account_may_ask_from(account.id)
    if first_day is not None and now.astimezone(UTC).date() < first_day:
        raise DomainError(
            f"Somebody at {account.name} was asked lately; you may ask again from {first_day.isoformat()}."
        )


def _check_champion(account: Account, champion: Contact) -> None:
    name = champion.full_name
    if champion.account_id != account.id or champion.merged_into_id is not None:
        raise DomainError(f"{name} is not known at {account.name}; choose somebody who is.")
    if account.status != AccountStatus.ACTIVE:
        raise DomainError(f"{account.name} is no customer any more; nobody there is asked.")
    if champion.status == ContactStatus.LEFT:
        raise DomainError(f"{name} has left; choose somebody else.")
    if champion.status == ContactStatus.BOUNCED:
        raise DomainError(f"Mail to {name} comes back; correct the address, or choose somebody else.")
    if champion.is_role_address:
        raise DomainError(f"{champion.email} is a shared mailbox; choose a person.")
    if champion.status != ContactStatus.ACTIVE or is_suppressed(champion.email):
        raise DomainError(f"{name} does not want to be asked; choose somebody else.")


def token_of(nonce: str) -> str:
    """Return the token of a request's links, the same in the mail and its reminder."""
    return derive_token(gateways().settings.secret_key, PURPOSE, nonce)


def withdraw_request(request: RosterRequest, *, by: User, now: datetime) -> None:
    """Take a request back: what is queued is not sent, and its page is closed. Once more changes nothing.

    What an answered one brought stays; only its page closes.
    """
    db.session.refresh(request, with_for_update=True)
    is_open = request.expires_at > now and request.state in UNANSWERED | {RequestState.ANSWERED}
    if is_open:
        end_request(request, RequestState.CANCELLED, now=now)
        _note("withdrawn", request, by=by)
        db.session.flush()


def withdraw_requests_to(email_key: str, *, now: datetime) -> None:
    """Close what waits for a person who wants to be asked nothing more."""
    for request in requests_to(email_key):
        end_request(request, RequestState.CANCELLED, now=now)
    db.session.flush()


def end_request(request: RosterRequest, state: RequestState, *, now: datetime) -> None:
    """Give a request its outcome where it may take it, close its page, and take back its mails."""
    if may_follow(request.state, state):
        request.state = state
    if state is not RequestState.ANSWERED:
        request.expires_at = min(request.expires_at, now)
    request.reminder_due_at = None
    cancel_messages(REQUEST, request.id, templates=(REQUEST, REMINDER))


def record_requests_sent(accepted: Sequence[tuple[Message, datetime]]) -> None:
    """Note that a mail server took mails to champions, and when. Safe to repeat."""
    wanted = select(RosterRequest).where(
        RosterRequest.id.in_([message.subject_id for message, _at in accepted])
    )
    found = db.session.scalars(wanted.order_by(RosterRequest.id).with_for_update())
    requests = {request.id: request for request in found}
    for message, taken_at in accepted:
        request = requests.get(message.subject_id)
        if request is None or message.template != REQUEST or request.sent_at is not None:
            continue
        request.sent_at = taken_at
        if may_follow(request.state, RequestState.SENT):
            request.state = RequestState.SENT
            due = reminder_time(taken_at, _place(request), working_days=REMIND_AFTER_WORKING_DAYS)
            request.reminder_due_at = due if due < request.expires_at else None
    db.session.flush()


def record_request_refused(message: Message, *, now: datetime, is_address_dead: bool) -> None:
    """Note that the mail to a champion was refused for good; a dead address speaks against the contact."""
    if is_address_dead:
        # People before requests: the order of `accounts.holding`.
        record_bounce(message.to_address, message_id=message.id, occurred_at=now, now=now)
    request = db.session.get(RosterRequest, message.subject_id, with_for_update=True)
    if request is not None and message.template == REQUEST:
        end_request(request, RequestState.FAILED, now=now)
    db.session.flush()


def queue_due_reminders(*, now: datetime, limit: int = 200) -> int:
    """Queue reminders whose time has come; return how many requests were looked at, 0 when none is left.

    Each champion is reminded once, on a working day between 09 and 17 where they live.
    """
    requests = due_reminders(now=now, limit=limit)
    states = mail_states(requests)
    for request in requests:
        _remind_or_wait(request, states.get(request.id), now)
    db.session.flush()
    return len(requests)


def _remind_or_wait(request: RosterRequest, mail_state: str | None, now: datetime) -> None:
    is_out = request.state == RequestState.SENT or (
        request.state == RequestState.PLANNED and mail_state == MessageState.UNKNOWN
    )
    request.reminder_due_at = None
    is_wanted = is_still_there(request) and request.contact.status == ContactStatus.ACTIVE
    is_wanted = is_wanted and request.account.status == AccountStatus.ACTIVE
    if not (is_out and is_wanted and request.sender.active) or now >= request.expires_at:
        return
    polite = next_polite_moment(now, _place(request))
    if polite > now:
        request.reminder_due_at = polite if polite < request.expires_at else None
        return
    request.reminded_at = now
    _queue(request, template=REMINDER, key=reminder_key(request.id))


def expire_requests(*, now: datetime) -> int:
    """End the requests whose time is over without an answer; return how many."""
    ended = db.session.scalars(unanswered_past_end(now).with_for_update(skip_locked=True)).all()
    for request in ended:
        end_request(request, RequestState.EXPIRED, now=now)
    db.session.flush()
    return len(ended)


def _place(request: RosterRequest) -> Place:
    ours, account = company(), request.account
    return place_of(
        request.contact.time_zone, account.time_zone, account.country, ours.time_zone if ours else ""
    )


def _queue(request: RosterRequest, *, template: str, key: str) -> None:
    contact = db.session.get_one(Contact, request.contact_id)
    sender = db.session.get_one(User, request.sender_id)
    queue_message(
        key=key,
        template=template,
        context={},
        subject_kind=REQUEST,
        subject_id=request.id,
        to_address=contact.email,
        to_name=contact.full_name,
        language=request.language,
        from_name=sender.name,
        reply_to=sender.email,
        send_by=request.expires_at,
    )


def _note(what: str, request: RosterRequest, *, by: User) -> None:
    record_act(
        f"champion_{what}",
        actor_id=by.id,
        subject_kind=REQUEST,
        subject_id=request.id,
        details={"account": request.account_id},
    )
