"""Changing accounts and contacts by hand."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import CursorResult, func, select, update

from vocapp.accounts.cells import CellProblem, read_address
from vocapp.accounts.directory import Directory
from vocapp.accounts.holding import hold_account, hold_contact
from vocapp.accounts.merging import kept_account
from vocapp.accounts.models import Account, Contact, Persona
from vocapp.accounts.queries import contact_at
from vocapp.accounts.reporting import refuse_bad_line
from vocapp.accounts.rules import ContactStatus, is_role_address
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User
from vocapp.outbox.queries import suppression_reasons
from vocapp.outbox.rules import ADDRESS_DEAD
from vocapp.outbox.service import suppress_address


def link_owner(user: User) -> int:
    """Give a user the accounts that name their address as owner and have none yet; return how many."""
    waiting = update(Account).where(
        Account.owner_id.is_(None), func.lower(Account.owner_email) == user.email.lower()
    )
    linked = db.session.execute(waiting.values(owner_id=user.id))
    return linked.rowcount if isinstance(linked, CursorResult) else 0


def add_contact(
    account: Account, *, email: str, values: Mapping[str, Any], persona_ids: Iterable[int], user: User
) -> Contact:
    """Add a person to an account; `values` are columns of `Contact`.

    Raises `DomainError` for an address that is none, is ours, or is known at this account already, for an
    account that became part of another, and for a reporting line that cannot be.
    """
    # Of two who add one person at once the second hears of the first.
    if hold_account(account.id).merged_into_id is not None:
        raise DomainError(
            f"{account.name} became part of {kept_account(account).name}; add the person there."
        )
    address, key = _free_address(account.id, email)
    refuse_bad_line(account.id, values.get("reports_to_id"))
    status = status_at(address)
    is_shared = bool(values.get("is_role_address")) or is_role_address(key)
    contact = Contact(
        **{"status": status, **values, "is_role_address": is_shared},
        account_id=account.id,
        email=address,
        email_key=key,
        personas=_personas(persona_ids),
    )
    db.session.add(contact)
    db.session.flush()
    _note_change("contact_added", contact, account.id, user)
    return contact


def change_contact(
    contact: Contact, *, values: Mapping[str, Any], persona_ids: Iterable[int], user: User
) -> None:
    """Change what we know about a person; `values` are columns of `Contact`.

    Opting somebody out also stops what is on its way to them. Raises `DomainError` when it would be lifted:
    only the person can do that; and for a reporting line that cannot be.
    """
    # What they said of themselves a moment ago must not be overwritten.
    hold_contact(contact)
    if contact.merged_into_id is not None:
        raise DomainError(f"{contact.full_name} was merged into another person; change that person instead.")
    refuse_bad_line(contact.account_id, values.get("reports_to_id"), person=contact)
    wanted = values.get("status", contact.status)
    if contact.status == ContactStatus.OPTED_OUT and wanted != ContactStatus.OPTED_OUT:
        raise DomainError(f"{contact.full_name} opted out of surveys; only they can change that.")
    if wanted == ContactStatus.OPTED_OUT and contact.status != ContactStatus.OPTED_OUT:
        suppress_address(contact.email, reason="opted_out", source=f"user:{user.id}")
    changed = [column for column, value in values.items() if getattr(contact, column) != value]
    for column, value in values.items():
        setattr(contact, column, value)
    personas = _personas(persona_ids)
    if {persona.id for persona in personas} != {persona.id for persona in contact.personas}:
        changed.append("personas")
        contact.personas = personas
    db.session.flush()
    _note_change("contact_changed", contact, contact.account_id, user, fields=changed)


def change_address(contact: Contact, email: str, *, user: User) -> None:
    """Give a person another address; one that bounced is forgotten with it, an opt-out goes along.

    Raises `DomainError` for an address that is none, is ours, or is somebody else's at this account.
    """
    hold_contact(contact)
    address, key = _free_address(contact.account_id, email, owner=contact)
    if key != contact.email_key:
        status = status_at(address)
        if contact.status == ContactStatus.OPTED_OUT:
            suppress_address(address, reason="opted_out", source=f"user:{user.id}")
        elif status is ContactStatus.OPTED_OUT or contact.status != ContactStatus.LEFT:
            contact.status = status
    contact.email, contact.email_key = address, key
    contact.is_role_address = is_role_address(key)
    db.session.flush()
    _note_change("contact_address_changed", contact, contact.account_id, user)


def status_at(address: str) -> ContactStatus:
    """Return what somebody is who has an address and of whom nothing else is known."""
    return statuses_at([address])[address]


def statuses_at(addresses: Collection[str]) -> dict[str, ContactStatus]:
    """Return address → what somebody is who has it and of whom nothing else is known."""
    reasons = suppression_reasons(addresses)
    return {address: _status_by(reasons.get(address)) for address in addresses}


def _status_by(reason: str | None) -> ContactStatus:
    if reason is None:
        return ContactStatus.ACTIVE
    return ContactStatus.BOUNCED if reason == ADDRESS_DEAD else ContactStatus.OPTED_OUT


def _free_address(account_id: int, email: str, *, owner: Contact | None = None) -> tuple[str, str]:
    try:
        address, key = read_address(email)
    except CellProblem as problem:
        raise DomainError(problem.reason) from None
    if Directory(is_dry_run=True).is_staff(key):
        raise DomainError(f"{address} is one of our own people; name somebody at the customer.")
    known = contact_at(account_id, key)
    if known is not None and known is not owner:
        raise DomainError(f"{known.full_name} has this address already; change that person instead.")
    return address, key


def change_account(account: Account, values: Mapping[str, Any], *, user: User) -> None:
    """Change what we know about an account; `values` are columns of `Account`."""
    changed = [column for column, value in values.items() if getattr(account, column) != value]
    if values.get("coverage_model", account.coverage_model) != account.coverage_model:
        account.is_coverage_by_rule = False
    for column, value in values.items():
        setattr(account, column, value)
    if "owner_id" in values:
        owner = db.session.get(User, account.owner_id) if account.owner_id else None
        account.owner_email = owner.email if owner else ""
    db.session.flush()
    _note_change("account_changed", account, account.id, user, fields=changed)


def _personas(persona_ids: Iterable[int]) -> list[Persona]:
    return list(db.session.scalars(select(Persona).where(Persona.id.in_(list(persona_ids)))))


def _note_change(
    action: str, changed: Account | Contact, account_id: int, user: User, *, fields: Sequence[str] = ()
) -> None:
    kind = "account" if isinstance(changed, Account) else "contact"
    details = {"fields": list(fields)} if fields else {}
    record_act(action, actor_id=user.id, subject_kind=kind, subject_id=changed.id, details=details)
    enqueue("rescore_accounts", {"account_ids": [account_id]}, key=f"rescore:{account_id}")
