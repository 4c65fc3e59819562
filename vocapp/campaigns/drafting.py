"""Preparing a wave: everything a draft holds is kept as soon as it is said."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from babel.dates import format_date
from sqlalchemy import Select, delete, insert, literal, select

from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.models import Exclusion, Wave, wave_accounts
from vocapp.campaigns.pilot import MOST_DAYS, MOST_PEOPLE, MOST_PERCENT, PilotOrder
from vocapp.campaigns.rules import LATEST_REMINDER, ExclusionReason, WaveState
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.outbox.notes import check_note
from vocapp.questionnaires.service import askable_version, publish_from_library

LONGEST_NAME = 120
LONGEST_REASON = 300


def start_draft(owner: User, *, survey_key: str, name: str = "", now: datetime) -> Wave:
    """Return a new draft; `owner` is who asks. Without a name it is called after survey and month."""
    version = askable_version(survey_key)
    wave = Wave(
        name=_checked_name(name) or f"{version.survey.name}, {format_date(now, 'LLLL y', locale='en')}",
        survey_version_id=version.id,
        owner_id=owner.id,
        state=WaveState.DRAFT,
        created_at=now,
    )
    db.session.add(wave)
    db.session.flush()
    return wave


def change_draft(wave: Wave, *, survey_key: str, name: str) -> None:
    """Let a draft ask another survey, or have another name; accounts and people stay as chosen."""
    require_draft(wave)
    # A survey that was archived meanwhile stays with the wave that had chosen it.
    is_chosen = wave.survey_version.survey.key == survey_key
    version = publish_from_library(survey_key) if is_chosen else askable_version(survey_key)
    wave.survey_version_id = version.id
    wave.name = _checked_name(name) or wave.name
    db.session.flush()


def add_accounts(wave: Wave, accounts: Select[Any]) -> None:
    """Choose every account of a select, in one statement however many there are."""
    require_draft(wave)
    known = select(wave_accounts.c.account_id).where(wave_accounts.c.wave_id == wave.id)
    new = (
        accounts.order_by(None)
        .with_only_columns(literal(wave.id), Account.id)
        .where(Account.id.not_in(known))
    )
    db.session.execute(insert(wave_accounts).from_select(["wave_id", "account_id"], new))


def remove_accounts(wave: Wave, accounts: Select[Any]) -> None:
    """Take every account of a select out again, in one statement."""
    require_draft(wave)
    wanted = accounts.order_by(None).with_only_columns(Account.id)
    db.session.execute(
        delete(wave_accounts).where(
            wave_accounts.c.wave_id == wave.id, wave_accounts.c.account_id.in_(wanted)
        )
    )


def choose_shown(
    wave: Wave, accounts: Select[Any], *, shown: Collection[int], ticked: Collection[int]
) -> None:
    """Make the choice among the accounts shown on one page what their ticks say.

    `accounts` is what the user may ask; ids outside it are ignored.
    """
    add_accounts(wave, accounts.where(Account.id.in_(ticked)))
    remove_accounts(wave, accounts.where(Account.id.in_(shown), Account.id.not_in(ticked)))


def leave_out(wave: Wave, contact_id: int, *, reason: str) -> None:
    """Do not ask a contact of a chosen account, for a reason in words. Raises `DomainError` without one."""
    require_draft(wave)
    reason = " ".join(reason.split())
    if not reason:
        raise DomainError("Say in a few words why this person is not asked.")
    if len(reason) > LONGEST_REASON:
        raise DomainError(f"Shorten the reason to {LONGEST_REASON} characters.")
    if not _is_at_chosen_account(wave.id, contact_id):
        raise DomainError("This person is not at one of the accounts you chose.")
    row = {"wave_id": wave.id, "contact_id": contact_id, "reason": ExclusionReason.CHOSEN, "note": reason}
    statement = insert_new(Exclusion).values(row)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["wave_id", "contact_id"], set_={"reason": row["reason"], "note": reason}
        )
    )


def ask_after_all(wave: Wave, contact_id: int) -> None:
    """Take back that a contact is left out."""
    require_draft(wave)
    db.session.execute(
        delete(Exclusion).where(Exclusion.wave_id == wave.id, Exclusion.contact_id == contact_id)
    )


def write_note(wave: Wave, note: str) -> None:
    """Keep the CSM's own words. Raises `DomainError` for words that could not be sent."""
    require_draft(wave)
    note = note.replace("\r\n", "\n").strip()
    check_note(note)
    wave.personal_note = note
    db.session.flush()


def ask_only(wave: Wave, *, is_for_verified: bool, is_in_own_language: bool) -> None:
    """Let a draft ask only people verified lately, or only those whose language its survey speaks."""
    require_draft(wave)
    wave.is_for_verified, wave.is_in_own_language = is_for_verified, is_in_own_language
    db.session.flush()


def plan_mails(
    wave: Wave,
    *,
    reminder_days: Sequence[int],
    has_prenotice: bool,
    is_any_hour: bool,
    has_thanks: bool = False,
    has_heads_up: bool = False,
) -> None:
    """Say which mails a draft sends beside the one that asks, and whether they heed working hours.

    Raises `DomainError` for days nobody could be reminded on. What is more than `MOST_CONTACTS` mails is left
    out when they are sent (`rules.reminder_steps`).
    """
    require_draft(wave)
    if any(not 1 <= day <= LATEST_REMINDER for day in reminder_days):
        raise DomainError(f"Remind people on a working day from 1 to {LATEST_REMINDER}.")
    wave.reminder_days = sorted(set(reminder_days))
    wave.has_prenotice, wave.has_heads_up, wave.has_thanks = has_prenotice, has_heads_up, has_thanks
    wave.is_any_hour = is_any_hour
    db.session.flush()


def plan_pilot(wave: Wave, order: PilotOrder) -> None:
    """Say whether a draft asks a few first. Raises `DomainError` for what is no pilot."""
    require_draft(wave)
    if not 0 <= order.percent <= MOST_PERCENT:
        raise DomainError(f"Ask 1 to {MOST_PERCENT} percent first, or everybody at once.")
    if not 0 <= order.people <= MOST_PEOPLE:
        raise DomainError(f"Ask 1 to {MOST_PEOPLE:,} people first, or everybody at once.")
    if order.days is not None and not 1 <= order.days <= MOST_DAYS:
        raise DomainError(f"Let the others follow after 1 to {MOST_DAYS} days, or when you say so.")
    wave.pilot_percent, wave.pilot_people = (0 if order.people else order.percent), order.people
    wave.pilot_days = order.days if order.percent or order.people else None
    db.session.flush()


def plan_first_mails(wave: Wave, *, until: datetime | None, now: datetime) -> None:
    """Say until when the first mails of a draft leave; None: as long as it is open.

    Raises `DomainError` for a time that is over: nobody could be asked any more.
    """
    require_draft(wave)
    if until is not None and until <= now:
        raise DomainError("The last day for first mails is over already; choose a later one, or none.")
    wave.send_by = until
    db.session.flush()


def discard_draft(wave: Wave) -> None:
    """Forget a draft."""
    require_draft(wave)
    db.session.delete(wave)
    db.session.flush()


def require_draft(wave: Wave) -> None:
    """Raise `DomainError` unless a wave can still be prepared."""
    if wave.state != WaveState.DRAFT:
        raise DomainError("This wave has been launched; what it asks and whom can no longer be changed.")


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if len(name) > LONGEST_NAME:
        raise DomainError(f"Shorten the name to {LONGEST_NAME} characters.")
    return name


def _is_at_chosen_account(wave_id: int, contact_id: int) -> bool:
    row = (
        select(Contact.id)
        .join(wave_accounts, wave_accounts.c.account_id == Contact.account_id)
        .where(wave_accounts.c.wave_id == wave_id, Contact.id == contact_id)
    )
    return db.session.scalar(row) is not None
