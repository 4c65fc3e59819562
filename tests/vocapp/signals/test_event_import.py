"""Events of a file: what each row becomes, and what a second file changes."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.builders import a_company, a_contact, an_account
from tests.vocapp.accounts.files import counts, import_text, reasons
from tests.vocapp.duplicates.builders import merged_pair
from vocapp.accounts.columns import TableKind
from vocapp.accounts.models import Account
from vocapp.accounts.tally import Tally
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.duplicates.account_merging import merge_accounts
from vocapp.signals.models import AccountEvent

HEADER = "kind,external_id,account_external_id,contact_email,occurred_at,title\n"


@pytest.fixture(autouse=True)
def account(app: object) -> Account:
    a_company(time_zone="Europe/Berlin")
    return an_account(external_id="A-1", external_key="A-1")


def bring(rows: str, **options: bool) -> Tally:
    return import_text(TableKind.EVENTS, HEADER + rows, **options)


def stored() -> list[AccountEvent]:
    rows = select(AccountEvent).order_by(AccountEvent.external_key)
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def test_an_event_comes_in_with_account_person_and_time(account: Account) -> None:
    contact = a_contact(account, email="ana@c.example")
    tally = bring("onboarding,O-1,A-1,Ana@C.example,2026-03-01 09:30,Go-live of the press\n")
    assert counts(tally) == (1, 0, 0, 0, 0)
    (event,) = stored()
    assert (event.kind, event.source, event.external_key) == ("onboarding", "import", "O-1")
    assert (event.account_id, event.contact_id, event.title) == (
        account.id, contact.id, "Go-live of the press",
    )  # fmt: skip
    assert event.occurred_at == datetime(2026, 3, 1, 8, 30, tzinfo=UTC)


def test_the_same_file_twice_changes_nothing_and_a_changed_row_one_event() -> None:
    row = "milestone,M-1,A-1,,2026-03-01,First thousand\n"
    bring(row)
    assert counts(bring(row)) == (0, 0, 1, 0, 0)
    assert counts(bring(row.replace("First", "Second"))) == (0, 1, 0, 0, 0)
    assert [event.title for event in stored()] == ["Second thousand"]


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    bring("milestone,M-1,A-1,,2026-03-01,One\nmilestone,M-2,A-1,,2026-03-01,Two\n")
    rows = "".join(f"milestone,M-{number},A-1,,2026-03-01,Two\n" for number in (1, 2, 3))
    assert counts(bring(rows, is_dry_run=True)) == (1, 1, 1, 0, 0)
    assert [event.title for event in stored()] == ["One", "Two"]
    assert counts(bring(rows)) == (1, 1, 1, 0, 0)


@pytest.mark.parametrize(
    ("kind", "ended"), [("case", False), ("Case closed", True), ("ticket_closed", True), ("Ticket", False)]
)
def test_a_case_is_open_unless_the_row_says_that_it_is_closed(kind: str, ended: bool) -> None:
    bring(f"{kind},C-1,A-1,,2026-03-01 09:30,\n")
    (event,) = stored()
    assert event.kind == "case"
    assert event.ended_at == (event.occurred_at if ended else None)


def test_a_column_says_when_a_case_was_closed() -> None:
    text = "type,ticket id,account,opened at,closed at\ncase,C-1,A-1,2026-03-01,2026-03-02T10:00Z\n"
    import_text(TableKind.EVENTS, text)
    assert stored()[0].ended_at == datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("party,E-1,A-1,,2026-03-01,", "The kind 'party' is not known"),
        ("case,E-1,A-9,,2026-03-01,", "No account has this identifier"),
        ("case,,A-1,,2026-03-01,", "The cell is empty"),
        ("case,E-1,A-1,,soon,", "'soon' is not a date"),
        ("case,E-1,A-1,nobody,2026-03-01,", "'nobody' is not an e-mail address"),
        (f"case,E-1,A-1,,{utcnow() + timedelta(days=3):%Y-%m-%d},", "has not happened yet"),
        (f"case,E-1,A-1,,2026-03-01,{'x' * 301}", "longer than 300 characters"),
    ],
)
def test_a_row_that_cannot_be_used_is_named_and_the_others_come_in(row: str, reason: str) -> None:
    tally = bring(f"{row}\ncase,E-2,A-1,,2026-03-01,\n")
    assert counts(tally) == (1, 0, 0, 0, 1)
    assert reason in reasons(tally)
    assert tally.errors[0].line == 2


def test_a_case_cannot_end_before_it_begins() -> None:
    text = "kind,external_id,account_external_id,occurred_at,ended_at\ncase,C-1,A-1,2026-03-02,2026-03-01\n"
    assert "ends before it begins" in reasons(import_text(TableKind.EVENTS, text))


def test_of_two_rows_about_one_event_the_first_counts() -> None:
    tally = bring("case,E-1,A-1,,2026-03-01,One\ncase,E-1,A-1,,2026-03-01,Two\n")
    assert counts(tally) == (1, 0, 0, 1, 0)
    assert stored()[0].title == "One"


def test_somebody_nobody_knows_is_remarked_on_and_comes_in_with_their_contact(account: Account) -> None:
    row = "case,E-1,A-1,new@c.example,2026-03-01,\n"
    assert "Nobody at the account is known by this address" in reasons(bring(row))
    assert (stored()[0].contact_id, stored()[0].details) == (None, {"names_a_stranger": True})
    contact = a_contact(account, email="new@c.example")
    bring(row)
    assert (stored()[0].contact_id, stored()[0].details) == (contact.id, {})


def test_people_and_accounts_that_became_part_of_others_lead_there(account: Account) -> None:
    former, kept = a_contact(account, email="old@c.example"), a_contact(account)
    merged_pair(kept, former)
    loser = an_account(external_id="A-2", external_key="A-2")
    with transaction():
        merge_accounts(loser, db.session.merge(account), actor_id=None, now=utcnow())
    bring("case,E-1,A-2,old@c.example,2026-03-01,\n")
    assert (stored()[0].account_id, stored()[0].contact_id) == (account.id, kept.id)


def test_a_file_without_the_columns_of_an_event_is_refused() -> None:
    tally = import_text(TableKind.EVENTS, "colour,size\nred,3\n")
    assert "does not name the columns" in reasons(tally)
    assert "has no column occurred_at" in reasons(
        import_text(TableKind.EVENTS, "kind,external_id,account_external_id\ncase,1,A-1\n")
    )
