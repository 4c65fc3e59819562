"""Parents and children: whatever the links are, every question about them ends."""

import pytest

from tests.builders import a_user, an_account
from vocapp.accounts.models import Account
from vocapp.accounts.tree import (
    MOST_LEVELS,
    ancestors_of,
    counted_ids,
    has_children,
    levels_below,
    tree_ids,
    tree_size,
    why_no_parent,
)
from vocapp.core.db import db, transaction
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
