"""The first administrator: made once, by whoever has the link that was printed."""

import pytest

from tests.builders import a_user
from tests.conftest import SECRET_KEY, CheckingClient
from vocapp.identity.queries import company, user_by_email
from vocapp.identity.rules import RoleName
from vocapp.identity.service import setup_token

LINK = f"/setup/{setup_token(SECRET_KEY)}"
FORM = {
    "company": "Acme",
    "name": "Mia Roth",
    "email": "mia@acme.example",
    "password": "a few words in a row",
}


def test_the_link_makes_company_and_administrator(client: CheckingClient) -> None:
    assert client.get(LINK).status_code == 200
    assert client.post(LINK, data=FORM).status_code == 302
    mia = user_by_email("MIA@acme.example")
    assert mia is not None
    assert mia.role == RoleName.ADMIN
    found = company()
    assert found is not None
    assert (found.name, found.domains) == ("Acme", ["acme.example"])


def test_the_new_administrator_is_signed_in(client: CheckingClient) -> None:
    assert client.post(LINK, data=FORM).headers["Location"] == "/"
    assert "Welcome. You are signed in." in client.get("/").text


def test_a_form_that_makes_nobody_signs_nobody_in(client: CheckingClient) -> None:
    client.post(LINK, data={**FORM, "password": "too short"})
    assert client.get("/").status_code == 302


def test_the_new_administrator_can_sign_in_again(client: CheckingClient) -> None:
    client.post(LINK, data=FORM)
    client.post("/logout")
    signed_in = client.post("/login", data={"email": FORM["email"], "password": FORM["password"]})
    assert signed_in.status_code == 302
    assert client.get("/").status_code == 200


def test_the_link_is_dead_once_there_is_a_user(client: CheckingClient) -> None:
    a_user()
    assert client.get(LINK).status_code == 404
    assert client.post(LINK, data=FORM).status_code == 404


def test_another_token_finds_nothing(client: CheckingClient) -> None:
    assert client.get("/setup/guess").status_code == 404


@pytest.mark.parametrize("change", [{"password": "too short"}, {"email": "nobody"}, {"company": ""}])
def test_a_form_that_cannot_work_makes_nobody(client: CheckingClient, change: dict[str, str]) -> None:
    assert client.post(LINK, data={**FORM, **change}).status_code in {200, 422}
    assert user_by_email(FORM["email"]) is None


def test_a_token_in_another_script_finds_nothing(client: CheckingClient) -> None:
    assert client.get("/setup/é").status_code == 404
