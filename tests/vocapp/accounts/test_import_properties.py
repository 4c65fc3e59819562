"""What holds for every file, however odd."""

import csv
from io import StringIO

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from tests.vocapp.accounts.files import import_text
from vocapp.accounts.cells import CellProblem, clean_text, read_amount, read_date
from vocapp.accounts.columns import COLUMNS, REQUIRED, TableKind
from vocapp.accounts.import_rows import tier_key
from vocapp.accounts.models import Account, Contact, Tier
from vocapp.accounts.rules import comparable_id, crm_checksum
from vocapp.core.db import db, transaction

ODD = [
    "",
    "\u202ename\u200b",
    "=1+1",
    "'=1+1",
    "x" * 400,
    "Ünïcödé",
    "a\0b",
    "-1",
    "1,234.5",
    "1.234",
    "Wizard",
]
IDENTIFIERS = [
    "A-1",
    "A-2",
    "A-3",
    "0015g00000AbCdE",
    "0015g00000AbCdE" + crm_checksum("0015g00000AbCdE"),
    "",
]
USUAL = {
    "external_id": IDENTIFIERS,
    "account_external_id": IDENTIFIERS,
    "parent_external_id": IDENTIFIERS,
    "email": [
        "ana@c.example",
        "ANA@c.example",
        "b@c.example",
        "noreply@c.example",
        "a\u200bna@c.example",
        "-",
    ],
    "owner_email": ["ana@vendor.example", "nobody"],
    "personas": ["Champion;DM", "admin"],
    "tier": ["1", "Tier 1", "gold"],
    "arr": ["100", "1.5", "12,50"],
    "currency": ["EUR", "usd", "euros"],
    "renewal_date": ["2026-01-31", "03/04/2026", "31.12.2026"],
    "verified_on": ["2020-01-31", "2999-01-01"],
    "status": ["active", "opted_out", "left", "churned", "bounced"],
    "language": ["de", "pt-BR", "xx"],
    "time_zone": ["Europe/Berlin", "Mars/Base"],
}


@st.composite
def files(draw: st.DrawFn) -> tuple[TableKind, str]:
    """A file whose header is right and whose cells may be anything."""
    kind = draw(st.sampled_from(TableKind))
    others = [column for column in COLUMNS[kind] if column not in REQUIRED[kind]]
    header = [*REQUIRED[kind], *draw(st.lists(st.sampled_from(others), unique=True, max_size=5))]
    cells = [
        st.one_of(st.sampled_from(USUAL.get(column, ODD)), st.sampled_from(ODD), st.text(max_size=8))
        for column in header
    ]
    usual = [st.sampled_from(USUAL.get(column, ODD)) for column in header]
    rows = draw(st.lists(st.one_of(st.tuples(*usual), st.tuples(*cells)), max_size=8))
    return kind, "\n".join(_line(list(row)) for row in (header, *rows))


KINDS = st.sampled_from(TableKind)
on_one_database = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def _line(cells: list[str]) -> str:
    line = StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue().strip("\r\n")


@pytest.fixture
def empty(app: object) -> None:
    """Each example empties the database itself: a fixture runs once for all of them."""


def forget_everything() -> None:
    with transaction():
        for model in (Contact, Account, Tier):
            db.session.execute(delete(model))


@given(kind=KINDS, text=st.text(max_size=200))
@on_one_database
def test_any_text_is_imported_or_explained(empty: None, kind: TableKind, text: str) -> None:
    forget_everything()

    tally = import_text(kind, text)

    assert tally.rows == 0  # Nothing so short names two required columns by chance.
    assert tally.errors


@given(file=files())
@on_one_database
def test_a_second_import_of_any_file_changes_nothing(empty: None, file: tuple[TableKind, str]) -> None:
    forget_everything()
    first = import_text(*file, creates_accounts=True)

    second = import_text(*file, creates_accounts=True)

    assert (second.created, second.updated, second.unchanged) == (0, 0, first.rows)


@given(file=files())
@on_one_database
def test_a_dry_run_of_any_file_says_what_the_import_says(empty: None, file: tuple[TableKind, str]) -> None:
    forget_everything()

    dry = import_text(*file, creates_accounts=True, is_dry_run=True)

    assert dry.as_dict() == import_text(*file, creates_accounts=True).as_dict()


@given(file=files())
@on_one_database
def test_every_error_names_a_line_and_a_reason(empty: None, file: tuple[TableKind, str]) -> None:
    forget_everything()

    assert all(error.line >= 1 and error.reason for error in import_text(*file).errors)


@given(text=st.text())
@example(text="0 \x1b\r0")
def test_clean_text_is_one_line_and_stays_clean(text: str) -> None:
    cleaned = clean_text(text, most=10_000)

    assert "\n" not in cleaned
    assert "\r" not in cleaned
    assert clean_text(cleaned, most=10_000) == cleaned


@given(text=st.text(alphabet="0123456789.,-' €", max_size=20))
def test_an_amount_is_read_as_0_or_more_or_refused(text: str) -> None:
    try:
        amount = read_amount(text)
    except CellProblem:
        return
    assert amount >= 0
    assert amount == read_amount(str(amount))


@given(text=st.text(alphabet="0123456789./- T:", max_size=20))
def test_a_date_is_read_or_refused_and_reads_itself_back(text: str) -> None:
    try:
        day = read_date(text)
    except CellProblem:
        return
    assert read_date(day.isoformat()) == day


@given(text=st.text(alphabet="ABCDEFabcdef0123456789", min_size=15, max_size=15))
def test_both_forms_of_a_crm_id_compare_equal(text: str) -> None:
    assert comparable_id(text + crm_checksum(text)) == comparable_id(text)


@pytest.mark.parametrize("name", ["1", "T1", "tier 1", "Tier_1", "TIER-1"])
def test_a_tier_has_many_spellings(name: str) -> None:
    assert tier_key(name) == "1"
