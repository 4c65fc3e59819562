"""How renewals ended and which comes next, without a database."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from vocapp.renewals.rules import OpportunityFacts, Outcome, next_renewal, outcome_of, settled_days


def facts(**values: Any) -> OpportunityFacts:
    defaults = {
        "external_key": "1",
        "account_id": 1,
        "kind": "renewal",
        "amount": Decimal(100),
        "currency": "EUR",
        "close_date": date(2026, 3, 1),
        "is_closed": True,
        "is_won": True,
    }
    return OpportunityFacts(**{**defaults, **values})


@pytest.mark.parametrize(
    ("values", "previous", "outcome"),
    [
        ({}, None, Outcome.RENEWED),
        ({}, Decimal(100), Outcome.RENEWED),
        ({}, Decimal(101), Outcome.CONTRACTED),
        ({"amount": None}, Decimal(101), Outcome.RENEWED),
        ({"is_won": False}, Decimal(1), Outcome.CHURNED),
        ({"is_closed": False}, None, None),
        ({"is_deleted": True}, None, None),
        ({"kind": "new"}, None, None),
        ({"close_date": None}, None, None),
    ],
)
def test_a_renewal_ends_as_it_was_closed(
    values: dict[str, Any], previous: Decimal | None, outcome: Outcome | None
) -> None:
    assert outcome_of(facts(**values), previous) is outcome


def outcomes(*told: OpportunityFacts) -> list[str]:
    return [one.outcome.value for one in settled_days(told)]


def test_a_smaller_renewal_than_the_last_is_contracted() -> None:
    earlier = facts(close_date=date(2025, 3, 1), amount=Decimal(200))
    assert outcomes(facts(), earlier) == ["renewed", "contracted"]


def test_new_business_is_what_the_first_renewal_is_compared_with() -> None:
    bought = facts(kind="new", close_date=date(2025, 3, 1), amount=Decimal(150))
    assert outcomes(bought, facts()) == ["contracted"]


def test_an_expansion_raises_what_comes_next_is_compared_with() -> None:
    bought = facts(kind="new", close_date=date(2025, 3, 1), amount=Decimal(90))
    more = facts(kind="expansion", close_date=date(2025, 9, 1), amount=Decimal(20))
    assert outcomes(bought, more, facts()) == ["contracted"]


def test_a_lost_expansion_raises_nothing() -> None:
    bought = facts(kind="new", close_date=date(2025, 3, 1), amount=Decimal(90))
    more = facts(kind="expansion", close_date=date(2025, 9, 1), amount=Decimal(20), is_won=False)
    assert outcomes(bought, more, facts()) == ["renewed"]


def test_amounts_in_different_currencies_are_not_compared() -> None:
    earlier = facts(close_date=date(2025, 3, 1), amount=Decimal(200), currency="USD")
    assert outcomes(earlier, facts()) == ["renewed", "renewed"]


def test_after_churn_a_smaller_return_is_no_contraction() -> None:
    first = facts(close_date=date(2024, 3, 1), amount=Decimal(200))
    lost = facts(close_date=date(2025, 3, 1), is_won=False)
    assert outcomes(first, lost, facts()) == ["renewed", "churned", "renewed"]


def test_parts_of_one_day_are_one_decision() -> None:
    first, second = facts(amount=Decimal(60)), facts(amount=Decimal(70))
    earlier = facts(close_date=date(2025, 3, 1), amount=Decimal(125))
    whole = settled_days([first, second, earlier])[-1]
    assert (whole.outcome, whole.amount) == (Outcome.RENEWED, Decimal(130))


def test_a_day_on_which_some_parts_were_lost_is_a_contraction() -> None:
    assert outcomes(facts(), facts(is_won=False)) == ["contracted"]


def test_a_day_on_which_all_was_lost_is_churn() -> None:
    whole = settled_days([facts(is_won=False), facts(is_won=False)])
    assert [(one.outcome, one.amount) for one in whole] == [(Outcome.CHURNED, Decimal(0))]


def test_the_next_renewal_is_the_nearest_open_one() -> None:
    told = [
        facts(is_closed=False, close_date=date(2026, 9, 1)),
        facts(is_closed=False, close_date=date(2026, 6, 1)),
        facts(is_closed=False, close_date=date(2026, 1, 1), is_deleted=True),
        facts(is_closed=False, close_date=date(2026, 1, 2), kind="new"),
        facts(is_closed=False, close_date=None),
        facts(close_date=date(2026, 1, 3)),
    ]
    assert next_renewal(told) == date(2026, 6, 1)


def test_without_an_open_renewal_there_is_no_next_one() -> None:
    assert next_renewal([facts()]) is None
