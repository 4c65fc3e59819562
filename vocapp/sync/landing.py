"""Bringing a page of accounts or contacts from over there in: matched, weighed field by field, and stored."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from integrations.crm.records import Record
from vocapp.core.db import db
from vocapp.core.jobs import enqueue
from vocapp.sync.applying import Applier, NotOurs
from vocapp.sync.bookkeeping import (
    note_changes,
    note_clashes,
    refuse,
    resolve_refusals,
    settle_clashes,
)
from vocapp.sync.cases import Case, bases_of, takes_of, their_values, who_left, write_links
from vocapp.sync.comparing import is_same
from vocapp.sync.context import Context, Difference
from vocapp.sync.fields import POINTERS, Entity
from vocapp.sync.holding import hold_ours
from vocapp.sync.mapping import Plan
from vocapp.sync.matching import match_locals
from vocapp.sync.models import CrmLink
from vocapp.sync.projection import Ours, project
from vocapp.sync.references import known_to, links_of
from vocapp.sync.relinking import ONE_HERE, is_removed, still_here
from vocapp.sync.rules import LinkState, hash_of
from vocapp.sync.signalling import tell_about_contacts
from vocapp.sync.unheard import first_bases, keys_borne
from vocapp.sync.vanishing import land_deleted
from vocapp.sync.weighing import Bases, Weighed, weigh

RESCORE_AT_ONCE = 200
WAITING_AT_ONCE = 1000
NEW_TIER = "The tier %s is new; say under Settings whom its accounts should have."
NOT_READABLE = "VALUE_NOT_READABLE"


def land_page(context: Context, plan: Plan, records: Sequence[Record]) -> None:
    """Bring one page in, in the caller's transaction. Doing it again changes nothing."""
    context.tally.read[plan.object] += len(records)
    newest = {record.id: record for record in sorted(records, key=lambda one: one.changed_at)}
    links = links_of(context.connection_id, plan.object, list(newest))
    gone = [one for one in newest.values() if one.is_deleted]
    if gone:
        hold_ours(links.values())
        land_deleted(context, plan, gone, links)
        links = links_of(context.connection_id, plan.object, list(newest))
    alive = [one for one in newest.values() if not one.is_deleted]
    cases = [_case(plan, record, links.get(record.id)) for record in alive]
    fresh = [case for case in cases if not _is_known_state(case)]
    context.tally.skipped += len(cases) - len(fresh)
    settle_cases(context, plan, fresh)


def _case(plan: Plan, record: Record, link: CrmLink | None, *, is_read_now: bool = True) -> Case:
    theirs = their_values(plan, record.values, kept=link.theirs if link else {})
    return Case(record, theirs, link, link.local_id if link else None, bases_of(link), is_read_now)


def _is_known_state(case: Case) -> bool:
    """Whether a record was brought in, or let go, just as it is: the overlap reads it twice."""
    link = case.link
    if link is None or link.stamp is None:
        return False
    if link.state != LinkState.LINKED and not is_removed(link):
        return False
    if case.record.changed_at < link.stamp:
        return True
    return case.record.changed_at == link.stamp and all(
        name in link.theirs and is_same(link.theirs[name], value) for name, value in case.theirs.items()
    )


def land_waiting(context: Context, plan: Plan) -> None:
    """Bring in what waited for its account, and what points at records that came in since, as last read."""
    waiting = select(CrmLink).where(
        CrmLink.connection_id == context.connection_id,
        CrmLink.object == plan.object,
        CrmLink.entity == plan.entity,
        CrmLink.state == LinkState.WAITING,
    )
    links = db.session.scalars(waiting.order_by(CrmLink.id)).all()
    for start in range(0, len(links), WAITING_AT_ONCE):
        some = links[start : start + WAITING_AT_ONCE]
        settle_cases(context, plan, [_case(plan, as_read(link), link, is_read_now=False) for link in some])
    pointing = sorted(context.pointing_later.pop(plan.entity, ()))
    for start in range(0, len(pointing), WAITING_AT_ONCE):
        some_pointing = links_of(
            context.connection_id, plan.object, pointing[start : start + WAITING_AT_ONCE]
        )
        settle_links(context, plan, [one for one in some_pointing.values() if one.state == LinkState.LINKED])
    context.pointing_later.pop(plan.entity, None)  # Whom they point at is not here; a later run looks again.


def as_read(link: CrmLink) -> Record:
    """Return a record as it was last read."""
    values = {
        name: value for name, value in link.theirs.items() if not name.startswith(("=", "ContactRole."))
    }
    return Record(
        object=link.object,
        id=link.remote_id,
        values=values,
        changed_at=link.stamp or link.seen_at,
        changed_by_id=link.changed_by_id,
    )


def settle_links(context: Context, plan: Plan, links: Sequence[CrmLink]) -> None:
    """Weigh records anew as they were last read: after our side, a rule or a role changed."""
    settle_cases(context, plan, [_case(plan, as_read(link), link, is_read_now=False) for link in links])


def settle_cases(context: Context, plan: Plan, cases: Sequence[Case]) -> None:
    """Match, weigh and store records."""
    if not cases:
        return
    doubles = _match(context, plan, cases)
    unmatched = [case for case in cases if case.link is None or case.link.local_id != case.local_id]
    met = [(case.record.id, case.theirs) for case in unmatched if case.local_id is not None]
    made_by_us = first_bases(context, plan, keys_borne(plan, met))
    for case in unmatched:
        case.bases = made_by_us.get(case.record.id, case.bases)
    locals_ = project(plan.entity, {case.local_id for case in cases if case.local_id}, prefix=context.prefix)
    known = known_to(context.connection_id, plan, (case.theirs for case in cases))
    for case in cases:
        ours = locals_.get(case.local_id or 0, Ours({}, None))
        case.weighed = weigh(
            plan,
            case.theirs,
            ours,
            case.bases,
            known,
            theirs_at=case.record.changed_at,
            lengths=context.lengths.get(plan.object, {}),
        )
        if case.weighed.points_later:
            context.pointing_later.setdefault(plan.entity, set()).add(case.record.id)
    _store(context, plan, cases, locals_, doubles)


def _match(context: Context, plan: Plan, cases: Sequence[Case]) -> dict[str, tuple[LinkState, str | None]]:
    """Find whom the records mean here that are not linked; return id → outcome of those that are doubles.

    Who was removed or merged here while the run was at work is looked for anew.
    """
    here = still_here(plan, {case.local_id for case in cases if case.local_id})
    for case in cases:
        if case.local_id not in here or is_removed(case.link):
            case.local_id, case.bases = None, Bases()
    unmatched = [case for case in cases if case.local_id is None]
    matches = match_locals(context, plan, [(case.record.id, _names_of(plan, case)) for case in unmatched])
    doubles: dict[str, tuple[LinkState, str | None]] = {}
    for case, match in zip(unmatched, matches, strict=True):
        case.local_id = match.local_id
        if match.is_double:
            is_merged = case.link is not None and case.link.state == LinkState.MERGED
            doubles[case.record.id] = (LinkState.MERGED if is_merged else LinkState.UNMATCHED, ONE_HERE)
    return doubles


def _names_of(plan: Plan, case: Case) -> dict[str, Any]:
    """Return what a record is matched by: not by our number of somebody who was removed, a new one has it."""
    if not is_removed(case.link):
        return case.theirs
    return {name: value for name, value in case.theirs.items() if name != plan.external_id_field()}


def _store(
    context: Context,
    plan: Plan,
    cases: Sequence[Case],
    locals_: Mapping[int, Ours],
    doubles: Mapping[str, tuple[LinkState, str | None]],
) -> None:
    applier = Applier(source=context.source, now=context.now)
    outcomes = dict(doubles)
    known_cases = [case for case in cases if case.local_id in locals_]
    new_cases = [case for case in cases if case.local_id not in locals_ and case.record.id not in doubles]
    for case in known_cases:
        outcomes[case.record.id] = (LinkState.LINKED, None)
    changes = {
        case.local_id: takes_of(case)
        for case in known_cases
        if case.local_id is not None and case.weighed and takes_of(case)
    }
    # First the ones that are here: that holds accounts and people before any mail of theirs is stopped.
    _change(context, plan, known_cases, changes, applier)
    _create(context, plan, new_cases, applier, outcomes)
    if plan.entity is Entity.CONTACT:
        nobody = [case for case in cases if outcomes[case.record.id][0] is not LinkState.LINKED]
        applier.keep_silent(_first_values(plan, case.weighed) for case in nobody if case.weighed)
    left = who_left(plan, known_cases)
    links = write_links(context, plan, cases, outcomes)
    _note(context, plan, known_cases, locals_, links)
    if plan.entity is Entity.CONTACT:
        told = [(case.record, links[case.record.id], left.get(case.record.id)) for case in known_cases]
        tell_about_contacts(context, told, applier.applied)
    for name in applier.applied.new_tiers:
        context.tally.notes.append(NEW_TIER % name)
    rescore_later(applier.applied.account_ids)


def _create(
    context: Context,
    plan: Plan,
    cases: Sequence[Case],
    applier: Applier,
    outcomes: dict[str, tuple[LinkState, str | None]],
) -> None:
    wanted: list[tuple[Case, dict[str, Any]]] = []
    for case in cases:
        assert case.weighed is not None
        values = _first_values(plan, case.weighed)
        missing = case.weighed.not_yet
        if plan.entity is Entity.CONTACT and missing is None and not values.get("account"):
            missing = "It belongs to no account."
        if missing is not None:
            outcomes[case.record.id] = (LinkState.WAITING, missing)
        elif values.get("has_left"):
            outcomes[case.record.id] = (LinkState.UNMATCHED, "They have left, as the other side says.")
        elif not plan.creates:
            outcomes[case.record.id] = (
                LinkState.UNMATCHED,
                "Nobody here matches it, and none is to be made.",
            )
        elif plan.entity is Entity.CONTACT and "email" in case.weighed.troubles:
            reason = case.weighed.troubles["email"]
            outcomes[case.record.id] = (LinkState.UNMATCHED, reason)
            _refuse_in(context, plan, case, NOT_READABLE, reason, ["email"])
        else:
            wanted.append((case, values))
    pairs = [(context.local_key(case.record.id), values) for case, values in wanted]
    made: Sequence[int | NotOurs]
    made = applier.create_accounts(pairs) if plan.entity is Entity.ACCOUNT else applier.create_contacts(pairs)
    differences = []
    for (case, values), place in zip(wanted, made, strict=True):
        if isinstance(place, NotOurs):
            outcomes[case.record.id] = (LinkState.UNMATCHED, place.reason)
            continue
        case.local_id = place
        _point_later(context, plan, case)
        outcomes[case.record.id] = (LinkState.LINKED, None)
        context.tally.created[plan.object] += 1
        name = values.get("name") or values.get("email")
        differences.append(_difference(plan, case, "", "", None, name))
        for field, reason in (case.weighed.troubles if case.weighed else {}).items():
            _refuse_in(context, plan, case, NOT_READABLE, reason, [field])
    note_changes(context, differences)


def _point_later(context: Context, plan: Plan, case: Case) -> None:
    """Have whom a new record points at looked at when all are here: in one account, and in no circle."""
    for name in POINTERS & set(case.weighed.takes if case.weighed else ()):
        _take_back(plan, case, name)
        context.pointing_later.setdefault(plan.entity, set()).add(case.record.id)


def _take_back(plan: Plan, case: Case, name: str) -> None:
    """Leave a field as it is here: what was read of it could not be stored."""
    assert case.weighed is not None
    case.weighed.takes.pop(name, None)
    case.weighed.ours.pop(name, None)
    case.weighed.agreed.pop(_theirs_of(plan, name), None)


def _first_values(plan: Plan, weighed: Weighed) -> dict[str, Any]:
    """Return the values of a new record: whatever comes in, whoever owns it."""
    values = dict(weighed.takes)
    for clash in weighed.clashes:
        values.setdefault(clash.ours_field, clash.theirs)
    mapped = {rule.ours for rule in plan.rules} - POINTERS
    return {name: value for name, value in values.items() if name in mapped}


def _change(
    context: Context,
    plan: Plan,
    cases: Sequence[Case],
    changes: Mapping[int, Mapping[str, Any]],
    applier: Applier,
) -> None:
    change = applier.change_accounts if plan.entity is Entity.ACCOUNT else applier.change_contacts
    refusals = change(changes)
    for case in cases:
        assert case.weighed is not None
        refusal = refusals.get(case.local_id or 0)
        if refusal is not None:
            for name in ("account", "email") if refusal.field == "email" else (refusal.field,):
                _take_back(plan, case, name)
            _refuse_in(context, plan, case, "NOT_OURS", refusal.reason, [refusal.field])
        if case.local_id in applier.applied.not_pointing:
            _take_back(plan, case, "reports_to")
        context.tally.changed[plan.object] += bool(takes_of(case))
        for name, reason in case.weighed.troubles.items():
            _refuse_in(context, plan, case, NOT_READABLE, reason, [name])
    fine = [
        case.record.id
        for case in cases
        if case.local_id not in refusals and case.weighed and not case.weighed.troubles
    ]
    resolve_refusals(context, direction="in", object_name=plan.object, keys=fine)


def _refuse_in(
    context: Context, plan: Plan, case: Case, code: str, reason: str, fields: Sequence[str]
) -> None:
    refuse(
        context,
        direction="in",
        object_name=plan.object,
        key=case.record.id,
        entity=plan.entity,
        local_id=case.local_id,
        code=code,
        message=reason,
        payload={name: case.theirs.get(_theirs_of(plan, name)) for name in fields},
        fields=fields,
    )


def _theirs_of(plan: Plan, ours: str) -> str:
    rule = plan.rule(ours)
    return rule.theirs if rule else ""


def _note(
    context: Context,
    plan: Plan,
    cases: Sequence[Case],
    locals_: Mapping[int, Ours],
    links: Mapping[str, CrmLink],
) -> None:
    differences = []
    agreed: dict[int, list[str]] = {}
    for case in cases:
        weighed, link = case.weighed, links[case.record.id]
        assert weighed is not None
        ours = locals_[case.local_id or 0]
        for name, value in takes_of(case).items():
            differences.append(
                _difference(plan, case, name, _theirs_of(plan, name), ours.values.get(name), value)
            )
        agreed[link.id] = [rule.ours for rule in plan.rules if rule.ours in weighed.ours]
        note_clashes(
            context,
            link,
            weighed.clashes,
            ours_at=ours.changed_at,
            theirs_at=case.record.changed_at,
            theirs_by=case.record.changed_by_id or "",
        )
    note_changes(context, differences)
    settle_clashes(agreed, now=context.now)


def _difference(
    plan: Plan, case: Case, ours_field: str, theirs_field: str, before: Any, after: Any
) -> Difference:
    return Difference(
        direction="in",
        object=plan.object,
        remote_id=case.record.id,
        entity=plan.entity,
        local_id=case.local_id,
        ours_field=ours_field,
        theirs_field=theirs_field,
        before=before,
        after=after,
        by=case.record.changed_by_id or "",
    )


def rescore_later(account_ids: set[int]) -> None:
    """Ask for new scores of accounts that changed."""
    ids = sorted(account_ids)
    for start in range(0, len(ids), RESCORE_AT_ONCE):
        some = ids[start : start + RESCORE_AT_ONCE]
        # One key per set: asking for another one must not be taken for the same.
        which = str(some[0]) if len(some) == 1 else hash_of({"account_ids": some})
        enqueue("rescore_accounts", {"account_ids": some}, key=f"rescore:{which}")
