"""What an administrator sets: company, users, tier profiles."""

from collections.abc import Mapping
from datetime import date
from hashlib import sha256

from sqlalchemy import func, select

from vocapp.accounts.models import Persona, Tier
from vocapp.accounts.profiles import MOST_REQUIRED, change_profile, hold_profiles
from vocapp.accounts.queries import personas_on, requirements_on, tiers_by_rank
from vocapp.accounts.service import link_owner
from vocapp.api.service import revoke_tokens_of
from vocapp.core.audit import record_act
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.identity.mail import queue_welcome_mail
from vocapp.identity.models import Company, Role, User
from vocapp.identity.rules import RoleName
from vocapp.identity.service import add_user, ensure_company, ensure_roles

Grid = dict[int, dict[int, int]]


def change_company(*, name: str, domains: list[str], by: User) -> Company:
    """Say who runs this installation and which mail domains are ours."""
    ours = ensure_company(name, domains=domains)
    ours.name, ours.domains = name, domains
    record_act("company_changed", actor_id=by.id, subject_kind="company", subject_id=ours.id)
    return ours


def change_scored_answers(
    ours: Company, *, is_phone_scored: bool, is_reply_scored: bool, is_import_scored: bool, by: User
) -> bool:
    """Say which answers count in scores besides those given by link; return whether this changed anything.

    Every score follows; those of past days stay as they were computed.
    """
    wanted = {
        "is_phone_scored": is_phone_scored,
        "is_reply_scored": is_reply_scored,
        "is_import_scored": is_import_scored,
    }
    if all(getattr(ours, name) == value for name, value in wanted.items()):
        return False
    for name, value in wanted.items():
        setattr(ours, name, value)
    record_act(
        "scored_answers_changed",
        actor_id=by.id,
        subject_kind="company",
        subject_id=ours.id,
        details=wanted,
    )
    enqueue("rescore_accounts", {"all": True}, key="rescore_all")
    db.session.flush()
    return True


def change_logo(ours: Company, logo: bytes | None, *, by: User) -> bool:
    """Give reports another logo, read by `read_logo`, or none; return whether this changed anything."""
    if logo == ours.logo:
        return False
    ours.logo = logo
    _record_look(ours, by, {"logo": f"{len(logo)} bytes" if logo else "removed"})
    return True


def change_accent(ours: Company, accent: str, *, by: User) -> bool:
    """Give reports another accent colour, read by `read_accent`; return whether this changed anything."""
    if accent == ours.accent:
        return False
    _record_look(ours, by, {"accent": accent, "before": ours.accent})
    ours.accent = accent
    return True


def _record_look(ours: Company, by: User, details: dict[str, str]) -> None:
    record_act(
        "report_look_changed", actor_id=by.id, subject_kind="company", subject_id=ours.id, details=details
    )
    db.session.flush()


def invite_user(email: str, *, name: str, title: str, role: RoleName, by: User) -> tuple[User, int]:
    """Add a user, mail them the way to a password, give them the accounts that wait for their address.

    Returns the user and the number of those accounts. Raises `DomainError` for an address that is none
    or taken.
    """
    user = add_user(email, role=role, name=name, title=title)
    accounts = link_owner(user)
    queue_welcome_mail(user, by=by)
    record_act("user_added", actor_id=by.id, subject_kind="user", subject_id=user.id, details={"role": role})
    return user, accounts


def change_user(user: User, *, name: str, title: str, role: RoleName, active: bool, by: User) -> None:
    """Change a user; who may no longer sign in loses their API tokens, for good.

    Raises `DomainError` when nobody would be left to administer.
    """
    stays_administrator = role is RoleName.ADMIN and active
    if not stays_administrator and _is_last_administrator(user):
        raise DomainError("Somebody must be able to administer; make another user administrator first.")
    user.name, user.title, user.active = name, title, active
    user.roles = [ensure_roles()[role]]
    db.session.flush()
    if not active:
        revoke_tokens_of(user, by=by, now=utcnow())
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
    personas = personas_on(on)
    return {
        tier.id: {persona.id: required.get(tier.id, {}).get(persona.key, 0) for persona in personas}
        for tier in tiers_by_rank()
    }


def grid_mark(grid: Grid) -> str:
    """Return a short text that tells whether a grid is the one somebody looked at."""
    return sha256(
        repr(sorted((tier, sorted(line.items())) for tier, line in grid.items())).encode()
    ).hexdigest()


def read_grid(sent: Mapping[str, str], *, on: date) -> Grid:
    """Return the numbers of a sent grid, whose fields are called `required-<tier id>-<persona id>`.

    Raises `DomainError` for anything that is not a whole number from 0 to 100, and for a number without a
    tier or persona in use on that date.
    """
    grid: Grid = {}
    places = {
        f"required-{tier.id}-{persona.id}": (tier, persona)
        for tier in tiers_by_rank()
        for persona in personas_on(on)
    }
    if any(
        name.startswith("required-") and name not in places and sent[name].strip() not in ("", "0")
        for name in sent
    ):
        raise DomainError("A number belongs to no tier or persona in use by then; open this page again.")
    for name, (tier, persona) in places.items():
        grid.setdefault(tier.id, {})[persona.id] = _required(sent.get(name, ""), tier, persona)
    return grid


def _required(text: str, tier: Tier, persona: Persona) -> int:
    text = text.strip()
    if not (text.isascii() and text.isdecimal() and len(text) <= 3 and int(text) <= MOST_REQUIRED):
        raise DomainError(f"{tier.name}, {persona.name}: write a whole number from 0 to {MOST_REQUIRED}.")
    return int(text)


def change_profiles(grid: Grid, *, effective_from: date, today: date, by: User, seen: str = "") -> int:
    """Give the tiers whose numbers differ new profiles from a date on; return how many.

    `seen` is the mark of the grid that `by` looked at. Raises `DomainError` for a date in the past, and when
    somebody else has changed the numbers since.
    """
    hold_profiles()
    before = profile_grid(effective_from)
    if seen and seen != grid_mark(before):
        raise DomainError(
            "The numbers of that day are not the ones you looked at; open the page for that day again."
        )
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
    if changed and effective_from == today:
        enqueue("rescore_accounts", {"all": True}, key="rescore_all")
    return len(changed)
