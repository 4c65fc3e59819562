"""Who here is a record over there that is not linked yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from vocapp.accounts.cells import CellProblem
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import comparable_id
from vocapp.core.db import db
from vocapp.sync.context import Context
from vocapp.sync.fields import Entity
from vocapp.sync.mapping import Plan
from vocapp.sync.models import CrmLink
from vocapp.sync.projection import local_id_of
from vocapp.sync.references import linked
from vocapp.sync.rules import LinkState
from vocapp.sync.values import address_of


@dataclass(frozen=True, slots=True)
class Match:
    """Whom a record means here, if anybody. `is_double`: the one it names is another record's already."""

    local_id: int | None = None
    is_double: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """Who fits a record; `is_named`: by an identifier that only one of ours can bear."""

    local_id: int | None
    is_named: bool = False


def match_locals(
    context: Context, plan: Plan, records: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[Match]:
    """Return whom each record (their id, values) means here.

    By our own identifier over there, by their identifier here, by the chosen field, then for people by
    account and address. Nobody is matched twice: who is linked to another record already stays with that one.
    """
    if not records:
        return []
    found = (
        _match_accounts(context, plan, records)
        if plan.entity is Entity.ACCOUNT
        else _match_contacts(context, plan, records)
    )
    taken = _linked_already(context, plan.entity, {one.local_id for one in found if one.local_id is not None})
    matched: list[Match] = []
    for one in found:
        if one.local_id is None or one.local_id in taken:
            matched.append(Match(is_double=one.local_id is not None and one.is_named))
            continue
        taken.add(one.local_id)
        matched.append(Match(one.local_id))
    return matched


def _linked_already(context: Context, entity: Entity, local_ids: set[int]) -> set[int]:
    rows = select(CrmLink.local_id).where(
        CrmLink.connection_id == context.connection_id,
        CrmLink.entity == entity,
        CrmLink.local_id.in_(local_ids),
        CrmLink.state == LinkState.LINKED,
    )
    return {local_id for local_id in db.session.scalars(rows) if local_id is not None}


def _match_accounts(
    context: Context, plan: Plan, records: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[_Found]:
    keys = [comparable_id(context.local_key(remote_id)) for remote_id, _values in records]
    named = [
        comparable_id(str(values.get(plan.match_field) or "")) if plan.match_field else ""
        for _remote_id, values in records
    ]
    rows = db.session.execute(
        select(Account.external_key, Account.id, Account.merged_into_id).where(
            Account.external_key.in_({*keys, *filter(None, named)})
        )
    )
    by_key = {row.external_key: row.merged_into_id or row.id for row in rows}
    return [
        _Found(by_key[key], is_named=True) if key in by_key else _Found(by_key.get(name))
        for key, name in zip(keys, named, strict=True)
    ]


def _match_contacts(
    context: Context, plan: Plan, records: Sequence[tuple[str, Mapping[str, Any]]]
) -> list[_Found]:
    person_field, email_field = plan.external_id_field(), _theirs(plan, "email")
    account_field = _theirs(plan, "account")
    accounts = linked(
        context.connection_id,
        Entity.ACCOUNT,
        {str(values[account_field]) for _id, values in records if values.get(account_field)},
    )
    ours = [local_id_of(context.prefix, values.get(person_field)) for _id, values in records]
    keys = [comparable_id(context.local_key(remote_id)) for remote_id, _values in records]
    places = [
        (accounts.get(str(values.get(account_field))), _key_of(values.get(email_field)))
        for _id, values in records
    ]
    by_id = _people({Contact.id: {one for one in ours if one is not None}})
    by_key = _people({Contact.external_key: set(keys)})
    by_address = _people({Contact.email_key: {key for _account, key in places if key}})
    at = {(row.account_id, row.email_key): row for row in by_address}
    ids = {row.id: row for row in by_id}
    named = {row.external_key: row for row in by_key}
    found = []
    for own, key, place in zip(ours, keys, places, strict=True):
        by_name = ids.get(own or 0) or named.get(key)
        row = by_name or at.get((place[0] or 0, place[1]))
        local_id = None if row is None else row.merged_into_id or row.id
        found.append(_Found(local_id, is_named=by_name is not None))
    return found


def _theirs(plan: Plan, ours: str) -> str:
    rule = plan.rule(ours)
    return rule.theirs if rule else ""


def _key_of(email: Any) -> str:
    try:
        return address_of(str(email))[1] if email else ""
    except CellProblem:
        return ""


def _people(wanted: Mapping[Any, set[Any]]) -> Sequence[Any]:
    ((column, values),) = wanted.items()
    if not values:
        return ()
    columns = (
        Contact.id,
        Contact.account_id,
        Contact.email_key,
        Contact.external_key,
        Contact.merged_into_id,
    )
    return db.session.execute(select(*columns).where(column.in_(values))).all()
