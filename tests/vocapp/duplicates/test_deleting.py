"""What goes with an account or a contact: every row that points at them, whatever feature it belongs to."""

import pytest
from sqlalchemy import delete, func, select

from tests.builders import NOW, a_contact, a_user, an_account, save
from tests.vocapp.duplicates.builders import everything_about, merged_pair, twins
from vocapp.accounts.models import Account, Contact
from vocapp.core.db import Base, db, transaction
from vocapp.duplicates.models import DismissedPair
from vocapp.rosters.models import RosterRequest, RosterRevision

pytestmark = pytest.mark.usefixtures("app")


def an_account_with_everything() -> tuple[Account, Contact]:
    account, user = an_account(), a_user()
    kept, merged = twins(account)
    merged_pair(kept, merged, by=user)
    other = a_contact(account)
    everything_about(kept, other, user)
    save(DismissedPair(first_id=kept.id, second_id=other.id, by_id=user.id))
    request = db.session.scalars(select(RosterRequest)).one()
    save(RosterRevision(request_id=request.id, number=1, answer={}, at=NOW))
    return account, kept


def pointing_at(table_name: str, row_id: int) -> list[str]:
    """Every column that still points at a row of a table."""
    return [
        f"{table.name}.{key.parent.name}"
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == table_name
        if db.session.scalar(select(func.count()).where(key.parent == row_id))
    ]


def test_deleting_an_account_leaves_nothing_behind() -> None:
    account, kept = an_account_with_everything()
    account_id, kept_id = account.id, kept.id
    assert "roster_requests.account_id" in pointing_at("accounts", account_id)
    with transaction():
        db.session.execute(delete(Account).where(Account.id == account_id))
    assert pointing_at("accounts", account_id) + pointing_at("contacts", kept_id) == []
    assert db.session.scalar(select(func.count()).select_from(RosterRevision)) == 0


def test_deleting_a_contact_leaves_nothing_that_points_at_them() -> None:
    _account, kept = an_account_with_everything()
    kept_id = kept.id
    assert len(pointing_at("contacts", kept_id)) > 10
    with transaction():
        db.session.execute(delete(Contact).where(Contact.id == kept_id))
    assert pointing_at("contacts", kept_id) == []
