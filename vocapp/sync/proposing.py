"""Proposals: what we know about people as a task for the owner over there, instead of a change."""

from collections.abc import Sequence
from typing import Any

from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db, insert_new
from vocapp.sync.context import Context
from vocapp.sync.fields import EXTERNAL_ID_OF, Entity
from vocapp.sync.mapping import Plan
from vocapp.sync.models import CrmLink, CrmPush
from vocapp.sync.projection import Ours
from vocapp.sync.references import links_of
from vocapp.sync.rules import ContactsBack, Direction, Owner, PushState, hash_of
from vocapp.sync.weighing import Give

TASK = "Task"
NAMES = {
    "first_name": "first name", "last_name": "last name", "email": "e-mail address", "title": "job title",
    "phone": "phone number", "language": "language", "time_zone": "time zone", "personas": "part they play",
}  # fmt: skip
MOST_SUBJECT = 255


def propose(
    context: Context,
    plan: Plan,
    link: CrmLink | None,
    ours: Ours,
    gives: Sequence[Give],
    *,
    local_id: int | None = None,
    account_there: str | None = None,
) -> None:
    """Ask the owner over there to look at a person, once per proposal; nothing unless the policy says so."""
    if context.kind != "salesforce" or context.options.get("contacts_back") != ContactsBack.PROPOSE:
        return
    person_id = local_id if link is None else link.local_id
    account = account_there or (str(link.theirs.get(_account_field(plan)) or "") if link else "")
    words = _words(plan, link, ours, gives)
    if not words or person_id is None:
        return
    subject, description = words
    hash_ = hash_of({"subject": subject, "description": description, "person": person_id})
    mark = f"{ours.values[EXTERNAL_ID_OF[Entity.CONTACT]]}-{hash_[:6]}"
    values: dict[str, Any] = {
        "Subject": f"{subject} [{mark}]"[-MOST_SUBJECT:],
        "Description": description,
        "Status": "Not Started",
        "Priority": "Normal",
    }
    if link is not None:
        values["WhoId"] = link.remote_id
    if account:
        values["WhatId"] = account
    owner = _owner(context, account)
    if owner:
        values["OwnerId"] = owner
    row = {
        "connection_id": context.connection_id,
        "object": TASK,
        "key": f"task:{mark}",
        "hash": hash_,
        "entity": Entity.CONTACT,
        "local_id": person_id,
        "remote_id": None,
        "group_key": account,
        "operation": "insert",
        "values": values,
        "before": {},
        "ours": {},
        "state": PushState.WAITING,
        "run_id": context.run_id,
        "attempts": 0,
        "due_at": context.now,
        "planned_at": context.now,
    }
    db.session.execute(insert_new(CrmPush).values(row).on_conflict_do_nothing())


def _words(plan: Plan, link: CrmLink | None, ours: Ours, gives: Sequence[Give]) -> tuple[str, str] | None:
    name = f"{ours.values.get('first_name') or ''} {ours.values.get('last_name') or ''}".strip()
    name = name or str(ours.values.get("email") or "")
    profile = f"More about them: {ours.values.get('profile_url')}"
    if link is None:
        told = [f"{words}: {ours.values[field]}" for field, words in NAMES.items() if ours.values.get(field)]
        return f"New person: {name}", "\n".join(["Please add them as a contact.", *told, profile])
    if any(give.ours_field == "status" and give.ours == ContactStatus.LEFT for give in gives):
        follower = "Somebody follows them; see their page." if ours.values.get("replaced_by") else ""
        return f"{name} has left", "\n".join(filter(None, ["Please update the contact.", follower, profile]))
    sticky = {rule.ours for rule in plan.rules if rule.owner is Owner.STICKY}
    changed = [give for give in gives if give.direction is Direction.BOTH and give.ours_field not in sticky]
    if not changed:
        return None
    told = [f"{NAMES.get(give.ours_field, give.ours_field)}: {give.after}" for give in changed]
    return f"Check the details of {name}", "\n".join(["What we were told:", *told, profile])


def _account_field(plan: Plan) -> str:
    rule = plan.rule("account")
    return rule.theirs if rule else ""


def _owner(context: Context, account: str) -> str:
    """Return the user over there who owns an account, as last read; empty for queues and people who left."""
    link = links_of(context.connection_id, "Account", [account]).get(account) if account else None
    owner = str(link.theirs.get("OwnerId") or "") if link else ""
    if not owner.startswith("005"):
        return ""
    user = links_of(context.connection_id, "User", [owner]).get(owner)
    return "" if user is not None and user.theirs.get("IsActive") is False else owner
