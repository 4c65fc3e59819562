"""Rules that move accounts: changing, previewing and applying them."""

import time
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, func, select

from tests.builders import NOW, a_company, a_tier, a_user, an_account, save
from tests.conftest import CheckingClient
from vocapp.accounts.models import Account, TierRule
from vocapp.accounts.rules import CoverageModel
from vocapp.accounts.service import change_account
from vocapp.accounts.tier_rules import TierConditions
from vocapp.admin.tiering import (
    apply_automatic_rules,
    apply_rules,
    delete_rule,
    move_rule,
    planned_moves,
    rules_in_order,
    save_rule,
    shadowed_rules,
)
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.jobs import Job
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.relationship.models import AccountScore

pytestmark = pytest.mark.usefixtures("app")
BIG = TierConditions(arr_from=Decimal(100_000), currency="EUR")


@pytest.fixture
def admin() -> User:
    return a_user(RoleName.ADMIN)


def a_rule(by: User, conditions: TierConditions = BIG, **changes: Any) -> TierRule:
    values: dict[str, Any] = {
        "name": f"Rule {len(rules_in_order()) + 1}",
        "tier": a_tier(),
        "coverage_model": None,
        "is_automatic": True,
    }
    return save_rule(None, conditions=conditions, by=by, **{**values, **changes})


def red_rule(by: User, **changes: Any) -> TierRule:
    values = {"name": "In red", "tier": None, "coverage_model": CoverageModel.HIGH_TOUCH, **changes}
    return a_rule(by, TierConditions(needs_red=True), **values)


def a_big_account(**values: Any) -> Account:
    return an_account(**{"arr": Decimal(200_000), "currency": "EUR", **values})


def a_score(account: Account, *, status: str) -> AccountScore:
    return save(AccountScore(account_id=account.id, as_of=NOW.date(), answers=5, status=status, measures={}))


def apply(by: User | None) -> int:
    moved = apply_rules(seen=planned_moves().mark, by=by) if by else apply_automatic_rules()
    db.session.expire_all()
    return moved


def test_the_preview_names_account_before_after_and_rule(admin: User) -> None:
    low, account = a_tier("Tier 3", 3), a_big_account()
    account.tier_id = low.id
    rule = a_rule(admin)

    plan = planned_moves()

    assert [(line.name, line.move.tier and line.move.tier.before) for line in plan.lines] == [
        (account.name, low.id)
    ]
    assert plan.tier_moves() == [(low.id, rule.tier_id, rule.name, 1)]


def test_a_preview_moves_nothing(admin: User) -> None:
    account = a_big_account()
    a_rule(admin)

    planned_moves()

    assert account.tier_id is None


def test_applying_moves_the_accounts_and_asks_for_new_scores(admin: User) -> None:
    account, rule = a_big_account(), a_rule(admin)

    assert apply(admin) == 1
    assert account.tier_id == rule.tier_id
    assert db.session.scalar(select(Job.payload)) == {"account_ids": [account.id]}


def test_every_move_is_in_the_audit_trail_with_before_after_and_rule(admin: User) -> None:
    account = a_big_account(tier_id=a_tier("Tier 3", 3).id)
    a_rule(admin, name="Big ones")

    apply(admin)

    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "account_moved"))
    assert (entry.subject_id, entry.actor_id) == (account.id, admin.id)
    assert entry.details == {"fields": ["tier_id"], "tier": ["Tier 3", "Tier 1"], "tier_rule": "Big ones"}


def test_applying_twice_moves_nobody_the_second_time(admin: User) -> None:
    a_big_account()
    a_rule(admin)
    apply(admin)

    assert apply(admin) == 0


def test_what_has_changed_since_the_preview_is_not_applied(admin: User) -> None:
    account = a_big_account()
    a_rule(admin)
    seen = planned_moves().mark
    a_big_account()

    with pytest.raises(DomainError, match="look at the preview again"):
        apply_rules(seen=seen, by=admin)
    assert account.tier_id is None


def test_churned_accounts_stay_where_they_are(admin: User) -> None:
    a_big_account(status="churned")
    a_rule(admin)

    assert planned_moves().lines == []


def test_at_night_only_automatic_rules_move_accounts(admin: User) -> None:
    account = a_big_account()
    a_rule(admin, is_automatic=False)

    assert apply(None) == 0
    assert account.tier_id is None


def test_at_night_an_earlier_rule_applied_by_hand_keeps_its_accounts(admin: User) -> None:
    a_big_account()
    a_rule(admin, is_automatic=False)
    a_rule(admin, TierConditions(arr_from=Decimal(1)), tier=a_tier("Tier 2", 2))

    assert apply(None) == 0


def test_an_account_in_red_becomes_high_touch_and_goes_back(admin: User) -> None:
    account = an_account()
    score = a_score(account, status="red")
    red_rule(admin)

    apply(None)
    assert (account.coverage_model, account.is_coverage_by_rule) == ("high_touch", True)

    with transaction():
        score.status = "green"
    apply(None)
    assert (account.coverage_model, account.is_coverage_by_rule) == ("standard", False)


def test_a_coverage_model_chosen_by_hand_outlasts_the_rule(admin: User) -> None:
    account = an_account()
    score = a_score(account, status="red")
    red_rule(admin)
    apply(None)
    change_account(account, {"coverage_model": "standard"}, user=admin)
    change_account(account, {"coverage_model": "high_touch"}, user=admin)
    with transaction():
        score.status = "green"

    assert apply(None) == 0
    assert account.coverage_model == "high_touch"


@pytest.mark.parametrize(
    ("conditions", "changes", "words"),
    [
        (BIG, {"name": " "}, "a name"),
        (BIG, {"name": "rule 1"}, "no other rule has"),
        (BIG, {"tier": None}, "must decide something"),
        (TierConditions(), {}, "Ask for something"),
        (TierConditions(arr_from=Decimal(5), arr_below=Decimal(5)), {}, "band is empty"),
        (TierConditions(arr_from=Decimal(-1)), {}, "not below 0"),
        (TierConditions(needs_red=True), {}, "only the coverage model"),
        (TierConditions(segments=("SMB",)), {}, "asks for the same accounts"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(
    admin: User, conditions: TierConditions, changes: dict[str, Any], words: str
) -> None:
    a_rule(admin, TierConditions(segments=("SMB",)))

    with pytest.raises(DomainError, match=words):
        a_rule(admin, conditions, **changes)
    assert len(rules_in_order()) == 1


def test_a_rule_that_never_decides_is_pointed_out(admin: User) -> None:
    wide = a_rule(admin, TierConditions(arr_from=Decimal(1), currency="EUR"))
    narrow = a_rule(admin, BIG, tier=a_tier("Tier 2", 2))
    assert shadowed_rules() == {narrow.id: wide.name}

    move_rule(narrow, -1, by=admin)

    assert shadowed_rules() == {}


def test_deleting_a_rule_leaves_accounts_where_they_are(admin: User) -> None:
    account, rule = a_big_account(), a_rule(admin)
    apply(admin)

    delete_rule(rule, by=admin)

    assert account.tier_id is not None


def test_ten_thousand_accounts_are_previewed_and_moved_with_few_statements(admin: User) -> None:
    rows = [
        {
            "external_id": f"X{n}",
            "external_key": f"X{n}",
            "name": f"X{n}",
            "arr": Decimal(n * 20),
            "currency": "EUR",
        }
        for n in range(10_000)
    ]
    with transaction():
        db.session.execute(Account.__table__.insert(), rows)
    a_rule(admin)
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    begun = time.perf_counter()
    try:
        assert len(planned_moves().lines) == 5000
        looked = len(statements)
        assert apply(admin) == 5000
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    assert looked <= 3  # One of them opens the savepoint.
    assert len(statements) < 40
    assert time.perf_counter() - begun < 20


def test_rules_are_made_previewed_and_applied_on_pages(client: CheckingClient) -> None:
    a_company()
    client.sign_in(a_user(RoleName.ADMIN))
    account, tier = a_big_account(name="Nordwind"), a_tier()
    form = {
        "name": "Big ones",
        "arr_from": "100000",
        "currency": "EUR",
        "tier_id": str(tier.id),
        "regions": "",
    }
    client.post("/settings/tier-rules/new", data={**form, "coverage_model": ""})

    text = client.get("/settings/tier-rules/preview").text
    assert "Nordwind" in text
    client.post("/settings/tier-rules/apply", data={"seen": planned_moves().mark}, follow_redirects=True)

    db.session.refresh(account)
    assert account.tier_id == tier.id


def test_a_rule_is_changed_moved_and_deleted_on_pages(client: CheckingClient, admin: User) -> None:
    a_company()
    client.sign_in(admin)
    first, second = (
        a_rule(admin, TierConditions(segments=("SMB",), growth_potentials=("high",))),
        a_rule(admin),
    )
    save(first)

    assert "SMB" in client.get(f"/settings/tier-rules/{first.id}").text
    assert "growth potential high" in client.get("/settings/tier-rules").text
    client.post(f"/settings/tier-rules/{second.id}/move", data={"to": "up"})
    assert [rule.id for rule in rules_in_order()] == [second.id, first.id]
    client.post(f"/settings/tier-rules/{second.id}/delete")
    assert db.session.scalar(select(func.count()).select_from(TierRule)) == 1


def test_a_rule_without_conditions_is_told_on_the_form(client: CheckingClient, admin: User) -> None:
    a_company()
    client.sign_in(admin)

    text = client.post(
        "/settings/tier-rules/new",
        data={"name": "All", "tier_id": str(a_tier().id), "coverage_model": "", "currency": ""},
    ).text
    assert "would move every account" in text
