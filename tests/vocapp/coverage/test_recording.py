"""What is written down about footprints and gaps, day by day."""

import threading
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from tests.builders import (
    NOW,
    a_contact,
    a_persona,
    a_profile,
    a_response,
    a_tier,
    a_user,
    an_account,
    an_invitation,
)
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.core.db import db, transaction
from vocapp.coverage.models import CoverageDay, FootprintDay, Gap
from vocapp.coverage.queries import footprint_history, latest_footprints
from vocapp.coverage.recording import close_coverage, record_coverage, record_footprints

TODAY = NOW.date()


def record(account: Account, *, days: int = 0) -> int:
    """Record an account so many days from today."""
    now = NOW + timedelta(days=days)
    with transaction():
        return record_footprints([account.id], on=now.date(), now=now)


def gaps_of(account: Account) -> list[tuple[str, int, int | None, bool]]:
    """Persona, opened and closed in days from today, withdrawn; oldest first."""
    rows = db.session.scalars(
        select(Gap).where(Gap.account_id == account.id).order_by(Gap.opened_on, Gap.persona_id, Gap.id)
    )
    return [
        (
            gap.persona.key,
            (gap.opened_on - TODAY).days,
            None if gap.closed_on is None else (gap.closed_on - TODAY).days,
            gap.is_withdrawn,
        )
        for gap in rows
    ]


def change(row: Any, **values: Any) -> None:
    with transaction():
        for name, value in values.items():
            setattr(row, name, value)


def asked_account(**quotas: int) -> Account:
    a_profile(**(quotas or {"decision_maker": 1, "champion": 1}))
    return an_account(tier_id=a_tier().id)


@pytest.mark.usefixtures("app")
class TestFootprints:
    """One row per day of change."""

    def test_the_three_depths_lie_inside_each_other(self) -> None:
        account = asked_account(champion=4)
        a_contact(account)
        a_contact(account, status=ContactStatus.OPTED_OUT)
        a_contact(account, verified_on=None)
        record(account)
        row = latest_footprints([account.id])[account.id]
        assert (row.required, row.identified_seats, row.verified_seats, row.reachable_seats) == (4, 3, 2, 1)
        assert (row.identified, row.verified, row.reachable) == (0.75, 0.5, 0.25)
        assert row.seats == {"champion": [4, 3, 2, 1]}

    def test_nothing_is_written_while_nothing_changes(self) -> None:
        account = asked_account()
        a_contact(account)
        assert record(account) == 1
        assert record(account) == 0
        assert record(account, days=1) == 0

    def test_a_change_on_another_day_adds_a_row_that_holds_from_then_on(self) -> None:
        account = asked_account()
        record(account)
        a_contact(account)
        record(account, days=2)
        assert [(row.on_day, row.is_latest) for row in footprint_history(account.id)] == [
            (TODAY, False),
            (TODAY + timedelta(days=2), True),
        ]

    def test_more_changes_on_one_day_are_one_row(self) -> None:
        account = asked_account()
        record(account)
        a_contact(account)
        record(account)
        assert [row.verified_seats for row in footprint_history(account.id)] == [1]

    def test_history_stays_when_the_profile_changes(self) -> None:
        account = asked_account(champion=1)
        record(account, days=-10)
        before = [(row.on_day, row.required, row.seats) for row in footprint_history(account.id)]
        a_profile(effective_from=TODAY, champion=5)
        record(account)
        after = [(row.on_day, row.required, row.seats) for row in footprint_history(account.id)]
        assert after == [*before, (TODAY, 5, {"champion": [5, 0, 0, 0]})]

    def test_an_earlier_day_is_not_written_again(self) -> None:
        account = asked_account()
        record(account)
        a_contact(account)
        assert record(account, days=-5) == 0
        assert [row.on_day for row in footprint_history(account.id)] == [TODAY]

    def test_an_account_without_a_profile_has_no_coverage_and_no_gap(self) -> None:
        account = an_account()
        a_contact(account)
        record(account)
        row = latest_footprints([account.id])[account.id]
        assert (row.verified, row.required, row.people, gaps_of(account)) == (None, 0, 1, [])

    def test_a_role_address_is_nobody(self) -> None:
        account = asked_account()
        a_contact(account, email="info@customer.example", is_role_address=True)
        record(account)
        row = latest_footprints([account.id])[account.id]
        assert (row.people, row.identified_seats) == (0, 0)

    def test_findings_are_stored_with_the_footprint(self) -> None:
        account = asked_account()
        a_contact(account, status=ContactStatus.LEFT)
        answering = a_contact(account, personas=("decision_maker",))
        a_response(an_invitation(contact=answering))
        record(account)
        row = latest_footprints([account.id])[account.id]
        assert (row.is_single_threaded, row.has_lost_champion, row.lacks_champion) == (True, True, False)
        assert (row.participants, row.active_personas, row.is_unanswered) == (1, 1, False)

    def test_a_retired_persona_is_no_second_one(self) -> None:
        account = asked_account(champion=1, power_user=1)
        for personas in (("champion", "sponsor"), ("champion",)):
            a_response(an_invitation(contact=a_contact(account, personas=personas)))
        change(a_persona("sponsor"), retired_on=TODAY)
        record(account)
        row = latest_footprints([account.id])[account.id]
        assert (row.active_personas, row.is_single_threaded) == (1, True)

    def test_where_there_are_champions_no_more_none_can_have_left(self) -> None:
        account = asked_account(champion=1)
        a_contact(account, status=ContactStatus.LEFT)
        change(a_persona(), retired_on=TODAY)
        record(account)
        assert not latest_footprints([account.id])[account.id].has_lost_champion

    def test_an_answer_older_than_a_year_no_longer_takes_part(self) -> None:
        account = asked_account()
        a_response(an_invitation(contact=a_contact(account)), answered_at=NOW - timedelta(days=400))
        record(account)
        assert latest_footprints([account.id])[account.id].participants == 0

    def test_an_answer_in_quarantine_takes_no_part(self) -> None:
        account = asked_account()
        a_response(an_invitation(contact=a_contact(account)), quarantine_reason="trap_field")
        record(account)
        assert latest_footprints([account.id])[account.id].participants == 0

    def test_the_statements_do_not_grow_with_the_accounts(self) -> None:
        ids = [asked_account(champion=2).id, *(an_account(tier_id=a_tier().id).id for _number in range(12))]

        def write_down(some: list[int]) -> None:
            with transaction():
                record_footprints(some, on=TODAY, now=NOW)

        few = statements_of(lambda: write_down(ids[:1]))
        assert statements_of(lambda: write_down(ids[1:])) == few


def statements_of(work: Any) -> int:
    counted: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counted.append(statement)

    event.listen(db.engine, "before_cursor_execute", count)
    try:
        work()
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
    return sum(not text.startswith(("SAVEPOINT", "RELEASE")) for text in counted)


@pytest.mark.usefixtures("app")
class TestGaps:
    """One row per missing seat, from the day it fell empty."""

    def test_every_missing_seat_opens_a_gap(self) -> None:
        account = asked_account(decision_maker=1, champion=2)
        a_contact(account)
        record(account)
        assert sorted(gaps_of(account)) == [("champion", 0, None, False), ("decision_maker", 0, None, False)]

    def test_a_doubtful_person_leaves_the_gap_open(self) -> None:
        account = asked_account(champion=1)
        a_contact(account, verified_on=None)
        record(account)
        assert gaps_of(account) == [("champion", 0, None, False)]

    def test_confirming_somebody_closes_the_oldest_gap(self) -> None:
        account = asked_account(champion=2)
        leaving = a_contact(account)
        record(account, days=-20)
        change(leaving, status=ContactStatus.LEFT)
        record(account, days=-10)
        a_contact(account)
        record(account)
        assert gaps_of(account) == [("champion", -20, 0, False), ("champion", -10, None, False)]
        assert latest_footprints([account.id])[account.id].gap_since == TODAY - timedelta(days=10)

    def test_a_lowered_requirement_withdraws_the_gap(self) -> None:
        account = asked_account(champion=2)
        record(account, days=-20)
        a_profile(effective_from=TODAY, champion=1)
        record(account)
        assert gaps_of(account) == [("champion", -20, 0, True), ("champion", -20, None, False)]

    def test_a_persona_no_longer_asked_for_withdraws_its_gaps(self) -> None:
        account = asked_account(champion=1)
        record(account, days=-20)
        a_profile(effective_from=TODAY, decision_maker=1)
        record(account)
        assert gaps_of(account) == [("champion", -20, 0, True), ("decision_maker", 0, None, False)]

    def test_a_customer_who_leaves_withdraws_all_gaps(self) -> None:
        account = asked_account(champion=1)
        record(account, days=-20)
        change(account, status=AccountStatus.CHURNED)
        record(account)
        assert gaps_of(account) == [("champion", -20, 0, True)]

    def test_a_gap_that_closes_and_opens_on_one_day_stays_as_old_as_it_was(self) -> None:
        account = asked_account(champion=1)
        record(account, days=-20)
        person = a_contact(account)
        record(account)
        change(person, verified_on=None)
        record(account)
        assert gaps_of(account) == [("champion", -20, None, False)]

    def test_a_gap_that_is_filled_on_the_day_it_opened_never_was_one(self) -> None:
        account = asked_account(champion=1)
        record(account)
        a_contact(account)
        record(account)
        assert gaps_of(account) == []

    def test_an_open_gap_goes_with_its_account_to_a_new_owner(self) -> None:
        account = asked_account(champion=1)
        record(account, days=-20)
        owner = a_user()
        change(account, owner_id=owner.id)
        record(account)
        assert db.session.scalars(select(Gap.owner_id)).all() == [owner.id]

    def test_recording_twice_changes_nothing(self) -> None:
        account = asked_account(champion=2)
        record(account, days=-3)
        a_contact(account)
        record(account)
        before = gaps_of(account)
        record(account)
        assert gaps_of(account) == before


@pytest.mark.usefixtures("app")
class TestSums:
    """What all accounts came to at the end of a day."""

    def test_sums_stand_per_owner_and_for_everybody(self) -> None:
        owner = a_user()
        a_profile(champion=2)
        first = an_account(tier_id=a_tier().id, owner_id=owner.id)
        second = an_account(tier_id=a_tier().id)
        a_contact(first)
        with transaction():
            record_footprints(None, on=TODAY, now=NOW)
            record_coverage(TODAY)
        rows = {row.owner_id: row for row in db.session.scalars(select(CoverageDay))}
        assert second.id
        assert {
            owner_id: (row.accounts, row.required, row.verified_seats) for owner_id, row in rows.items()
        } == {
            owner.id: (1, 2, 1),
            0: (2, 4, 1),
        }

    def test_former_customers_are_not_counted(self) -> None:
        a_profile(champion=2)
        an_account(tier_id=a_tier().id, status=AccountStatus.CHURNED)
        with transaction():
            record_footprints(None, on=TODAY, now=NOW)
            assert record_coverage(TODAY) == 0

    def test_a_csm_who_gave_away_the_last_account_has_no_sum_left(self) -> None:
        owner, other = a_user(), a_user()
        a_profile(champion=1)
        account = an_account(tier_id=a_tier().id, owner_id=owner.id)
        sum_up()
        change(account, owner_id=other.id)
        sum_up()
        assert sorted(db.session.scalars(select(CoverageDay.owner_id))) == [0, other.id]

    def test_once_the_last_customer_left_everybody_comes_to_nothing(self) -> None:
        account = asked_account(champion=1)
        sum_up(days=-1)
        change(account, status=AccountStatus.CHURNED)
        sum_up()
        row = db.session.scalars(select(CoverageDay).where(CoverageDay.on_day == TODAY)).one()
        assert (row.owner_id, row.accounts, row.required) == (0, 0, 0)

    def test_a_day_that_is_over_is_summed_up_as_it_ended(self) -> None:
        account = asked_account(champion=1)
        sum_up(days=-1)
        person = a_contact(account)
        record(account, days=-1)
        change(person, status=ContactStatus.LEFT)
        record(account)
        with transaction():
            close_coverage(TODAY - timedelta(days=1))
        assert db.session.scalars(select(CoverageDay.verified_seats)).all() == [1]

    def test_a_day_on_which_nothing_was_summed_up_stays_unknown(self) -> None:
        asked_account(champion=1)
        sum_up(days=-5)
        with transaction():
            assert close_coverage(TODAY - timedelta(days=1)) == 0
        assert db.session.scalars(select(CoverageDay.on_day)).all() == [TODAY - timedelta(days=5)]

    def test_summing_up_a_day_again_replaces_it(self) -> None:
        account = asked_account(champion=2)
        for _time in range(2):
            a_contact(account)
            with transaction():
                record_footprints(None, on=TODAY, now=NOW)
                record_coverage(TODAY)
        assert db.session.scalars(select(CoverageDay.verified_seats)).all() == [2]


def sum_up(*, days: int = 0) -> None:
    now = NOW + timedelta(days=days)
    with transaction():
        record_footprints(None, on=now.date(), now=now)
        record_coverage(now.date())


def test_two_who_record_at_once_leave_one_row_and_one_gap(separate_app: Flask) -> None:
    with separate_app.app_context():
        account = asked_account(champion=1)
        account_id = account.id
        assert a_persona().id
    troubles: list[BaseException] = []
    start = threading.Barrier(2)

    def work() -> None:
        try:
            with separate_app.app_context():
                start.wait()
                with transaction():
                    record_footprints([account_id], on=date(2026, 3, 11), now=NOW)
        except BaseException as trouble:
            troubles.append(trouble)

    threads = [threading.Thread(target=work) for _number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert troubles == []
    with separate_app.app_context():
        counted = [
            db.session.scalar(select(func.count()).select_from(table)) for table in (FootprintDay, Gap)
        ]
        assert counted == [1, 1]
        assert db.session.get(Contact, 1) is None
