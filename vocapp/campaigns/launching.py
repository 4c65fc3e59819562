"""Launching a wave: checks, the moment it opens, and planning its invitations piece by piece."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from surveys.translation import best_language
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import visible_account_ids
from vocapp.campaigns.audience import Audience, Person, asked_meanwhile, audience
from vocapp.campaigns.models import Exclusion, Invitation, Wave, wave_accounts
from vocapp.campaigns.rules import (
    DEFAULT_LENGTH,
    LONGEST_LENGTH,
    ExclusionReason,
    InvitationState,
    WaveState,
)
from vocapp.campaigns.service import locked_wave, queue_invitation
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways
from vocapp.core.jobs import enqueue
from vocapp.core.tokens import derive_token, hash_token, new_nonce
from vocapp.core.workdays import reminder_time, zone_of
from vocapp.identity.queries import company
from vocapp.outbox.notes import check_note
from vocapp.questionnaires.queries import definition_of


def launch_wave(
    wave: Wave, *, at: datetime | None, now: datetime, closes_at: datetime | None = None
) -> Audience:
    """Launch a draft now (`at` None) or at a time, and return who is asked as things stand.

    The mails are planned by the job `launch_wave`, which judges everybody again when its time comes. Raises
    `DomainError` with the first thing that stands in the way.
    """
    locked = locked_wave(wave.id)
    if locked is None or locked.state != WaveState.DRAFT:
        raise DomainError("This wave has been launched already.")
    begins = now if at is None else at
    closes_at = closes_at or begins + DEFAULT_LENGTH
    if begins < now:
        raise DomainError("The launch time lies in the past; choose a later one, or launch now.")
    if closes_at <= begins:
        raise DomainError("The wave would close before it is launched; choose a later end.")
    if closes_at > begins + LONGEST_LENGTH:
        raise DomainError("A wave runs at most a year; choose an earlier end.")
    check_note(wave.personal_note)
    _keep_visible_accounts(wave)
    roster = audience(wave, now=begins)
    if not roster.people and not _has_accounts(wave.id):
        raise DomainError("Choose at least one account before you launch.")
    if not roster.asked:
        raise DomainError(_nobody_left(roster))
    wave.launch_at = begins
    wave.closes_at = closes_at
    wave.state = WaveState.SCHEDULED
    if at is None:
        open_wave(wave.id, now=now)
    db.session.flush()
    enqueue("launch_wave", {"wave_id": wave.id}, key=f"launch_wave:{wave.id}", run_at=begins)
    return roster


def open_wave(wave_id: int, *, now: datetime) -> bool:
    """Open a scheduled wave; return whether it is open. A wave that starts late ends as much later."""
    wave = locked_wave(wave_id)
    if wave is None or wave.state not in {WaveState.SCHEDULED, WaveState.OPEN}:
        return False
    if wave.state == WaveState.SCHEDULED:
        if wave.closes_at is not None and wave.launch_at is not None and wave.closes_at <= now:
            wave.closes_at += now - wave.launch_at
        _keep_visible_accounts(wave)
        _keep_owners(wave.id)
        wave.state = WaveState.OPEN
        wave.launched_at = now
        db.session.flush()
    return True


def record_exclusions(wave_id: int, roster: Audience) -> None:
    """Keep who is not asked and why, as judged at launch; what the CSM wrote beside a name stays."""
    still_chosen = (
        select(Contact.id)
        .join(wave_accounts, wave_accounts.c.account_id == Contact.account_id)
        .where(wave_accounts.c.wave_id == wave_id)
    )
    db.session.execute(
        delete(Exclusion).where(Exclusion.wave_id == wave_id, Exclusion.contact_id.not_in(still_chosen))
    )
    _keep_reasons(wave_id, roster.excluded)


def _keep_reasons(wave_id: int, excluded: Sequence[Person]) -> None:
    rows = [
        {"wave_id": wave_id, "contact_id": person.contact_id, "reason": person.reason, "note": person.note}
        for person in excluded
    ]
    for start in range(0, len(rows), 500):
        statement = insert_new(Exclusion).values(rows[start : start + 500])
        db.session.execute(statement.on_conflict_do_nothing())


def plan_invitations(wave_id: int, people: Sequence[Person], *, now: datetime) -> bool:
    """Plan and queue the invitations of some people; return False when the wave is no longer open.

    Safe to repeat: whoever has an invitation keeps it, with the same link, and its mail is queued once. Whom
    another wave asked since they were judged is left out.
    """
    wave = locked_wave(wave_id)
    if wave is None or wave.state != WaveState.OPEN:
        return False
    wanted = {person.contact_id: person for person in people}
    planned = select(Invitation.contact_id).where(
        Invitation.wave_id == wave_id, Invitation.contact_id.in_(wanted)
    )
    for contact_id in db.session.scalars(planned).all():
        del wanted[contact_id]
    resting = [wanted.pop(contact_id) for contact_id in asked_meanwhile(wave_id, wanted, now=now)]
    _keep_reasons(wave_id, [person._replace(reason=ExclusionReason.ASKED_RECENTLY) for person in resting])
    if not wanted:
        return True
    rows = [_invitation_row(wave, person, now) for person in wanted.values()]
    db.session.execute(insert(Invitation), rows)
    made = select(Invitation).where(Invitation.wave_id == wave_id, Invitation.contact_id.in_(wanted))
    for invitation in db.session.scalars(made.order_by(Invitation.id)).all():
        queue_invitation(invitation)
    db.session.flush()
    return True


def _nobody_left(roster: Audience) -> str:
    lately = roster.reasons.get(ExclusionReason.ASKED_RECENTLY, 0)
    if lately and roster.next_rested_at:
        day = roster.next_rested_at.date().isoformat()
        return (
            f"Nobody is left to ask: {lately:,} were asked lately, and the first may be asked again from"
            f" {day}; choose other accounts or a later time."
        )
    return "Nobody is left to ask at these accounts; choose other accounts or people."


def _keep_visible_accounts(wave: Wave) -> None:
    """Drop accounts that went to another owner since they were chosen: a CSM asks only their own."""
    db.session.execute(
        delete(wave_accounts).where(
            wave_accounts.c.wave_id == wave.id,
            wave_accounts.c.account_id.not_in(visible_account_ids(wave.owner)),
        )
    )


def _keep_owners(wave_id: int) -> None:
    """Write down whose accounts they are as the wave begins; later they may be somebody else's."""
    owner = select(Account.owner_id).where(Account.id == wave_accounts.c.account_id).scalar_subquery()
    db.session.execute(update(wave_accounts).where(wave_accounts.c.wave_id == wave_id).values(owner_id=owner))


def _has_accounts(wave_id: int) -> bool:
    chosen = select(wave_accounts.c.account_id).where(wave_accounts.c.wave_id == wave_id).limit(1)
    return db.session.scalar(chosen) is not None


def _invitation_row(wave: Wave, person: Person, now: datetime) -> dict[str, object]:
    nonce = new_nonce()
    token = derive_token(gateways().settings.secret_key, "answer", nonce)
    ours = company()
    due = reminder_time(now, zone_of(person.time_zone, ours.time_zone if ours else ""))
    return {
        "wave_id": wave.id,
        "account_id": person.account_id,
        "contact_id": person.contact_id,
        "persona_id": person.persona_id,
        "nonce": nonce,
        "token_hash": hash_token(token),
        "state": InvitationState.PLANNED,
        "language": best_language([person.language], definition_of(wave.survey_version).languages),
        "reminder_due_at": due if wave.closes_at is None or due < wave.closes_at else None,
        "created_at": now,
    }
