"""Bringing in what only comes in: users, opportunities, roles of people in them, and cases."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from integrations.crm.records import Record
from vocapp.accounts.cells import CellProblem
from vocapp.accounts.columns import comparable_name
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.renewals.rules import OpportunityFacts, OpportunityKind
from vocapp.renewals.service import record_opportunities, settle_renewals
from vocapp.signals.rules import EventFacts, EventKind
from vocapp.signals.service import record_events
from vocapp.sync.bookkeeping import refuse, resolve_refusals
from vocapp.sync.comparing import read_moment
from vocapp.sync.context import Context
from vocapp.sync.fields import Entity
from vocapp.sync.landing import rescore_later, settle_links
from vocapp.sync.mapping import Plan
from vocapp.sync.models import CrmLink
from vocapp.sync.owed import Debt, owe, owed, pay
from vocapp.sync.references import known_to, links_of, new_link
from vocapp.sync.rules import LinkState
from vocapp.sync.values import NotYet, incoming

Land = Callable[[Context, Plan, Sequence[tuple[Record, dict[str, Any]]]], None]

KIND_WORDS: Mapping[str, OpportunityKind] = {
    **dict.fromkeys(("renewal", "renew", "existingbusinessrenewal"), OpportunityKind.RENEWAL),
    **dict.fromkeys(("new", "newbusiness", "newcustomer", "newlogo"), OpportunityKind.NEW),
    **dict.fromkeys(
        ("expansion", "upsell", "crosssell", "existingbusiness", "existingcustomerupgrade", "addon"),
        OpportunityKind.EXPANSION,
    ),
}


def land_signals(context: Context, plan: Plan, records: Sequence[Record]) -> None:
    """Bring in one page of what is only read, in the caller's transaction. Doing it again changes nothing.

    A record whose account is not here is remembered and comes in with it.
    """
    context.tally.read[plan.object] += len(records)
    newest = {record.id: record for record in sorted(records, key=lambda one: one.changed_at)}
    known = known_to(context.connection_id, plan, (record.values for record in newest.values()))
    links = links_of(context.connection_id, plan.object, list(newest))
    readable: list[tuple[Record, dict[str, Any]]] = []
    for record in newest.values():
        link = links.get(record.id) or new_link(context, plan, record.id)
        before = dict(link.theirs)
        values, waits = _read(context, plan, record, known) if not record.is_deleted else ({}, None)
        link.theirs = dict(record.values) or link.theirs
        link.stamp, link.changed_by_id = record.changed_at, record.changed_by_id
        link.seen_at, link.reason = context.now, waits
        link.state = _state(record, waits)
        if record.is_deleted and before:
            values = _read(context, plan, _with(record, before), known)[0]
        if waits is None and values:
            readable.append((record, values))
    db.session.flush()
    _LANDERS[plan.entity](context, plan, readable)


def land_waiting_signals(context: Context, plan: Plan, records: Sequence[Record]) -> None:
    """Bring in what waited for its account, as it was last read."""
    read = context.tally.read[plan.object]
    land_signals(context, plan, records)
    context.tally.read[plan.object] = read


def _with(record: Record, values: Mapping[str, Any]) -> Record:
    return Record(
        record.object,
        record.id,
        values,
        record.changed_at,
        record.changed_by_id,
        record.is_deleted,
        record.winner_id,
    )


def _state(record: Record, waits: str | None) -> LinkState:
    if record.is_deleted:
        return LinkState.DELETED
    return LinkState.WAITING if waits else LinkState.LINKED


def _read(context: Context, plan: Plan, record: Record, known: Any) -> tuple[dict[str, Any], str | None]:
    """Return a record's values in our words, and what it waits for; what cannot be read is refused."""
    values: dict[str, Any] = {}
    waits: str | None = None
    troubles: dict[str, str] = {}
    for rule in plan.rules:
        if rule.theirs not in record.values:
            continue
        try:
            values[rule.ours] = incoming(plan.field(rule.ours), record.values[rule.theirs], known)
        except CellProblem as problem:
            troubles[rule.ours] = problem.reason
        except NotYet as missing:
            if rule.ours == "account" or plan.entity is Entity.ROLE:
                waits = missing.reason
    for name, reason in troubles.items():
        refuse(
            context,
            direction="in",
            object_name=plan.object,
            key=record.id,
            entity=plan.entity,
            local_id=None,
            code="VALUE_NOT_READABLE",
            message=reason,
            fields=[name],
        )
    if not troubles:
        resolve_refusals(context, direction="in", object_name=plan.object, keys=[record.id])
    return values, waits


def _land_users(context: Context, plan: Plan, rows: Sequence[tuple[Record, dict[str, Any]]]) -> None:
    """Match their users with ours by federation id or address; a match made by hand stays."""
    wanted = {
        name.lower()
        for _record, values in rows
        for name in (values.get("email"), values.get("federation_id"))
        if name
    }
    users = db.session.execute(
        select(func.lower(User.email), User.id).where(func.lower(User.email).in_(wanted), User.active)
    )
    by_email: dict[str, int] = dict(users.all())
    links = links_of(context.connection_id, plan.object, [record.id for record, _values in rows])
    changed: set[str] = set()
    for record, values in rows:
        link = links[record.id]
        if link.held.get("chosen_by_hand"):
            continue
        federation, email = (str(values.get(name) or "").lower() for name in ("federation_id", "email"))
        found = by_email.get(federation) or by_email.get(email)
        if found != link.local_id:
            link.local_id = found
            changed.add(record.id)
    db.session.flush()
    owe(context.connection_id, Debt.OWNERS, changed)


def settle_owned(context: Context, plan: Plan) -> None:
    """Give accounts the owners that are known since they were read."""
    changed = set(owed(context.connection_id, Debt.OWNERS))
    rule = plan.rule("owner")
    if rule is None or not changed:
        return
    rows = select(CrmLink).where(
        CrmLink.connection_id == context.connection_id,
        CrmLink.object == plan.object,
        CrmLink.state == LinkState.LINKED,
    )
    links = [link for link in db.session.scalars(rows) if str(link.theirs.get(rule.theirs) or "") in changed]
    for start in range(0, len(links), 500):
        settle_links(context, plan, links[start : start + 500])
    pay(context.connection_id, Debt.OWNERS, changed)


def _land_opportunities(context: Context, plan: Plan, rows: Sequence[tuple[Record, dict[str, Any]]]) -> None:
    words = {**KIND_WORDS, **_chosen_kinds(plan)}
    facts = [
        OpportunityFacts(
            external_key=record.id,
            account_id=values["account"],
            kind=words.get(comparable_name(str(values.get("kind") or "")), OpportunityKind.OTHER),
            name=values.get("name") or "",
            stage=values.get("stage") or "",
            amount=_money(values.get("amount")),
            currency=values.get("currency") or "",
            close_date=_day(values.get("close_date")),
            is_closed=bool(values.get("is_closed")),
            is_won=bool(values.get("is_won")),
            owner_name=values.get("owner_name") or "",
            changed_at=record.changed_at,
            is_deleted=record.is_deleted,
        )
        for record, values in rows
        if values.get("account")
    ]
    landed = record_opportunities(facts, source=context.source, now=context.now)
    context.tally.created[plan.object] += landed.created
    context.tally.changed[plan.object] += landed.updated
    accounts = {one.account_id for one in facts}
    if accounts and landed.created + landed.updated:
        settle_renewals(accounts, now=context.now, moves_renewal_date=not context.maps_renewal_date)
        rescore_later(accounts)


def _chosen_kinds(plan: Plan) -> dict[str, OpportunityKind]:
    chosen = plan.options.get("kinds", {})
    return {comparable_name(word): OpportunityKind(kind) for word, kind in chosen.items()}


def _money(amount: float | None) -> Decimal | None:
    return None if amount is None else Decimal(str(amount)).quantize(Decimal("0.01"))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _land_cases(context: Context, plan: Plan, rows: Sequence[tuple[Record, dict[str, Any]]]) -> None:
    facts = []
    for record, values in rows:
        if not values.get("account"):
            continue
        opened = read_moment(values["opened_at"]) if values.get("opened_at") else record.changed_at
        closed = read_moment(values["closed_at"]) if values.get("closed_at") else None
        if values.get("is_closed") and closed is None:
            closed = record.changed_at
        facts.append(
            EventFacts(
                kind=EventKind.CASE,
                external_key=record.id,
                account_id=values["account"],
                contact_id=values.get("contact"),
                occurred_at=opened,
                ended_at=closed,
                title=values.get("title") or "",
                is_urgent=bool(values.get("is_escalated")),
                priority=values.get("priority") or "",
                details={"status": values.get("status") or ""},
                is_deleted=record.is_deleted,
            )
        )
    landed = record_events(facts, source=context.source, now=context.now)
    context.tally.created[plan.object] += landed.created
    context.tally.changed[plan.object] += landed.updated


def _land_roles(context: Context, plan: Plan, rows: Sequence[tuple[Record, dict[str, Any]]]) -> None:
    """Remember with each person which roles they play in opportunities, and weigh their personas anew."""
    rule = plan.rule("contact")
    links = links_of(context.connection_id, plan.object, [record.id for record, _values in rows])
    theirs = {str(link.theirs.get(rule.theirs)) for link in links.values() if rule}
    owe(context.connection_id, Debt.ROLES, theirs - {"None"})


def settle_role_holders(context: Context, contact_plan: Plan, role_plan: Plan) -> None:
    """Give people the personas that their roles in opportunities say, all roles of each together."""
    contact_rule, role_rule = role_plan.rule("contact"), role_plan.rule("role")
    holders = owed(context.connection_id, Debt.ROLES)
    if contact_rule is None or role_rule is None or not holders:
        return
    wanted = set(holders)
    roles: dict[str, set[str]] = {}
    rows = select(CrmLink).where(
        CrmLink.connection_id == context.connection_id,
        CrmLink.object == role_plan.object,
        CrmLink.state == LinkState.LINKED,
    )
    for link in db.session.scalars(rows):
        holder = str(link.theirs.get(contact_rule.theirs))
        if holder in wanted and link.theirs.get(role_rule.theirs):
            roles.setdefault(holder, set()).add(str(link.theirs[role_rule.theirs]))
    for start in range(0, len(holders), 500):
        links = links_of(context.connection_id, contact_plan.object, holders[start : start + 500])
        for link in links.values():
            played = ";".join(sorted(roles.get(link.remote_id, ())))
            link.theirs = {**link.theirs, "ContactRole.Role": played or None}
        db.session.flush()
        settle_links(
            context, contact_plan, [link for link in links.values() if link.state == LinkState.LINKED]
        )
    pay(context.connection_id, Debt.ROLES, holders)


_LANDERS: Mapping[Entity, Land] = {
    Entity.USER: _land_users,
    Entity.OPPORTUNITY: _land_opportunities,
    Entity.ROLE: _land_roles,
    Entity.CASE: _land_cases,
}
