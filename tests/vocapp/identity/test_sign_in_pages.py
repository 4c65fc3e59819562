"""Signing in, seen from the browser's side."""

import re

import pytest
from flask import Flask

from tests.builders import a_user
from tests.conftest import CheckingClient
from vocapp.core.db import transaction
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.identity.service import add_user

PASSWORD = "correct horse battery staple"


@pytest.fixture
def ana(app: Flask) -> User:
    with transaction():
        return add_user("ana@vendor.example", role=RoleName.CSM, name="Ana <b>Brandão</b>", password=PASSWORD)


@pytest.mark.parametrize("path", ["/login", "/login?next=/accounts", "/reset"])
def test_the_pages_before_signing_in_are_whole(app: Flask, client: CheckingClient, path: str) -> None:
    assert client.get(path).status_code == 200


def test_a_wrong_password_is_answered_in_plain_words(client: CheckingClient, ana: User) -> None:
    page = client.post("/login", data={"email": ana.email, "password": "something else"})
    assert "do not belong together" in page.get_data(as_text=True)


def test_an_unknown_address_is_answered_like_a_wrong_password(client: CheckingClient, ana: User) -> None:
    pages = []
    for email in (ana.email, "xyz@vendor.example"):
        page = client.post("/login", data={"email": email, "password": "something else"})
        text = page.get_data(as_text=True).replace(email, "")
        pages.append(re.sub(r'name="csrf_token" value="[^"]*"', "", text))
    assert pages[0] == pages[1]


def test_signing_in_leads_to_the_page_that_was_wanted(client: CheckingClient, ana: User) -> None:
    answer = client.post("/login?next=/change", data={"email": ana.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/change"


def test_a_password_is_changed_inside_the_house(client: CheckingClient, ana: User) -> None:
    client.sign_in(ana)
    page = client.get("/change").get_data(as_text=True)
    assert "Ana &lt;b&gt;Brandão&lt;/b&gt;" in page
    assert "Customer success manager" in page


def test_two_different_new_passwords_are_refused(client: CheckingClient, ana: User) -> None:
    client.sign_in(ana)
    entered = {"password": PASSWORD, "new_password": PASSWORD + "1", "new_password_confirm": PASSWORD + "2"}
    assert "The two passwords differ" in client.post("/change", data=entered).get_data(as_text=True)


def test_the_second_factor_shows_a_picture_and_a_key(client: CheckingClient, ana: User) -> None:
    client.sign_in(ana)
    assert "It is off." in client.get("/tf-setup").get_data(as_text=True)
    page = client.post("/tf-setup", data={"setup": "authenticator"}).get_data(as_text=True)
    assert "v-qr" in page
    assert 'autocomplete="one-time-code"' in page


def test_an_address_that_does_not_exist_says_so(client: CheckingClient) -> None:
    client.sign_in(a_user())
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    assert "This page does not exist" in answer.get_data(as_text=True)
