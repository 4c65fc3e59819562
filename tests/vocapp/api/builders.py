"""Tokens with defaults, and a program that shows one."""

import itertools
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.builders import a_user
from vocapp.api.models import ApiToken
from vocapp.api.rules import Scope
from vocapp.api.service import make_token
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName

_keys = itertools.count(1)


def a_token(
    user: User | None = None, scopes: Collection[Scope] = tuple(Scope), **values: Any
) -> tuple[ApiToken, str]:
    """A token of a user (by default a leader) with all scopes, and its secret."""
    user = user or a_user(RoleName.LEADER)
    with transaction():
        token, secret = make_token("Warehouse", user=user, scopes=scopes, days=90, by=user, now=utcnow())
        for name, value in values.items():
            setattr(token, name, value)
    return token, secret


def an_expired_token() -> tuple[ApiToken, str]:
    return a_token(expires_at=utcnow() - timedelta(seconds=1))


class Program:
    """Something that reads and writes by the API with one token."""

    def __init__(self, client: FlaskClient, secret: str) -> None:
        self.client, self.secret = client, secret

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(self._path(path), headers=self._headers(headers))

    def post(self, path: str, body: Any, *, key: str | None = None, **headers: str) -> TestResponse:
        key = f"key-{next(_keys)}" if key is None else key
        sent = {"Idempotency-Key": key} if key else {}
        return self.client.post(self._path(path), json=body, headers=self._headers({**sent, **headers}))

    def items(self, path: str) -> list[dict[str, Any]]:
        """Everything a list holds, page after page."""
        found: list[dict[str, Any]] = []
        following: str | None = path
        while following:
            page = self.get(following)
            assert page.status_code == 200, page.get_data(as_text=True)
            found += page.json["items"]
            following = page.json["next"]
        return found

    def _path(self, path: str) -> str:
        if path.startswith("http"):
            path = path.partition("/api/v1")[2]
        return f"/api/v1{path}"

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.secret}", **named}


def a_program(client: FlaskClient, user: User | None = None, *scopes: Scope) -> Program:
    return Program(client, a_token(user, scopes or tuple(Scope))[1])
