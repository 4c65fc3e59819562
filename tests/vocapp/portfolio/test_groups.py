"""An account with everybody below it, taken together."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import event

from surveys.parameters import DEFAULT_METHOD
from tests.builders import (
    NOW,
    a_company,
    a_contact,
    a_profile,
    a_response,
    a_tier,
    a_user,
    a_wave,
    an_account,
    an_invitation,
)
from tests.conftest import CheckingClient
from vocapp.accounts.models import Account
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.portfolio.groups import Group, group_of
from vocapp.relationship.queries import facts_of, priors
from vocapp.relationship.rules import score_accounts

TODAY = NOW.date() + timedelta(days=1)


@pytest.fixture
def leader(client: CheckingClient) -> Iterator[User]:
    with time_machine.travel(NOW + timedelta(days=1)):
        a_company()
        user = a_user(RoleName.LEADER)
        client.sign_in(user)
        yield user


def rated(account: Account, *ratings: int) -> None:
    wave = a_wave(state="closed")
    for rating in ratings:
        a_response(an_invitation(wave, a_contact(account)), rating=rating)


def silent(account: Account) -> None:
    an_invitation(a_wave(state="closed"), a_contact(account), state="silent", settled_at=NOW)


def seen_by(user: User, account: Account, **options: Any) -> Group:
    return group_of(account, user, on=TODAY, **options)


def measures(group: Group) -> dict[str, Any]:
    assert group.rolled is not None
    return group.rolled.score.measures


def test_answers_and_silences_of_all_accounts_are_one_pool(leader: User) -> None:
    top = an_account()
    child, grandchild = an_account(parent_id=top.id), None
    grandchild = an_account(parent_id=child.id)
    rated(top, 9)
    rated(child, 10, 3)
    rated(grandchild, 8)
    silent(grandchild)
    found = measures(seen_by(leader, top))
    assert found["classes"] == {"promoters": 2, "passives": 1, "detractors": 1, "silent": 1}
    assert found["nps"]["value"] == pytest.approx(0.25)
    assert found["engagement"]["value"] == pytest.approx(4 / 5)
    assert found["engagement"]["n"] == 5


def test_a_pool_of_one_account_scores_as_the_account_does(leader: User) -> None:
    tier = a_tier()
    a_profile(tier, champion=2)
    top = an_account(tier_id=tier.id)
    an_account(parent_id=top.id, status="churned")
    rated(top, 9, 4)
    silent(top)
    group = seen_by(leader, top)
    own = score_accounts(list(facts_of([top.id], as_of=TODAY, method=DEFAULT_METHOD)), priors())[0]
    assert (group.counted, group.churned) == (1, 1)
    assert measures(group) == own.measures


def test_seats_are_rolled_up_over_the_group(leader: User) -> None:
    tier = a_tier()
    a_profile(tier, champion=1)
    top = an_account(tier_id=tier.id)
    child = an_account(tier_id=tier.id, parent_id=top.id)
    for _surplus in range(3):
        a_contact(child)
    group = seen_by(leader, top)
    assert group.rolled is not None
    assert group.rolled.footprint.verified.value == 0.5
    assert measures(group)["footprint"]["value"] == 0.5


def test_a_csm_gets_only_their_own_accounts_and_is_told_how_many_are_left_out(leader: User) -> None:
    csm = a_user(RoleName.CSM)
    top = an_account(owner_id=csm.id)
    foreign = an_account(parent_id=top.id)
    rated(top, 9)
    rated(foreign, 2)
    group = seen_by(csm, top)
    assert (group.size, group.counted, group.hidden) == (2, 1, 1)
    assert measures(group)["nps"]["value"] == 1.0


def test_the_number_of_statements_does_not_grow_with_the_group(leader: User) -> None:
    tier = a_tier()
    a_profile(tier, champion=1)

    def statements(children: int) -> int:
        top = an_account(tier_id=tier.id)
        for _child in range(children):
            rated(an_account(tier_id=tier.id, parent_id=top.id), 9)
        account = db.session.get_one(Account, top.id)
        leader_now = db.session.get_one(User, leader.id)
        seen: list[str] = []

        def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        event.listen(db.engine, "before_cursor_execute", count)
        try:
            seen_by(leader_now, account)
        finally:
            event.remove(db.engine, "before_cursor_execute", count)
        return len(seen)

    assert statements(2) == statements(9)


def test_the_page_shows_the_group_and_each_account_on_its_own(client: CheckingClient, leader: User) -> None:
    top = an_account(name="Globex")
    an_account(name="Globex Nord", parent_id=top.id)
    rated(top, 9)
    page = client.get(f"/accounts/{top.id}/group").get_data(as_text=True)
    assert "Rolled up over 2 accounts." in page
    assert "Globex Nord" in page
    assert "below Globex" in page


def test_the_account_page_labels_what_is_rolled_up(client: CheckingClient, leader: User) -> None:
    top = an_account(name="Globex")
    child = an_account(name="Globex Nord", parent_id=top.id)
    page = client.get(f"/accounts/{top.id}").get_data(as_text=True)
    assert "Group of 2 accounts" in page
    assert "Rolled up over 2 accounts." in page
    below = client.get(f"/accounts/{child.id}").get_data(as_text=True)
    assert "Group of" not in below
    assert "Belongs to" in below


def test_an_account_alone_has_an_empty_group_page(client: CheckingClient, leader: User) -> None:
    account = an_account()
    assert "stands alone" in client.get(f"/accounts/{account.id}/group").get_data(as_text=True)
    assert "Group of" not in client.get(f"/accounts/{account.id}").get_data(as_text=True)


def test_a_circle_in_the_tree_breaks_no_page(client: CheckingClient, leader: User) -> None:
    first = an_account()
    second = an_account(parent_id=first.id)
    with transaction():
        first.parent_id = second.id
    assert client.get(f"/accounts/{first.id}/group").status_code == 200
    assert client.get(f"/accounts/{first.id}").status_code == 200


def test_names_of_other_csms_accounts_stay_hidden(client: CheckingClient, leader: User) -> None:
    csm = a_user(RoleName.CSM)
    parent = an_account(name="Secret Holding")
    top = an_account(owner_id=csm.id, parent_id=parent.id)
    an_account(name="Secret Child", parent_id=top.id)
    client.sign_in(csm)
    for address in (f"/accounts/{top.id}/group", f"/accounts/{top.id}"):
        page = client.get(address).get_data(as_text=True)
        assert "Secret" not in page
        assert "somebody else" in page


def test_a_large_group_leaves_its_numbers_to_its_own_page(leader: User) -> None:
    top = an_account()
    an_account(parent_id=top.id)
    assert seen_by(leader, top, most=1).rolled is None
    assert seen_by(leader, top, most=2).rolled is not None
