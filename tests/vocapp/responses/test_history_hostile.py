"""No file of answers breaks an import: every row is applied or reported, checked or imported alike."""

import csv
from io import BytesIO, StringIO
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import a_company, a_contact, a_user, an_account
from tests.vocapp.accounts.files import import_text
from vocapp.accounts.cells import read_moment
from vocapp.accounts.columns import TableKind
from vocapp.accounts.importing import ImportOrder
from vocapp.accounts.tally import Tally
from vocapp.core.clock import utcnow
from vocapp.identity.rules import RoleName
from vocapp.workflows.import_file import import_table

TORTURE = Path(__file__).parents[1] / "accounts" / "import_torture"
COLUMNS = (
    "survey_type", "account_external_id", "contact_email", "responded_at", "rating", "comment", "wave",
)  # fmt: skip
USUAL = ("nps", "A-1", "ana@c.example", "2025-03-31T14:05:00+02:00", "9", "Good", "Spring")

MOMENTS = st.sampled_from(
    [
        "2025-03-31", "31.3.2025 14:05", "3/31/2025 2:05 PM", "2025-03-31T14:05:00Z",
        "2025-03-31 14:05:07.123+0530",
        "03/04/2025", "2025-02-29", "0001-01-01", "9999-12-31T23:59:59-23:59", "45747", "14:05",
        "2025-03-31T24:00",
        "2025-03-31T99:99", "2025-03-31T14:05+99:00", "2025-03-30 02:30", "2025-10-26 02:30", "now", "",
    ]
)  # fmt: skip
NAUGHTY = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["=1+1", "'; DROP TABLE responses;--", "{{ config }}", "\u202eevil", "\x00", "💥" * 50]),
)


def columns() -> st.SearchStrategy[tuple[str, ...]]:
    usual = [st.just(cell) for cell in USUAL]
    strange = [NAUGHTY, NAUGHTY, NAUGHTY, st.one_of(MOMENTS, NAUGHTY), NAUGHTY, NAUGHTY, NAUGHTY]
    mixed = [st.one_of(plain, plain, odd) for plain, odd in zip(usual, strange, strict=True)]
    mixed[3] = st.one_of(usual[3], MOMENTS, NAUGHTY)
    mixed[4] = st.one_of(st.sampled_from(["0", "10", "7.0", "11", "-1", "1e1", "٩", "9 "]), NAUGHTY)
    return st.tuples(*mixed)


@pytest.fixture(autouse=True)
def _world(app: object) -> None:
    a_company()
    a_user(RoleName.ADMIN)
    a_contact(an_account(external_id="A-1", external_key="A-1"), email="ana@c.example")


def run(rows: list[tuple[str, ...]], *, is_dry_run: bool = False) -> Tally:
    text = StringIO()
    writer = csv.writer(text)
    writer.writerows([COLUMNS, *rows])
    return import_text(TableKind.RESPONSES, text.getvalue(), is_dry_run=is_dry_run)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(columns(), min_size=1, max_size=6))
def test_every_row_is_applied_or_reported_and_a_check_says_the_same(rows: list[tuple[str, ...]]) -> None:
    dry = run(rows, is_dry_run=True).as_dict()
    tally = run(rows)

    assert tally.as_dict() == dry
    assert tally.seen <= len(rows)
    assert all(error.line > 1 and error.reason.endswith(".") for error in tally.errors)
    again = run(rows)
    assert (again.created, again.updated) == (0, 0)
    assert again.rows == tally.rows


@pytest.mark.parametrize("name", sorted(path.name for path in TORTURE.iterdir() if path.suffix != ".json"))
def test_a_file_of_something_else_is_refused_in_words(name: str) -> None:
    order = ImportOrder(TableKind.RESPONSES)
    content = BytesIO((TORTURE / name).read_bytes())

    tally = import_table(order, content, name, now=utcnow(), on_progress=lambda *_: None)

    assert tally.rows == 0
    assert all(error.line >= 1 and error.reason.endswith(".") for error in tally.errors)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-03-31", "2025-03-31T10:00:00+00:00"),
        ("2025-03-31 14:05", "2025-03-31T12:05:00+00:00"),
        ("2025-01-31T14:05:59.999", "2025-01-31T13:05:59+00:00"),
        ("2025-03-31T14:05:00Z", "2025-03-31T14:05:00+00:00"),
        ("2025-03-31T14:05:00+02:00", "2025-03-31T12:05:00+00:00"),
        ("2025-03-31 14:05:00 -0530", "2025-03-31T19:35:00+00:00"),
        ("2025-03-31 14:05 UTC", "2025-03-31T14:05:00+00:00"),
        ("31.3.2025, 14:05", "2025-03-31T12:05:00+00:00"),
        ("3/31/2025 2:05 PM", "2025-03-31T12:05:00+00:00"),
        ("3/31/2025 12:05 a.m.", "2025-03-30T22:05:00+00:00"),
    ],
)
def test_moments_are_read_with_and_without_a_zone(text: str, moment: str) -> None:
    assert read_moment(text, ZoneInfo("Europe/Berlin")).isoformat() == moment
