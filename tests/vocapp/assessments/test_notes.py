"""Notes about accounts and people: written, read and taken back, by role."""

from collections.abc import Iterator

import pytest
import time_machine
from sqlalchemy import func, select

from tests.builders import NOW, a_company, a_contact, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.assessments.builders import a_note
from vocapp.accounts.models import Account, Note
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def csm(client: CheckingClient) -> User:
    a_company()
    user = a_user()
    client.sign_in(user)
    return user


@pytest.fixture
def account(csm: User) -> Account:
    return an_account(owner_id=csm.id, name="Northwind")


def notes() -> list[Note]:
    return list(db.session.scalars(select(Note).order_by(Note.id)))


@pytest.mark.parametrize(
    "text", ["שלום עולם", "مرحبا", "第一行\n第二行", "<b>bold</b> & 'quotes'", "  indented\n\n\nend"]
)
def test_a_note_is_kept_as_typed(client: CheckingClient, account: Account, text: str) -> None:
    client.post(f"/accounts/{account.id}/notes", data={"text": text.replace("\n", "\r\n")})

    assert [note.text for note in notes()] == [text]


@pytest.mark.parametrize("text", ["", "   ", "\u200b\n"])
def test_an_empty_note_is_refused(client: CheckingClient, account: Account, text: str) -> None:
    page = client.post(f"/accounts/{account.id}/notes", data={"text": text})

    assert ("The note is empty" in page.text, notes()) == (True, [])


def test_a_note_that_is_too_long_comes_back_with_its_text(client: CheckingClient, account: Account) -> None:
    page = client.post(f"/accounts/{account.id}/notes", data={"text": "a" * 10_001})

    assert ("longer than 10,000" in page.text, "a" * 10_001 in page.text, notes()) == (True, True, [])


def test_a_note_of_ten_thousand_characters_is_kept(client: CheckingClient, account: Account) -> None:
    client.post(f"/accounts/{account.id}/notes", data={"text": "ä" * 9_999 + "\x00\r\n"})

    assert len(notes()[0].text) == 10_000


def test_a_note_about_a_person_stands_at_their_account(client: CheckingClient, account: Account) -> None:
    contact = a_contact(account)

    client.post(f"/people/{contact.id}/notes", data={"text": "Prefers the phone."})

    assert [(note.account_id, note.contact_id) for note in notes()] == [(account.id, contact.id)]


def test_a_note_sent_twice_is_kept_once(client: CheckingClient, account: Account) -> None:
    for _time in range(2):
        client.post(f"/accounts/{account.id}/notes", data={"text": "Called."})

    assert len(notes()) == 1


def test_one_takes_back_ones_own_note(client: CheckingClient, csm: User, account: Account) -> None:
    note = a_note(account, by=csm)

    assert client.post(f"/notes/{note.id}/remove").status_code == 302
    assert notes() == []


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.ADMIN])
def test_nobody_takes_back_the_note_of_another(client: CheckingClient, role: RoleName) -> None:
    note = a_note(an_account(), by=a_user())
    client.sign_in(a_user(role))

    response = client.post(f"/notes/{note.id}/remove")

    assert (response.status_code, "Only whoever wrote a note" in response.text) == (422, True)
    assert len(notes()) == 1


def test_a_csm_does_not_find_notes_about_the_accounts_of_another(client: CheckingClient, csm: User) -> None:
    note = a_note(an_account(), by=csm)

    assert client.post(f"/notes/{note.id}/remove").status_code == 404


def test_an_executive_writes_no_note(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.EXECUTIVE))

    assert client.post(f"/accounts/{an_account().id}/notes", data={"text": "Hello"}).status_code == 403
    assert db.session.scalar(select(func.count()).select_from(Note)) == 0


@pytest.mark.parametrize("role", RoleName)
def test_everybody_reads_the_notes(client: CheckingClient, role: RoleName) -> None:
    user = a_user(role)
    person = a_contact(an_account(owner_id=user.id), first_name="Noor")
    a_note(person.account, by=user, contact_id=person.id, text="Prefers <b>calls</b>")
    client.sign_in(user)

    pages = [
        client.get(f"/accounts/{person.account_id}/notes").text,
        client.get(f"/people/{person.id}/notes").text,
    ]

    assert [page.count("Prefers &lt;b&gt;calls&lt;/b&gt;") for page in pages] == [1, 1]
    assert ["note-text" in page for page in pages] == [role is not RoleName.EXECUTIVE] * 2
    assert [page.count("/remove") for page in pages] == [role is not RoleName.EXECUTIVE] * 2
