"""Accounts and people as programs read them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from tests.builders import a_company, a_contact, a_tier, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.api.builders import Program, a_program, a_token
from vocapp.accounts.models import Contact
from vocapp.api.accounts import _place
from vocapp.benchmarks.rules import TOO_TELLING, Compared, Standing
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.workflows.rescore import rescore_some

MEASURE = {"value", "n", "n_eff", "ci", "state", "reason"}


@pytest.fixture
def program(client: CheckingClient) -> Program:
    a_company()
    return a_program(client)


def names(items: list[dict]) -> list[str]:
    return [one["external_id"] for one in items]


def test_an_account_is_told_with_its_measures(program: Program) -> None:
    owner = a_user()
    account = an_account(owner_id=owner.id, tier_id=a_tier().id, arr=Decimal("1200.50"), segment="Retail")
    rescore_some([account.id], now=utcnow())
    told = program.get(f"/accounts/{account.id}").json
    assert told["owner_email"] == owner.email
    assert told["tier"] == "Tier 1"
    assert told["arr"] == "1200.50"
    assert set(told["strength"]) == MEASURE
    assert told["sentiment"]["value"] is None
    assert told["sentiment"]["state"] == "not_measured"
    assert told["sentiment"]["reason"]


@pytest.mark.parametrize("measure", ["footprint", "engagement", "sentiment", "strength", "benchmark"])
def test_each_measure_has_an_address_of_its_own(program: Program, measure: str) -> None:
    account = an_account()
    unscored = program.get(f"/accounts/{account.id}/{measure}")
    rescore_some([account.id], now=utcnow())
    told = program.get(f"/accounts/{account.id}/{measure}").json
    assert unscored.json["value"] is None
    assert set(told) >= MEASURE
    assert told["account_id"] == account.id
    assert (told["value"] is None) == (told["state"] in {"not_measured", "suppressed"})


def test_a_benchmark_needs_ten_others(program: Program) -> None:
    told = program.get(f"/accounts/{an_account().id}/benchmark").json
    assert told["value"] is None
    assert told["rung"] is None
    assert set(told["measures"]) == {"strength", "engagement", "sentiment", "footprint"}


def test_a_standing_that_would_single_people_out_is_suppressed_and_tells_nothing() -> None:
    standing = Standing(Compared.STRENGTH, 50.0, None, (), 0, 0, None, None, (), TOO_TELLING)
    told = _place(standing)
    assert (told["state"], told["value"], told["ci"]) == ("suppressed", None, None)
    assert told["reason"] == TOO_TELLING


def test_accounts_are_filtered(program: Program) -> None:
    owner = a_user(email="Ana@Vendor.Example")
    first = an_account(external_id="F-1", external_key="F-1", owner_id=owner.id, segment="Retail")
    an_account(external_id="F-2", external_key="F-2", tier_id=a_tier().id, status="churned")
    assert names(program.items("/accounts?external_id=F-1")) == ["F-1"]
    assert names(program.items("/accounts?owner=ana@vendor.example")) == ["F-1"]
    assert names(program.items("/accounts?segment=Retail")) == ["F-1"]
    assert names(program.items("/accounts?tier=Tier%201")) == ["F-2"]
    assert names(program.items("/accounts?status=churned")) == ["F-2"]
    ahead = (utcnow() + timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert names(program.items(f"/accounts?updated_since={ahead}")) == []
    with transaction():
        first.name, first.changed_at = "Changed", utcnow() + timedelta(hours=2)
    assert names(program.items(f"/accounts?updated_since={ahead}")) == ["F-1"]


def test_an_account_whose_score_changed_counts_as_updated(program: Program) -> None:
    account = an_account(changed_at=utcnow() - timedelta(days=9))
    since = (utcnow() - timedelta(days=1)).isoformat().replace("+", "%2B")
    assert program.items(f"/accounts?updated_since={since}") == []
    rescore_some([account.id], now=utcnow())
    assert [one["id"] for one in program.items(f"/accounts?updated_since={since}")] == [account.id]


def test_people_are_told_with_their_personas_and_merged_ones_are_not(program: Program) -> None:
    account = an_account()
    kept = a_contact(account, personas=("champion", "admin"), email="Ana@Customer.Example")
    a_contact(account, merged_into_id=kept.id, status="left")
    listed = program.items(f"/contacts?account_id={account.id}")
    assert [one["id"] for one in listed] == [kept.id]
    assert set(listed[0]["personas"]) == {"champion", "admin"}
    assert program.items("/contacts?email=ana@customer.example")[0]["id"] == kept.id
    assert program.get(f"/contacts/{kept.id}").json["email"] == "Ana@Customer.Example"


def test_a_csm_reads_only_people_at_their_own_accounts(client: CheckingClient) -> None:
    csm = a_user(RoleName.CSM)
    own, foreign = a_contact(an_account(owner_id=csm.id)), a_contact()
    program = a_program(client, csm)
    assert [one["id"] for one in program.items("/contacts")] == [own.id]
    assert program.items(f"/contacts?account_id={foreign.account_id}") == []
    assert program.get(f"/contacts/{foreign.id}").status_code == 404


def test_a_single_thing_is_sent_again_only_when_it_changed(program: Program) -> None:
    account = an_account()
    first = program.get(f"/accounts/{account.id}")
    again = program.get(f"/accounts/{account.id}", If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    with transaction():
        account.name = "Another"
    changed = program.get(f"/accounts/{account.id}", If_None_Match=first.headers["ETag"])
    assert changed.status_code == 200
    assert changed.headers["ETag"] != first.headers["ETag"]
    assert changed.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in changed.vary


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(1, 5), min_size=1, max_size=12), news=st.sets(st.integers(0, 6)))
def test_whoever_goes_from_page_to_page_meets_each_row_once(
    program: Program, sizes: list[int], news: set[int]
) -> None:
    account = an_account()
    there = {a_contact(account).id for _unused in range(7)}
    met: list[int] = []
    following, step = f"/contacts?account_id={account.id}&limit={sizes[0]}", 0
    while following:
        if step in news:
            a_contact(account)
        page = program.get(following).json
        met += [one["id"] for one in page["items"]]
        following, step = page["next"], step + 1
        if following:
            following = following.replace(f"limit={sizes[0]}", f"limit={sizes[step % len(sizes)]}")
            following = following if "limit=" in following else following + "&limit=1"
    assert len(met) == len(set(met))
    assert there <= set(met)
    assert met == sorted(met)


def test_a_cursor_serves_only_the_list_it_came_from(program: Program) -> None:
    for _unused in range(2):
        a_contact()
    cursor = program.get("/contacts?limit=1").json["next"].partition("cursor=")[2]
    assert program.get(f"/contacts?cursor={cursor}").status_code == 200
    assert program.get(f"/contacts?cursor={cursor}&status=left").status_code == 422
    assert program.get(f"/accounts?cursor={cursor}").status_code == 422
    assert program.get(f"/contacts?cursor={cursor[:-1]}").status_code == 422


def counted(program: Program, path: str) -> int:
    statements: list[str] = []

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    db.session.expire_all()
    event.listen(db.engine, "before_cursor_execute", count)
    try:
        assert program.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    return len(statements)


@pytest.mark.parametrize("path", ["/accounts", "/contacts"])
def test_a_longer_list_takes_no_more_statements(client: CheckingClient, path: str) -> None:
    program = Program(client, a_token(last_used_at=utcnow())[1])

    def some(many: int) -> None:
        for _unused in range(many):
            owner = a_user()
            a_contact(an_account(owner_id=owner.id, tier_id=a_tier().id), personas=("champion", "admin"))

    some(2)
    program.get(path)
    few = counted(program, path)
    some(20)
    assert db.session.query(Contact).count() == 22
    assert counted(program, path) == few
