"""Each way of signing in, and what becomes of every refusal."""

import re
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from integrations.crm.base import Access, NoAccess, TooBusy
from integrations.crm.salesforce.auth import redeem_code
from integrations.crm.salesforce.oauth import authorize_url, new_pkce
from tests.integrations.crm.salesforce.stub import (
    EXPIRED,
    ORGANISATION,
    PAUSES,
    Say,
    Stub,
    a_private_key,
    an_access,
    token,
)

LIMITS = Say({"DailyApiRequests": {"Max": 15000, "Remaining": 14998}})


def refusal(error: str, description: str = "", status: int = 400) -> Say:
    return Say({"error": error, "error_description": description}, status)


def test_client_credentials_go_to_my_domain_as_basic_authentication(stub: Stub) -> None:
    stub.answers.append(LIMITS)
    stub.crm().refresh_usage()
    asked = stub.seen[0]
    assert asked.headers["X-Original-Url"] == "https://acme.my.salesforce.com/services/oauth2/token"
    assert asked.form == {"grant_type": "client_credentials"}
    assert asked.headers["Authorization"] == "Basic dGhlIGtleTp0aGUgc2VjcmV0"


def test_the_token_goes_along_with_every_call_to_the_instance(stub: Stub) -> None:
    stub.answers.append(LIMITS)
    stub.crm().refresh_usage()
    assert stub.seen[1].headers["Authorization"] == "Bearer 00D!token1"
    assert (
        stub.seen[1].headers["X-Original-Url"] == "https://acme.my.salesforce.com/services/data/v64.0/limits/"
    )


@pytest.mark.parametrize(
    ("domain", "host", "audience"),
    [
        ("acme.my", "acme.my", "https://login.salesforce.com"),
        ("acme--sbx.sandbox.my", "acme--sbx.sandbox.my", "https://test.salesforce.com"),
        ("login", "login", "https://login.salesforce.com"),
        ("test", "test", "https://test.salesforce.com"),
    ],
)
def test_a_signed_request_names_the_general_address_as_its_audience(
    stub: Stub, domain: str, host: str, audience: str
) -> None:
    key = a_private_key()
    stub.answers.append(LIMITS)
    crm = stub.crm(flow="jwt", domain=domain, username="sync@acme.example", private_key=key)
    crm.refresh_usage()
    asked = stub.seen[0]
    public = load_pem_private_key(key.encode(), None).public_key()
    claims = jwt.decode(asked.form["assertion"], public, algorithms=["RS256"], audience=audience)
    assert asked.headers["X-Original-Url"] == f"https://{host}.salesforce.com/services/oauth2/token"
    assert asked.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert (claims["iss"], claims["sub"]) == ("the key", "sync@acme.example")


def test_a_private_key_that_is_none_is_said_to_be_unreadable(stub: Stub) -> None:
    crm = stub.crm(flow="jwt", username="sync@acme.example", private_key="not a key")
    with pytest.raises(NoAccess, match="private key cannot be read") as refused:
        crm.identity()
    assert refused.value.access is Access.WRONG_CREDENTIALS


def test_a_refresh_token_is_traded_for_a_token(stub: Stub) -> None:
    stub.answers.append(LIMITS)
    stub.crm(flow="web_server", refresh_token="R1").refresh_usage()
    assert stub.seen[0].form == {
        "grant_type": "refresh_token",
        "refresh_token": "R1",
        "client_id": "the key",
        "client_secret": "the secret",
    }


def test_a_new_refresh_token_is_stored_before_the_access_token_is_used(stub: Stub) -> None:
    stored: list[tuple[str, int]] = []
    stub.tokens.append(token(refresh_token="R2"))
    stub.answers.append(LIMITS)
    crm = stub.crm(
        flow="web_server",
        refresh_token="R1",
        on_new_refresh_token=lambda new: stored.append((new, len(stub.seen))),
    )
    crm.refresh_usage()
    assert stored == [("R2", 1)]


def test_the_next_refresh_uses_the_new_refresh_token(stub: Stub) -> None:
    stub.tokens += [token(1, refresh_token="R2"), token(2)]
    stub.answers += [LIMITS, EXPIRED, LIMITS]
    crm = stub.crm(flow="web_server", refresh_token="R1")
    crm.refresh_usage()
    crm.refresh_usage()
    assert [seen.form["refresh_token"] for seen in stub.seen if "oauth2" in seen.path] == ["R1", "R2"]


def test_a_refresh_token_that_another_process_has_traded_is_read_anew(stub: Stub) -> None:
    shelf = iter(["R1", "R2", "R2"])
    stub.tokens += [refusal("invalid_grant", "expired access/refresh token"), token()]
    stub.answers.append(LIMITS)
    stub.crm(flow="web_server", read_refresh_token=lambda: next(shelf)).refresh_usage()
    assert [seen.form["refresh_token"] for seen in stub.seen[:2]] == ["R1", "R2"]


def test_without_a_refresh_token_nothing_is_asked_and_the_person_is_sent_to_connect(stub: Stub) -> None:
    with pytest.raises(NoAccess, match="Nobody has signed in") as refused:
        stub.crm(flow="web_server").identity()
    assert (refused.value.hint[:13], stub.seen) == ("Press Connect", [])


@pytest.mark.parametrize(
    ("error", "description", "access", "hint"),
    [
        ("invalid_grant", "user hasn't approved this consumer", Access.REVOKED, "pre-authorized"),
        ("invalid_grant", "audience is invalid", Access.WRONG_ADDRESS, "sandbox"),
        ("invalid_grant", "invalid assertion", Access.WRONG_CREDENTIALS, "certificate"),
        ("invalid_grant", "expired access/refresh token", Access.REVOKED, "Connect again"),
        ("invalid_grant", "inactive user", Access.REVOKED, "Activate"),
        ("invalid_grant", "no client credentials user enabled", Access.WRONG_CREDENTIALS, "Run As"),
        ("invalid_grant", "request not supported on this domain", Access.WRONG_ADDRESS, "My Domain"),
        ("invalid_grant", "something new", Access.REVOKED, "login history"),
        ("invalid_client_id", "client identifier invalid", Access.WRONG_CREDENTIALS, "consumer key"),
        ("invalid_client", "invalid client credentials", Access.WRONG_CREDENTIALS, "consumer secret"),
        ("unsupported_grant_type", "grant type not supported", Access.WRONG_CREDENTIALS, "Enable the flow"),
        ("invalid_scope", "", Access.WRONG_SCOPE, "scopes"),
    ],
)
def test_every_refusal_of_a_token_says_what_to_do(
    stub: Stub, error: str, description: str, access: Access, hint: str
) -> None:
    stub.tokens.append(refusal(error, description))
    with pytest.raises(NoAccess) as refused:
        stub.crm().identity()
    assert (refused.value.access, refused.value.code) == (access, error)
    assert hint in refused.value.hint
    assert len(stub.seen) == 1


@pytest.mark.parametrize("flow", ["client_credentials", "jwt", "web_server"])
def test_no_refusal_names_a_secret(stub: Stub, flow: str) -> None:
    key = a_private_key()
    stub.tokens.append(refusal("invalid_grant", "user hasn't approved this consumer"))
    crm = stub.crm(flow=flow, username="u", private_key=key, refresh_token="R1-secret")
    with pytest.raises(NoAccess) as refused:
        crm.identity()
    told = f"{refused.value!r} {refused.value.hint} {crm!r} {crm.access!r}"
    assert not re.search(r"the secret|PRIVATE KEY|R1-secret", told)
    assert refused.value.__cause__ is None


def test_an_outage_of_the_sign_in_is_tried_again_and_then_said(stub: Stub) -> None:
    stub.tokens += [Say("<html>Down for maintenance</html>", 503)] * 4
    with pytest.raises(TooBusy, match="not letting anybody sign in"):
        stub.crm().identity()
    assert (len(stub.seen), len(PAUSES)) == (4, 3)


def test_a_page_in_place_of_a_token_is_a_wrong_address(stub: Stub) -> None:
    stub.tokens.append(Say("<html>Welcome</html>"))
    with pytest.raises(NoAccess) as refused:
        stub.crm().identity()
    assert refused.value.access is Access.WRONG_ADDRESS


def test_an_organisation_that_has_moved_is_a_wrong_address(stub: Stub) -> None:
    stub.tokens.append(Say(status=302, headers={"Location": "https://other.my.salesforce.com/"}))
    with pytest.raises(NoAccess, match="address has changed") as refused:
        stub.crm().identity()
    assert (refused.value.access, len(stub.seen)) == (Access.WRONG_ADDRESS, 1)


def test_another_organisation_than_the_expected_one_is_refused_before_any_call(stub: Stub) -> None:
    with pytest.raises(NoAccess) as refused:
        stub.crm(expected_organisation="00D000000000002EAA").refresh_usage()
    assert refused.value.access is Access.WRONG_ORGANISATION
    assert stub.paths == ["POST /services/oauth2/token"]


def test_the_organisation_of_15_characters_is_the_one_of_18(stub: Stub) -> None:
    stub.answers.append(LIMITS)
    stub.crm(expected_organisation=ORGANISATION[:15]).refresh_usage()
    assert len(stub.seen) == 2


def test_a_person_is_sent_to_salesforce_with_the_challenge_of_our_secret() -> None:
    verifier, challenge = new_pkce()
    url = authorize_url(an_access(), redirect_uri="https://voc.example/back", state="s1", challenge=challenge)
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    assert url.startswith("https://acme.my.salesforce.com/services/oauth2/authorize?")
    assert query == {
        "response_type": "code",
        "client_id": "the key",
        "redirect_uri": "https://voc.example/back",
        "scope": "api refresh_token",
        "state": "s1",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    assert 43 <= len(verifier) <= 128


def test_the_challenge_is_the_digest_of_rfc_7636(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_urlsafe", lambda _: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert new_pkce()[1] == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_code_is_traded_for_a_refresh_token(stub: Stub) -> None:
    stub.tokens.append(token(refresh_token="R1"))
    access = an_access(stub.url, flow="web_server")
    assert redeem_code(access, code="C", verifier="V", redirect_uri="https://voc.example/back") == "R1"
    assert stub.seen[0].form == {
        "grant_type": "authorization_code",
        "code": "C",
        "code_verifier": "V",
        "redirect_uri": "https://voc.example/back",
        "client_id": "the key",
        "client_secret": "the secret",
    }


def test_an_app_that_gives_no_refresh_token_lacks_a_scope(stub: Stub) -> None:
    with pytest.raises(NoAccess) as refused:
        redeem_code(an_access(stub.url, flow="web_server"), code="C", verifier="V", redirect_uri="https://x")
    assert refused.value.access is Access.WRONG_SCOPE
