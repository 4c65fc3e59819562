"""Rules that give accounts their tier and coverage model: changing, previewing and applying them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import func, insert, select, update

from surveys.status import Status
from vocapp.accounts.models import Account, Tier, TierRule
from vocapp.accounts.queries import tiers_by_rank
from vocapp.accounts.rules import AccountStatus, CoverageModel
from vocapp.accounts.tier_rules import (
    Candidate,
    Change,
    Move,
    Rule,
    TierConditions,
    assign,
    conditions_from,
    shadowed,
)
from vocapp.core.audit import AuditEntry, record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User
from vocapp.relationship.models import AccountScore

MOST_RULES = 50
# More accounts than this are rescored together with all others.
FEW_ACCOUNTS = 500
_ACCOUNTS_AT_ONCE = 1000

AnyChange = Change[int | None] | Change[CoverageModel]


@dataclass(frozen=True, slots=True)
class Line:
    """One account that would move, as the preview shows it."""

    account_id: int
    name: str
    move: Move


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying the rules would change now; `mark` tells whether it is the plan somebody looked at."""

    looked_at: int
    lines: Sequence[Line]
    mark: str

    def tier_moves(self) -> list[tuple[int | None, int | None, str, int]]:
        """Return (tier before, after, rule's name, accounts), the most accounts first."""
        changes = [line.move.tier for line in self.lines if line.move.tier]
        counts = Counter((change.before, change.after, _rule_name(change)) for change in changes)
        return [(*key, count) for key, count in counts.most_common()]

    def coverage_moves(self) -> list[tuple[CoverageModel, CoverageModel, str, int]]:
        """Return (coverage model before, after, rule's name or "", accounts), the most accounts first."""
        changes = [line.move.coverage for line in self.lines if line.move.coverage]
        counts = Counter((change.before, change.after, _rule_name(change)) for change in changes)
        return [(*key, count) for key, count in counts.most_common()]


def rules_in_order() -> Sequence[TierRule]:
    """Return all rules, the first to decide first."""
    return db.session.scalars(select(TierRule).order_by(TierRule.position, TierRule.id)).all()


def shadowed_rules() -> dict[int, str]:
    """Return rule id → name of the earlier rule that takes all its accounts."""
    return {rule_id: rule.name for rule_id, rule in shadowed(_rules(rules_in_order())).items()}


def save_rule(
    rule: TierRule | None,
    *,
    name: str,
    tier: Tier | None,
    coverage_model: CoverageModel | None,
    conditions: TierConditions,
    is_automatic: bool,
    by: User,
) -> TierRule:
    """Change a rule, or add one (None) behind all others.

    Raises `DomainError` for no name or one that is taken, a rule that decides nothing or asks nothing, an
    empty band of ARR, a tier for accounts in red, and for conditions that another rule has already.
    """
    others = [other for other in _held_rules() if rule is None or other.id != rule.id]
    name = name.strip()
    if not name or any(other.name.casefold() == name.casefold() for other in others):
        raise DomainError("Give the rule a name that no other rule has.")
    if rule is None and len(others) >= MOST_RULES:
        raise DomainError(f"There are {MOST_RULES} rules already; delete one before you add another.")
    if tier is None and coverage_model is None:
        raise DomainError("Choose a tier, a coverage model or both; a rule must decide something.")
    _check_conditions(conditions, tier)
    for other in others:
        takes_same = (tier and other.tier_id) or (coverage_model and other.coverage_model)
        if takes_same and conditions_from(other.conditions) == conditions:
            raise DomainError(f"{other.name} asks for the same accounts; change that rule instead.")
    saved = rule or TierRule(position=max((other.position for other in others), default=-1) + 1)
    saved.name, saved.is_automatic = name, is_automatic
    saved.tier_id = tier.id if tier else None
    saved.coverage_model = coverage_model
    saved.conditions = conditions.as_stored()
    db.session.add(saved)
    db.session.flush()
    _note("tier_rule_saved", saved, by)
    return saved


def move_rule(rule: TierRule, places: int, *, by: User) -> None:
    """Let a rule decide later by some places, earlier by a negative number; at the end it stays."""
    ordered = list(_held_rules())
    before = ordered.index(rule)
    ordered.remove(rule)
    ordered.insert(max(0, before + places), rule)
    for position, one in enumerate(ordered):
        one.position = position
    db.session.flush()
    _note("tier_rule_moved", rule, by)


def delete_rule(rule: TierRule, *, by: User) -> None:
    """Delete a rule; accounts it moved stay where they are."""
    _note("tier_rule_deleted", rule, by)
    db.session.delete(rule)
    db.session.flush()


def planned_moves(*, automatic_only: bool = False) -> Plan:
    """Return what applying the rules to all customers would change, by account name, in two statements.

    All rules are asked, so that an earlier one keeps its accounts; `automatic_only` leaves out what rules
    decide that are not applied each night.
    """
    rules = _rules(rules_in_order())
    has_automatic = any(rule.is_automatic and rule.coverage_model for rule in rules)
    lines, looked_at = [], 0
    for name, candidate in _candidates():
        looked_at += 1
        move = assign(candidate, rules)
        if move is not None and automatic_only:
            move = _automatic_part(move, takes_back=has_automatic)
        if move is not None:
            lines.append(Line(candidate.account_id, name, move))
    told = [(line.account_id, _after(line.move.tier), _after(line.move.coverage)) for line in lines]
    return Plan(looked_at, lines, sha256(repr(sorted(told)).encode()).hexdigest())


def apply_rules(*, seen: str, by: User) -> int:
    """Move the accounts of the plan somebody looked at; return how many.

    Raises `DomainError` when accounts, rules or scores have changed what would move since.
    """
    _hold()
    plan = planned_moves()
    if plan.mark != seen:
        raise DomainError("Accounts or rules have changed since you looked; look at the preview again.")
    return _apply(plan, by=by)


def apply_automatic_rules() -> int:
    """Move the accounts that rules applied each night decide about; return how many."""
    _hold()
    return _apply(planned_moves(automatic_only=True), by=None)


def _apply(plan: Plan, *, by: User | None) -> int:
    names = {tier.id: tier.name for tier in tiers_by_rank()}
    values: defaultdict[tuple[tuple[str, object], ...], list[int]] = defaultdict(list)
    entries = []
    for line in plan.lines:
        values[tuple(_columns(line.move).items())].append(line.account_id)
        entries.append(
            {
                "actor_id": by.id if by else None,
                "action": "account_moved",
                "subject_kind": "account",
                "subject_id": line.account_id,
                "details": _told(line.move, names),
            }
        )
    for columns, ids in values.items():
        for start in range(0, len(ids), _ACCOUNTS_AT_ONCE):
            some = ids[start : start + _ACCOUNTS_AT_ONCE]
            db.session.execute(update(Account).where(Account.id.in_(some)).values(dict(columns)))
    if entries:
        db.session.execute(insert(AuditEntry), entries)
    moved = [line.account_id for line in plan.lines if line.move.tier]
    if len(moved) > FEW_ACCOUNTS:
        enqueue("rescore_accounts", {"all": True}, key="rescore_all")
    elif moved:
        enqueue("rescore_accounts", {"account_ids": moved})
    return len(plan.lines)


def _columns(move: Move) -> dict[str, object]:
    columns: dict[str, object] = {}
    if move.tier:
        columns["tier_id"] = move.tier.after
    if move.coverage:
        columns["coverage_model"] = move.coverage.after
        is_given = move.coverage.rule is not None and move.coverage.after is not CoverageModel.STANDARD
        columns["is_coverage_by_rule"] = is_given
    return columns


def _told(move: Move, names: Mapping[int, str]) -> dict[str, object]:
    told: dict[str, object] = {"fields": [name for name in _columns(move) if name != "is_coverage_by_rule"]}
    if move.tier:
        before, after = move.tier.before, move.tier.after
        told["tier"] = [names.get(before or 0, ""), names.get(after or 0, "")]
        told["tier_rule"] = _rule_name(move.tier)
    if move.coverage:
        told["coverage_model"] = [move.coverage.before, move.coverage.after]
        told["coverage_rule"] = _rule_name(move.coverage)
    return told


def _candidates() -> Iterable[tuple[str, Candidate]]:
    """Yield customers by name."""
    rows = db.session.execute(
        select(
            Account.name,
            Account.id,
            Account.tier_id,
            Account.coverage_model,
            Account.is_coverage_by_rule,
            Account.arr,
            Account.currency,
            Account.growth_potential,
            Account.lifecycle_stage,
            Account.segment,
            Account.region,
            func.coalesce(AccountScore.status == Status.RED.value, False),
        )
        .outerjoin(AccountScore, (AccountScore.account_id == Account.id) & AccountScore.is_latest)
        .where(Account.status == AccountStatus.ACTIVE)
        .order_by(Account.name, Account.id)
    )
    for name, account_id, tier_id, coverage, *others in rows:
        yield name, Candidate(account_id, tier_id, CoverageModel(coverage), *others)


def _rules(rows: Iterable[TierRule]) -> list[Rule]:
    return [
        Rule(
            id=row.id,
            name=row.name,
            conditions=conditions_from(row.conditions),
            tier_id=row.tier_id,
            coverage_model=CoverageModel(row.coverage_model) if row.coverage_model else None,
            is_automatic=row.is_automatic,
        )
        for row in rows
    ]


def _automatic_part(move: Move, *, takes_back: bool) -> Move | None:
    def is_due(change: AnyChange | None) -> bool:
        return change is not None and (takes_back if change.rule is None else change.rule.is_automatic)

    tier = move.tier if is_due(move.tier) else None
    coverage = move.coverage if is_due(move.coverage) else None
    return Move(move.account_id, tier, coverage) if tier or coverage else None


def _check_conditions(conditions: TierConditions, tier: Tier | None) -> None:
    low, high = conditions.arr_from, conditions.arr_below
    if conditions.asks_nothing:
        raise DomainError("Ask for something; a rule without conditions would move every account.")
    if (low is not None and low < 0) or (high is not None and high <= 0):
        raise DomainError("An ARR is not below 0; correct the band.")
    if low is not None and high is not None and low >= high:
        raise DomainError("The ARR band is empty; its lower end must lie below its upper end.")
    if conditions.needs_red and tier is not None:
        # A tier brings its own profile, and with it another status: accounts would move to and fro.
        raise DomainError("A status can choose only the coverage model; leave the tier as it is.")


def _held_rules() -> Sequence[TierRule]:
    """Return all rules in order; others who would change them wait for this transaction."""
    db.session.execute(select(TierRule.id).order_by(TierRule.id).with_for_update())
    # Asked apart: the statement that waited does not see what was added meanwhile.
    return rules_in_order()


def _hold() -> None:
    """Let others who would change rules or accounts wait (SQLite has one writer anyway)."""
    _held_rules()
    db.session.execute(select(Account.id).order_by(Account.id).with_for_update(key_share=True))


def _rule_name(change: AnyChange) -> str:
    return change.rule.name if change.rule else ""


def _after(change: AnyChange | None) -> object:
    return None if change is None else change.after


def _note(action: str, rule: TierRule, by: User) -> None:
    record_act(
        action, actor_id=by.id, subject_kind="tier_rule", subject_id=rule.id, details={"name": rule.name}
    )
