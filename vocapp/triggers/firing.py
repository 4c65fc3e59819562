"""One event at one trigger: who is asked, who later, who not and why. In the caller's transaction.

Locks in the order of `accounts.holding`, and before them the trigger: whoever looks at the same trigger
waits, so no event asks twice, and a trigger that is switched off asks nobody from that moment on.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from vocapp.accounts.holding import NOT_THE_KEY, hold_account, hold_contacts
from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.asked import pace_of
from vocapp.campaigns.audience import Person, judge_people
from vocapp.campaigns.launching import invite
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import ExclusionReason
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.identity.rules import may_write, sees_all_accounts
from vocapp.questionnaires.queries import latest_version
from vocapp.triggers.due import asked_about, event_now, is_on, people_at
from vocapp.triggers.models import Trigger, TriggerFiring
from vocapp.triggers.rules import (
    LOOK_AGAIN,
    PATIENCE,
    DueEvent,
    Outcome,
    Reason,
    is_in_sample,
    next_month,
    person_key,
    retry_time,
)
from vocapp.triggers.waves import take_account_in, wave_of_month


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an event comes to for one person, or (`contact_id` None) for nobody."""

    contact_id: int | None
    outcome: Outcome
    reason: str = ""
    retry_at: datetime | None = None
    wave_id: int | None = None


def fire_event(trigger_id: int, seen: DueEvent, *, now: datetime) -> None:
    """Let an event that was due a moment ago ask whom it concerns; what was looked at before stays as it is.

    Everything is judged as it is now: an event that changed, moved or was withdrawn since waits, or asks
    nobody.
    """
    trigger = _held_trigger(trigger_id)
    if trigger is None or not is_on(trigger) or _is_known(trigger, seen.key):
        return
    account = hold_account(seen.account_id)
    event = event_now(trigger, seen.key, account.id, now=now)
    if event is None or event.due_at is None or event.due_at > now or _is_too_early(trigger, event):
        return
    verdicts = _whom(trigger, account, event, now=now)
    for place, verdict in enumerate(verdicts):
        key = (
            event.key
            if place == 0 or verdict.contact_id is None
            else person_key(event.key, verdict.contact_id)
        )
        firing = TriggerFiring(trigger_id=trigger.id, event_key=key, account_id=account.id)
        db.session.add(firing)
        _note(firing, verdict, now)
    db.session.flush()


def look_again(firing_id: int, *, now: datetime) -> None:
    """Judge somebody anew who could not be asked before, as things are now."""
    trigger_id = db.session.scalar(select(TriggerFiring.trigger_id).where(TriggerFiring.id == firing_id))
    trigger = None if trigger_id is None else _held_trigger(trigger_id)
    firing = db.session.get(TriggerFiring, firing_id, populate_existing=True)
    if trigger is None or firing is None or not is_on(trigger):
        return
    if firing.retry_at is None or firing.retry_at > now or firing.contact_id is None:
        return
    account = hold_account(firing.account_id)
    db.session.refresh(firing)
    if firing.account_id != account.id or firing.contact_id is None:
        return  # The account became part of another while we waited for it; the next round knows.
    event = event_now(trigger, firing.event_key, account.id, now=now)
    if event is None:
        _note(firing, Verdict(firing.contact_id, Outcome.LEFT_OUT, Reason.WITHDRAWN), now)
    elif event.due_at is None:
        _wait_for_the_end(firing, now)
    elif _is_too_early(trigger, event):
        _note(firing, Verdict(firing.contact_id, Outcome.LEFT_OUT, Reason.SWITCHED_OFF), now)
    elif event.due_at > now:
        _note(firing, Verdict(firing.contact_id, Outcome.WAITING, Reason.REOPENED, event.due_at), now)
    else:
        _note(firing, _judged(trigger, account, event, [firing.contact_id], now=now)[0], now)
    db.session.flush()


def _held_trigger(trigger_id: int) -> Trigger | None:
    return db.session.get(Trigger, trigger_id, with_for_update=NOT_THE_KEY, populate_existing=True)


def _is_known(trigger: Trigger, key: str) -> bool:
    known = select(TriggerFiring.id).where(
        TriggerFiring.trigger_id == trigger.id, TriggerFiring.event_key == key
    )
    return db.session.scalar(known) is not None


def _is_too_early(trigger: Trigger, event: DueEvent) -> bool:
    return trigger.active_since is None or event.happened_at < trigger.active_since


def _wait_for_the_end(firing: TriggerFiring, now: datetime) -> None:
    """Keep an event in mind that is not over any more, as long as an event may ask at all."""
    if now < firing.at + PATIENCE:
        firing.outcome, firing.reason, firing.retry_at = Outcome.WAITING, Reason.REOPENED, now + LOOK_AGAIN
    else:
        _note(firing, Verdict(firing.contact_id, Outcome.LEFT_OUT, Reason.WITHDRAWN), now)


def _note(firing: TriggerFiring, verdict: Verdict, now: datetime) -> None:
    firing.contact_id, firing.wave_id = verdict.contact_id, verdict.wave_id
    firing.outcome, firing.reason, firing.retry_at = verdict.outcome, verdict.reason, verdict.retry_at
    firing.at = now


def _whom(trigger: Trigger, account: Account, event: DueEvent, *, now: datetime) -> list[Verdict]:
    """Return a verdict for everybody the event concerns, or one about nobody."""
    if now >= event.ask_by:
        return [Verdict(None, Outcome.LEFT_OUT, Reason.TOO_LATE)]
    share = min(trigger.share, pace_of(trigger.survey_id).share)
    if not is_in_sample(trigger.id, event.key, share):
        return [Verdict(None, Outcome.LEFT_OUT, Reason.SAMPLED_OUT)]
    people = people_at(event, trigger.personas)
    if not people:
        reason = Reason.STRANGER if event.names_a_stranger else Reason.NOBODY
        return [Verdict(None, Outcome.LEFT_OUT, reason)]
    return _judged(trigger, account, event, people, now=now)


def _judged(
    trigger: Trigger, account: Account, event: DueEvent, contact_ids: Sequence[int], *, now: datetime
) -> list[Verdict]:
    """Return a verdict for each of some contacts; those who are asked have their invitation then."""
    hold_contacts(contact_ids)
    kept = _kept(contact_ids)
    if now >= event.ask_by:
        return [Verdict(number, Outcome.LEFT_OUT, Reason.TOO_LATE) for number in kept]
    sender, version = _sender(trigger, account), latest_version(trigger.survey.key)
    if sender is None or version is None:
        return [Verdict(number, Outcome.LEFT_OUT, Reason.NO_SENDER) for number in kept]
    people = judge_people(kept, version=version, now=now)
    asked_before = asked_about(event, kept)
    verdicts = {
        person.contact_id: _verdict(person, account, event, asked_before=asked_before, now=now)
        for person in people
    }
    ready = [person for person in people if verdicts[person.contact_id].outcome is Outcome.ASKED]
    if ready:
        verdicts |= {
            verdict.contact_id: verdict
            for verdict in _asked(trigger, sender, account, event, ready, now=now)
            if verdict.contact_id is not None
        }
    return list(verdicts.values())


def _kept(contact_ids: Collection[int]) -> list[int]:
    """Return the contacts that some are part of by now, each once."""
    rows = select(Contact.id, Contact.merged_into_id).where(Contact.id.in_(contact_ids)).order_by(Contact.id)
    return list(dict.fromkeys(merged or number for number, merged in db.session.execute(rows)))


def _sender(trigger: Trigger, account: Account) -> User | None:
    """Return who asks: the trigger's sender, else the account's owner; None when they may not."""
    sender = trigger.sender if trigger.sender_id is not None else account.owner
    if sender is None or not sender.active or not may_write(sender.role):
        return None
    return sender if sees_all_accounts(sender.role) or account.owner_id == sender.id else None


def _verdict(
    person: Person, account: Account, event: DueEvent, *, asked_before: Collection[int], now: datetime
) -> Verdict:
    number = person.contact_id
    if number in asked_before:
        return Verdict(number, Outcome.LEFT_OUT, Reason.ASKED_ABOUT_IT)
    if person.account_id != account.id:
        return Verdict(number, Outcome.LEFT_OUT, ExclusionReason.LEFT)
    if person.reason is not None and person.rested_from is not None:
        return _resting(number, person.rested_from, event, reason=person.reason)
    if person.reason is not None:
        return Verdict(number, Outcome.LEFT_OUT, person.reason)
    if person.ask_at > now:
        again = retry_time(person.ask_at, event)
        if again is None:
            return Verdict(number, Outcome.LEFT_OUT, Reason.TOO_LATE)
        return Verdict(number, Outcome.WAITING, Reason.OUT_OF_HOURS, again)
    return Verdict(number, Outcome.ASKED)


def _resting(
    contact_id: int,
    until: datetime,
    event: DueEvent,
    *,
    reason: ExclusionReason = ExclusionReason.ASKED_RECENTLY,
) -> Verdict:
    return Verdict(contact_id, Outcome.LEFT_OUT, reason, retry_time(until, event))


def _asked(
    trigger: Trigger,
    sender: User,
    account: Account,
    event: DueEvent,
    people: Sequence[Person],
    *,
    now: datetime,
) -> list[Verdict]:
    """Invite people in the trigger's wave, and return what came of it for each."""
    wave = wave_of_month(trigger, sender, now=now)
    if wave is None:
        return [Verdict(one.contact_id, Outcome.LEFT_OUT, Reason.WAVE_CLOSED) for one in people]
    there = select(Invitation.contact_id).where(Invitation.wave_id == wave.id)
    in_wave = set(db.session.scalars(there.where(Invitation.contact_id.in_([p.contact_id for p in people]))))
    # One wave asks a person once: thirty days after the first of a long month they wait for the next wave.
    verdicts = [_resting(number, next_month(now), event) for number in sorted(in_wave)]
    take_account_in(wave, account)
    new = [person for person in people if person.contact_id not in in_wave]
    left_out = invite(wave, new, now=now, except_in=None)
    verdicts += [_resting(one.contact_id, one.until or next_month(now), event) for one in left_out]
    resting = {one.contact_id for one in left_out}
    asked = Verdict(None, Outcome.ASKED, wave_id=wave.id)
    return verdicts + [
        replace(asked, contact_id=one.contact_id) for one in new if one.contact_id not in resting
    ]
