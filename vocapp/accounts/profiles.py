"""Changing tiers, what their profiles ask for, exceptions from them, and how long knowledge stays good."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date

from sqlalchemy import func, select

from vocapp.accounts.models import (
    Account,
    KnowingRules,
    Persona,
    PersonaQuota,
    ProfileOverride,
    Tier,
    TierProfile,
    TierRule,
)
from vocapp.accounts.personas import ALWAYS
from vocapp.accounts.queries import account_by_key, house_rules, personas_in_order, tiers_by_rank
from vocapp.accounts.requirements import comparable_name
from vocapp.accounts.rules import AccountStatus, HouseRules, OverrideScope, comparable_id
from vocapp.core.audit import record_act
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User

MOST_REQUIRED = 100
MOST_DAYS = 3650
MOST_WAVES = 20

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


def add_tier(name: str, *, by: User) -> Tier:
    """Add a tier below all others. Raises `DomainError` without a name or when the name is taken."""
    others = hold_profiles()
    tier = Tier(name=_free_name(name, others), rank=max((other.rank for other in others), default=0) + 1)
    db.session.add(tier)
    db.session.flush()
    record_act("tier_added", actor_id=by.id, subject_kind="tier", subject_id=tier.id)
    return tier


def rename_tier(tier: Tier, name: str, *, by: User) -> None:
    """Give a tier another name. Raises `DomainError` without a name or when the name is taken."""
    tier.name = _free_name(name, [other for other in hold_profiles() if other.id != tier.id])
    db.session.flush()
    record_act("tier_renamed", actor_id=by.id, subject_kind="tier", subject_id=tier.id)


def move_tier(tier: Tier, places: int, *, by: User) -> None:
    """Let a tier matter less by some places, more by a negative number; at the end it stays."""
    known = list(hold_profiles())
    before = known.index(tier)
    known.remove(tier)
    known.insert(max(0, before + places), tier)
    for rank, one in enumerate(known, start=1):
        one.rank = rank
    db.session.flush()
    record_act("tier_moved", actor_id=by.id, subject_kind="tier", subject_id=tier.id)


def delete_tier(tier: Tier, *, by: User) -> None:
    """Delete a tier and its profiles. Raises `DomainError` while an account, rule or override needs it."""
    hold_profiles()
    accounts = db.session.scalar(select(func.count()).where(Account.tier_id == tier.id)) or 0
    if accounts:
        held = "one account" if accounts == 1 else f"{accounts} accounts"
        raise DomainError(f"{tier.name} still has {held}; move them to another tier first.")
    rule = db.session.scalar(select(TierRule.name).where(TierRule.tier_id == tier.id).limit(1))
    if rule is not None:
        raise DomainError(f"The rule {rule} moves accounts to {tier.name}; change or delete the rule first.")
    if db.session.scalar(select(ProfileOverride.id).where(ProfileOverride.tier_id == tier.id).limit(1)):
        raise DomainError(f"Overrides are on record for {tier.name}; rename the tier instead.")
    record_act(
        "tier_deleted", actor_id=by.id, subject_kind="tier", subject_id=tier.id, details={"name": tier.name}
    )
    for profile in db.session.scalars(select(TierProfile).where(TierProfile.tier_id == tier.id)):
        db.session.delete(profile)
    db.session.flush()
    db.session.delete(tier)
    db.session.flush()


def change_profile(
    tier: Tier, quotas: Mapping[int, int], *, effective_from: date, today: date
) -> TierProfile:
    """Say how many contacts per persona id accounts of a tier should have, from a date on.

    What was asked for before that date stays on record. Raises `DomainError` for a date in the past, because
    numbers already shown would change, for a count below 0 or above 100, and for a persona there is not.
    """
    if effective_from < today:
        raise DomainError("A tier profile can change from today on, not in the past; choose a later date.")
    known = {persona.id for persona in personas_in_order()}
    if any(persona_id not in known for persona_id in quotas):
        raise DomainError("A number belongs to no persona; choose one that exists.")
    for required in quotas.values():
        _check_required(required)
    hold_profiles()
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


def add_override(
    scope: OverrideScope,
    where: str,
    *,
    persona: Persona | None,
    required: int,
    reason: str,
    effective_from: date,
    tier: Tier | None = None,
    by: User,
    today: date,
) -> ProfileOverride:
    """Ask accounts of a segment or region, or one account, for another number of contacts of a persona.

    `where` names the segment or region, or is the account's identifier; without `tier` it holds for all.
    Raises `DomainError` without a persona or reason, for a number below 0 or above 100, a date in the past,
    a place that no account has, and where another override begins there on the same day.
    """
    if persona is None or (persona.retired_on is not None and persona.retired_on <= effective_from):
        raise DomainError("Choose a persona that is in use.")
    _check_required(required)
    reason = reason.strip()
    if not reason:
        raise DomainError("Give the reason, so that others understand the exception.")
    if effective_from < today:
        raise DomainError("An override can begin today or later, not in the past; choose a later date.")
    hold_profiles()
    account, value = _place(scope, where)
    override = ProfileOverride(
        scope=scope,
        scope_value=value,
        account_id=account.id if account else None,
        tier_id=tier.id if tier else None,
        persona_id=persona.id,
        required=required,
        reason=reason,
        effective_from=effective_from,
        created_by_id=by.id,
    )
    _check_not_there(override, today)
    db.session.add(override)
    db.session.flush()
    _note_override("override_added", override, by, effective_from)
    if effective_from == today:
        rescore_after(override)
    return override


def withdraw_override(override: ProfileOverride, *, ends_on: date, by: User, today: date) -> None:
    """Let an override hold no longer from a date on; what it asked for before stays on record.

    One that has not begun by then never holds. Raises `DomainError` for a date in the past, and for one that
    has ended already.
    """
    hold_profiles()
    db.session.refresh(override)
    if override.ends_on is not None and override.ends_on <= today:
        raise DomainError("This override has ended already; there is nothing to withdraw.")
    if ends_on < today:
        raise DomainError("An override can be withdrawn from today on, not in the past; choose a later date.")
    override.ends_on = max(ends_on, override.effective_from)
    db.session.flush()
    _note_override("override_withdrawn", override, by, ends_on)
    if ends_on == today:
        rescore_after(override)


def change_house_rules(rules: HouseRules, *, by: User, today: date) -> None:
    """Say how long knowledge stays good from today on; what held before stays on record.

    Raises `DomainError` for a number that makes no sense.
    """
    for name, number in asdict(rules).items():
        most = MOST_WAVES if name == "silent_waves" else MOST_DAYS
        if not 1 <= number <= most:
            unit = "waves" if name == "silent_waves" else "days"
            raise DomainError(f"A number of {unit} lies between 1 and {most}; correct it.")
    if rules.champion_open_days > rules.champion_every_days:
        raise DomainError("A champion's page would still be open when the next is due; shorten the former.")
    _begin_house_rules(HouseRules(), on=ALWAYS)
    # Others who would change them wait for this transaction.
    db.session.execute(select(KnowingRules.id).order_by(KnowingRules.id).with_for_update())
    before, after = asdict(house_rules()), asdict(rules)
    _begin_house_rules(house_rules(), on=today)
    row = db.session.scalars(select(KnowingRules).where(KnowingRules.effective_from == today)).one()
    for name, number in after.items():
        setattr(row, name, number)
    db.session.flush()
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    record_act(
        "house_rules_changed",
        actor_id=by.id,
        subject_kind="house_rules",
        subject_id=row.id,
        details=changed,
    )
    if "verified_days" in changed:
        enqueue("rescore_accounts", {"all": True}, key="rescore_all")


def _begin_house_rules(rules: HouseRules, *, on: date) -> None:
    """Let rules hold from a day on, unless others begin on it."""
    row = insert_new(KnowingRules).values(effective_from=on, **asdict(rules))
    db.session.execute(row.on_conflict_do_nothing())


def rescore_after(override: ProfileOverride) -> None:
    """Ask for new scores of the accounts an override may concern."""
    if override.account_id is not None:
        account_id = override.account_id
        enqueue("rescore_accounts", {"account_ids": [account_id]}, key=f"rescore:{account_id}")
    else:
        enqueue("rescore_accounts", {"all": True}, key="rescore_all")


def hold_profiles() -> Sequence[Tier]:
    """Return all tiers by rank; others who would change profiles wait for this transaction."""
    db.session.execute(select(Tier.id).order_by(Tier.id).with_for_update())
    # Asked apart: the statement that waited does not see what was added meanwhile.
    found = select(Tier).order_by(Tier.rank, Tier.id).execution_options(populate_existing=True)
    return db.session.scalars(found).all()


def _free_name(name: str, others: Sequence[Tier]) -> str:
    name = name.strip()
    if not name:
        raise DomainError("Give the tier a name.")
    if any(other.name.casefold() == name.casefold() for other in others):
        raise DomainError(f"There is a tier called {name} already; choose another name.")
    return name


def _check_required(required: int) -> None:
    if required < 0:
        raise DomainError("A tier cannot ask for fewer than 0 contacts; correct the number.")
    if required > MOST_REQUIRED:
        raise DomainError(f"A tier can ask for at most {MOST_REQUIRED} contacts; correct the number.")


def _place(scope: OverrideScope, where: str) -> tuple[Account | None, str]:
    if scope is OverrideScope.ACCOUNT:
        return _account_meant(where), ""
    column = Account.segment if scope is OverrideScope.SEGMENT else Account.region
    for known in db.session.scalars(select(column).where(column != "").distinct().order_by(column)):
        if comparable_name(known) == comparable_name(where):
            return None, known
    raise DomainError(f"No account has the {scope} {where.strip()[:80]!r}; choose one that exists.")


def _account_meant(where: str) -> Account:
    account = account_by_key(comparable_id(where))
    if account is not None:
        return account
    is_called = func.lower(Account.name) == where.strip().lower()
    called = select(Account).where(is_called, Account.status != AccountStatus.MERGED).limit(2)
    found = db.session.scalars(called).all()
    if len(found) > 1:
        raise DomainError("Several accounts have this name; write the identifier of the one you mean.")
    if not found:
        raise DomainError("No account has this identifier or name; write it as it stands on the account.")
    return found[0]


def _check_not_there(override: ProfileOverride, today: date) -> None:
    same = select(ProfileOverride.ends_on).where(
        ProfileOverride.scope == override.scope,
        ProfileOverride.scope_value == override.scope_value,
        ProfileOverride.account_id.is_not_distinct_from(override.account_id),
        ProfileOverride.tier_id.is_not_distinct_from(override.tier_id),
        ProfileOverride.persona_id == override.persona_id,
        ProfileOverride.effective_from == override.effective_from,
    )
    if any(
        ends_on is None or ends_on > max(today, override.effective_from)
        for ends_on in db.session.scalars(same)
    ):
        raise DomainError("Another override begins there on the same day; withdraw that one first.")


def _note_override(action: str, override: ProfileOverride, by: User, on: date) -> None:
    record_act(
        action,
        actor_id=by.id,
        subject_kind="override",
        subject_id=override.id,
        details={"scope": override.scope, "required": override.required, "on": on.isoformat()},
    )
