"""Changing accounts, contacts, tiers and tier profiles by hand."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import CursorResult, func, select, update

from vocapp.accounts.cells import CellProblem, read_address
from vocapp.accounts.directory import Directory
from vocapp.accounts.models import Account, Contact, Persona, PersonaQuota, Tier, TierProfile
from vocapp.accounts.queries import contact_at, personas_in_order, tiers_by_rank
from vocapp.accounts.rules import ContactStatus, is_role_address
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User
from vocapp.outbox.queries import is_suppressed
from vocapp.outbox.service import suppress_address

ALWAYS = date(2000, 1, 1)

DEFAULT_PERSONAS = (
    ("decision_maker", "Decision maker", 3.0, "Signs the renewal, or says no to it."),
    ("champion", "Champion", 2.0, "Wants us to succeed, and says so when we are not in the room."),
    ("admin", "Admin", 1.0, "Sets the product up and keeps it running."),
    ("power_user", "Power user", 1.0, "Works with the product every day and knows where it hurts."),
    ("influencer", "Influencer", 1.0, "Is asked for an opinion before the decision maker decides."),
)

DEFAULT_PROFILES = (
    ("Tier 1", {"decision_maker": 2, "champion": 2, "admin": 1, "power_user": 5, "influencer": 1}),
    ("Tier 2", {"decision_maker": 1, "champion": 1, "admin": 1, "power_user": 5}),
    ("Tier 3", {"decision_maker": 1, "champion": 1, "power_user": 2}),
)


def ensure_defaults() -> None:
    """Make the default personas, tiers and tier profiles where there are none; others stay as they are."""
    personas = {persona.key: persona for persona in personas_in_order()}
    if not personas:
        for position, (key, name, weight, description) in enumerate(DEFAULT_PERSONAS):
            personas[key] = Persona(
                key=key, name=name, weight=weight, description=description, position=position
            )
        db.session.add_all(personas.values())
    if not tiers_by_rank():
        for rank, (name, quotas) in enumerate(DEFAULT_PROFILES, start=1):
            lines = [
                PersonaQuota(persona=personas[key], required=required)
                for key, required in quotas.items()
                if key in personas
            ]
            db.session.add(TierProfile(tier=Tier(name=name, rank=rank), effective_from=ALWAYS, quotas=lines))
    db.session.flush()


def add_tier(name: str) -> Tier:
    """Add a tier below all others. Raises `DomainError` without a name or when the name is taken."""
    name = name.strip()
    if not name:
        raise DomainError("Give the tier a name.")
    if any(tier.name.casefold() == name.casefold() for tier in tiers_by_rank()):
        raise DomainError(f"There is a tier called {name} already; choose another name.")
    lowest = db.session.scalar(select(func.max(Tier.rank))) or 0
    tier = Tier(name=name, rank=lowest + 1)
    db.session.add(tier)
    db.session.flush()
    return tier


def change_profile(
    tier: Tier, quotas: Mapping[int, int], *, effective_from: date, today: date
) -> TierProfile:
    """Say how many contacts per persona id accounts of a tier should have, from a date on.

    What was asked for before that date stays on record. Raises `DomainError` for a date in the past, because
    numbers already shown would change, and for a negative count.
    """
    if effective_from < today:
        raise DomainError("A tier profile can change from today on, not in the past; choose a later date.")
    if any(required < 0 for required in quotas.values()):
        raise DomainError("A tier cannot ask for fewer than 0 contacts; correct the number.")
    profile = db.session.scalar(
        select(TierProfile).where(
            TierProfile.tier_id == tier.id, TierProfile.effective_from == effective_from
        )
    )
    if profile is None:
        profile = TierProfile(tier_id=tier.id, effective_from=effective_from)
        db.session.add(profile)
    kept = {line.persona_id: line for line in profile.quotas}
    for persona_id, required in quotas.items():
        if persona_id in kept:
            kept[persona_id].required = required
        else:
            profile.quotas.append(PersonaQuota(persona_id=persona_id, required=required))
    db.session.flush()
    return profile


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

    Raises `DomainError` for an address that is none, is ours, or is known at this account already.
    """
    address, key = _free_address(account.id, email)
    status = ContactStatus.OPTED_OUT if is_suppressed(address) else ContactStatus.ACTIVE
    contact = Contact(
        **{"status": status, **values},
        account_id=account.id,
        email=address,
        email_key=key,
        is_role_address=is_role_address(key),
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
    only the person can do that.
    """
    wanted = values.get("status", contact.status)
    if contact.status == ContactStatus.OPTED_OUT and wanted != ContactStatus.OPTED_OUT:
        raise DomainError(f"{contact.full_name} opted out of surveys; only they can change that.")
    if wanted == ContactStatus.OPTED_OUT and contact.status != ContactStatus.OPTED_OUT:
        suppress_address(contact.email, reason="opted_out", source=f"user:{user.id}")
    for column, value in values.items():
        setattr(contact, column, value)
    contact.personas = _personas(persona_ids)
    db.session.flush()
    _note_change("contact_changed", contact, contact.account_id, user)


def change_address(contact: Contact, email: str, *, user: User) -> None:
    """Give a person another address; one that bounced is forgotten with it, an opt-out goes along.

    Raises `DomainError` for an address that is none, is ours, or is somebody else's at this account.
    """
    address, key = _free_address(contact.account_id, email, owner=contact)
    if key != contact.email_key:
        if contact.status == ContactStatus.OPTED_OUT:
            suppress_address(address, reason="opted_out", source=f"user:{user.id}")
        elif is_suppressed(address):
            contact.status = ContactStatus.OPTED_OUT
        elif contact.status == ContactStatus.BOUNCED:
            contact.status = ContactStatus.ACTIVE
    contact.email, contact.email_key = address, key
    contact.is_role_address = is_role_address(key)
    db.session.flush()
    _note_change("contact_address_changed", contact, contact.account_id, user)


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
    for column, value in values.items():
        setattr(account, column, value)
    if "owner_id" in values:
        owner = db.session.get(User, account.owner_id) if account.owner_id else None
        account.owner_email = owner.email if owner else ""
    db.session.flush()
    _note_change("account_changed", account, account.id, user)


def _personas(persona_ids: Iterable[int]) -> list[Persona]:
    return list(db.session.scalars(select(Persona).where(Persona.id.in_(list(persona_ids)))))


def _note_change(action: str, changed: Account | Contact, account_id: int, user: User) -> None:
    kind = "account" if isinstance(changed, Account) else "contact"
    record_act(action, actor_id=user.id, subject_kind=kind, subject_id=changed.id)
    enqueue("rescore_accounts", {"account_ids": [account_id]}, key=f"rescore:{account_id}")
