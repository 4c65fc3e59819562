"""Accounts as programs read them: what can be filtered, their measures, where they stand."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from surveys.measure import Measure, MeasureState, not_measured
from vocapp.accounts.models import Account, Tier
from vocapp.accounts.queries import visible_accounts
from vocapp.accounts.rules import comparable_id
from vocapp.benchmarks.queries import standings_of
from vocapp.benchmarks.rules import TOO_TELLING, Compared, Standing
from vocapp.core.db import is_same_text
from vocapp.identity.models import User
from vocapp.relationship.models import AccountScore
from vocapp.relationship.queries import latest_scores

NO_SCORE = not_measured("no score has been computed yet").as_dict()
MEASURES = ("footprint", "engagement", "sentiment", "strength")


def accounts_matching(user: User, wanted: Mapping[str, Any]) -> Select[Any]:
    """Return the accounts a user may see and asked for, in no order yet."""
    accounts = visible_accounts(user).options(joinedload(Account.tier), joinedload(Account.owner))
    if "external_id" in wanted:
        accounts = accounts.where(Account.external_key == comparable_id(wanted["external_id"]))
    if "tier" in wanted:
        accounts = accounts.where(Account.tier.has(Tier.name == wanted["tier"]))
    if "segment" in wanted:
        accounts = accounts.where(Account.segment == wanted["segment"])
    if "status" in wanted:
        accounts = accounts.where(Account.status == wanted["status"])
    if "owner" in wanted:
        is_user = Account.owner.has(is_same_text(User.email, wanted["owner"]))
        accounts = accounts.where(or_(is_user, is_same_text(Account.owner_email, wanted["owner"])))
    if "updated_since" in wanted:
        since = wanted["updated_since"]
        rescored = select(AccountScore.account_id).where(
            AccountScore.is_latest, AccountScore.computed_at >= since
        )
        accounts = accounts.where(or_(Account.changed_at >= since, Account.id.in_(rescored)))
    return accounts


def account_documents(accounts: Sequence[Account]) -> list[dict[str, Any]]:
    """Return what is told of accounts, with their latest measures; takes one statement."""
    scores = latest_scores([account.id for account in accounts])
    return [_account_document(account, scores.get(account.id)) for account in accounts]


def account_document(account: Account) -> dict[str, Any]:
    """Return what is told of one account."""
    return account_documents([account])[0]


def _account_document(account: Account, score: AccountScore | None) -> dict[str, Any]:
    told = {
        name: getattr(account, name)
        for name in (
            "id", "external_id", "name", "segment", "industry", "region", "country", "product", "arr",
            "currency", "lifecycle_stage", "renewal_date", "parent_id", "status",
        )
    }  # fmt: skip
    scored_at = [score.computed_at] if score else []
    return told | {
        "tier": account.tier.name if account.tier else None,
        "owner_email": account.owner.email if account.owner else account.owner_email,
        "updated_at": max([account.changed_at, *scored_at]),
        **{name: _measure(score, name) for name in MEASURES},
        "strength_status": score.status if score else "grey",
        "confidence": score.confidence if score else "none",
    }


def score_document(account: Account, measure: str) -> dict[str, Any]:
    """Return one measure of an account as pages show it, with the day it is of."""
    score = latest_scores([account.id]).get(account.id)
    return {
        **_measure(score, measure),
        "account_id": account.id,
        "as_of": _day(score),
        "method_version": score.method_version if score else None,
        "status": score.status if score else "grey",
        "confidence": score.confidence if score else "none",
    }


def benchmark_document(account: Account) -> dict[str, Any]:
    """Return where an account stands among others like it, by the rules of the benchmarks page."""
    places = {measure.value: _place(one) for measure, one in standings_of(account.id).items()}
    return {**places[Compared.STRENGTH], "account_id": account.id, "measures": places}


def _measure(score: AccountScore | None, name: str) -> dict[str, Any]:
    return NO_SCORE if score is None else score.measures[name]


def _day(score: AccountScore | None) -> date | None:
    return score.as_of if score else None


def _place(standing: Standing) -> dict[str, Any]:
    is_placed = standing.percentile is not None
    state = MeasureState.MEASURED if is_placed else MeasureState.NOT_MEASURED
    if standing.reason == TOO_TELLING:
        state = MeasureState.SUPPRESSED
    told = Measure(standing.percentile, standing.n, None, standing.ci, state, standing.reason)
    return {
        **told.as_dict(),
        "rung": standing.rung.value if standing.rung else None,
        "cohort": list(standing.cohort),
    }
