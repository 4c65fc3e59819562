"""A small OpenID Connect provider on loopback: real HTTP, real signatures, and every lie on request."""

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, abort, redirect, request
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from werkzeug.serving import make_server

CLIENT_ID, CLIENT_SECRET = "vocapp", "a client secret for tests"


class Provider:
    """Vouches for whoever it is told to. `claims` go over those of an honest token; None leaves one out."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "published"}, private=True)
        self.stranger_key = RSAKey.generate_key(2048, {"kid": "published"}, private=True)
        self.address = ""
        self.reset()

    def reset(self) -> None:
        """Be honest again, and away no more."""
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] | None = None
        self.signs_with: Any = self.key
        self.algorithm = "RS256"
        self.metadata: dict[str, Any] = {}
        self.fails_at: dict[str, int] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.token_text: str | None = None

    def sign_without_a_key_of_ours(self) -> None:
        self.signs_with = self.stranger_key

    def sign_with_our_secret(self) -> None:
        self.algorithm, self.signs_with = "HS256", OctKey.import_key(CLIENT_SECRET.ljust(32, "."))

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        honest = {
            "iss": self.address,
            "aud": CLIENT_ID,
            "sub": "42",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "email": "ana@vendor.example",
            "email_verified": True,
        }
        claims = {name: value for name, value in {**honest, **self.claims}.items() if value is not None}
        return jwt.encode(
            {"alg": self.algorithm, "kid": "published"}, claims, self.signs_with, algorithms=[self.algorithm]
        )


def make_app(provider: Provider) -> Flask:
    app = Flask("provider")

    @app.before_request
    def _fail() -> None:
        if request.path in provider.fails_at:
            abort(provider.fails_at[request.path])

    @app.get("/.well-known/openid-configuration")
    def discovery() -> dict[str, Any]:
        base = provider.address
        honest = {
            "issuer": base,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "jwks_uri": f"{base}/keys",
            "userinfo_endpoint": f"{base}/userinfo",
        }
        return {**honest, **provider.metadata}

    @app.get("/authorize")
    def authorize() -> Any:
        asked = request.args
        assert asked["client_id"] == CLIENT_ID
        assert asked["response_type"] == "code"
        assert set(asked["scope"].split()) == {"openid", "email"}
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        provider.codes[code] = asked.to_dict()
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    @app.post("/token")
    def token() -> Any:
        given = request.form
        asked = provider.codes.pop(given.get("code", ""), None)
        who = request.authorization
        id_and_secret = (
            (who.username, who.password) if who else (given.get("client_id"), given.get("client_secret"))
        )
        if asked is None or id_and_secret != (CLIENT_ID, CLIENT_SECRET):
            return {"error": "invalid_grant"}, 400
        digest = hashlib.sha256(given["code_verifier"].encode()).digest()
        is_right = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
        if not is_right or given["redirect_uri"] != asked["redirect_uri"]:
            return {"error": "invalid_grant"}, 400
        if provider.token_text is not None:
            return Response(provider.token_text, mimetype="application/json")
        return {"access_token": "a", "token_type": "Bearer", "id_token": provider.id_token(asked["nonce"])}

    @app.get("/keys")
    def keys() -> dict[str, Any]:
        return {"keys": [provider.key.as_dict(private=False)]}

    @app.get("/userinfo")
    def userinfo() -> Any:
        assert request.headers["Authorization"] == "Bearer a"
        return provider.userinfo or {"sub": "42"}

    return app


@contextmanager
def running(provider: Provider) -> Iterator[Provider]:
    """The provider, listening on a free port of this machine."""
    server = make_server("127.0.0.1", 0, make_app(provider), threaded=True)
    provider.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
