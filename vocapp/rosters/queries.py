"""Rosters as they were confirmed, read only."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import joinedload, selectinload

from vocapp.accounts.models import Contact
from vocapp.accounts.queries import house_rules
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.rosters.models import RosterConfirmation, RosterLine
from vocapp.rosters.rules import OFF_THE_ROSTER

AccountIds = Collection[int] | Select[Any]


def people_to_confirm(account_id: int) -> Sequence[Contact]:
    """Return the people of an account a CSM decides about, by name: present, and no shared mailbox.

    Whoever opted out is not among them: they decided themselves.
    """
    people = (
        select(Contact)
        .where(
            Contact.account_id == account_id,
            Contact.merged_into_id.is_(None),
            Contact.is_role_address.is_(False),
            Contact.status.in_([ContactStatus.ACTIVE, ContactStatus.BOUNCED]),
        )
        .options(selectinload(Contact.personas))
        .order_by(Contact.last_name, Contact.first_name, Contact.id)
    )
    return db.session.scalars(people).all()


def latest_confirmation(account_id: int) -> RosterConfirmation | None:
    """Return the confirmation of an account that counts, with its lines and who made it, or None."""
    confirmation = (
        select(RosterConfirmation)
        .where(RosterConfirmation.account_id == account_id, RosterConfirmation.is_latest)
        .options(
            joinedload(RosterConfirmation.by),
            selectinload(RosterConfirmation.lines).joinedload(RosterLine.contact),
        )
        .order_by(RosterConfirmation.id.desc())
        .limit(1)
    )
    return db.session.scalars(confirmation).unique().first()


def latest_confirmations(account_ids: AccountIds) -> dict[int, RosterConfirmation]:
    """Return account id → the confirmation that counts, with who made it; accounts without one are absent."""
    found = (
        select(RosterConfirmation)
        .where(RosterConfirmation.account_id.in_(account_ids), RosterConfirmation.is_latest)
        .options(joinedload(RosterConfirmation.by))
        .order_by(RosterConfirmation.id)
    )
    return {one.account_id: one for one in db.session.scalars(found).unique()}


def current_confirmations(account_ids: AccountIds, *, on: date) -> dict[int, RosterConfirmation]:
    """Return account id → the confirmation that still holds on a day; the other accounts are absent."""
    since = _current_since(on)
    return {key: one for key, one in latest_confirmations(account_ids).items() if one.at >= since}


def confirmed_account_ids(account_ids: AccountIds, *, on: date) -> set[int]:
    """Return those of some accounts whose roster is confirmed on a day."""
    found = select(RosterConfirmation.account_id).where(*_is_current(account_ids, on))
    return set(db.session.scalars(found))


def off_roster(account_ids: AccountIds, *, on: date) -> dict[int, tuple[str, str]]:
    """Return contact id → (reason, note) of those whom a confirmation that holds on a day leaves out."""
    lines = (
        select(RosterLine.contact_id, RosterLine.reason, RosterLine.note)
        .join(RosterConfirmation, RosterConfirmation.id == RosterLine.confirmation_id)
        .where(*_is_current(account_ids, on), RosterLine.decision.in_(OFF_THE_ROSTER))
    )
    return {contact_id: (reason, note) for contact_id, reason, note in db.session.execute(lines)}


def _is_current(account_ids: AccountIds, on: date) -> tuple[ColumnElement[bool], ...]:
    return (
        RosterConfirmation.account_id.in_(account_ids),
        RosterConfirmation.is_latest.is_(True),
        RosterConfirmation.at >= _current_since(on),
    )


def _current_since(on: date) -> datetime:
    first_day = on - timedelta(days=house_rules().roster_days)
    return datetime.combine(first_day, time(), tzinfo=UTC)
