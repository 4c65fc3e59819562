"""Outcomes of a file: what each row becomes, and what stands against it."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from tests.builders import a_company, an_account, save
from tests.vocapp.accounts.files import counts, import_text, reasons
from vocapp.accounts.columns import TableKind
from vocapp.accounts.models import Account
from vocapp.accounts.tally import Tally
from vocapp.core.db import db
from vocapp.renewals.models import RenewalOutcome
from vocapp.renewals.rules import BY_HAND, IMPORTED

HEADER = "account_external_id,renewal_date,outcome,amount\n"


@pytest.fixture(autouse=True)
def account(app: object) -> Account:
    a_company()
    return an_account(external_id="A-1", external_key="A-1")


def bring(rows: str, **options: bool) -> Tally:
    return import_text(TableKind.OUTCOMES, HEADER + rows, **options)


def stored() -> list[tuple[date, str, Decimal | None]]:
    rows = select(RenewalOutcome).order_by(RenewalOutcome.renewal_date)
    found = db.session.scalars(rows.execution_options(populate_existing=True))
    return [(row.renewal_date, row.outcome, row.amount) for row in found]


def test_outcomes_come_in_and_a_second_time_change_nothing() -> None:
    rows = "A-1,2025-03-31,renewed,120000\nA-1,31.3.2026,Closed Lost,\n"
    assert counts(bring(rows)) == (2, 0, 0, 0, 0)
    assert stored() == [
        (date(2025, 3, 31), "renewed", Decimal(120000)),
        (date(2026, 3, 31), "churned", None),
    ]
    assert counts(bring(rows)) == (0, 0, 2, 0, 0)


def test_a_changed_outcome_is_changed_and_an_empty_amount_blanks_none() -> None:
    bring("A-1,2025-03-31,renewed,120000\n")
    assert counts(bring("A-1,2025-03-31,contracted,\n")) == (0, 1, 0, 0, 0)
    assert stored() == [(date(2025, 3, 31), "contracted", Decimal(120000))]


def test_what_somebody_entered_by_hand_stands(account: Account) -> None:
    day = date(2025, 3, 31)
    save(RenewalOutcome(account_id=account.id, renewal_date=day, outcome="renewed", source=BY_HAND))
    tally = bring("A-1,2025-03-31,churned,\n")
    assert counts(tally) == (0, 0, 1, 0, 0)
    assert "by hand; theirs stands" in reasons(tally)
    assert stored() == [(day, "renewed", None)]


def test_a_file_says_more_than_the_opportunities_of_a_crm(account: Account) -> None:
    day = date(2025, 3, 31)
    save(RenewalOutcome(account_id=account.id, renewal_date=day, outcome="renewed", source="salesforce:1"))
    assert counts(bring("A-1,2025-03-31,churned,\n")) == (0, 1, 0, 0, 0)
    assert db.session.scalar(select(RenewalOutcome.source)) == IMPORTED


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    assert counts(bring("A-1,2025-03-31,renewed,\n", is_dry_run=True)) == (1, 0, 0, 0, 0)
    assert stored() == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A-9,2025-03-31,renewed,", "No account has this identifier"),
        ("A-1,2099-03-31,renewed,", "lies ahead"),
        ("A-1,2025-02-30,renewed,", "2025-02-30"),
        ("A-1,2025-03-31,perhaps,", "write one of renewed, churned, contracted"),
        ("A-1,2025-03-31,renewed,-5", "The amount is negative"),
        ("A-1,,renewed,", "The cell is empty"),
    ],
)
def test_a_wrong_row_is_refused_with_its_reason_and_stops_no_other(row: str, reason: str) -> None:
    tally = bring(f"{row}\nA-1,2024-03-31,renewed,\n")
    assert counts(tally) == (1, 0, 0, 0, 1)
    assert reason in reasons(tally)


def test_of_two_rows_for_one_renewal_the_first_counts() -> None:
    tally = bring("A-1,2025-03-31,renewed,\nA-1,2025-03-31,churned,\n")
    assert counts(tally) == (1, 0, 0, 1, 0)
    assert stored() == [(date(2025, 3, 31), "renewed", None)]


@given(
    st.lists(
        st.text(st.characters(blacklist_characters='",;\t\r\n', codec="utf-8"), max_size=12),
        min_size=4,
        max_size=4,
    )
)
def test_any_row_at_all_is_taken_or_refused(cells: list[str]) -> None:
    tally = bring(",".join(cells) + "\n", is_dry_run=True)
    assert tally.created + tally.unchanged + len(tally.errors) <= 1
