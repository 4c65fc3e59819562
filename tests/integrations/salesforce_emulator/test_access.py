"""Signing in by each grant, everything a token address can refuse, and sessions that end."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.salesforce_emulator.adapter import plain_client
from tests.salesforce_emulator.org import CONSUMER_KEY, CONSUMER_SECRET, INTEGRATION_USER
from tests.salesforce_emulator.server import SalesforceEmulator

USERNAME = "integration.user@org.example"
BACK = "http://127.0.0.1:9/back"
VERIFIER = "v" * 64


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def ask(emulator: SalesforceEmulator, session: requests.Session, **form: str) -> tuple[int, dict[str, Any]]:
    answer = session.post(f"{emulator.url}/services/oauth2/token", data=form, timeout=20)
    return answer.status_code, answer.json()


def own(**form: str) -> dict[str, str]:
    """Return a form with the app's own credentials."""
    return {"client_id": CONSUMER_KEY, "client_secret": CONSUMER_SECRET, **form}


def assertion(emulator: SalesforceEmulator, key: rsa.RSAPrivateKey, **claims: Any) -> str:
    now = int(emulator.org.clock.now().timestamp())
    usual = {
        "iss": CONSUMER_KEY,
        "sub": USERNAME,
        "aud": "https://login.salesforce.com",
        "exp": str(now + 180),
    }
    return (
        jwt.encode({**usual, **claims}, key, algorithm="RS256")
        if "exp" in claims
        else _signed({**usual, **claims}, key)
    )


def _signed(claims: dict[str, Any], key: rsa.RSAPrivateKey) -> str:
    # The client library writes exp as text, which an encoder that checks its claims does not.
    return jwt.PyJWS().encode(json.dumps(claims).encode(), key, algorithm="RS256")


def trust(emulator: SalesforceEmulator, key: rsa.RSAPrivateKey) -> None:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    emulator.set_access(public_key=key.public_key().public_bytes(serialization.Encoding.PEM, form).decode())


JWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def test_client_credentials_give_a_token_and_say_who_we_are(
    emulator: SalesforceEmulator, session: Any
) -> None:
    status, told = ask(emulator, session, **own(grant_type="client_credentials"))
    assert status == 200
    assert told["instance_url"] == emulator.url
    assert told["id"] == f"{emulator.url}/id/{emulator.org.org_id}/{INTEGRATION_USER}"
    assert "refresh_token" not in told
    me = session.get(
        told["id"], headers={"Authorization": f"Bearer {told['access_token']}"}, timeout=20
    ).json()
    assert (me["user_id"], me["organization_id"]) == (INTEGRATION_USER, emulator.org.org_id)


def test_the_library_signs_in_and_reads(emulator: SalesforceEmulator) -> None:
    emulator.seed([{"type": "Contact", "LastName": "Ada"}])
    client = plain_client(emulator.url)
    assert client.query("SELECT Name FROM Contact")["records"][0]["Name"] == "Ada"
    assert client.Contact.create({"LastName": "Bob"})["success"]
    [token_call] = emulator.requests("POST", "oauth2/token")
    assert token_call["original_url"] == "https://acme.my.salesforce.com/services/oauth2/token"
    assert token_call["body"] == ""
    client.session.close()


@pytest.mark.parametrize(
    ("form", "error"),
    [
        (own(grant_type="client_credentials", client_secret="wrong"), "invalid_client"),
        (own(grant_type="client_credentials", client_id="wrong"), "invalid_client_id"),
        ({"grant_type": "client_credentials", "client_id": CONSUMER_KEY}, "invalid_client"),
        (own(grant_type="password"), "unsupported_grant_type"),
        (own(grant_type="refresh_token", refresh_token="unknown"), "invalid_grant"),
        (own(grant_type="authorization_code", code="unknown"), "invalid_grant"),
        (own(grant_type=JWT, assertion="rubbish"), "invalid_grant"),
    ],
)
def test_wrong_credentials_are_refused(
    emulator: SalesforceEmulator, session: Any, form: Any, error: str
) -> None:
    status, told = ask(emulator, session, **form)
    assert (status, told["error"]) == (400, error)


def test_client_credentials_need_a_user_that_is_active(emulator: SalesforceEmulator, session: Any) -> None:
    form = own(grant_type="client_credentials")
    emulator.set_access(run_as=None)
    assert ask(emulator, session, **form)[1]["error_description"] == "no client credentials user enabled"
    emulator.set_access(run_as=INTEGRATION_USER)
    emulator.set_quietly(INTEGRATION_USER, IsActive=False)
    assert ask(emulator, session, **form)[1]["error_description"] == "inactive user"


def test_a_login_host_gives_no_client_credentials(emulator: SalesforceEmulator, session: Any) -> None:
    session.headers["X-Original-Url"] = "https://login.salesforce.com/services/oauth2/token"
    _, told = ask(emulator, session, **own(grant_type="client_credentials"))
    assert told["error_description"] == "request not supported on this domain"


def test_any_refusal_can_be_forced(emulator: SalesforceEmulator, session: Any) -> None:
    emulator.force_token_error("invalid_grant", "audience is invalid")
    assert (
        ask(emulator, session, **own(grant_type="client_credentials"))[1]["error_description"]
        == "audience is invalid"
    )
    assert ask(emulator, session, **own(grant_type="client_credentials"))[0] == 200


def test_a_signed_assertion_lets_its_user_in(emulator: SalesforceEmulator, session: Any, key: Any) -> None:
    trust(emulator, key)
    status, told = ask(emulator, session, grant_type=JWT, assertion=assertion(emulator, key))
    assert (status, told["id"][-18:]) == (200, INTEGRATION_USER)


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"aud": "https://test.salesforce.com"}, "audience is invalid"),
        ({"sub": "nobody@org.example"}, "user hasn't approved this consumer"),
        ({"iss": "other"}, "client identifier invalid"),
        ({"exp": 1}, "invalid assertion"),
        ({"exp": 4_000_000_000}, "invalid assertion"),
    ],
)
def test_a_wrong_claim_is_refused(
    emulator: SalesforceEmulator, session: Any, key: Any, claims: dict[str, Any], words: str
) -> None:
    trust(emulator, key)
    status, told = ask(emulator, session, grant_type=JWT, assertion=assertion(emulator, key, **claims))
    assert (status, told["error_description"]) == (400, words)


def test_an_assertion_signed_by_another_key_is_refused(
    emulator: SalesforceEmulator, session: Any, key: Any
) -> None:
    trust(emulator, rsa.generate_private_key(public_exponent=65537, key_size=2048))
    status, told = ask(emulator, session, grant_type=JWT, assertion=assertion(emulator, key))
    assert (status, told["error_description"]) == (400, "invalid assertion")


def allow(emulator: SalesforceEmulator, session: Any, **more: str) -> dict[str, list[str]]:
    """Let the app in as a person would, and return what the address it comes back to gets."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    params = {
        "response_type": "code",
        "client_id": CONSUMER_KEY,
        "redirect_uri": BACK,
        "state": "s1",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "scope": "api refresh_token",
        **more,
    }
    page = session.get(
        f"{emulator.url}/services/oauth2/authorize", params=params, allow_redirects=False, timeout=20
    )
    assert page.status_code == 302, page.text
    assert page.headers["Location"].startswith(BACK)
    return parse_qs(urlsplit(page.headers["Location"]).query)


def test_a_person_lets_the_app_in_and_refresh_tokens_rotate(
    emulator: SalesforceEmulator, session: Any
) -> None:
    back = allow(emulator, session, answer="allow")
    assert back["state"] == ["s1"]
    form = own(grant_type="authorization_code", code=back["code"][0], redirect_uri=BACK)
    first = ask(emulator, session, **form, code_verifier=VERIFIER)[1]["refresh_token"]
    renewed = ask(emulator, session, **own(grant_type="refresh_token", refresh_token=first))[1]
    assert renewed["refresh_token"] != first
    status, told = ask(emulator, session, **own(grant_type="refresh_token", refresh_token=first))
    assert (status, told["error_description"]) == (400, "expired access/refresh token")


def test_a_code_is_worth_nothing_without_its_verifier_or_twice(
    emulator: SalesforceEmulator, session: Any
) -> None:
    code = allow(emulator, session, auto="")["code"][0]
    form = own(grant_type="authorization_code", code=code, redirect_uri=BACK)
    assert (
        ask(emulator, session, **form, code_verifier="x" * 64)[1]["error_description"]
        == "invalid code verifier"
    )
    assert ask(emulator, session, **form, code_verifier=VERIFIER)[0] == 400


def test_a_person_can_say_no(emulator: SalesforceEmulator, session: Any) -> None:
    assert allow(emulator, session, answer="deny")["error"] == ["access_denied"]


def test_a_page_asks_when_nothing_was_answered(emulator: SalesforceEmulator, session: Any) -> None:
    params = {"response_type": "code", "client_id": CONSUMER_KEY, "redirect_uri": BACK, "code_challenge": "x"}
    page = session.get(f"{emulator.url}/services/oauth2/authorize", params=params, timeout=20)
    assert page.status_code == 200
    assert ">Allow<" in page.text


def test_a_token_that_is_taken_back_serves_no_more(client: Any, emulator: SalesforceEmulator) -> None:
    assert client.call("POST", "/services/oauth2/revoke", data={"token": client.token}).status_code == 200
    answer = client.call("GET", "limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


def test_a_session_ends_with_its_time_or_its_calls(client: Any, emulator: SalesforceEmulator) -> None:
    emulator.limit_tokens(1)
    assert [client.call("GET", "limits").status_code for _ in range(2)] == [200, 401]
    emulator.limit_tokens(None)
    emulator.advance(3 * 3600)
    assert client.call("GET", "limits").status_code == 401


def test_revoked_credentials_open_nothing(client: Any, emulator: SalesforceEmulator, session: Any) -> None:
    emulator.revoke()
    assert client.call("GET", "limits").status_code == 401
    assert ask(emulator, session, **own(grant_type="client_credentials"))[1]["error"] == "invalid_client"
