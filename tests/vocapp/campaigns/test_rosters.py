"""A wave asks those who are on the roster."""

from datetime import timedelta

import pytest

from tests.builders import NOW, a_contact, an_account, save
from tests.conftest import CheckingClient
from tests.vocapp.campaigns.builders import a_draft
from tests.vocapp.campaigns.pages import page
from vocapp.accounts.models import Contact
from vocapp.campaigns.audience import audience
from vocapp.campaigns.launching import launch_wave, record_exclusions
from vocapp.campaigns.models import Exclusion
from vocapp.campaigns.rules import Candidate, ExclusionReason, judge_contact
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.rosters.models import RosterConfirmation, RosterLine

pytestmark = pytest.mark.usefixtures("march")


def leave_out(person: Contact, by: User, **values: object) -> RosterConfirmation:
    confirmation = save(
        RosterConfirmation(**{"account_id": person.account_id, "by_id": by.id, "at": NOW, **values})
    )
    save(
        RosterLine(
            confirmation_id=confirmation.id,
            contact_id=person.id,
            decision="remove",
            reason="bad_moment",
            note="On leave until May",
        )
    )
    return confirmation


def test_being_off_the_roster_weighs_more_than_a_choice_for_one_wave() -> None:
    candidate = Candidate(1, "a@customer.example", is_off_roster=True, is_chosen_out=True)
    assert judge_contact(candidate) is ExclusionReason.OFF_ROSTER
    left = candidate._replace(status="left")
    assert judge_contact(left) is ExclusionReason.LEFT


def test_somebody_off_the_roster_is_not_asked_and_the_reason_is_kept(csm: User) -> None:
    account = an_account(owner_id=csm.id)
    asked, out = a_contact(account), a_contact(account)
    leave_out(out, csm)
    wave = a_draft(account, owner=csm)
    with transaction():
        roster = launch_wave(wave, at=None, now=NOW)
        record_exclusions(wave.id, roster)
    assert [person.contact_id for person in roster.asked] == [asked.id]
    kept = db.session.get_one(Exclusion, (wave.id, out.id))
    assert (kept.reason, kept.note) == ("off_roster", "bad_moment: On leave until May")


def test_an_old_confirmation_keeps_nobody_out(csm: User) -> None:
    account = an_account(owner_id=csm.id)
    out = a_contact(account)
    leave_out(out, csm, at=NOW - timedelta(days=40))
    wave = a_draft(account, owner=csm)
    assert [person.reason for person in audience(wave, now=NOW).people] == [None]


def test_the_people_step_says_why_and_whether_the_roster_is_confirmed(
    client: CheckingClient, csm: User
) -> None:
    account, other = an_account(owner_id=csm.id), an_account(owner_id=csm.id)
    a_contact(account), a_contact(other)
    leave_out(a_contact(account), csm)
    wave = a_draft(account, other, owner=csm)
    excluded = page(client, f"/waves/{wave.id}/people?view=excluded")
    assert "Off the roster" in excluded
    assert "a bad moment" in excluded
    assert "On leave until May" in excluded
    asked = page(client, f"/waves/{wave.id}/people")
    assert "by Ana Costa" in asked
    assert "Roster not confirmed" in asked
    assert f"/accounts/{other.id}/roster?next=/waves/{wave.id}/people" in asked


def test_the_rosters_that_nobody_confirmed_come_first(client: CheckingClient, csm: User) -> None:
    confirmed, other = an_account(owner_id=csm.id, name="Aaa"), an_account(owner_id=csm.id, name="Zzz")
    leave_out(a_contact(confirmed), csm)
    wave = a_draft(confirmed, other, owner=csm)
    shown = page(client, f"/waves/{wave.id}/rosters")
    assert shown.index("Zzz") < shown.index("Aaa")
    assert "1 of 2 confirmed lately" in shown


def test_the_check_warns_without_blocking(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id)
    a_contact(account)
    wave = a_draft(account, owner=csm)
    shown = page(client, f"/waves/{wave.id}/check")
    assert "At one account nobody went through the roster lately." in shown
    assert "Ask one person" in shown


def test_the_launched_wave_tells_why_somebody_was_not_asked(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id)
    a_contact(account)
    leave_out(a_contact(account), csm)
    wave = a_draft(account, owner=csm)
    with transaction():
        record_exclusions(wave.id, launch_wave(wave, at=None, now=NOW))
    assert "a bad moment" in page(client, f"/waves/{wave.id}?view=excluded")
