"""Merging accounts: everything is at the one that stays, nobody counts twice, identifiers lead there."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.builders import (
    NOW,
    a_contact,
    a_persona,
    a_response,
    a_user,
    a_wave,
    an_account,
    an_invitation,
    save,
)
from vocapp.accounts.models import Account, Contact, Note, ProfileOverride
from vocapp.accounts.queries import account_by_key, visible_accounts
from vocapp.accounts.rules import AccountStatus
from vocapp.accounts.tree import ancestors_of
from vocapp.campaigns.models import Invitation, wave_accounts
from vocapp.core.audit import AuditEntry
from vocapp.core.db import Base, db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.jobs import Job
from vocapp.duplicates.account_merging import AccountMerge, merge_accounts
from vocapp.duplicates.account_references import ACCOUNTS, MOVED_APART, STAYS, account_references
from vocapp.duplicates.models import ContactMerge
from vocapp.duplicates.references import name_of
from vocapp.duplicates.service import bring_answers_home, unmerge
from vocapp.engagement.queries import participations
from vocapp.identity.rules import RoleName
from vocapp.relationship.models import AccountScore
from vocapp.renewals.models import Opportunity, RenewalOutcome
from vocapp.responses.models import Response
from vocapp.rosters.models import RosterConfirmation
from vocapp.signals.models import AccountEvent
from vocapp.workflows.rescore import rescore_some

pytestmark = pytest.mark.usefixtures("app")


def merged(loser: Account, winner: Account) -> AccountMerge:
    with transaction():
        return merge_accounts(loser, winner, now=NOW, actor_id=None)


def two_accounts() -> tuple[Account, Account]:
    return an_account(name="Old Ltd"), an_account(name="New Ltd")


def at(model: Any, account: Account) -> list[Any]:
    rows = select(model).where(model.account_id == account.id).order_by(model.id)
    return list(db.session.scalars(rows))


def test_the_merged_account_leads_to_the_one_that_stays_and_is_no_churn() -> None:
    loser, winner = two_accounts()
    merged(loser, winner)
    assert (loser.status, loser.merged_into_id) == (AccountStatus.MERGED, winner.id)
    assert account_by_key(loser.external_key) is winner


def test_people_move_along() -> None:
    loser, winner = two_accounts()
    ana = a_contact(loser)
    merged(loser, winner)
    assert ana.account_id == winner.id


def test_who_has_one_address_at_both_becomes_one_person() -> None:
    loser, winner = two_accounts()
    here, there = a_contact(winner, email="ana@x.example"), a_contact(loser, email="Ana@x.example")
    done = merged(loser, winner)
    assert done.people_joined == 1
    assert (there.merged_into_id, there.status) == (here.id, "left")


def test_who_had_the_address_under_a_record_merged_before_is_found() -> None:
    loser, winner = two_accounts()
    here, person = a_contact(winner, email="ana@x.example"), a_contact(loser, email="a.ruiz@x.example")
    a_contact(loser, email="ana@x.example", status="left", merged_into_id=person.id)
    merged(loser, winner)
    assert (person.merged_into_id, person.account_id) == (here.id, winner.id)


def test_a_record_whose_person_went_elsewhere_makes_room() -> None:
    loser, winner = two_accounts()
    gone = a_contact(an_account())
    former = a_contact(winner, email="ana@x.example", status="left", merged_into_id=gone.id)
    ana = a_contact(loser, email="ana@x.example")
    merged(loser, winner)
    assert (ana.account_id, ana.merged_into_id) == (winner.id, None)
    assert (former.account_id, former.email_key) == (loser.id, "ana@x.example")


def test_the_better_of_two_invitations_in_one_wave_counts_and_the_other_is_kept() -> None:
    loser, winner = two_accounts()
    here, there = a_contact(winner, email="ana@x.example"), a_contact(loser, email="ana@x.example")
    wave = a_wave()
    an_invitation(wave, here, state="silent", settled_at=NOW)
    a_response(an_invitation(wave, there), rating=9)
    merged(loser, winner)
    counted = participations([loser.id, winner.id], until=NOW + timedelta(days=1))
    assert (counted.contact.tolist(), counted.rating.tolist()) == ([here.id], [9])
    assert len(at(Invitation, winner)) == 2


def test_a_late_answer_to_the_other_link_comes_home() -> None:
    loser, winner = two_accounts()
    here, there = a_contact(winner, email="ana@x.example"), a_contact(loser, email="ana@x.example")
    wave = a_wave()
    an_invitation(wave, here)
    late = an_invitation(wave, there)
    merged(loser, winner)
    a_response(late, rating=8)
    with transaction():
        assert bring_answers_home(winner.id) == 1
    assert [answer.contact_id for answer in at(Response, winner)] == [here.id]


def test_people_who_became_one_with_their_accounts_stay_one() -> None:
    loser, winner = two_accounts()
    a_contact(winner, email="ana@x.example")
    a_contact(loser, email="ana@x.example")
    merged(loser, winner)
    merge = db.session.scalars(select(ContactMerge)).one()
    user = a_user()
    with pytest.raises(DomainError, match="when their accounts became one"), transaction():
        unmerge(merge, by=user, now=NOW)


def test_reporting_lines_that_would_circle_are_cut() -> None:
    loser, winner = two_accounts()
    boss, ana = a_contact(winner, email="boss@x.example"), a_contact(winner, email="ana@x.example")
    other_boss, other_ana = a_contact(loser, email="boss@x.example"), a_contact(loser, email="ana@x.example")
    middle = a_contact(loser)
    with transaction():
        ana.reports_to_id = boss.id
        other_boss.reports_to_id, middle.reports_to_id = middle.id, other_ana.id
    merged(loser, winner)
    lines = {one.id: one.reports_to_id for one in at(Contact, winner)}
    for person in lines:
        above, steps = lines[person], 0
        while above is not None:
            above, steps = lines[above], steps + 1
            assert steps < 9
    assert lines[ana.id] == boss.id


def test_days_measured_before_stay_with_the_merged_account() -> None:
    loser, winner = two_accounts()
    save(AccountScore(account_id=loser.id, as_of=date(2026, 1, 1), measures={}))
    merged(loser, winner)
    assert (len(at(AccountScore, loser)), at(AccountScore, winner)) == (1, [])


def test_of_two_outcomes_of_one_day_that_of_the_winner_stands() -> None:
    loser, winner = two_accounts()
    for account, days in ((loser, 1), (loser, 2), (winner, 1)):
        save(
            RenewalOutcome(
                account_id=account.id,
                renewal_date=NOW.date() - timedelta(days),
                outcome="renewed",
                amount=days,
            )
        )
    merged(loser, winner)
    assert sorted(one.renewal_date.day for one in at(RenewalOutcome, winner)) == [9, 10]
    assert len(at(RenewalOutcome, loser)) == 1


def test_of_two_exceptions_for_a_persona_that_of_the_winner_stands() -> None:
    loser, winner = two_accounts()
    for account, required in ((loser, 5), (winner, 1)):
        save(
            ProfileOverride(
                scope="account", account_id=account.id, persona_id=a_persona().id, required=required,
                reason="agreed", effective_from=date(2026, 1, 1),
            )
        )  # fmt: skip
    merged(loser, winner)
    assert [one.required for one in at(ProfileOverride, winner)] == [1]


def test_a_wave_lists_the_winner_once() -> None:
    loser, winner = two_accounts()
    both, one = a_wave(accounts=[loser, winner]), a_wave(accounts=[loser])
    merged(loser, winner)
    listed = db.session.execute(select(wave_accounts.c.wave_id, wave_accounts.c.account_id)).all()
    assert sorted(map(tuple, listed)) == sorted([(both.id, winner.id), (one.id, winner.id)])


def test_the_latest_roster_counts() -> None:
    loser, winner = two_accounts()
    user = a_user()
    newer = save(RosterConfirmation(account_id=loser.id, by_id=user.id, at=NOW))
    save(RosterConfirmation(account_id=winner.id, by_id=user.id, at=NOW - timedelta(1)))
    merged(loser, winner)
    assert [one.id for one in at(RosterConfirmation, winner) if one.is_latest] == [newer.id]


def test_what_a_crm_told_moves_along() -> None:
    loser, winner = two_accounts()
    save(Opportunity(account_id=loser.id, source="crm:1", external_key="1", kind="renewal"))
    save(AccountEvent(account_id=loser.id, source="crm:1", external_key="1", kind="case", occurred_at=NOW))
    save(Note(account_id=loser.id, text="Met"))
    merged(loser, winner)
    assert [len(at(model, winner)) for model in (Opportunity, AccountEvent, Note)] == [1, 1, 1]


def test_accounts_below_move_under_the_winner() -> None:
    loser, winner = two_accounts()
    child = an_account(parent_id=loser.id)
    merged(loser, winner)
    assert child.parent_id == winner.id


def test_a_winner_far_below_takes_the_place_of_the_loser() -> None:
    top = an_account()
    loser = an_account(parent_id=top.id)
    middle = an_account(parent_id=loser.id)
    winner = an_account(parent_id=middle.id)
    merged(loser, winner)
    assert (winner.parent_id, middle.parent_id) == (top.id, winner.id)
    assert list(ancestors_of(middle.id)) == [winner.id, top.id]


def test_merging_again_changes_nothing() -> None:
    loser, winner = two_accounts()
    a_contact(loser)
    merged(loser, winner)
    assert not merged(loser, winner).has_moved
    assert _acts("account_merged") == 1


def test_what_came_to_the_merged_account_since_moves_when_merged_again() -> None:
    loser, winner = two_accounts()
    merged(loser, winner)
    late = a_contact(loser)
    merged(loser, winner)
    assert late.account_id == winner.id


@pytest.mark.parametrize("is_first_step_first", [True, False])
def test_a_chain_ends_at_its_last_account(is_first_step_first: bool) -> None:
    first, second, third = (an_account() for _unused in range(3))
    ana = a_contact(first)
    steps = [(first, second), (second, third)]
    for loser, winner in steps if is_first_step_first else steps[::-1]:
        merged(loser, winner)
    assert {first.merged_into_id, second.merged_into_id, ana.account_id} == {third.id}


def test_a_loop_is_refused() -> None:
    loser, winner = two_accounts()
    merged(loser, winner)
    with pytest.raises(DomainError, match="part of itself"):
        merged(winner, loser)
    with pytest.raises(DomainError, match="part of itself"):
        merged(winner, winner)


def test_an_account_that_is_part_of_another_is_not_merged_into_a_third() -> None:
    loser, winner = two_accounts()
    merged(loser, winner)
    with pytest.raises(DomainError, match="part of New Ltd already"):
        merged(loser, an_account())


def test_both_are_scored_anew_and_both_are_in_the_record() -> None:
    loser, winner = two_accounts()
    merged(loser, winner)
    keys = set(db.session.scalars(select(Job.key).where(Job.kind == "rescore_accounts")))
    assert keys >= {f"rescore:{loser.id}", f"rescore:{winner.id}"}
    assert (_acts("account_merged"), _acts("account_became_part")) == (1, 1)


def test_scoring_a_merged_account_is_possible() -> None:
    loser, winner = two_accounts()
    a_contact(loser, email="ana@x.example")
    a_contact(winner, email="ana@x.example")
    merged(loser, winner)
    rescore_some([loser.id, winner.id], now=NOW)
    assert len(at(AccountScore, winner)) == 1


def test_nobody_sees_a_merged_account() -> None:
    loser, winner = two_accounts()
    merged(loser, winner)
    seen = set(db.session.scalars(visible_accounts(a_user(RoleName.LEADER))))
    assert (loser in seen, winner in seen) == (False, True)


def test_every_way_to_point_at_an_account_is_decided_about() -> None:
    pointing = {
        name_of(column)
        for table in Base.metadata.tables.values()
        for column in table.columns
        for key in column.foreign_keys
        if key.column is ACCOUNTS.c.id
    }
    moved = {name_of(column) for column in account_references()}
    assert moved | set(STAYS) | set(MOVED_APART) == pointing
    assert moved.isdisjoint({*STAYS, *MOVED_APART})


def _acts(action: str) -> int:
    return db.session.scalar(select(func.count()).where(AuditEntry.action == action)) or 0


def test_the_winner_keeps_its_own_values() -> None:
    loser, winner = an_account(arr=Decimal(9)), an_account(arr=Decimal(5), status="active")
    merged(loser, winner)
    assert (winner.arr, winner.status) == (Decimal(5), "active")
