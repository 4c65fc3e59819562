"""Who may pass: good tokens only, within their scopes and their user's role of this moment."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.builders import a_company, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.api.builders import Program, a_program, a_token, an_expired_token
from vocapp.admin.service import change_user
from vocapp.api.models import ApiToken
from vocapp.api.rules import Scope
from vocapp.app import BLUEPRINTS
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.tokens import hash_token
from vocapp.identity.guards import SAFE_METHODS
from vocapp.identity.models import Role, User
from vocapp.identity.rules import RoleName

API = {"api_accounts", "api_listening", "api_reports", "api_writing"}


def rules_of_api(app: Flask) -> list:
    return [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1")]


def operations(app: Flask) -> list[tuple[str, str]]:
    """Every (method, path) of the API, with 1 for whatever the address names."""
    return [
        (method, app.url_map.bind("x.invalid").build(rule.endpoint, dict.fromkeys(rule.arguments, 1)))
        for rule in rules_of_api(app)
        if "ending" not in rule.arguments
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    ]


def given_role(user: User, role: RoleName) -> None:
    with transaction():
        user.roles = [db.session.scalars(select(Role).where(Role.name == role)).one()]


def test_every_operation_wants_a_token_and_answers_with_a_problem(app: Flask, client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.ADMIN))
    for method, path in operations(app):
        answer = client.open(path, method=method, json={})
        assert answer.status_code == 401, f"{method} {path}"
        assert answer.mimetype == "application/problem+json"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.json["status"] == 401


def test_every_operation_says_which_scope_it_needs(app: Flask) -> None:
    blueprints = {blueprint.name for blueprint, _guard in BLUEPRINTS}
    views = [app.view_functions[rule.endpoint] for rule in rules_of_api(app)]
    assert {rule.endpoint.split(".")[0] for rule in rules_of_api(app)} <= API & blueprints
    assert all(isinstance(getattr(view, "needed_scope", None), Scope) for view in views)


def test_a_token_without_the_scope_is_told_which_one_it_lacks(app: Flask, client: CheckingClient) -> None:
    for method, path in operations(app):
        endpoint, _arguments = app.url_map.bind("x.invalid").match(path, method)
        needed = app.view_functions[endpoint].needed_scope
        others = [scope for scope in Scope if scope is not needed]
        program = a_program(client, None, *others)
        answer = (
            program.post(path.removeprefix("/api/v1"), {})
            if method == "POST"
            else program.get(path.removeprefix("/api/v1"))
        )
        assert answer.status_code == 403, f"{method} {path}"
        assert f'scope="{needed}"' in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer voc_",
        "Bearer voc_" + "a" * 43,
        "Bearer voc_" + "é" * 43,
        "Basic dm9jOnZvYw==",
        "Bearer " + "x" * 5000,
        "bearer voc_" + "a" * 42 + "\x00",
    ],
)
def test_what_is_no_token_opens_nothing(client: CheckingClient, header: str) -> None:
    answer = client.get("/api/v1/accounts", headers={"Authorization": header.encode().decode("latin-1")})
    assert answer.status_code == 401


def test_tokens_that_ended_are_refused_in_the_same_words(client: CheckingClient) -> None:
    gone = a_user(RoleName.LEADER)
    secrets = [an_expired_token()[1], a_token(revoked_at=utcnow())[1], a_token(gone)[1], "voc_" + "a" * 43]
    with transaction():
        gone.active = False
    answers = [Program(client, secret).get("/accounts") for secret in secrets]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1


def test_only_the_hash_of_a_secret_is_kept(app: Flask) -> None:
    token, secret = a_token()
    kept = [getattr(token, column.key) for column in ApiToken.__table__.columns]
    assert token.secret_hash == hash_token(secret)
    assert not any(secret in str(value) or secret[4:20] in str(value) for value in kept)


def test_a_csm_reads_only_their_own_accounts_and_a_token_follows_the_role(client: CheckingClient) -> None:
    csm = a_user(RoleName.CSM)
    own, foreign = an_account(owner_id=csm.id), an_account()
    program = a_program(client, csm)
    assert [one["id"] for one in program.items("/accounts")] == [own.id]
    assert program.get(f"/accounts/{foreign.id}").status_code == 404
    given_role(csm, RoleName.LEADER)
    assert program.get(f"/accounts/{foreign.id}").status_code == 200
    given_role(csm, RoleName.CSM)
    assert program.get(f"/accounts/{foreign.id}").status_code == 404


def test_what_is_anothers_looks_like_what_never_was(client: CheckingClient) -> None:
    foreign = an_account()
    program = a_program(client, a_user(RoleName.CSM))
    answers = [program.get(f"/accounts/{number}") for number in (foreign.id, 2**31 - 1)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1


def test_an_executives_token_writes_nothing(app: Flask, client: CheckingClient) -> None:
    program = a_program(client, a_user(RoleName.EXECUTIVE))
    writing = [path for method, path in operations(app) if method not in SAFE_METHODS]
    assert all(program.post(path.removeprefix("/api/v1"), {}).status_code == 403 for path in writing)
    assert program.get("/accounts").status_code == 200


def test_whoever_may_no_longer_sign_in_loses_their_tokens_for_good(client: CheckingClient) -> None:
    admin, leaver = a_user(RoleName.ADMIN), a_user(RoleName.LEADER)
    token, secret = a_token(leaver)
    facts = {"name": "Lea", "title": "", "role": RoleName.LEADER, "by": admin}
    for active in (False, True):
        with transaction():
            change_user(leaver, active=active, **facts)
    assert token.revoked_at is not None
    assert Program(client, secret).get("/accounts").status_code == 401


def test_a_session_opens_nothing_beside_another_users_token(client: CheckingClient) -> None:
    account = an_account()
    client.sign_in(a_user(RoleName.ADMIN))
    assert a_program(client, a_user(RoleName.CSM)).get(f"/accounts/{account.id}").status_code == 404


def test_the_last_use_is_noted_once_in_a_while(client: CheckingClient) -> None:
    token, secret = a_token()
    program = Program(client, secret)
    program.get("/accounts")
    db.session.refresh(token)
    first = token.last_used_at
    program.get("/accounts")
    db.session.refresh(token)
    assert first is not None
    assert token.last_used_at == first


def test_who_asks_too_often_is_told_when_to_come_back(
    app: Flask, client: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    monkeypatch.setattr("vocapp.api.guard.PER_PROGRAM", "3 per minute")
    busy, other = a_program(client), a_program(client)
    codes = [busy.get("/accounts").status_code for _unused in range(4)]
    refused = busy.get("/accounts")
    assert codes == [200, 200, 200, 429]
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.json["title"] == "Too Many Requests"
    assert other.get("/accounts").status_code == 200


def test_what_takes_long_may_be_asked_for_less_often(
    app: Flask, client: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    monkeypatch.setattr("vocapp.api.guard.PER_PROGRAM_HEAVY", "1 per minute")
    a_company()
    account, program = an_account(), a_program(client)
    codes = [program.get(f"/accounts/{account.id}/benchmark").status_code for _unused in range(2)]
    assert codes == [200, 429]
    assert program.get(f"/accounts/{account.id}/strength").status_code == 200


def test_guessing_is_slowed_down_and_good_tokens_go_on(
    app: Flask, client: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    monkeypatch.setattr("vocapp.api.guard.PER_GUESSER", "2 per minute")
    good = a_program(client)
    guesses = [Program(client, "voc_" + letter * 43).get("/accounts").status_code for letter in "abcd"]
    assert guesses == [401, 401, 429, 429]
    assert good.get("/accounts").status_code == 200
