"""Asking an OpenID Connect issuer who somebody is: authorization code flow with PKCE, nothing kept."""

import ipaddress
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from integrations.errors import Rejected, Retryable

CONNECT_SECONDS = 3.05
READ_SECONDS = 10.0
CLOCK_LEEWAY_SECONDS = 60
# With a shared secret as key ("HS256"), whoever knows it could sign for anybody; "none" signs nothing.
SIGNATURES = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA", "Ed25519"),
)


@dataclass(frozen=True)
class Attempt:
    """What one sign-in must remember until the person comes back."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True)
class Claims:
    """Who the issuer says has signed in. `email` is empty when it does not say."""

    subject: str
    email: str
    is_email_verified: bool


class Issuer:
    """One issuer, and who we are there. Its documents are read anew each time, so its keys may change.

    Every call raises `Retryable` when the issuer cannot be reached or is in trouble, and `Rejected` when what
    it says cannot be relied on.
    """

    def __init__(self, address: str, *, client_id: str, client_secret: str, redirect_uri: str) -> None:
        self._address = address
        self._client_id = client_id
        self._client_secret = client_secret
        self._redirect_uri = redirect_uri

    def begin(self) -> tuple[str, Attempt]:
        """Return the address to send a browser to, and what to remember until it comes back."""
        attempt = Attempt(state=generate_token(32), nonce=generate_token(32), verifier=generate_token(48))
        with self._asking() as session:
            place = _endpoint(self._metadata(session), "authorization_endpoint")
            address, _state = session.create_authorization_url(
                place, state=attempt.state, code_verifier=attempt.verifier, nonce=attempt.nonce
            )
        return str(address), attempt

    def finish(self, attempt: Attempt, *, code: str) -> Claims:
        """Exchange the code that came back for what the issuer says about the person, and check all of it."""
        with self._asking() as session:
            metadata = self._metadata(session)
            session.token_endpoint_auth_method = _way_to_authenticate(metadata)
            token = session.fetch_token(
                _endpoint(metadata, "token_endpoint"),
                grant_type="authorization_code",
                code=code,
                code_verifier=attempt.verifier,
                redirect_uri=self._redirect_uri,
                allow_redirects=False,
            )
            keys = _document(session, _endpoint(metadata, "jwks_uri"))
            claims = self._checked(token, keys, nonce=attempt.nonce, issuer=str(metadata["issuer"]))
            if "email" not in claims and "userinfo_endpoint" in metadata:
                claims = _with_more(claims, _more_about(session, metadata))
        return Claims(
            subject=str(claims["sub"]),
            email=str(claims.get("email") or ""),
            is_email_verified=claims.get("email_verified") is True,
        )

    def _checked(
        self, token: Mapping[str, Any], keys: Mapping[str, Any], *, nonce: str, issuer: str
    ) -> Mapping[str, Any]:
        """Return the claims of the ID token once signature, issuer, audience, times and nonce are right."""
        found = jwt.decode(
            token["id_token"],
            key=KeySet.import_key_set({"keys": list(keys["keys"])}),
            registry=JWSRegistry(algorithms=list(SIGNATURES), strict_check_header=False),
        )
        claims = CodeIDToken(
            found.claims,
            found.header,
            {
                "iss": {"essential": True, "value": issuer},
                "aud": {"essential": True, "value": self._client_id},
                "sub": {"essential": True},
            },
            {"nonce": nonce, "client_id": self._client_id, "access_token": token.get("access_token")},
        )
        claims.validate(leeway=CLOCK_LEEWAY_SECONDS)
        return dict(claims)

    def _metadata(self, session: Any) -> Mapping[str, Any]:
        base = self._address.rstrip("/")
        metadata = _document(session, f"{base}/.well-known/openid-configuration")
        if str(metadata.get("issuer", "")).rstrip("/") != base:
            raise Rejected("The issuer calls itself by another name.", code="issuer")
        return metadata

    @contextmanager
    def _asking(self) -> Iterator[Any]:
        """A session that speaks to the issuer itself, through no proxy of the environment."""
        with OAuth2Session(
            self._client_id,
            self._client_secret,
            scope="openid email",
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            default_timeout=(CONNECT_SECONDS, READ_SECONDS),
        ) as session:
            session.trust_env = False
            try:
                yield session
            except requests.JSONDecodeError:
                raise Rejected("The issuer answered with something else than JSON.", code="json") from None
            except requests.RequestException as problem:
                raise Retryable(f"The issuer cannot be reached ({type(problem).__name__}).") from None
            except AuthlibBaseError as problem:
                raise Rejected("The issuer refused the exchange.", code=str(problem.error)) from None
            except (JoseError, KeyError, TypeError, ValueError) as problem:
                # Whatever is not as it must be: a token or document of another shape ends here, too.
                raise Rejected(
                    "The issuer's word cannot be relied on.", code=type(problem).__name__
                ) from None


def _document(session: Any, address: str) -> Mapping[str, Any]:
    answer = session.get(address, withhold_token=True, allow_redirects=False)
    answer.raise_for_status()
    document = answer.json()
    if answer.status_code != requests.codes.ok or not isinstance(document, dict):
        raise Rejected("The issuer answered with something unexpected.", code=str(answer.status_code))
    return document


def _more_about(session: Any, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = session.get(_endpoint(metadata, "userinfo_endpoint"), allow_redirects=False)
    answer.raise_for_status()
    document = answer.json()
    return document if isinstance(document, dict) else {}


def _with_more(claims: Mapping[str, Any], more: Mapping[str, Any]) -> Mapping[str, Any]:
    if more.get("sub") != claims["sub"]:
        raise Rejected("The issuer speaks of two different people.", code="sub")
    return {**claims, "email": more.get("email"), "email_verified": more.get("email_verified")}


def _endpoint(metadata: Mapping[str, Any], name: str) -> str:
    """Return an address the issuer names, if nobody on the way there can listen."""
    address = str(metadata[name])
    parts = urlsplit(address)
    if not parts.hostname or (parts.scheme != "https" and not _is_loopback(parts.scheme, parts.hostname)):
        raise Rejected(f"The issuer's {name} is no https address.", code=name)
    return address


def _is_loopback(scheme: str, host: str) -> bool:
    if scheme != "http":
        return False
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _way_to_authenticate(metadata: Mapping[str, Any]) -> str:
    """Return how we name ourselves at the token endpoint; the header unless only the form is taken."""
    taken = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return "client_secret_post" if "client_secret_basic" not in taken else "client_secret_basic"
