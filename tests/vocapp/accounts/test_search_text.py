"""What a search looks in follows every way a row is written."""

import pytest
from sqlalchemy import insert, select

from tests.builders import a_contact, a_user, an_account, save
from tests.vocapp.accounts.files import import_contacts
from vocapp.accounts.listing import AccountFilter, PeopleFilter, listed_accounts, listed_people
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.search_text import LONGEST, fold
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName

pytestmark = pytest.mark.usefixtures("app")


def found(text: str) -> list[str]:
    people = listed_people(a_user(RoleName.LEADER), PeopleFilter(text=text)).order_by(Contact.id)
    return [contact.last_name for contact in db.session.scalars(people)]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("  Müller-Lüdenscheidt ", "muller-ludenscheidt"),
        ("STRAẞE", "strasse"),
        ("İstanbul", "istanbul"),
        ("ｶﾀｶﾅ 山田", "カタカナ 山田"),
        ("أُحْمَد", "احمد"),
    ],
)
def test_case_accents_and_width_make_no_difference(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_a_person_is_found_by_any_words_in_any_order() -> None:
    a_contact(first_name="José", last_name="Ñuñez", title="Head of IT", email="jn@one.example")
    a_contact(first_name="Ana", last_name="Ruiz", email="ana@two.example")
    assert found("nunez jose") == ["Ñuñez"]
    assert found("HEAD jn@one") == ["Ñuñez"]
    assert found("jose ruiz") == []


def test_a_word_of_the_account_finds_its_people() -> None:
    a_contact(an_account(name="Kestrel Örebro AB"), first_name="Ana", last_name="Ruiz")
    assert found("orebro ana") == ["Ruiz"]


def test_wildcards_are_plain_letters() -> None:
    a_contact(last_name="Percent%er_")
    assert found("%er_") == ["Percent%er_"]
    assert found("e%r") == []


def test_a_change_is_found_at_once() -> None:
    contact = a_contact(last_name="Before")
    with transaction():
        contact.last_name = "After"
    assert found("after") == ["After"]
    assert found("before") == []


def test_a_change_of_one_field_keeps_the_others_findable() -> None:
    contact = a_contact(first_name="Ana", last_name="Ruiz")
    db.session.expire_all()
    with transaction():
        contact.title = "Buyer"
    assert found("ana ruiz buyer") == ["Ruiz"]


def test_rows_written_in_bulk_are_found() -> None:
    with transaction():
        rows = [
            {"external_id": key, "external_key": key, "name": name}
            for key, name in (("1", "Ørsted"), ("2", "Łódź Works"))
        ]
        db.session.execute(insert(Account), rows)
    accounts = listed_accounts(a_user(RoleName.LEADER), AccountFilter(text="LODZ works"))
    assert [account.name for account in db.session.scalars(accounts).unique()] == ["Łódź Works"]


def test_an_imported_change_is_found() -> None:
    account = an_account()
    a_contact(account, email="ana@two.example", first_name="Ana", last_name="Ruiz", title="Buyer")
    rows = f"account_external_id,email,last_name\n{account.external_id},ana@two.example,Gómez\n"
    import_contacts(rows)
    assert found("gomez ana buyer") == ["Gómez"]
    assert found("ruiz") == []


def test_a_very_long_name_fits_the_index() -> None:
    save(Account(external_id="L", external_key="L", name="山" * 200))
    contact = a_contact(
        first_name="𠮷" * 120, last_name="名" * 120, title="題" * 200, email="e" * 60 + "@long.example"
    )
    text = db.session.scalar(select(Contact.search_text).where(Contact.id == contact.id))
    assert text is not None
    assert len(text) == LONGEST
    assert "名名名" in text
