"""Launching a wave: checks, the moment it opens, and planning its invitations piece by piece."""

from collections.abc import Container, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType

from sqlalchemy import Row, delete, func, insert, select, update

from surveys.translation import best_language
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import champions_among, visible_account_ids
from vocapp.campaigns.asked import asking_of_wave, budget_in_force
from vocapp.campaigns.audience import Audience, Person, asked_meanwhile, audience, audience_among
from vocapp.campaigns.mail_words import check_texts
from vocapp.campaigns.models import Exclusion, Invitation, Wave, wave_accounts
from vocapp.campaigns.pilot import asked_first, pilot_size
from vocapp.campaigns.rules import (
    DEFAULT_LENGTH,
    LONGEST_LENGTH,
    PASSING,
    ExclusionReason,
    InvitationState,
    WaveState,
    reminder_steps,
)
from vocapp.campaigns.service import Invited, locked_wave, queue_invitations
from vocapp.campaigns.timing import question_time, timetable_of
from vocapp.core.clock import utcnow
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways
from vocapp.core.jobs import enqueue
from vocapp.core.tokens import derive_token, hash_token, new_nonce
from vocapp.core.workdays import reminder_time
from vocapp.outbox.notes import check_note
from vocapp.outbox.preflight import refuse_unfit_sender
from vocapp.questionnaires.queries import definition_of

# Nobody is asked beside those at hand and those who were before.
NOBODY_ELSE: Mapping[int, int] = MappingProxyType({})


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
    if wave.send_by is not None and not begins < wave.send_by <= closes_at:
        raise DomainError(
            "The last day for first mails must lie between the launch and the end; choose another, or none."
        )
    check_note(wave.personal_note)
    _keep_visible_accounts(wave)
    # When people can be asked, and whether they have time to answer then, depends on both.
    wave.launch_at, wave.closes_at = begins, closes_at
    roster = audience(wave, now=begins)
    if not roster.people and not _has_accounts(wave.id):
        raise DomainError("Choose at least one account before you launch.")
    if not roster.asked:
        raise DomainError(_nobody_left(roster))
    _refuse_late_questions(wave, roster.asked)
    check_texts(wave, languages_of(wave, roster.asked))
    refuse_unfit_sender(now)
    wave.state = WaveState.SCHEDULED
    if at is None:
        open_wave(wave.id, now=now)
    db.session.flush()
    enqueue("launch_wave", {"wave_id": wave.id}, key=f"launch_wave:{wave.id}", run_at=begins)
    return roster


def refuse_whole_pilot(wave: Wave, roster: Audience) -> None:
    """Refuse a pilot that nobody could follow: it asks everybody, or the wave is over before their turn."""
    if not wave.has_pilot:
        return
    asked = len(roster.asked)
    if pilot_size(asked, percent=wave.pilot_percent, people=wave.pilot_people) >= asked:
        raise DomainError(
            f"This pilot would ask everybody: {asked:,} in all. Ask fewer first, or everybody at once."
        )
    begins, closes_at = wave.launch_at, wave.closes_at
    if wave.pilot_days and begins and closes_at and begins + timedelta(days=wave.pilot_days) >= closes_at:
        raise DomainError(
            "The others would follow when the wave is over already; let them follow earlier, or choose a"
            " later end."
        )


def _refuse_late_questions(wave: Wave, people: Sequence[Person]) -> None:
    """Refuse a wave that announces a question to somebody and closes before it asks."""
    if not wave.has_prenotice and not wave.has_heads_up:
        return
    late = sum(
        wave.closes_at is not None and question_time(wave, one.ask_at, one.place) >= wave.closes_at
        for one in people
    )
    if late:
        raise DomainError(
            f"The wave would close before {late:,} of {len(people):,} people are asked: their question comes"
            " two working days after the announcement. Choose a later end, or announce nothing."
        )


def languages_of(wave: Wave, people: Sequence[Person]) -> list[str]:
    """Return the languages some people are written to in by a wave, sorted."""
    available = definition_of(wave.survey_version).languages
    return sorted({best_language([language], available) for language in {one.language for one in people}})


def open_wave(wave_id: int, *, now: datetime) -> bool:
    """Open a scheduled wave; return whether it is open. One that starts late ends as much later."""
    wave = locked_wave(wave_id)
    if wave is None or wave.state not in {WaveState.SCHEDULED, WaveState.OPEN}:
        return False
    if wave.state == WaveState.SCHEDULED:
        if wave.closes_at is not None and wave.launch_at is not None and wave.closes_at <= now:
            wave.closes_at += now - wave.launch_at
        if wave.send_by is not None and wave.launch_at is not None and wave.send_by <= now:
            wave.send_by += now - wave.launch_at
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
    wave = db.session.get_one(Wave, wave_id)
    _keep_reasons(wave, roster.excluded)


def _keep_reasons(wave: Wave, excluded: Sequence[Person]) -> None:
    times = timetable_of(wave, answer_days=budget_in_force().answer_days, now=utcnow())
    for start in range(0, len(excluded), 500):
        rows = [
            {
                "wave_id": wave.id,
                "contact_id": person.contact_id,
                "reason": person.reason,
                "note": person.note,
                "until": person.until,
                "ask_at": times.later(person.rested_from, person.place),
            }
            for person in excluded[start : start + 500]
        ]
        said = insert_new(Exclusion).values(rows)
        # What the CSM said stays; what was judged before is judged anew.
        anew = {name: said.excluded[name] for name in ("reason", "note", "until", "ask_at")}
        db.session.execute(
            said.on_conflict_do_update(
                index_elements=["wave_id", "contact_id"],
                set_=anew,
                where=Exclusion.reason.not_in((ExclusionReason.CHOSEN, ExclusionReason.STOPPED)),
            )
        )


def plan_invitations(
    wave_id: int, people: Sequence[Person], *, now: datetime, at_account: Mapping[int, int] = NOBODY_ELSE
) -> bool:
    """Plan and queue the invitations of some people; return False when the wave is not open, or pauses.

    Safe to repeat: whoever has an invitation keeps it, with the same link, and its mail is queued once. Whom
    another wave asked since they were judged is left out. `at_account` says how many are asked at an account
    in all, when `people` are only some of them.
    """
    wave = locked_wave(wave_id)
    if wave is None or wave.state != WaveState.OPEN or wave.paused_at is not None:
        return False
    wanted = {person.contact_id: person for person in people}
    planned = select(Invitation.contact_id).where(
        Invitation.wave_id == wave_id, Invitation.contact_id.in_(wanted)
    )
    for contact_id in db.session.scalars(planned).all():
        del wanted[contact_id]
    left_out = invite(wave, list(wanted.values()), now=now, except_in=wave_id, at_account=at_account)
    _keep_reasons(wave, left_out)
    return True


def ask_rested(wave_id: int, contact_ids: Sequence[int], *, now: datetime) -> int:
    """Ask in an open wave those of some people it left out whose waiting is over; return how many.

    Whoever has to wait on, or cannot be asked by now, is noted so. Safe to repeat: who is asked is no longer
    left out.
    """
    wave = locked_wave(wave_id)
    if wave is None or wave.state != WaveState.OPEN or wave.paused_at is not None:
        return 0
    there = audience_among(wave, contact_ids, now=now)
    new = [person for person in there.asked if not person.is_invited]
    left_out = invite(wave, new, now=now, except_in=wave_id)
    # Whoever is gone from the wave's accounts is waited for no longer.
    ours = (Exclusion.wave_id == wave_id, Exclusion.contact_id.in_(contact_ids))
    db.session.execute(update(Exclusion).where(*ours).values(ask_at=None))
    _keep_reasons(wave, [*there.excluded, *left_out])
    return len(new) - len(left_out)


def to_invite(wave: Wave, asked: Sequence[Person]) -> list[Person]:
    """Return those whose turn it is of the people a wave asks and has not invited yet.

    That is everybody; while a pilot is out, only those it asks first.
    """
    turn = {person.contact_id for person in asked}
    if wave.has_pilot and wave.pilot_released_at is None:
        percent, people = wave.pilot_percent, wave.pilot_people
        first = asked_first(turn, percent=percent, people=people, wave_id=wave.id)
        wave.pilot_others = len(turn) - len(first)
        turn = set(first)
    return [person for person in asked if person.contact_id in turn and not person.is_invited]


def invite(
    wave: Wave,
    people: Sequence[Person],
    *,
    now: datetime,
    except_in: int | None,
    at_account: Mapping[int, int] = NOBODY_ELSE,
) -> list[Person]:
    """Plan and queue the invitations of people who have none in an open wave; return those left out.

    Left out is whom any wave but `except_in` asked since they were judged, so that they rest now; they are
    returned with the reason and until when. Who is asked is no longer among those a wave leaves out.
    """
    asking = asking_of_wave(wave, except_in=except_in)
    resting = asked_meanwhile([person.contact_id for person in people], asking, now=now)
    asked = {person.contact_id: person for person in people if person.contact_id not in resting}
    if asked:
        db.session.execute(
            insert(Invitation), [_invitation_row(wave, person, now) for person in asked.values()]
        )
        made = select(Invitation.id, Invitation.contact_id, Invitation.language)
        made = made.where(Invitation.wave_id == wave.id, Invitation.contact_id.in_(asked))
        invitations = db.session.execute(made.order_by(Invitation.id)).all()
        champions = _told_first(wave, asked, at_account) if wave.has_heads_up else frozenset()
        queue_invitations(wave, [_invited(asked[row.contact_id], row, champions) for row in invitations])
        db.session.execute(
            delete(Exclusion).where(Exclusion.wave_id == wave.id, Exclusion.contact_id.in_(asked))
        )
        db.session.flush()
    return [
        person._replace(reason=ExclusionReason(rest.reason), until=rest.until)
        for person in people
        if (rest := resting.get(person.contact_id)) is not None
    ]


def _invited(person: Person, invitation: Row[int, int, str], champions: Container[int]) -> Invited:
    return Invited(
        invitation.id,
        person.email,
        person.name,
        invitation.language,
        person.place,
        person.ask_at,
        is_champion=person.contact_id in champions,
    )


def _told_first(wave: Wave, asked: Mapping[int, Person], at_account: Mapping[int, int]) -> frozenset[int]:
    """Return the champions among some people at whose account somebody else is asked, too.

    Colleagues count whether they are asked now, were before, or are later in this launch.
    """
    champions = champions_among(asked)
    accounts = {asked[one].account_id for one in champions}
    invited = (
        select(Invitation.account_id, func.count())
        .where(Invitation.wave_id == wave.id, Invitation.account_id.in_(accounts))
        .group_by(Invitation.account_id)
    )
    there = dict(db.session.execute(invited).all())
    return frozenset(
        one
        for one in champions
        if max(there.get(asked[one].account_id, 0), at_account.get(asked[one].account_id, 0)) > 1
    )


def _nobody_left(roster: Audience) -> str:
    waiting = sum(count for reason, count in roster.reasons.items() if reason in PASSING)
    if waiting and roster.next_rested_at:
        day = roster.next_rested_at.date().isoformat()
        return (
            f"Nobody is left to ask: {waiting:,} were asked lately or are away, and the first may be asked"
            f" from {day}; choose other accounts or a later time."
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
    asks_at = question_time(wave, person.ask_at, person.place)
    steps = reminder_steps(wave.reminder_days, has_prenotice=wave.has_prenotice)
    due = reminder_time(asks_at, person.place, working_days=steps[0]) if steps else None
    return {
        "wave_id": wave.id,
        "account_id": person.account_id,
        "contact_id": person.contact_id,
        "persona_id": person.persona_id,
        "nonce": nonce,
        "token_hash": hash_token(token),
        "state": InvitationState.PLANNED,
        "language": best_language([person.language], definition_of(wave.survey_version).languages),
        "reminder_due_at": due if due and (wave.closes_at is None or due < wave.closes_at) else None,
        "created_at": now,
    }
