"""Whatever an administrator changes about profiles, the days before stay as they were."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from tests.builders import NOW, a_contact, a_persona, a_profile, a_tier, a_user, an_account
from vocapp.accounts.models import (
    Account,
    Contact,
    KnowingRules,
    Persona,
    PersonaWeight,
    ProfileOverride,
    Tier,
    TierProfile,
)
from vocapp.accounts.personas import (
    add_persona,
    begin_due_weights,
    move_persona,
    retire_persona,
    weigh_persona,
)
from vocapp.accounts.profiles import (
    add_override,
    change_house_rules,
    change_profile,
    withdraw_override,
)
from vocapp.accounts.queries import footprint_of, personas_in_order
from vocapp.accounts.rules import HouseRules, OverrideScope
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.models import User

TODAY = NOW.date()
DAYS_BACK = (0, 1, 2, 5, 30)
Change = Callable[[User, date], object]

on_one_database = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

# Mostly today, where a mistake would show at once; in the past it must be refused.
SOON = st.sampled_from([0, 0, 0, 1, 4, -1])
numbers = st.integers(0, 3)
places = st.integers(0, 3)


def persona_at(place: int) -> Persona:
    known = personas_in_order()
    return known[place % len(known)]


def profile_change(place: int, number: int, ahead: int) -> Change:
    return lambda _by, today: change_profile(
        a_tier(), {persona_at(place).id: number}, effective_from=today + timedelta(ahead), today=today
    )


def weight_change(place: int, weight: int, ahead: int) -> Change:
    return lambda by, today: weigh_persona(
        persona_at(place), float(weight), effective_from=today + timedelta(ahead), by=by, today=today
    )


def retirement(place: int, ahead: int) -> Change:
    return lambda by, today: retire_persona(
        persona_at(place), on=today + timedelta(ahead), by=by, today=today
    )


def override(scope: OverrideScope, place: int, number: int, ahead: int, *, for_tier: bool) -> Change:
    where = {OverrideScope.SEGMENT: "Enterprise", OverrideScope.REGION: "EMEA", OverrideScope.ACCOUNT: "A"}
    return lambda by, today: add_override(
        scope,
        where[scope],
        persona=persona_at(place),
        required=number,
        reason="Because.",
        effective_from=today + timedelta(ahead),
        tier=a_tier() if for_tier else None,
        by=by,
        today=today,
    )


def withdrawal(place: int, ahead: int) -> Change:
    def change(by: User, today: date) -> None:
        known = db.session.query(ProfileOverride).order_by(ProfileOverride.id).all()
        if known:
            withdraw_override(known[place % len(known)], ends_on=today + timedelta(ahead), by=by, today=today)

    return change


def new_persona(name: str) -> Change:
    return lambda by, _today: add_persona(name, description="", weight=1.0, by=by)


def new_order(place: int, by_places: int) -> Change:
    return lambda by, _today: move_persona(persona_at(place), by_places, by=by)


def house_rule(days: int) -> Change:
    return lambda by, today: change_house_rules(replace(HouseRules(), verified_days=days), by=by, today=today)


def changes(begins: st.SearchStrategy[int]) -> st.SearchStrategy[Change]:
    """Anything an administrator may try; it begins so many days ahead."""
    return st.one_of(
        st.builds(profile_change, places, numbers, begins),
        st.builds(weight_change, places, numbers, begins),
        st.builds(retirement, places, begins),
        st.builds(override, st.sampled_from(OverrideScope), places, numbers, begins, for_tier=st.booleans()),
        st.builds(withdrawal, places, begins),
        st.builds(new_persona, st.sampled_from(["Sponsor", "Patron", "Champion"])),
        st.builds(new_order, places, st.integers(-2, 2)),
    )


def changes_from_today() -> st.SearchStrategy[Change]:
    return st.one_of(changes(begins=SOON), st.builds(house_rule, st.integers(1, 60)))


def an_account_with_people() -> Account:
    """One account with people of three personas; whatever was there before is forgotten."""
    with transaction():
        for model in (
            ProfileOverride,
            TierProfile,
            Contact,
            Account,
            PersonaWeight,
            Persona,
            Tier,
            KnowingRules,
        ):
            db.session.execute(delete(model))
    db.session.expunge_all()
    tier = a_tier()
    a_profile(tier, champion=2, decision_maker=1, admin=1)
    account = an_account(
        external_id="A", external_key="A", tier_id=tier.id, segment="Enterprise", region="EMEA"
    )
    a_contact(account, personas=("champion",), verified_on=TODAY - timedelta(days=50))
    a_contact(account, personas=("decision_maker",), status="opted_out")
    a_contact(account, personas=("admin", "champion"), verified_on=None)
    a_persona("influencer")
    return account


def seen_on(account_id: int, on: date) -> Any:
    """Everything that counts about a footprint; the names and the order of personas are today's."""
    found = footprint_of([account_id], on)[account_id]
    seats = {
        group.persona.key: (
            group.required,
            group.filled,
            group.doubtful,
            group.reachable,
            group.persona.weight,
        )
        for group in found.personas
    }
    return seats, found.identified, found.verified, found.reachable


@given(told=st.lists(st.tuples(st.integers(0, 4), changes_from_today()), min_size=1, max_size=8))
@on_one_database
def test_no_change_of_profiles_changes_a_day_before_it(app: Flask, told: list[tuple[int, Change]]) -> None:
    account_id, by, today = an_account_with_people().id, a_user(), TODAY
    for later, change in told:
        today += timedelta(later)
        earlier = [today - timedelta(days=1 + back) for back in DAYS_BACK]
        begin_due_weights(today)
        before = [seen_on(account_id, on) for on in earlier]
        with suppress(DomainError), db.session.begin_nested():
            change(by, today)

        assert [seen_on(account_id, on) for on in earlier] == before


@given(told=st.lists(changes(begins=st.integers(1, 10)), min_size=1, max_size=6))
@on_one_database
def test_what_is_planned_for_later_changes_nothing_today(app: Flask, told: list[Change]) -> None:
    account_id, by = an_account_with_people().id, a_user()
    now = seen_on(account_id, TODAY)
    for change in told:
        with suppress(DomainError), db.session.begin_nested():
            change(by, TODAY)

    assert begin_due_weights(TODAY) == 0
    assert seen_on(account_id, TODAY) == now
