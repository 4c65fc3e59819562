"""Campaigns do what is due: runs open, rosters are asked for, each CSM's wave is made once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.builders import NOW, a_company, a_contact, a_tier, a_user, an_account
from tests.vocapp.campaigns.builders import invitations_of
from tests.vocapp.series.builders import (
    TODAY,
    a_campaign,
    a_csm_with_accounts,
    confirm,
    days,
    parts_of,
    run_at,
    run_on,
    runs_of,
    waves,
)
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.campaigns.service import close_wave
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.outbox.models import Message
from vocapp.series.mail import roster_due_letter
from vocapp.series.queries import campaign_of_wave, rosters_to_confirm
from vocapp.series.rules import Cadence, CampaignState, RunState, Unconfirmed
from vocapp.series.service import cancel_campaign, pause_campaign, release_pilots, resume_campaign
from vocapp.workflows.launch_wave import launch_wave

pytestmark = pytest.mark.usefixtures("app")


def roster_mails() -> list[Message]:
    rows = select(Message).where(Message.template == "roster_due").order_by(Message.id)
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def asked_accounts() -> set[int]:
    return {account.id for wave in waves() for account in wave.accounts}


def test_each_csm_gets_one_wave_with_their_accounts() -> None:
    a_company()
    ana, hers = a_csm_with_accounts(2)
    ken, his = a_csm_with_accounts(1)
    campaign = a_campaign(personal_note="We would like to hear from you.", length_days=10)
    for _unused in range(3):
        run_on(TODAY)
    made = waves()
    assert [wave.owner_id for wave in made] == sorted([ana.id, ken.id])
    assert {wave.owner_id: {one.id for one in wave.accounts} for wave in made} == {
        ana.id: {account.id for account in hers},
        ken.id: {account.id for account in his},
    }
    assert {wave.state for wave in made} == {WaveState.OPEN}
    assert {wave.personal_note for wave in made} == {"We would like to hear from you."}
    assert {wave.closes_at - wave.launched_at for wave in made} == {timedelta(days=10)}
    assert [run.state for run in runs_of(campaign)] == [RunState.LAUNCHED]
    assert campaign_of_wave(made[0].id) == campaign


def test_only_the_accounts_it_is_about_are_asked() -> None:
    tier = a_tier()
    csm, (wanted,) = a_csm_with_accounts(tier_id=tier.id, region="EMEA", segment="Enterprise")
    for other in ({"region": "APAC"}, {"segment": "Midmarket"}, {"tier_id": None}):
        values = {"tier_id": tier.id, "region": "EMEA", "segment": "Enterprise", **other}
        a_contact(an_account(owner_id=csm.id, **values))
    a_contact(an_account(owner_id=None, tier_id=tier.id, region="EMEA", segment="Enterprise"))
    a_campaign(tiers=[tier.id], regions=["EMEA"], segments=["Enterprise"])
    run_on(TODAY)
    assert asked_accounts() == {wanted.id}


def test_csms_hear_once_when_a_run_opens_and_once_before_rosters_are_due() -> None:
    csm, _accounts = a_csm_with_accounts(2)
    campaign = a_campaign(launch_on=TODAY + days(24), confirm_days=4)
    run_on(TODAY)
    assert runs_of(campaign) == []
    for number in range(6, 24):
        run_on(TODAY + days(number))
        run_on(TODAY + days(number))
    assert [mail.to_address for mail in roster_mails()] == [csm.email] * 2
    assert [mail.context["is_reminder"] for mail in roster_mails()] == [False, True]
    assert waves() == []


def test_whoever_confirmed_everything_gets_no_mail_about_it() -> None:
    _csm, accounts = a_csm_with_accounts(2)
    a_campaign(launch_on=TODAY + days(10), confirm_days=2)
    run_on(TODAY)
    (mail,) = roster_mails()
    letter = roster_due_letter(mail)
    assert letter is not None
    assert letter.values["count"] == 2
    confirm(accounts[0])
    letter = roster_due_letter(mail)
    assert letter is not None
    assert letter.values["count"] == 1
    confirm(accounts[1])
    assert roster_due_letter(mail) is None


def test_rosters_wait_for_their_csm_until_they_are_confirmed() -> None:
    csm, (account,) = a_csm_with_accounts()
    a_campaign(launch_on=TODAY + days(10), confirm_days=2)
    run_on(TODAY)
    (line,) = rosters_to_confirm(csm)
    assert (line.accounts, line.confirmed) == (1, 0)
    assert rosters_to_confirm(a_user()) == []
    confirm(account)
    assert rosters_to_confirm(csm) == []


def test_accounts_whose_roster_is_not_confirmed_are_left_out_if_so_said() -> None:
    _csm, (good, _other) = a_csm_with_accounts(2)
    campaign = a_campaign(launch_on=TODAY + days(5), confirm_days=1, unconfirmed=Unconfirmed.LEAVE_OUT)
    lazy, _his = a_csm_with_accounts(1)
    run_on(TODAY)
    confirm(good)
    run_on(TODAY + days(5))
    assert asked_accounts() == {good.id}
    problems = {part.owner_id: part.problem for part in parts_of(runs_of(campaign)[0])}
    assert problems[lazy.id] == "No roster was confirmed in time."


def test_else_they_are_asked_as_they_are() -> None:
    _csm, accounts = a_csm_with_accounts(2)
    a_campaign(launch_on=TODAY + days(5), confirm_days=1)
    run_on(TODAY)
    run_on(TODAY + days(5))
    assert asked_accounts() == {account.id for account in accounts}


def test_an_account_that_changes_hands_is_asked_by_its_new_csm() -> None:
    ana, (moving, _staying) = a_csm_with_accounts(2)
    campaign = a_campaign(launch_on=TODAY + days(5), confirm_days=1)
    run_on(TODAY)
    ken = a_user()
    with transaction():
        moving.owner_id = ken.id
    run_on(TODAY + days(5))
    assert {wave.owner_id for wave in waves()} == {ana.id, ken.id}
    assert len(parts_of(runs_of(campaign)[0])) == 2


def test_where_nobody_can_be_asked_the_part_says_why_and_the_others_go_on() -> None:
    a_csm_with_accounts(1, people=0)
    a_csm_with_accounts(1)
    campaign = a_campaign()
    run_on(TODAY)
    parts = parts_of(runs_of(campaign)[0])
    assert "Nobody is left to ask" in parts[0].problem
    assert parts[0].wave_id is None
    assert parts[1].wave_id is not None
    assert runs_of(campaign)[0].state == RunState.LAUNCHED
    assert len(waves()) == 1


def test_a_quarterly_campaign_asks_every_quarter_and_each_quarter_once() -> None:
    a_csm_with_accounts(1)
    campaign = a_campaign(cadence=Cadence.QUARTERLY)
    for number in range(0, 200, 5):
        run_on(TODAY + days(number))
    assert [run.launch_on.month for run in runs_of(campaign)] == [3, 6, 9]
    assert len(waves()) == 3


def test_runs_that_were_missed_are_made_up_for_once() -> None:
    a_csm_with_accounts(1)
    campaign = a_campaign(cadence=Cadence.QUARTERLY)
    run_on(TODAY + days(300))
    run_on(TODAY + days(300))
    assert len(runs_of(campaign)) == 1
    assert len(waves()) == 1


def test_a_clock_that_jumps_neither_doubles_nor_skips_a_run() -> None:
    a_csm_with_accounts(1)
    campaign = a_campaign(cadence=Cadence.QUARTERLY, launch_on=TODAY + days(1))
    for hours in (0, 1, -1, 24, -24, 25, 23, 24, 48, 24, 25):
        run_at(NOW + timedelta(hours=hours))
    assert len(runs_of(campaign)) == 1
    assert len(waves()) == 1
    for number in (88, 91, 92, 93, 92, 94):
        run_on(TODAY + days(number))
    assert len(runs_of(campaign)) == 2
    assert len(waves()) == 2


def test_each_week_asks_once_about_the_renewals_that_are_so_many_days_away() -> None:
    csm = a_user()
    monday = TODAY + days(-TODAY.weekday() % 7)
    soon, later, never = (
        an_account(owner_id=csm.id, renewal_date=monday + days(number)) for number in (60, 70, 10)
    )
    for account in (soon, later, never):
        a_contact(account)
    campaign = a_campaign(cadence=Cadence.RENEWAL, renewal_days=60)
    run_on(monday)
    assert asked_accounts() == {soon.id}
    with transaction():
        soon.renewal_date = monday + days(67)
    for number in range(1, 15):
        run_on(monday + days(number))
    assert asked_accounts() == {soon.id, later.id}
    assert len(waves()) == 2
    assert [run.state for run in runs_of(campaign)] == [RunState.LAUNCHED] * 3


def test_renewals_of_weeks_nothing_ran_in_are_asked_about_together() -> None:
    csm = a_user()
    monday = TODAY + days(-TODAY.weekday() % 7)
    missed = [an_account(owner_id=csm.id, renewal_date=monday + days(number)) for number in (62, 69, 76)]
    for account in missed:
        a_contact(account)
    a_campaign(cadence=Cadence.RENEWAL, renewal_days=60)
    run_on(monday + days(14))
    assert asked_accounts() == {account.id for account in missed}
    assert len(waves()) == 1


def test_a_paused_campaign_makes_no_wave_and_its_mails_wait() -> None:
    a_csm_with_accounts(1)
    leader = a_user()
    campaign = a_campaign(cadence=Cadence.QUARTERLY)
    run_on(TODAY)
    with transaction():
        pause_campaign(campaign, by=leader, now=NOW)
    (wave,) = waves()
    assert wave.paused_at == NOW
    run_on(TODAY + days(92))
    assert len(waves()) == 1
    with transaction():
        resume_campaign(campaign, by=leader)
    assert waves()[0].paused_at is None
    run_on(TODAY + days(92))
    assert len(waves()) == 2


def test_a_campaign_that_was_called_off_stays_so() -> None:
    a_csm_with_accounts(1)
    leader = a_user()
    campaign = a_campaign(launch_on=TODAY + days(5), confirm_days=1)
    run_on(TODAY)
    with transaction():
        cancel_campaign(campaign, by=leader)
    run_on(TODAY + days(5))
    assert waves() == []
    assert [run.state for run in runs_of(campaign)] == [RunState.CANCELLED]
    with pytest.raises(DomainError, match="is over"), transaction():
        resume_campaign(campaign, by=leader)


def test_what_asks_once_is_finished_with_its_waves() -> None:
    a_csm_with_accounts(1)
    campaign = a_campaign()
    run_on(TODAY)
    assert campaign.state == CampaignState.RUNNING
    with transaction():
        close_wave(waves()[0].id, now=NOW)
    run_on(TODAY + days(1))
    assert campaign.state == CampaignState.FINISHED


def plan_all() -> None:
    for wave in waves():
        launch_wave({"wave_id": wave.id})


@pytest.mark.usefixtures("march")
def test_a_pilot_goes_first_and_is_released_by_a_person_once() -> None:
    a_csm_with_accounts(1, people=10)
    leader = a_user()
    campaign = a_campaign(pilot_percent=20)
    run_on(TODAY)
    plan_all()
    assert len(invitations_of(waves()[0])) == 2
    with transaction():
        assert release_pilots(campaign, by=leader, now=NOW) == 1
    with transaction():
        assert release_pilots(campaign, by=leader, now=NOW) == 0
    plan_all()
    assert len(invitations_of(waves()[0])) == 10


@pytest.mark.usefixtures("march")
@pytest.mark.parametrize(("bounced", "is_released"), [(0, True), (1, False)])
def test_a_pilot_releases_itself_unless_mails_came_back(*, bounced: int, is_released: bool) -> None:
    a_csm_with_accounts(1, people=10)
    a_campaign(pilot_percent=20, pilot_days=3)
    run_on(TODAY)
    plan_all()
    invitations: list[Invitation] = invitations_of(waves()[0])
    with transaction():
        for number, invitation in enumerate(invitations):
            invitation.state = InvitationState.BOUNCED if number < bounced else InvitationState.DELIVERED
            invitation.sent_at = NOW
    run_on(TODAY + days(2))
    assert waves()[0].pilot_released_at is None
    run_on(TODAY + days(4))
    assert (waves()[0].pilot_released_at is not None) is is_released


def test_a_sender_nobody_would_believe_stops_the_launch_until_it_is_mended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from vocapp.series import running

    a_csm_with_accounts(1)
    campaign = a_campaign()

    def refuse(_now: object) -> None:
        raise DomainError("Publish the SPF line.")

    with monkeypatch.context() as patch:
        patch.setattr(running, "refuse_unfit_sender", refuse)
        run_on(TODAY)
    assert waves() == []
    assert parts_of(runs_of(campaign)[0])[0].problem == "Publish the SPF line."
    assert runs_of(campaign)[0].state == RunState.GATHERING
    run_on(TODAY)
    assert len(waves()) == 1
    assert parts_of(runs_of(campaign)[0])[0].problem == ""
