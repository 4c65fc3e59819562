"""Who sees which account, and footprint from the database."""

from datetime import date

import pytest
from sqlalchemy import event

from tests.builders import NOW, a_contact, a_profile, a_tier, a_user, an_account
from vocapp.accounts.profiles import change_profile, ensure_defaults
from vocapp.accounts.queries import account_people, footprint_of, requirements_on, visible_accounts
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.rules import RoleName

pytestmark = pytest.mark.usefixtures("app")
TODAY = NOW.date()


def test_a_csm_sees_only_their_own_accounts() -> None:
    ana, own = a_user(), an_account()
    own.owner_id = ana.id
    an_account()

    assert db.session.scalars(visible_accounts(ana)).all() == [own]


@pytest.mark.parametrize("role", [RoleName.ADMIN, RoleName.LEADER, RoleName.EXECUTIVE])
def test_everybody_else_sees_every_account(role: RoleName) -> None:
    an_account()

    assert len(db.session.scalars(visible_accounts(a_user(role))).all()) == 1


def test_a_new_profile_changes_nothing_before_its_date() -> None:
    tier = a_tier()
    a_profile(tier, champion=1)
    a_profile(tier, effective_from=TODAY, champion=3)

    assert requirements_on(date(2026, 3, 10))[tier.id] == {"champion": 1}
    assert requirements_on(TODAY)[tier.id] == {"champion": 3}


def test_a_profile_cannot_change_in_the_past() -> None:
    tier = a_tier()

    with pytest.raises(DomainError, match="not in the past"):
        change_profile(tier, {}, effective_from=date(2026, 3, 10), today=TODAY)


def test_changing_todays_profile_again_keeps_one_profile() -> None:
    ensure_defaults()
    tier = a_tier()
    persona_id = a_contact().personas[0].id
    change_profile(tier, {persona_id: 2}, effective_from=TODAY, today=TODAY)

    change_profile(tier, {persona_id: 4}, effective_from=TODAY, today=TODAY)

    assert requirements_on(TODAY)[tier.id] == {"champion": 4}


def test_defaults_are_made_once() -> None:
    ensure_defaults()
    ensure_defaults()

    assert requirements_on(TODAY)[a_tier("Tier 2").id] == {
        "decision_maker": 1,
        "champion": 1,
        "admin": 1,
        "power_user": 5,
    }


def test_footprint_counts_verified_people_of_the_account() -> None:
    tier = a_tier()
    a_profile(tier, champion=1, decision_maker=1)
    account = an_account(tier_id=tier.id)
    a_contact(account, personas=("champion",))
    a_contact(account, personas=("decision_maker",), verified_on=None)

    found = footprint_of([account.id], TODAY)[account.id]

    assert found.gaps == {"decision_maker": 1}


def test_somebody_who_plays_two_parts_fills_two_seats() -> None:
    tier = a_tier()
    a_profile(tier, champion=1, decision_maker=1)
    account = an_account(tier_id=tier.id)
    a_contact(account, personas=("champion", "decision_maker"))

    assert footprint_of([account.id], TODAY)[account.id].filled == 2


def test_somebody_who_left_leaves_an_empty_seat() -> None:
    tier = a_tier()
    a_profile(tier, champion=1)
    account = an_account(tier_id=tier.id)
    a_contact(account, status="left")

    assert footprint_of([account.id], TODAY)[account.id].personas[0].slots[0].person is None


def test_footprint_of_many_accounts_takes_six_statements() -> None:
    tier = a_tier()
    a_profile(tier, champion=1)
    accounts = [an_account(tier_id=tier.id) for _number in range(5)]
    for account in accounts:
        a_contact(account)
    ids = [account.id for account in accounts]
    statements: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        footprint_of(ids, TODAY)
    finally:
        event.remove(db.engine, "before_cursor_execute", note)

    assert len(statements) == 6


def test_people_who_left_come_last() -> None:
    account = an_account()
    gone = a_contact(account, status="left", last_name="Aaa")
    here = a_contact(account, last_name="Zzz")

    assert list(account_people(account.id)) == [here, gone]
