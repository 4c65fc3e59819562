"""Tiers, overrides and how long knowledge stays good."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.builders import NOW, a_contact, a_persona, a_profile, a_tier, a_user, an_account, save
from vocapp.accounts.models import KnowingRules, ProfileOverride, Tier, TierProfile, TierRule
from vocapp.accounts.personas import ALWAYS
from vocapp.accounts.profiles import (
    add_override,
    add_tier,
    change_house_rules,
    change_profile,
    delete_tier,
    move_tier,
    rename_tier,
    withdraw_override,
)
from vocapp.accounts.queries import footprint_of, house_rules, requirements_of, tiers_by_rank
from vocapp.accounts.rules import HouseRules, OverrideScope
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import Job
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName

pytestmark = pytest.mark.usefixtures("app")
TODAY = NOW.date()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture
def admin() -> User:
    return a_user(RoleName.ADMIN)


def an_override(by: User, **changes: Any) -> ProfileOverride:
    values: dict[str, Any] = {
        "scope": OverrideScope.SEGMENT,
        "where": "Enterprise",
        "persona": a_persona("champion"),
        "required": 3,
        "reason": "They buy through a committee.",
        "effective_from": TODAY,
    }
    values |= changes
    return add_override(values.pop("scope"), values.pop("where"), **values, by=by, today=TODAY)


def an_enterprise(**values: Any) -> Any:
    tier = a_tier()
    a_profile(tier, champion=1)
    return an_account(tier_id=tier.id, segment="Enterprise", region="EMEA", **values)


def required(account: Any, on: date = TODAY) -> dict[str, int]:
    return requirements_of([account.id], on)[account.id]


def test_a_tiers_name_is_taken_once(admin: User) -> None:
    tier = add_tier("Gold", by=admin)

    with pytest.raises(DomainError, match="choose another name"):
        rename_tier(add_tier("Silver", by=admin), tier.name.upper(), by=admin)


def test_tiers_change_places(admin: User) -> None:
    first, second = add_tier("Gold", by=admin), add_tier("Silver", by=admin)

    move_tier(second, -1, by=admin)

    assert list(tiers_by_rank()) == [second, first]


def test_an_empty_tier_goes_with_its_profiles(admin: User) -> None:
    tier = a_tier()
    a_profile(tier, champion=1)

    delete_tier(tier, by=admin)

    assert db.session.scalar(select(func.count()).select_from(Tier)) == 0
    assert db.session.scalar(select(func.count()).select_from(TierProfile)) == 0


def test_a_tier_with_accounts_stays(admin: User) -> None:
    tier = a_tier()
    an_account(tier_id=tier.id)

    with pytest.raises(DomainError, match="still has one account"):
        delete_tier(tier, by=admin)


def test_a_tier_that_a_rule_moves_accounts_to_stays(admin: User) -> None:
    tier = a_tier()
    save(TierRule(name="Big ones", tier_id=tier.id, conditions={}))

    with pytest.raises(DomainError, match="The rule Big ones"):
        delete_tier(tier, by=admin)


@pytest.mark.parametrize("number", [-1, 101])
def test_a_quota_lies_between_0_and_100(number: int) -> None:
    with pytest.raises(DomainError, match="correct the number"):
        change_profile(a_tier(), {a_persona().id: number}, effective_from=TODAY, today=TODAY)


def test_a_quota_without_a_persona_is_refused() -> None:
    with pytest.raises(DomainError, match="no persona"):
        change_profile(a_tier(), {12345: 1}, effective_from=TODAY, today=TODAY)


def test_an_override_holds_for_its_segment_from_its_day_on(admin: User) -> None:
    account = an_enterprise()

    an_override(admin, effective_from=TOMORROW)

    assert (required(account), required(account, TOMORROW)) == ({"champion": 1}, {"champion": 3})


def test_an_override_names_a_region_or_an_account(admin: User) -> None:
    account = an_enterprise()
    an_override(admin, scope=OverrideScope.REGION, where="emea", required=2)
    assert required(account) == {"champion": 2}

    an_override(admin, scope=OverrideScope.ACCOUNT, where=account.external_id, required=4)
    assert required(account) == {"champion": 4}


def test_an_override_finds_its_account_by_name_as_well(admin: User) -> None:
    account = an_enterprise()

    an_override(admin, scope=OverrideScope.ACCOUNT, where=f" {account.name.upper()} ", required=4)

    assert required(account) == {"champion": 4}


def test_a_name_that_two_accounts_have_is_not_guessed(admin: User) -> None:
    an_enterprise(name="Northgate")
    an_account(name="Northgate")

    with pytest.raises(DomainError, match="Several accounts have this name"):
        an_override(admin, scope=OverrideScope.ACCOUNT, where="Northgate")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"required": -1}, "correct the number"),
        ({"required": 101}, "correct the number"),
        ({"persona": None}, "Choose a persona"),
        ({"reason": "  "}, "Give the reason"),
        ({"effective_from": YESTERDAY}, "not in the past"),
        ({"where": "Nowhere"}, "choose one that exists"),
        ({"scope": OverrideScope.ACCOUNT, "where": "A-unknown"}, "No account has this identifier or name"),
    ],
)
def test_an_override_that_makes_no_sense_is_refused_and_not_stored(
    admin: User, changes: dict[str, Any], words: str
) -> None:
    an_enterprise()

    with pytest.raises(DomainError, match=words):
        an_override(admin, **changes)

    assert db.session.scalar(select(func.count()).select_from(ProfileOverride)) == 0


def test_two_overrides_for_the_same_do_not_begin_on_one_day(admin: User) -> None:
    an_enterprise()
    an_override(admin)

    with pytest.raises(DomainError, match="withdraw that one first"):
        an_override(admin, required=9)


def test_a_withdrawn_override_held_until_then(admin: User) -> None:
    account = an_enterprise()
    override = an_override(admin)

    withdraw_override(override, ends_on=TOMORROW, by=admin, today=TODAY)

    assert (required(account), required(account, TOMORROW)) == ({"champion": 3}, {"champion": 1})


def test_an_override_withdrawn_before_it_begins_never_holds(admin: User) -> None:
    account = an_enterprise()
    override = an_override(admin, effective_from=TOMORROW)

    withdraw_override(override, ends_on=TODAY, by=admin, today=TODAY)

    assert required(account, TOMORROW) == {"champion": 1}


def test_withdrawing_in_the_past_is_refused(admin: User) -> None:
    an_enterprise()

    with pytest.raises(DomainError, match="not in the past"):
        withdraw_override(an_override(admin), ends_on=YESTERDAY, by=admin, today=TODAY)


def test_an_override_that_has_ended_cannot_be_withdrawn(admin: User) -> None:
    an_enterprise()
    override = an_override(admin)
    withdraw_override(override, ends_on=TODAY, by=admin, today=TODAY)

    with pytest.raises(DomainError, match="ended already"):
        withdraw_override(override, ends_on=TOMORROW, by=admin, today=TODAY)


def test_an_override_from_today_asks_for_new_scores(admin: User) -> None:
    an_enterprise()
    an_override(admin)

    assert "rescore_all" in db.session.scalars(select(Job.key)).all()


def test_without_a_row_the_house_rules_are_the_defaults() -> None:
    assert house_rules() == HouseRules()


def test_house_rules_changed_twice_on_one_day_hold_as_changed_last(admin: User) -> None:
    change_house_rules(replace(HouseRules(), verified_days=60), by=admin, today=TODAY)
    change_house_rules(replace(HouseRules(), verified_days=30), by=admin, today=TODAY)

    assert house_rules().verified_days == 30
    days = select(KnowingRules.effective_from, KnowingRules.verified_days)
    assert db.session.execute(days.order_by(KnowingRules.id)).all() == [(ALWAYS, 90), (TODAY, 30)]


def test_house_rules_of_earlier_days_stay_on_record(admin: User) -> None:
    change_house_rules(replace(HouseRules(), verified_days=30), by=admin, today=TODAY)

    assert house_rules(TODAY - timedelta(days=1)).verified_days == 90


def test_a_shorter_confirmation_takes_nobody_out_of_an_earlier_footprint(admin: User) -> None:
    account = an_enterprise()
    a_contact(account, verified_on=TODAY - timedelta(days=45))
    change_house_rules(replace(HouseRules(), verified_days=30), by=admin, today=TODAY)

    assert footprint_of([account.id], TODAY - timedelta(days=1))[account.id].filled == 1


def test_who_counts_as_verified_follows_the_house_rules(admin: User) -> None:
    account = an_enterprise()
    a_contact(account, verified_on=TODAY - timedelta(days=45))

    assert footprint_of([account.id], TODAY)[account.id].filled == 1
    change_house_rules(replace(HouseRules(), verified_days=30), by=admin, today=TODAY)
    assert footprint_of([account.id], TODAY)[account.id].filled == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"verified_days": 0},
        {"roster_days": 3651},
        {"silent_waves": 21},
        {"champion_every_days": 10, "champion_open_days": 11},
    ],
)
def test_house_rules_that_make_no_sense_are_refused(admin: User, changes: dict[str, int]) -> None:
    with pytest.raises(DomainError):
        change_house_rules(replace(HouseRules(), **changes), by=admin, today=TODAY)

    assert house_rules() == HouseRules()


def test_the_audit_trail_tells_which_house_rule_changed(admin: User) -> None:
    change_house_rules(replace(HouseRules(), verified_days=60), by=admin, today=TODAY)

    (entry,) = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "house_rules_changed"))
    assert entry.details == {"verified_days": [90, 60]}


def test_a_role_address_holds_no_seat() -> None:
    account = an_enterprise()
    a_contact(account, is_role_address=True)

    assert footprint_of([account.id], TODAY)[account.id].identified_seats == 0


def test_somebody_who_opted_out_counts_as_verified_but_not_as_reachable() -> None:
    account = an_enterprise()
    a_contact(account, status="opted_out")

    found = footprint_of([account.id], TODAY)[account.id]
    assert (found.verified_seats, found.reachable_seats) == (1, 0)
