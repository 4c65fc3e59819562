"""Changing one field of many people or accounts at once: planned first, shown, and then done as shown."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Select, delete, insert, select, update

from vocapp.accounts.cells import CellProblem, clean_text, read_language, read_time_zone
from vocapp.accounts.holding import hold_contacts
from vocapp.accounts.models import Account, Contact, contact_personas
from vocapp.accounts.queries import personas_in_order, personas_on, tiers_by_rank
from vocapp.accounts.rules import AccountStatus, ContactStatus, CoverageModel, Degree
from vocapp.core.audit import AuditEntry
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User
from vocapp.identity.queries import csms
from vocapp.identity.rules import sees_all_accounts

# Above this, one form would hold the database too long; narrower filters do the same in steps.
MOST_CHANGED = 20_000
ROWS_AT_ONCE = 500
# Beyond this, scoring everything is quicker than naming the accounts one by one.
MOST_RESCORED = 500

NOBODY = "0"

# The rows of a list, without a limit, in the order in which they are shown.
Listed = Select[Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that can be changed for many: `choices` are (value, name), None means any text.

    `read` returns the value to store, or raises `DomainError` for one that cannot be.
    """

    key: str
    label: str
    choices: Sequence[tuple[str, str]] | None
    read: Callable[[str], Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One person or account as it is and would be; `refusal` says why it would stay as it is."""

    row_id: int
    account_id: int
    name: str
    before: str
    after: str
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a change would do; `fingerprint` stands for exactly this outcome."""

    field: Field
    value: str
    changes: Sequence[Line]
    refused: Sequence[Line]
    unchanged: int

    @property
    def fingerprint(self) -> str:
        """A digest of what would change from what to what."""
        parts = [self.field.key, self.value, *(f"{line.row_id}:{line.before}" for line in self.changes)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


Planner = Callable[[Listed, Field, str], Plan]


def people_fields() -> dict[str, Field]:
    """Return what can be changed for many people, by key."""
    personas = [(str(persona.id), persona.name) for persona in personas_in_order()]
    known = dict(personas)
    usable = [(str(persona.id), persona.name) for persona in personas_on(utcnow().date())]
    offered = dict(usable)
    fields = (
        Field("add_persona", _("Give a persona"), usable, lambda value: int(_one_of(offered, value))),
        Field("drop_persona", _("Take a persona away"), personas, lambda value: int(_one_of(known, value))),
        _choice("influence", _("Influence"), _degrees()),
        _choice(
            "status",
            _("Status"),
            {ContactStatus.ACTIVE: _("Active"), ContactStatus.LEFT: _("Left the company")},
        ),
        Field("language", _("Language"), None, _language),
        Field("time_zone", _("Time zone"), None, _time_zone),
    )
    return {field.key: field for field in fields}


def account_fields(user: User) -> dict[str, Field]:
    """Return what a user can change for many accounts, by key; only who sees all may move and hand over."""
    owners = {NOBODY: _("Nobody"), **{str(owner.id): owner.name for owner in csms()}}
    tiers = {NOBODY: _("No tier"), **{str(tier.id): tier.name for tier in tiers_by_rank()}}
    models: dict[str, str] = {
        CoverageModel.STANDARD: _("Standard"),
        CoverageModel.HIGH_TOUCH: _("High touch"),
    }
    statuses: dict[str, str] = {AccountStatus.ACTIVE: _("Customer"), AccountStatus.CHURNED: _("Churned")}
    fields = [
        _text("segment", _("Segment"), 80),
        _text("industry", _("Industry"), 80),
        _text("region", _("Region"), 80),
        _text("country", _("Country"), 80),
        _text("product", _("Product"), 80),
        _text("lifecycle_stage", _("Lifecycle stage"), 40),
        _choice("growth_potential", _("Growth potential"), _degrees()),
        _choice("coverage_model", _("Coverage model"), models),
        _choice("status", _("Status"), statuses),
    ]
    if sees_all_accounts(user.role):
        fields = [_number("tier_id", _("Tier"), tiers), _number("owner_id", _("Owner"), owners), *fields]
    return {field.key: field for field in fields}


def plan_people(listed: Select[Any], field: Field, value: str) -> Plan:
    """Return what giving the listed people a value would do; raises `DomainError` for what cannot be."""
    wanted = field.read(value)
    columns = (Contact.id, Contact.account_id, Contact.first_name, Contact.last_name, Contact.email)
    if field.key in ("add_persona", "drop_persona"):
        plays: Any = select(contact_personas.c.contact_id).where(contact_personas.c.persona_id == wanted)
        now: Any = Contact.id.in_(plays).label("now")
        rows = _rows(listed.with_only_columns(*columns, now))
        name, is_added = dict(field.choices or ())[value], field.key == "add_persona"
        shown = {True: name, False: _("not %(persona)s", persona=name)}
        lines = [_line(row, _person(row), row.now, is_added, shown) for row in rows]
    else:
        rows = _rows(listed.with_only_columns(*columns, getattr(Contact, field.key).label("now")))
        lines = [_line(row, _person(row), row.now, wanted, _shown(field)) for row in rows]
        if field.key == "status":
            lines = [_refused(line, row.now) for line, row in zip(lines, rows, strict=True)]
    return _plan(field, value, lines)


def plan_accounts(listed: Select[Any], field: Field, value: str) -> Plan:
    """Return what giving the listed accounts a value would do; raises `DomainError` for what cannot be."""
    wanted = field.read(value)
    column = getattr(Account, field.key)
    rows = _rows(listed.with_only_columns(Account.id, Account.id.label("account_id"), Account.name, column))
    shown = _shown(field)
    return _plan(field, value, [_line(row, row.name, row[3], wanted, shown) for row in rows])


def apply_to_people(plan: Plan, *, by: User, now: datetime) -> int:
    """Do what a plan says and return how many people changed; every one gets a line in the audit trail."""
    wanted = plan.field.read(plan.value)
    for some in _in_steps([line.row_id for line in plan.changes]):
        if plan.field.key == "add_persona":
            new = [{"contact_id": contact_id, "persona_id": wanted} for contact_id in some]
            db.session.execute(insert(contact_personas), new)
        elif plan.field.key == "drop_persona":
            played = contact_personas.c.contact_id.in_(some) & (contact_personas.c.persona_id == wanted)
            db.session.execute(delete(contact_personas).where(played))
        else:
            hold_contacts(some)
            chosen = update(Contact).where(Contact.id.in_(some))
            if plan.field.key == "status":
                # Who opted out, or whose address died, since the plan was made.
                chosen = chosen.where(Contact.status.not_in([ContactStatus.OPTED_OUT, ContactStatus.BOUNCED]))
            db.session.execute(chosen.values({plan.field.key: wanted}))
    return _note(plan, kind="contact", action="contact_changed", by=by, now=now)


def apply_to_accounts(plan: Plan, *, by: User, now: datetime) -> int:
    """Do what a plan says and return how many accounts changed; every one gets a line in the audit trail."""
    values = {plan.field.key: plan.field.read(plan.value)}
    if plan.field.key == "owner_id":
        owner = db.session.get(User, values["owner_id"]) if values["owner_id"] else None
        values["owner_email"] = owner.email if owner else ""
    if plan.field.key == "coverage_model":
        values["is_coverage_by_rule"] = False
    for some in _in_steps([line.row_id for line in plan.changes]):
        db.session.execute(update(Account).where(Account.id.in_(some)).values(values))
    return _note(plan, kind="account", action="account_changed", by=by, now=now)


def _in_steps(row_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(row_ids), ROWS_AT_ONCE):
        yield row_ids[start : start + ROWS_AT_ONCE]


def _note(plan: Plan, *, kind: str, action: str, by: User, now: datetime) -> int:
    entries = [
        {
            "at": now,
            "actor_id": by.id,
            "action": action,
            "subject_kind": kind,
            "subject_id": line.row_id,
            "details": {"field": plan.field.key, "together_with": len(plan.changes) - 1},
        }
        for line in plan.changes
    ]
    if entries:
        db.session.execute(insert(AuditEntry), entries)
        account_ids = sorted({line.account_id for line in plan.changes})
        if len(account_ids) > MOST_RESCORED:
            enqueue("rescore_accounts", {"all": True}, key="rescore_all")
        else:
            enqueue("rescore_accounts", {"account_ids": account_ids})
    db.session.expire_all()
    return len(entries)


def _rows(statement: Select[Any]) -> Sequence[Any]:
    rows = db.session.execute(statement.limit(MOST_CHANGED + 1)).unique().all()
    if len(rows) > MOST_CHANGED:
        raise DomainError(f"More than {MOST_CHANGED:,} are listed; filter for fewer and go on in steps.")
    return rows


def _line(row: Any, name: str, now: Any, wanted: Any, shown: Mapping[Any, str] | None) -> Line:
    before, after = (_word(value, shown) for value in (now, wanted))
    return Line(row.id, row.account_id, name, before, after)


def _word(value: Any, shown: Mapping[Any, str] | None) -> str:
    if shown is not None and value in shown:
        return shown[value]
    return str(value) if value not in (None, "") else _("nothing")


def _refused(line: Line, status: str) -> Line:
    """Keep somebody's own wish, and a dead address, from being overwritten in bulk."""
    if status == ContactStatus.OPTED_OUT:
        return Line(
            line.row_id, line.account_id, line.name, line.before, line.after, _("opted out of surveys")
        )
    if status == ContactStatus.BOUNCED:
        reason = _("the address bounces; give this person a new one instead")
        return replace(line, refusal=reason)
    return line


def _plan(field: Field, value: str, lines: Sequence[Line]) -> Plan:
    differing = [line for line in lines if line.before != line.after]
    return Plan(
        field=field,
        value=value,
        changes=[line for line in differing if not line.refusal],
        refused=[line for line in differing if line.refusal],
        unchanged=len(lines) - len(differing),
    )


def _person(row: Any) -> str:
    return f"{row.first_name} {row.last_name}".strip() or str(row.email)


def _shown(field: Field) -> dict[Any, str] | None:
    """Return stored value → name, for what is chosen from a list."""
    return None if field.choices is None else {field.read(value): name for value, name in field.choices}


def _degrees() -> dict[str, str]:
    return {"": _("not known"), Degree.LOW: _("Low"), Degree.MEDIUM: _("Medium"), Degree.HIGH: _("High")}


def _choice(key: str, label: str, names: Mapping[str, str]) -> Field:
    known = {str(value): name for value, name in names.items()}
    return Field(key, label, list(known.items()), lambda value: _one_of(known, value))


def _number(key: str, label: str, names: Mapping[str, str]) -> Field:
    return Field(key, label, list(names.items()), lambda value: int(_one_of(names, value)) or None)


def _text(key: str, label: str, most: int) -> Field:
    return Field(key, label, None, lambda value: _short(value, most))


def _one_of(known: Collection[str], value: str) -> str:
    if value not in known:
        raise DomainError(_("Choose one of the values of the list."))
    return value


def _short(value: str, most: int) -> str:
    try:
        return clean_text(value, most=most)
    except CellProblem as problem:
        raise DomainError(problem.reason) from None


def _language(value: str) -> str:
    tag = read_language(_short(value, 100)) if value.strip() else ""
    if tag is None:
        raise DomainError(_("This is not a language code; write one such as en or pt-BR."))
    return tag


def _time_zone(value: str) -> str:
    zone = read_time_zone(_short(value, 100)) if value.strip() else ""
    if zone is None:
        raise DomainError(_("This is not a time zone; write one such as Europe/Berlin."))
    return zone
