"""What a year of knowing customers left behind in the demo company."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.builders import a_contact, a_user, an_account, save
from tests.vocapp.demo.conftest import NOW
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import AccountStatus
from vocapp.core.db import Base, db, transaction
from vocapp.coverage.models import CoverageDay, FootprintDay, Gap
from vocapp.coverage.recording import EVERYBODY, record_coverage, record_footprints
from vocapp.demo.service import load_demo, remove_demo
from vocapp.duplicates.models import LikelyPair
from vocapp.freshness.models import Suggestion
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.rosters.models import RosterConfirmation, RosterRequest
from vocapp.rosters.rules import RequestState


def count(model: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.usefixtures("demo")
def test_every_csm_has_something_to_decide() -> None:
    waiting = select(Account.owner_id).join(Suggestion, Suggestion.account_id == Account.id)
    csms = set(db.session.scalars(select(Account.owner_id).where(Account.is_demo)))
    assert set(db.session.scalars(waiting.where(Suggestion.decided_at.is_(None)))) == csms


@pytest.mark.usefixtures("demo")
def test_some_champions_answered_and_some_have_not_yet() -> None:
    states = set(db.session.scalars(select(RosterRequest.state)))
    assert states == {RequestState.ANSWERED, RequestState.SENT}


@pytest.mark.usefixtures("demo")
def test_every_csm_knows_somebody_twice_from_the_start() -> None:
    pairs = select(Account.owner_id, LikelyPair.grade).join(Account, Account.id == LikelyPair.account_id)
    csms = set(db.session.scalars(select(Account.owner_id).where(Account.is_demo)))
    assert sorted(tuple(row) for row in db.session.execute(pairs)) == [
        (csm, "likely") for csm in sorted(csms)
    ]


@pytest.mark.usefixtures("demo")
def test_nobody_reports_in_a_circle_or_to_another_account() -> None:
    people = {person.id: person for person in db.session.scalars(select(Contact))}
    lines = {key: person.reports_to_id for key, person in people.items() if person.reports_to_id}
    assert lines
    for start, boss in lines.items():
        assert people[start].account_id == people[boss].account_id
        seen, above = {start}, lines.get(start)
        while above is not None:
            assert above not in seen
            seen.add(above)
            above = lines.get(above)


@pytest.mark.usefixtures("demo")
def test_gaps_of_the_books_are_those_of_the_latest_footprints() -> None:
    missing = (
        select(func.sum(FootprintDay.required - FootprintDay.verified_seats))
        .join(Account, Account.id == FootprintDay.account_id)
        .where(FootprintDay.is_latest, Account.status == AccountStatus.ACTIVE)
    )
    still_open = select(func.count()).select_from(Gap).where(Gap.closed_on.is_(None))
    assert db.session.scalar(missing) == db.session.scalar(still_open)


@pytest.mark.usefixtures("demo")
def test_coverage_fell_and_rose_again_over_the_half_year() -> None:
    rows = select(CoverageDay.verified_seats).where(CoverageDay.owner_id == EVERYBODY)
    seats = db.session.scalars(rows.order_by(CoverageDay.on_day)).all()
    assert len(seats) > 20
    assert seats[0] > min(seats) < seats[-1]


@pytest.mark.usefixtures("app")
def test_your_own_sums_are_the_same_after_it_came_and_went() -> None:
    owner = a_user()
    account = an_account(owner_id=owner.id)
    a_contact(account)
    with transaction():
        record_footprints(None, on=NOW.date(), now=NOW)
        record_coverage(NOW.date())
    before = sums()
    load_demo(now=NOW + timedelta(days=1))
    remove_demo()
    assert sums()[: len(before)] == before
    assert count(FootprintDay) == 1


@pytest.mark.usefixtures("app")
def test_demo_people_who_decided_about_your_own_accounts_stay_but_cannot_sign_in() -> None:
    account = an_account()
    load_demo(now=NOW)
    author = db.session.scalars(select(User).where(User.is_demo)).first()
    assert author is not None
    save(RosterConfirmation(account_id=account.id, by_id=author.id))
    a_user(RoleName.ADMIN)
    remove_demo()
    stayed = db.session.scalars(select(User).where(User.is_demo)).unique().all()
    assert [(person.id, person.active) for person in stayed] == [(author.id, False)]


def sums() -> list[tuple[object, ...]]:
    rows = select(*CoverageDay.__table__.columns).order_by(CoverageDay.on_day, CoverageDay.owner_id)
    return [tuple(row) for row in db.session.execute(rows)]
