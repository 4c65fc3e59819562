"""Parents and children: whatever the links are, every question about them ends."""

import random
from datetime import timedelta

import pytest

from tests.builders import NOW, a_company, a_contact, a_profile, a_tier, a_user, an_account
from tests.conftest import CheckingClient
from vocapp.accounts.models import Account
from vocapp.accounts.queries import footprint_of, persona_facts
from vocapp.accounts.rollup import roll_up, seat_counts
from vocapp.accounts.tree import (
    MOST_LEVELS,
    ancestors_of,
    counted_ids,
    has_children,
    levels_below,
    rolled_footprint,
    tree_ids,
    tree_size,
    why_no_parent,
)
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName

pytestmark = pytest.mark.usefixtures("app")


def below(account: Account) -> set[int]:
    return set(db.session.scalars(tree_ids(account.id)))


def a_line(length: int) -> list[Account]:
    """Accounts below each other, the top one first."""
    line = [an_account()]
    for _level in range(length - 1):
        line.append(an_account(parent_id=line[-1].id))
    return line


def test_a_tree_holds_the_account_and_everybody_below() -> None:
    top = an_account()
    child, other = an_account(parent_id=top.id), an_account(parent_id=top.id)
    grandchild = an_account(parent_id=child.id)
    an_account()
    assert below(top) == {top.id, child.id, other.id, grandchild.id}
    assert below(child) == {child.id, grandchild.id}
    assert (tree_size(top.id), has_children(top.id), has_children(other.id)) == (4, True, False)
    assert ancestors_of(grandchild.id) == [child.id, top.id]


def test_a_circle_ends() -> None:
    first, second = a_line(2)
    with transaction():
        first.parent_id = second.id
    assert below(first) == below(second) == {first.id, second.id}
    assert ancestors_of(first.id) == [second.id]
    assert levels_below(first.id) == MOST_LEVELS + 1


def test_an_account_that_is_its_own_parent_stands_alone() -> None:
    account = an_account()
    with transaction():
        account.parent_id = account.id
    assert below(account) == {account.id}
    assert ancestors_of(account.id) == []
    assert not has_children(account.id)


def test_an_account_cannot_belong_to_itself_or_to_one_below() -> None:
    top, child, grandchild = a_line(3)
    assert "cannot belong to itself" in str(why_no_parent(top, top))
    assert "stands below" in str(why_no_parent(top, grandchild))
    assert why_no_parent(grandchild, top) is None
    assert why_no_parent(an_account(), child) is None


def test_a_tree_does_not_grow_deeper_than_an_import_allows() -> None:
    line = a_line(MOST_LEVELS)
    assert "levels deep" in str(why_no_parent(an_account(), line[-1]))
    assert why_no_parent(an_account(), line[-2]) is None
    with_child = a_line(2)[0]
    assert "levels deep" in str(why_no_parent(with_child, line[-2]))


def test_only_visible_customers_are_counted() -> None:
    csm = a_user(RoleName.CSM)
    top = an_account(owner_id=csm.id)
    own = an_account(parent_id=top.id, owner_id=csm.id)
    hidden = an_account(parent_id=top.id)
    beyond = an_account(parent_id=hidden.id, owner_id=csm.id)
    an_account(parent_id=top.id, owner_id=csm.id, status="churned")
    assert set(db.session.scalars(counted_ids(top.id, csm))) == {top.id, own.id, beyond.id}


def edit(client: CheckingClient, account: Account, parent: str) -> str:
    """Change nothing but the parent on the account's form; return the page, empty when it was stored."""
    typed = {"name": account.name, "status": "active", "tier_id": "0", "owner_id": "0", "parent": parent}
    typed |= {"coverage_model": "standard", "growth_potential": ""}
    response = client.post(f"/accounts/{account.id}/edit", data=typed)
    return response.get_data(as_text=True) if response.status_code == 200 else ""


@pytest.fixture
def leader(client: CheckingClient) -> User:
    a_company()
    user = a_user(RoleName.LEADER)
    client.sign_in(user)
    return user


@pytest.mark.usefixtures("leader")
def test_a_parent_is_named_by_its_name_or_identifier(client: CheckingClient) -> None:
    account, first, second = an_account(), an_account(name="Globex"), an_account()
    assert not edit(client, account, "globex")
    assert account.parent_id == first.id
    assert 'value="Globex"' in client.get(f"/accounts/{account.id}/edit").get_data(as_text=True)
    assert not edit(client, account, second.external_id)
    assert account.parent_id == second.id
    assert not edit(client, account, "")
    assert account.parent_id is None


@pytest.mark.usefixtures("leader")
def test_a_parent_that_cannot_be_is_refused_beside_the_field(client: CheckingClient) -> None:
    top = an_account(name="Top")
    child = an_account(name="Child", parent_id=top.id)
    an_account(name="Twin"), an_account(name="Twin")
    assert "stands below" in edit(client, top, "Child")
    assert "cannot belong to itself" in edit(client, top, "Top")
    assert "no account called Nowhere" in edit(client, top, "Nowhere")
    refused = edit(client, child, "Twin")
    assert "Several accounts are called Twin" in refused
    assert 'id="parent-error"' in refused
    assert 'value="Twin"' in refused


def test_a_csm_keeps_a_parent_they_do_not_see(client: CheckingClient) -> None:
    a_company()
    csm = a_user(RoleName.CSM)
    client.sign_in(csm)
    secret = an_account(name="Secret Holding")
    account = an_account(owner_id=csm.id, parent_id=secret.id)
    page = client.get(f"/accounts/{account.id}/edit").get_data(as_text=True)
    assert "Secret" not in page
    assert "somebody else looks after" in page
    assert not edit(client, account, "")
    assert account.parent_id == secret.id


def test_a_csm_names_no_parent_they_do_not_see(client: CheckingClient) -> None:
    a_company()
    csm = a_user(RoleName.CSM)
    client.sign_in(csm)
    an_account(name="Secret Holding")
    account = an_account(owner_id=csm.id)
    assert "no account called Secret Holding" in edit(client, account, "Secret Holding")


@pytest.mark.parametrize("seed", range(6))
def test_counting_where_people_are_stored_says_what_the_footprints_say(seed: int) -> None:
    chance = random.Random(seed)
    tier, other = a_tier(), a_tier("Tier 2", 2)
    a_profile(tier, decision_maker=1, champion=2)
    a_profile(other, champion=1, power_user=3)
    top = an_account(tier_id=tier.id)
    for _account in range(4):
        account = an_account(tier_id=chance.choice([tier.id, other.id, None]), parent_id=top.id)
        for _person in range(chance.randrange(7)):
            a_contact(
                account,
                personas=tuple(
                    chance.sample(["decision_maker", "champion", "power_user"], chance.randrange(3))
                ),
                status=chance.choice(["active", "active", "left", "bounced", "opted_out"]),
                is_role_address=chance.random() < 0.2,
                verified_on=chance.choice([None, NOW.date(), NOW.date() - timedelta(days=91)]),
            )
    on = NOW.date()
    footprints = footprint_of(list(below(top)), on).values()
    rolled = roll_up([seats for one in footprints for seats in seat_counts(one)], persona_facts(on))
    assert rolled_footprint(tree_ids(top.id), on) == rolled
