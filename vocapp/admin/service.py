"""What an administrator sets: company, users, tier profiles."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import func, select

from vocapp.accounts.queries import personas_in_order, requirements_on, tiers_by_rank
from vocapp.accounts.service import change_profile, link_owner
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.identity.mail import queue_password_mail
from vocapp.identity.models import Company, Role, User
from vocapp.identity.rules import RoleName
from vocapp.identity.service import add_user, ensure_company, ensure_roles

Grid = dict[int, dict[int, int]]

MOST_REQUIRED = 100


def change_company(*, name: str, domains: list[str], by: User) -> Company:
    """Say who runs this installation and which mail domains are ours."""
    ours = ensure_company(name, domains=domains)
    ours.name, ours.domains = name, domains
    record_act("company_changed", actor_id=by.id, subject_kind="company", subject_id=ours.id)
    return ours


def invite_user(email: str, *, name: str, title: str, role: RoleName, by: User) -> tuple[User, int]:
    """Add a user, mail them the way to a password, give them the accounts that wait for their address.

    Returns the user and the number of those accounts. Raises `DomainError` for an address that is none
    or taken.
    """
    user = add_user(email, role=role, name=name, title=title)
    accounts = link_owner(user)
    queue_password_mail(user)
    record_act("user_added", actor_id=by.id, subject_kind="user", subject_id=user.id, details={"role": role})
    return user, accounts


def change_user(user: User, *, name: str, title: str, role: RoleName, active: bool, by: User) -> None:
    """Change a user. Raises `DomainError` when nobody would be left to administer."""
    stays_administrator = role is RoleName.ADMIN and active
    if not stays_administrator and _is_last_administrator(user):
        raise DomainError("Somebody must be able to administer; make another user administrator first.")
    user.name, user.title, user.active = name, title, active
    user.roles = [ensure_roles()[role]]
    db.session.flush()
    record_act(
        "user_changed",
        actor_id=by.id,
        subject_kind="user",
        subject_id=user.id,
        details={"role": role, "active": active},
    )


def _is_last_administrator(user: User) -> bool:
    others = (
        select(func.count())
        .select_from(User)
        .join(User.roles)
        .where(User.active, Role.name == RoleName.ADMIN, User.id != user.id)
    )
    return user.role is RoleName.ADMIN and not db.session.scalar(others)


def profile_grid(on: date) -> Grid:
    """Return tier id → persona id → required contacts on a date, with 0 where nothing is asked for."""
    required = requirements_on(on)
    personas = personas_in_order()
    return {
        tier.id: {persona.id: required.get(tier.id, {}).get(persona.key, 0) for persona in personas}
        for tier in tiers_by_rank()
    }


def read_grid(sent: Mapping[str, str]) -> Grid:
    """Return the numbers of a sent grid, whose fields are called `required-<tier id>-<persona id>`.

    Raises `DomainError` for anything that is not a whole number from 0 to 100.
    """
    grid: Grid = {}
    for tier in tiers_by_rank():
        for persona in personas_in_order():
            text = sent.get(f"required-{tier.id}-{persona.id}", "").strip() or "0"
            if not (text.isascii() and text.isdecimal() and len(text) <= 3 and int(text) <= MOST_REQUIRED):
                raise DomainError(
                    f"{tier.name}, {persona.name}: write a whole number from 0 to {MOST_REQUIRED}."
                )
            grid.setdefault(tier.id, {})[persona.id] = int(text)
    return grid


def change_profiles(grid: Grid, *, effective_from: date, today: date, by: User) -> int:
    """Give the tiers whose numbers differ new profiles from a date on; return how many.

    Raises `DomainError` for a date in the past.
    """
    before = profile_grid(effective_from)
    changed = [tier for tier in tiers_by_rank() if grid[tier.id] != before[tier.id]]
    for tier in changed:
        change_profile(tier, grid[tier.id], effective_from=effective_from, today=today)
        record_act(
            "tier_profile_changed",
            actor_id=by.id,
            subject_kind="tier",
            subject_id=tier.id,
            details={"effective_from": effective_from.isoformat()},
        )
    if changed:
        enqueue("rescore_accounts", {"all": True}, key="rescore_all")
    return len(changed)
