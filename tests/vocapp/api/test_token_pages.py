"""Settings, API tokens: made once, shown once, revoked at once."""

import re

import pytest
from sqlalchemy import select

from tests.builders import a_user
from tests.conftest import CheckingClient
from tests.vocapp.api.builders import Program, a_token
from vocapp.api.models import ApiToken
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName


@pytest.fixture
def admin(client: CheckingClient) -> User:
    found = a_user(RoleName.ADMIN)
    client.sign_in(found)
    return found


def form(acts_for: User, **values: object) -> dict[str, object]:
    return {"name": "Warehouse", "user": acts_for.id, "scopes": ["accounts:read"], "days": 30, **values}


def test_a_token_is_shown_once_and_works(client: CheckingClient, admin: User) -> None:
    page = client.post("/settings/tokens/new", data=form(admin))
    found = re.search(r"voc_[\w-]{43}", page.get_data(as_text=True))
    assert page.status_code == 201
    assert page.headers["Cache-Control"] == "no-store"
    assert found
    assert Program(client, found[0]).get("/accounts").status_code == 200
    listed = client.get("/settings/tokens").get_data(as_text=True)
    assert "Warehouse" in listed
    assert found[0][-4:] in listed
    assert found[0] not in listed


def test_a_revoked_token_is_refused_from_the_next_request_on(client: CheckingClient, admin: User) -> None:
    token, secret = a_token()
    assert client.post(f"/settings/tokens/{token.id}/revoke").status_code == 303
    assert Program(client, secret).get("/accounts").status_code == 401
    assert "revoked" in client.get("/settings/tokens").get_data(as_text=True)


def test_making_and_revoking_stand_in_the_audit_without_the_secret(
    client: CheckingClient, admin: User
) -> None:
    client.post("/settings/tokens/new", data=form(admin))
    token = db.session.scalars(select(ApiToken)).one()
    client.post(f"/settings/tokens/{token.id}/revoke")
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.subject_kind == "api_token")).all()
    assert [entry.action for entry in entries] == ["api_token_made", "api_token_revoked"]
    assert entries[0].details == {"user_id": admin.id, "scopes": ["accounts:read"], "days": 30}


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"scopes": []}, {"scopes": ["everything"]}, {"days": 9999}, {"user": 0}]
)
def test_a_token_that_makes_no_sense_is_not_made(
    client: CheckingClient, admin: User, wrong: dict[str, object]
) -> None:
    assert client.post("/settings/tokens/new", data=form(admin, **wrong)).status_code == 422
    assert db.session.scalars(select(ApiToken)).all() == []


def test_without_tokens_the_page_says_what_they_are_for(client: CheckingClient, admin: User) -> None:
    assert "No tokens yet" in client.get("/settings/tokens").get_data(as_text=True)


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.CSM, RoleName.EXECUTIVE])
def test_tokens_are_made_by_administrators_only(client: CheckingClient, role: RoleName) -> None:
    user = a_user(role)
    client.sign_in(user)
    assert client.get("/settings/tokens").status_code == 404
    assert client.post("/settings/tokens/new", data=form(user)).status_code in {403, 404}
