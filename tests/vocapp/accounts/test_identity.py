"""Who is who: addresses in comparable form, our own people, shared addresses."""

import pytest
from sqlalchemy import select

from tests.builders import a_company, a_contact, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.accounts.files import counts, import_contacts, reasons
from vocapp.accounts.cells import CellProblem, read_address
from vocapp.accounts.models import Contact
from vocapp.accounts.profiles import ensure_defaults
from vocapp.accounts.rules import is_role_address
from vocapp.accounts.service import add_contact
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.models import User


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Ana.Ruiz@Customer.Example", "ana.ruiz@customer.example"),
        ("  ana@customer.example ", "ana@customer.example"),
        ("ana+News@customer.example", "ana+news@customer.example"),
        ("a.n.a@customer.example", "a.n.a@customer.example"),
        ("ana@exämple.com", "ana@xn--exmple-cua.com"),
        ("ana@EXÄMPLE.com", "ana@xn--exmple-cua.com"),
        ("ana@exa\u0308mple.com", "ana@xn--exmple-cua.com"),
        ("ana@xn--exmple-cua.com", "ana@xn--exmple-cua.com"),
        ("ana@ｅｘａｍｐｌｅ.com", "ana@example.com"),
        ("ana@example。com", "ana@example.com"),
    ],
)
def test_one_mailbox_has_one_comparable_form(written: str, key: str) -> None:
    assert read_address(written)[1] == key


@pytest.mark.parametrize(
    "written",
    [
        "ana@customer.example.",
        '"ana ruiz"@customer.example',
        '"ana"@customer.example',
        "jose\u0301@customer.example",
        "josé@customer.example",
        "ａｎａ@customer.example",
        "ana＠customer.example",
        "ana\u200b@customer.example",
        "Ana <ana@customer.example>",
        "ana@[10.0.0.1]",
        "ana@localhost",
    ],
)
def test_what_could_be_read_in_two_ways_is_refused_with_a_sentence(written: str) -> None:
    with pytest.raises(CellProblem) as refused:
        read_address(written)
    assert len(refused.value.reason) > 20


@pytest.mark.parametrize(
    "address",
    [
        "info@c.example",
        "INFO2@c.example".lower(),
        "team+ana@c.example",
        "sales-emea@c.example",
        "support.de@c.example",
        "it_helpdesk@c.example",
        "buchhaltung@c.example",
        "no-reply+7@c.example",
    ],
)
def test_these_addresses_are_shared(address: str) -> None:
    assert is_role_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "anna.post@c.example",
        "max.support@c.example",
        "ana+info@c.example",
        "eu@c.example",
        "infantino@c.example",
    ],
)
def test_these_may_be_a_person(address: str) -> None:
    assert not is_role_address(address)


def test_our_own_people_are_refused_however_their_domain_is_written(app: object) -> None:
    a_company(domains=["müller.example"])
    account, user = an_account(), a_user(email="ana@vendor.example")
    for address in ("bo@xn--mller-kva.example", "Bo@MÜLLER.example", "bo@mail.müller.example", user.email):
        with pytest.raises(DomainError, match="own people"), transaction():
            add_contact(account, email=address, values={}, persona_ids=[], user=user)


def test_our_own_people_are_refused_in_files(app: object) -> None:
    a_company()
    an_account(external_id="A-1", external_key="A-1")
    report = import_contacts("account_external_id,email\nA-1,bo@vendor.example\n")
    assert counts(report)[0] == 0
    assert "own people" in reasons(report)


@pytest.fixture
def csm(client: CheckingClient) -> User:
    a_company()
    with transaction():
        ensure_defaults()
    user = a_user()
    client.sign_in(user)
    return user


def test_a_shared_address_can_be_marked_by_hand_and_a_file_does_not_undo_it(
    client: CheckingClient, csm: User
) -> None:
    account = an_account(owner_id=csm.id, external_id="A-1", external_key="A-1")
    person = a_contact(account, email="desk@c.example")
    sent = {"status": "active", "is_role_address": "y"}
    assert client.post(f"/people/{person.id}/edit", data=sent).status_code == 302
    import_contacts("account_external_id,email,title\nA-1,desk@c.example,Front desk\n")
    db.session.expire_all()
    assert (person.is_role_address, person.title) == (True, "Front desk")


def test_a_person_behind_what_looks_like_a_function_can_be_named(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id, external_id="A-1", external_key="A-1")
    person = a_contact(account, email="post@c.example", is_role_address=True)
    assert client.post(f"/people/{person.id}/edit", data={"status": "active"}).status_code == 302
    report = import_contacts("account_external_id,email,title\nA-1,post@c.example,Boss\n")
    db.session.expire_all()
    assert not person.is_role_address
    assert "belongs to a function" not in reasons(report)


def test_the_form_judges_a_new_address_unless_told(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id)
    for address, told in (("info@c.example", {}), ("desk@c.example", {"is_role_address": "y"})):
        client.post(f"/accounts/{account.id}/people/new", data={"email": address, **told})
    found = select(Contact.is_role_address).where(Contact.account_id == account.id)
    assert db.session.scalars(found).all() == [True, True]
