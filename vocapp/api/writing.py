"""What programs tell us: how renewals ended, and what happened at accounts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from vocapp.api.finding import account_named, person_named, refused
from vocapp.api.problems import Problem
from vocapp.api.service import record_token_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.renewals.models import RenewalOutcome
from vocapp.renewals.outcome_import import NOT_YET
from vocapp.renewals.rules import Outcome, Settled
from vocapp.renewals.service import enter_outcome
from vocapp.signals.event_import import CLOCK_SKEW
from vocapp.signals.models import AccountEvent
from vocapp.signals.rules import EventFacts
from vocapp.signals.service import record_events

AHEAD = "This has not happened yet; correct the time."
BACKWARDS = "It ends before it begins; correct one of the two times."
ELSEWHERE = "You sent an event with this external_id before, for an account that is not among yours."


def outcome_said(
    body: Mapping[str, Any], by: User, *, token_id: int, now: datetime
) -> tuple[RenewalOutcome, bool]:
    """Keep how a renewal ended, and return it with whether it is new; what cannot be ends in a 409 or 422."""
    account = account_named(body, by)
    if body["renewal_date"] > now.date():
        raise refused("/renewal_date", NOT_YET)
    said = Settled(body["renewal_date"], Outcome(body["outcome"]), body.get("amount"))
    try:
        outcome, is_new = enter_outcome(account.id, said)
    except DomainError as refusal:
        raise Problem(409, str(refusal)) from None
    record_token_act("outcome_by_api", by=by, token_id=token_id, subject=("account", account.id))
    return outcome, is_new


def event_told(
    body: Mapping[str, Any], by: User, *, token_id: int, now: datetime
) -> tuple[AccountEvent, bool]:
    """Keep an event, and return it with whether it is new; what cannot be ends in a 409 or 422.

    Each user has names of their own for events: nobody writes over what another's program told.
    """
    account = account_named(body, by)
    key = {"source": f"api:{by.id}", "kind": body["kind"], "external_key": body["external_id"]}
    stored = select(AccountEvent).filter_by(**key)
    before = db.session.scalar(stored)
    if before is not None and before.account_id != account.id:
        _check_own(before, by)
    ended_at = body.get("ended_at")
    if max(body["occurred_at"], ended_at or body["occurred_at"]) > now + CLOCK_SKEW:
        raise refused("/occurred_at", AHEAD)
    if ended_at is not None and ended_at < body["occurred_at"]:
        raise refused("/ended_at", BACKWARDS)
    facts = EventFacts(
        kind=body["kind"],
        external_key=body["external_id"],
        account_id=account.id,
        contact_id=person_named(body, account),
        occurred_at=body["occurred_at"],
        ended_at=ended_at,
        title=body.get("title", ""),
        value=body.get("value"),
        is_urgent=body.get("is_urgent", False),
    )
    record_events([facts], source=key["source"], now=now)
    record_token_act("event_by_api", by=by, token_id=token_id, subject=("account", account.id))
    kept = db.session.scalars(stored.execution_options(populate_existing=True)).one()
    return kept, before is None


def _check_own(before: AccountEvent, by: User) -> None:
    try:
        account_named({"account_id": before.account_id}, by)
    except Problem:
        raise Problem(409, ELSEWHERE) from None
