"""Signing in by OpenID Connect, against a provider that speaks real HTTP and may lie."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine
from flask import Flask

from integrations.dns import FixedResolver
from tests.builders import a_company, a_user, an_account
from tests.conftest import CheckingClient, make_schema, rolled_back, settings_for
from tests.vocapp.identity.oidc_browser import begin, come_back, is_signed_in, refused_with, sign_in
from tests.vocapp.identity.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, running
from vocapp.app import create_app
from vocapp.core.clock import utcnow
from vocapp.core.connection_settings import OidcSettings
from vocapp.core.db import db, transaction
from vocapp.core.gateways import make_gateways
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.identity.service import add_user

PASSWORD = "correct horse battery staple"
NOT_CONFIRMED = "was not confirmed"


@pytest.fixture(scope="module")
def one_provider() -> Iterator[Provider]:
    with running(Provider()) as provider:
        yield provider


@pytest.fixture
def provider(one_provider: Provider) -> Provider:
    one_provider.reset()
    return one_provider


@pytest.fixture(scope="module")
def company_app(
    new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory, one_provider: Provider
) -> Iterator[Flask]:
    """An application whose people may sign in with the provider."""
    url = new_database()
    oidc = OidcSettings(one_provider.address, CLIENT_ID, CLIENT_SECRET, name="Vendor account")
    settings = settings_for(url, tmp_path_factory.mktemp("var"), oidc=oidc)
    app = create_app(gateways=make_gateways(settings, dns=FixedResolver()))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False, RATELIMIT_ENABLED=False)
    app.test_client_class = CheckingClient
    make_schema(url)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def app(company_app: Flask) -> Iterator[Flask]:
    with rolled_back(company_app) as app:
        a_company()
        yield app


@pytest.fixture
def ana(app: Flask) -> User:
    with transaction():
        return add_user("Ana@vendor.example", role=RoleName.LEADER, name="Ana", password=PASSWORD)


@pytest.mark.usefixtures("provider")
def test_a_link_from_a_record_leads_through_the_sign_in_to_its_page(
    client: CheckingClient, ana: User
) -> None:
    path = f"/accounts/{an_account().id}?tab=people"
    turned_away = client.get(path)
    page = client.get(turned_away.headers["Location"], follow_redirects=True)
    button = page.get_data(as_text=True).partition('href="/sign-in/oidc')[2].partition('"')[0]
    sent = client.get(f"/sign-in/oidc{button}")
    vouched = requests.get(sent.headers["Location"], allow_redirects=False, timeout=5)
    answer = come_back(client, vouched.headers["Location"])
    assert answer.headers["Location"] == path
    assert client.get(path).status_code == 200


@pytest.mark.usefixtures("provider", "ana")
def test_without_a_page_asked_for_the_sign_in_leads_to_the_board(client: CheckingClient) -> None:
    assert sign_in(client).headers["Location"] == "/"
    assert is_signed_in(client)


@pytest.mark.usefixtures("provider")
def test_whoever_has_set_up_a_code_here_is_not_asked_for_it(client: CheckingClient) -> None:
    a_user(
        RoleName.ADMIN,
        email="ana@vendor.example",
        tf_primary_method="authenticator",
        tf_totp_secret="{}",
    )
    sign_in(client)
    assert is_signed_in(client)


@pytest.mark.usefixtures("provider", "ana")
def test_somebody_signed_in_already_goes_straight_on(client: CheckingClient) -> None:
    sign_in(client)
    assert client.get("/sign-in/oidc?next=/accounts").headers["Location"] == "/accounts"


@pytest.mark.usefixtures("provider", "ana")
def test_two_links_opened_at_once_both_arrive(client: CheckingClient) -> None:
    first, second = begin(client, "/accounts"), begin(client, "/people")
    assert come_back(client, second).headers["Location"] == "/people"
    assert come_back(client, first).headers["Location"] == "/accounts"


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)"],
)
@pytest.mark.usefixtures("provider", "ana")
def test_the_sign_in_leads_to_no_other_site(client: CheckingClient, target: str) -> None:
    assert sign_in(client, target).headers["Location"] == "/"
    assert client.get("/sign-in/oidc", query_string={"next": target}).headers["Location"] == "/"


@pytest.mark.usefixtures("provider", "ana")
def test_a_page_with_an_endless_address_is_not_carried_along(client: CheckingClient) -> None:
    assert sign_in(client, "/accounts?q=" + "x" * 5000).headers["Location"] == "/"


LIES: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "another"},
    "no nonce": {"nonce": None},
    "another issuer": {"iss": "https://evil.example"},
    "another audience": {"aud": "another client"},
    "another audience beside us, without saying for whom": {"aud": [CLIENT_ID, "another client"]},
    "for another party": {"aud": [CLIENT_ID, "another client"], "azp": "another client"},
    "another audience, though asked for by us": {"aud": "another client", "azp": CLIENT_ID},
    "no audience": {"aud": None},
    "no issuer": {"iss": None},
    "no subject": {"sub": None},
    "over long ago": {"exp": 1_000_000_000},
    "never over": {"exp": None},
    "over at a time that is none": {"exp": "tomorrow"},
    "not valid yet": {"nbf": 4_000_000_000},
    "a hash of another token": {"at_hash": "another"},
}


@pytest.mark.parametrize("lie", sorted(LIES))
@pytest.mark.usefixtures("ana")
def test_a_token_that_is_not_for_this_sign_in_lets_nobody_in(
    client: CheckingClient, provider: Provider, lie: str
) -> None:
    provider.claims = LIES[lie]
    assert NOT_CONFIRMED in refused_with(client, sign_in(client))


@pytest.mark.usefixtures("ana")
def test_a_forged_signature_lets_nobody_in(client: CheckingClient, provider: Provider) -> None:
    provider.sign_without_a_key_of_ours()
    assert NOT_CONFIRMED in refused_with(client, sign_in(client))


@pytest.mark.usefixtures("ana")
def test_a_signature_by_shared_secret_lets_nobody_in(client: CheckingClient, provider: Provider) -> None:
    provider.sign_with_our_secret()
    assert NOT_CONFIRMED in refused_with(client, sign_in(client))


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "nonsense", '{"id_token": 5}', '{"id_token": "a.b.c", "access_token": "a"}']
)
@pytest.mark.usefixtures("ana")
def test_an_answer_of_another_shape_lets_nobody_in(
    client: CheckingClient, provider: Provider, text: str
) -> None:
    provider.token_text = text
    assert "Vendor account" in refused_with(client, sign_in(client))


@pytest.mark.usefixtures("provider", "ana")
def test_a_state_that_began_nowhere_lets_nobody_in(client: CheckingClient) -> None:
    answer = come_back(client, begin(client), state="another")
    assert "began in another browser" in refused_with(client, answer)


@pytest.mark.usefixtures("provider", "ana")
def test_a_sign_in_begun_in_another_browser_lets_nobody_in(app: Flask, client: CheckingClient) -> None:
    stranger = app.test_client()
    assert isinstance(stranger, CheckingClient)
    assert "began in another browser" in refused_with(client, come_back(client, begin(stranger)))


@pytest.mark.usefixtures("provider", "ana")
def test_a_way_back_works_once(app: Flask, client: CheckingClient) -> None:
    address = begin(client)
    come_back(client, address)
    client.post("/logout")
    assert "began in another browser" in refused_with(client, come_back(client, address))


@pytest.mark.usefixtures("provider", "ana")
def test_going_back_in_the_browser_after_signing_in_leads_to_the_board(client: CheckingClient) -> None:
    address = begin(client)
    come_back(client, address)
    assert come_back(client, address).headers["Location"] == "/"


@pytest.mark.usefixtures("provider", "ana")
def test_a_sign_in_left_lying_for_long_lets_nobody_in(client: CheckingClient) -> None:
    address = begin(client)
    with time_machine.travel(utcnow().timestamp() + 16 * 60):
        assert "took too long" in refused_with(client, come_back(client, address))


@pytest.mark.usefixtures("provider", "ana")
def test_a_code_of_somebody_else_lets_nobody_in(client: CheckingClient) -> None:
    assert NOT_CONFIRMED in refused_with(client, come_back(client, begin(client), code="another"))


@pytest.mark.usefixtures("provider", "ana")
def test_whoever_says_no_at_the_issuer_is_back_at_the_sign_in(client: CheckingClient) -> None:
    answer = come_back(client, begin(client, "/accounts"), code="", error="access_denied")
    assert parse_qs(urlsplit(answer.headers["Location"]).query)["next"] == ["/accounts"]
    assert NOT_CONFIRMED in refused_with(client, answer)


@pytest.mark.parametrize("verified", [False, None, "true", 1])
@pytest.mark.usefixtures("ana")
def test_an_address_that_is_not_confirmed_lets_nobody_in(
    client: CheckingClient, provider: Provider, verified: object
) -> None:
    provider.claims = {"email_verified": verified}
    assert "a confirmed e-mail address" in refused_with(client, sign_in(client))


@pytest.mark.usefixtures("ana")
def test_an_address_may_come_from_the_userinfo(client: CheckingClient, provider: Provider) -> None:
    provider.claims = {"email": None, "email_verified": None}
    provider.userinfo = {"sub": "42", "email": "ana@vendor.example", "email_verified": True}
    sign_in(client)
    assert is_signed_in(client)


@pytest.mark.usefixtures("ana")
def test_the_userinfo_of_somebody_else_lets_nobody_in(client: CheckingClient, provider: Provider) -> None:
    provider.claims = {"email": None}
    provider.userinfo = {"sub": "43", "email": "ana@vendor.example", "email_verified": True}
    assert NOT_CONFIRMED in refused_with(client, sign_in(client))


@pytest.mark.usefixtures("ana")
def test_somebody_unknown_reads_whom_to_ask_and_is_not_made(
    client: CheckingClient, provider: Provider
) -> None:
    provider.claims = {"email": "bo@vendor.example"}
    page = refused_with(client, sign_in(client))
    assert "bo@vendor.example is not a user of vocapp; ask an administrator" in page
    assert db.session.query(User).count() == 1


@pytest.mark.usefixtures("provider")
def test_somebody_deactivated_reads_whom_to_ask(client: CheckingClient) -> None:
    a_user(email="ana@vendor.example", active=False)
    page = refused_with(client, sign_in(client))
    assert "may not sign in any more; ask an administrator" in page


def test_a_letter_that_only_looks_like_another_is_another_person(
    client: CheckingClient, provider: Provider
) -> None:
    a_user(email="kim@vendor.example")
    provider.claims = {"email": "\N{KELVIN SIGN}im@vendor.example"}
    assert "is not a user of vocapp" in refused_with(client, sign_in(client))


@pytest.mark.parametrize("status", [404, 500, 503])
@pytest.mark.usefixtures("ana")
def test_while_the_issuer_is_in_trouble_the_password_works(
    client: CheckingClient, provider: Provider, status: int
) -> None:
    provider.fails_at = {"/.well-known/openid-configuration": status}
    page = refused_with(client, client.get("/sign-in/oidc?next=/accounts"))
    assert "does not work just now" in page
    client.post("/login", data={"email": "ana@vendor.example", "password": PASSWORD})
    assert is_signed_in(client)


@pytest.mark.parametrize("place", ["/token", "/keys", "/.well-known/openid-configuration"])
@pytest.mark.usefixtures("ana")
def test_an_issuer_that_goes_away_in_the_middle_is_said(
    client: CheckingClient, provider: Provider, place: str
) -> None:
    address = begin(client)
    provider.fails_at = {place: 503}
    assert "does not work just now" in refused_with(client, come_back(client, address))


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://evil.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
    ],
)
@pytest.mark.usefixtures("ana")
def test_a_description_that_leads_elsewhere_is_not_followed(
    client: CheckingClient, provider: Provider, metadata: dict[str, Any]
) -> None:
    provider.metadata = metadata
    assert NOT_CONFIRMED in refused_with(client, client.get("/sign-in/oidc"))


@pytest.mark.parametrize("place", ["token_endpoint", "jwks_uri"])
@pytest.mark.usefixtures("ana")
def test_our_secret_and_their_keys_travel_by_https_only(
    client: CheckingClient, provider: Provider, place: str
) -> None:
    provider.metadata = {place: "http://evil.example/x"}
    assert NOT_CONFIRMED in refused_with(client, sign_in(client))


@pytest.mark.usefixtures("ana")
def test_an_issuer_that_takes_the_secret_in_the_form_only_gets_it_there(
    client: CheckingClient, provider: Provider
) -> None:
    provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    sign_in(client)
    assert is_signed_in(client)


def test_a_proxy_of_the_environment_is_not_asked(
    client: CheckingClient, provider: Provider, ana: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = begin(client)
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    come_back(client, address)
    assert is_signed_in(client)


@pytest.mark.usefixtures("provider", "ana")
def test_the_session_cookie_is_as_careful_as_after_a_password(client: CheckingClient) -> None:
    cookie = sign_in(client).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_neither_the_pages_nor_the_address_hold_a_secret(
    client: CheckingClient, provider: Provider, ana: User
) -> None:
    sent = client.get("/sign-in/oidc")
    with client.session_transaction() as session:
        verifier = session["oidc"][0]["verifier"]
    assert CLIENT_SECRET not in sent.headers["Location"]
    assert verifier not in sent.headers["Location"]


@pytest.mark.usefixtures("provider")
def test_the_button_keeps_the_page_that_was_asked_for(client: CheckingClient) -> None:
    page = client.get("/login?next=/accounts/7").get_data(as_text=True)
    assert 'href="/sign-in/oidc?next=/accounts/7"' in page
    assert "Sign in with Vendor account" in page


def test_without_the_settings_there_is_neither_button_nor_page(shared_app: Flask) -> None:
    with rolled_back(shared_app):
        client = shared_app.test_client()
        assert "/sign-in/oidc" not in client.get("/login").get_data(as_text=True)
        assert client.get("/sign-in/oidc").status_code == 404
        assert client.get("/sign-in/oidc/callback").status_code == 404


@pytest.mark.usefixtures("provider")
def test_hammering_the_issuer_through_us_is_stopped(app: Flask, client: CheckingClient) -> None:
    app.config["RATELIMIT_ENABLED"] = True
    try:
        codes = [client.get("/sign-in/oidc/callback").status_code for _turn in range(61)]
    finally:
        app.config["RATELIMIT_ENABLED"] = False
    assert codes == [302] * 60 + [429]
