"""Accounts from files: what is created, changed, kept, refused."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from tests.builders import a_tier, a_user, an_account
from tests.vocapp.accounts.files import counts, import_accounts, import_text, reasons
from vocapp.accounts.account_import import looping_lines
from vocapp.accounts.columns import TableKind
from vocapp.accounts.models import Account, Tier
from vocapp.accounts.service import link_owner
from vocapp.accounts.tree import MOST_LEVELS
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError

pytestmark = pytest.mark.usefixtures("app")


def account(key: str) -> Account:
    db.session.expire_all()
    return db.session.scalars(select(Account).where(Account.external_key == key)).one()


def parent_key(key: str) -> str | None:
    parent_id = account(key).parent_id
    return None if parent_id is None else db.session.get_one(Account, parent_id).external_key


def test_every_column_arrives() -> None:
    ana, tier = a_user(email="ana@vendor.example"), a_tier("Tier 1")
    import_accounts(
        "external_id,name,tier,segment,industry,region,country,product,arr,currency,lifecycle_stage,"
        "renewal_date,owner_email,status\n"
        'A-1,Acme,1,Mid,Telco,EMEA,DE,Core,"50,000.5",eur,live,31.12.2026,ANA@vendor.example,churned\n'
    )

    found = account("A-1")
    assert (found.name, found.tier_id, found.owner_id, found.status) == ("Acme", tier.id, ana.id, "churned")
    assert (found.arr, found.currency, found.renewal_date) == (Decimal("50000.50"), "EUR", date(2026, 12, 31))


def test_a_changed_row_updates_and_the_rest_stays() -> None:
    import_accounts("external_id,name\nA-1,Acme\nA-2,Beta\n")

    assert counts(import_accounts("external_id,name\nA-1,Acme AG\nA-2,Beta\n")) == (0, 1, 1, 0, 0)


def test_columns_the_file_lacks_and_empty_cells_change_nothing() -> None:
    import_accounts("external_id,name,region,industry\nA-1,Acme,EMEA,Telco\n")

    import_accounts("external_id,name,region\nA-1,,\n")

    assert (account("A-1").name, account("A-1").region, account("A-1").industry) == ("Acme", "EMEA", "Telco")


def test_a_time_zone_is_understood_and_an_unknown_one_left_out() -> None:
    import_accounts("external_id,name,Time Zone\nA-1,Acme,europe/berlin\nA-2,Beta,Mars\n")
    assert (account("A-1").time_zone, account("A-2").time_zone) == ("Europe/Berlin", "")
    again = import_accounts("external_id,name,tz\nA-1,Acme,Mars\n")
    assert account("A-1").time_zone == "Europe/Berlin"
    assert "time zone 'Mars' is not known" in reasons(again)


def test_growth_potential_and_coverage_model_are_understood_when_the_file_has_them() -> None:
    import_accounts("external_id,name,Growth Potential,coverage model\nA-1,Acme,HIGH,High-touch\n")

    assert (account("A-1").growth_potential, account("A-1").coverage_model) == ("high", "high_touch")


def test_the_next_business_review_is_understood_and_stays_when_a_file_does_not_speak_of_it() -> None:
    import_accounts("external_id,name,Next QBR\nA-1,Acme,2026-09-30\n")
    import_accounts("external_id,name\nA-1,Acme Ltd\n")

    assert (account("A-1").name, account("A-1").review_date) == ("Acme Ltd", date(2026, 9, 30))


def test_a_growth_potential_nobody_knows_is_remarked_on_and_left_out() -> None:
    tally = import_accounts("external_id,name,growth_potential\nA-1,Acme,gigantic\n")

    assert "growth potential 'gigantic' is not known" in tally.warnings[0].reason
    assert account("A-1").growth_potential == ""


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (",Acme,,,", "external_id"),
        ("A-1,,,,", "name"),
        ("A-1,Acme,-5,,", "arr"),
        ("A-1,Acme,a lot,,", "arr"),
        ("A-1,Acme,12.345,,", "arr"),
        ("A-1,Acme,,Euro,", "currency"),
        ("A-1,Acme,,,03/04/2026", "renewal_date"),
        ("A-1,Acme,,,2026-02-30", "renewal_date"),
    ],
)
def test_a_bad_cell_refuses_its_row_only(row: str, column: str) -> None:
    tally = import_accounts(f"external_id,name,arr,currency,renewal_date\n{row}\nA-9,Good,,,\n")

    assert [(error.line, error.column) for error in tally.errors] == [(2, column)]
    assert tally.created == 1


def test_rows_that_repeat_an_account_count_as_duplicates() -> None:
    tally = import_accounts("external_id,name\nA-1,Acme\nA-1,Other\n")

    assert counts(tally) == (1, 0, 0, 1, 0)
    assert account("A-1").name == "Acme"


def test_an_unknown_tier_is_made_with_a_warning() -> None:
    tally = import_accounts("external_id,name,tier\nA-1,Acme,Strategic\nA-2,Beta,strategic\n")

    assert db.session.scalars(select(Tier.name)).all() == ["Strategic"]
    assert "'Strategic' is new" in reasons(tally)


def test_an_unknown_owner_is_kept_and_linked_once_they_are_added() -> None:
    tally = import_accounts("external_id,name,owner_email\nA-1,Acme,Ana@vendor.example\n")
    ana = a_user(email="ana@vendor.example")

    with transaction():
        linked = link_owner(ana)

    assert "is not a user yet" in reasons(tally)
    assert (linked, account("A-1").owner_id) == (1, ana.id)


def test_names_lose_what_cannot_be_seen() -> None:
    import_accounts('external_id,name\nA-1,"Ac\u200bme\r\nInc\u202e"\n')

    assert account("A-1").name == "Acme Inc"


def test_parents_are_linked_whatever_the_order_of_the_rows() -> None:
    tally = import_accounts("external_id,name,parent_external_id\nA-1,Child,A-2\nA-2,Parent,\n")

    assert (parent_key("A-1"), counts(tally)) == ("A-2", (2, 0, 0, 0, 0))


def test_a_parent_that_is_nowhere_is_remarked_on() -> None:
    tally = import_accounts("external_id,name,parent_external_id\nA-1,Child,A-404\n")

    assert "No account is called 'A-404'" in reasons(tally)


def test_the_row_that_closes_a_loop_is_refused() -> None:
    text = "external_id,name,parent_external_id\nA-1,One,A-2\nA-2,Two,A-3\nA-3,Three,A-1\n"

    tally = import_accounts(text)

    assert [(error.line, error.column) for error in tally.errors] == [(4, "parent_external_id")]
    assert counts(import_accounts(text)) == (0, 0, 2, 0, 1)


def test_a_loop_through_stored_parents_is_refused() -> None:
    import_accounts("external_id,name,parent_external_id\nA-1,One,A-2\nA-2,Two,\n")

    assert len(import_accounts("external_id,name,parent_external_id\nA-2,Two,A-1\n").errors) == 1


def test_turning_a_parent_and_its_child_round_is_no_loop() -> None:
    import_accounts("external_id,name,parent_external_id\nA-1,One,A-2\nA-2,Two,\nA-3,Three,\n")

    text = "external_id,name,parent_external_id\nA-2,Two,A-1\nA-1,One,A-3\n"
    assert counts(import_accounts(text)) == (0, 2, 0, 0, 0)
    assert (parent_key("A-2"), parent_key("A-1")) == ("A-1", "A-3")


def test_a_new_parent_alone_is_an_update() -> None:
    import_accounts("external_id,name\nA-1,One\nA-2,Two\n")

    assert counts(import_accounts("external_id,name,parent_external_id\nA-1,One,A-2\n")) == (0, 1, 0, 0, 0)


def test_a_chain_of_a_hundred_thousand_parents_is_cut_into_short_ones() -> None:
    named = {f"A{number}": (number, f"A{number + 1}") for number in range(100_000, 0, -1)}

    assert len(looping_lines(named, {})) == 100_000 // MOST_LEVELS


def test_a_refused_row_leaves_its_child_where_it_was() -> None:
    assert set(looping_lines({"A": (2, "A"), "B": (3, "A")}, {"A": "B"})) == {2, 3}


def test_headers_match_without_case_spaces_and_underscores() -> None:
    assert import_accounts("External ID,NAME,Renewal_Date\nA-1,Acme,2026-01-01\n").created == 1


def test_synonyms_are_recognised_and_reported() -> None:
    tally = import_accounts("Id,Account Name,CSM Email\nA-1,Acme,\n")

    assert tally.created == 1
    assert [(found.column, found.reason) for found in tally.warnings][:2] == [
        ("Id", "The column was read as external_id."),
        ("Account Name", "The column was read as name."),
    ]


def test_a_column_without_meaning_is_reported() -> None:
    assert "The column is not used." in reasons(import_accounts("external_id,name,mood\nA-1,Acme,good\n"))


def test_a_column_can_be_mapped_by_hand() -> None:
    tally = import_text(TableKind.ACCOUNTS, "Kundennr.;name\nA-1;Acme\n", mapping={"kundennr": "external_id"})

    assert tally.created == 1


def test_a_column_can_be_left_out_by_hand() -> None:
    import_text(TableKind.ACCOUNTS, "external_id,name,region\nA-1,Acme,EMEA\n", mapping={"region": ""})

    assert account("A-1").region == ""


@pytest.mark.parametrize("mapping", [{"nowhere": "name"}, {"id": "nonsense"}, {"id": "name", "x": "name"}])
def test_a_mapping_that_does_not_fit_is_refused(mapping: dict[str, str]) -> None:
    with pytest.raises(DomainError):
        import_text(TableKind.ACCOUNTS, "id,x\n1,2\n", mapping=mapping)


def test_a_missing_required_column_is_said_once() -> None:
    tally = import_accounts("name,region\nAcme,EMEA\nBeta,EMEA\n")

    assert [(error.line, error.column) for error in tally.errors] == [(1, None)]
    assert "external_id" in reasons(tally)


def test_a_dry_run_counts_the_same_and_writes_nothing() -> None:
    an_account(external_id="A-1", external_key="A-1", name="Acme")
    text = "external_id,name,tier,parent_external_id\nA-1,Acme,New,A-2\nA-2,Two,New,\nA-3,,,\nA-2,,,\n"

    dry = import_accounts(text, is_dry_run=True).as_dict()

    assert db.session.scalar(select(func.count()).select_from(Account)) == 1
    assert db.session.scalar(select(func.count()).select_from(Tier)) == 0
    assert import_accounts(text).as_dict() == dry
