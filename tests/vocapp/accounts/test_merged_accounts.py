"""What names a merged account reaches the one it became part of; and when rows changed."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, update

from tests.builders import NOW, a_contact, a_user, an_account
from tests.vocapp.accounts.files import counts, import_accounts, import_contacts, reasons
from vocapp.accounts.exporting import account_table
from vocapp.accounts.merging import kept_account, merged_keys
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import account_by_key
from vocapp.accounts.service import add_contact
from vocapp.campaigns.choosing import accounts_of_keys
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.duplicates.account_merging import merge_accounts

pytestmark = pytest.mark.usefixtures("app")

LONG_AGO = NOW - timedelta(days=99)


@pytest.fixture
def winner(app: object) -> Account:
    """Account NEW, of which OLD became part."""
    loser = an_account(external_id="OLD", external_key="OLD", name="Old Ltd")
    winner = an_account(external_id="NEW", external_key="NEW", name="New Ltd", region="EMEA", arr=None)
    with transaction():
        merge_accounts(loser, winner, now=NOW, actor_id=None)
    return winner


def old_account() -> Account:
    db.session.expire_all()
    return db.session.scalars(select(Account).where(Account.external_key == "OLD")).one()


def test_people_of_a_merged_account_come_to_the_one_that_stays(winner: Account) -> None:
    import_contacts("account_external_id,email\nOLD,ana@customer.example\n")
    assert db.session.scalars(select(Contact.account_id)).all() == [winner.id]


def test_a_person_named_at_both_accounts_comes_once(winner: Account) -> None:
    tally = import_contacts("account_external_id,email\nOLD,ana@customer.example\nNEW,ana@customer.example\n")
    assert counts(tally) == (1, 0, 0, 1, 0)


def test_a_row_of_a_merged_account_adds_what_is_not_known(winner: Account) -> None:
    tally = import_accounts("external_id,name,region,country,arr\nOLD,Old Name,APAC,DE,5000\n")
    assert (counts(tally), reasons(tally)) == (
        (0, 1, 0, 0, 0),
        "This account became part of New Ltd; what is not known there was added, and nothing else changed.",
    )
    db.session.expire_all()
    assert (winner.name, winner.region, winner.country, winner.arr) == ("New Ltd", "EMEA", "DE", 5000)


def test_a_row_of_a_merged_account_ends_nothing(winner: Account) -> None:
    import_accounts("external_id,name,status\nOLD,Old Ltd,churned\n")
    db.session.expire_all()
    assert (winner.status, old_account().status) == ("active", "merged")


@pytest.mark.parametrize("rows", ["OLD,Old,DE\nNEW,New Ltd,FR\n", "NEW,New Ltd,FR\nOLD,Old,DE\n"])
def test_what_a_file_says_of_the_account_itself_comes_first(winner: Account, rows: str) -> None:
    tally = import_accounts(f"external_id,name,country\n{rows}")
    db.session.expire_all()
    assert (winner.country, counts(tally)) == ("FR", (0, 1, 1, 0, 0))


def test_a_parent_that_was_merged_is_the_one_that_stays(winner: Account) -> None:
    import_accounts("external_id,name,parent_external_id\nCHILD,Child,OLD\n")
    child = db.session.scalars(select(Account).where(Account.external_key == "CHILD")).one()
    assert child.parent_id == winner.id


def test_an_account_does_not_become_its_own_parent_by_a_merged_name(winner: Account) -> None:
    tally = import_accounts("external_id,name,parent_external_id\nNEW,New Ltd,OLD\n")
    assert len(tally.errors) == 1
    db.session.expire_all()
    assert winner.parent_id is None


def test_a_merged_account_is_not_exported(winner: Account) -> None:
    table = account_table()
    place = list(table.header).index("external_id")
    assert [row[place] for row in table.rows] == ["NEW"]


def test_an_old_identifier_chooses_the_account_that_stays_once(winner: Account) -> None:
    chosen = accounts_of_keys(["OLD", "NEW"])
    assert db.session.scalar(select(func.count()).select_from(chosen.subquery())) == 1


def test_an_old_identifier_leads_to_the_account_that_stays(winner: Account) -> None:
    assert account_by_key("OLD") is winner
    assert kept_account(winner) is winner
    assert merged_keys() == {"OLD": "NEW"}


def test_the_lists_do_not_show_a_merged_account(client, winner: Account) -> None:
    user = a_user()
    client.sign_in(user)
    with transaction():
        db.session.execute(update(Account).values(owner_id=user.id))
    text = client.get("/accounts").get_data(as_text=True)
    assert ("New Ltd" in text, "Old Ltd" in text) == (True, False)
    assert client.get(f"/accounts/{old_account().id}").status_code == 404


def test_nobody_is_added_to_a_merged_account(winner: Account) -> None:
    user, old = a_user(), old_account()
    with pytest.raises(DomainError, match="became part of New Ltd; add the person there"), transaction():
        add_contact(old, email="ana@customer.example", values={}, persona_ids=[], user=user)


def aged() -> Contact:
    contact = a_contact(an_account(changed_at=LONG_AGO), changed_at=LONG_AGO)
    assert contact.changed_at == contact.account.changed_at == LONG_AGO
    return contact


def test_changing_a_row_moves_when_it_changed() -> None:
    contact = aged()
    with transaction():
        contact.title, contact.account.segment = "CTO", "Mid"
    assert min(contact.changed_at, contact.account.changed_at) > LONG_AGO


def test_changing_many_rows_moves_when_they_changed() -> None:
    contact = aged()
    with transaction():
        db.session.execute(update(Contact), [{"id": contact.id, "title": "CTO"}])
        db.session.execute(update(Account).values(segment="Mid"))
    db.session.expire_all()
    assert min(contact.changed_at, contact.account.changed_at) > LONG_AGO


def test_a_file_moves_when_rows_changed() -> None:
    contact = aged()
    key = contact.account.external_key
    import_accounts(f"external_id,name,region,renewal_date\n{key},Acme,EMEA,2026-12-31\n")
    import_contacts(f"account_external_id,email,title\n{key},{contact.email},CTO\n")
    db.session.expire_all()
    assert contact.account.renewal_date == date(2026, 12, 31)
    assert min(contact.changed_at, contact.account.changed_at) > LONG_AGO
