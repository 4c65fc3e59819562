"""The pages of campaigns."""

from typing import Any

import pytest

from tests.builders import a_company, a_contact, a_user, a_wave, an_account, an_invitation
from tests.conftest import CheckingClient
from tests.vocapp.series.builders import (
    TODAY,
    a_campaign,
    a_campaign_part,
    a_csm_with_accounts,
    confirm,
    days,
    run_on,
    waves,
)
from vocapp.core.db import db
from vocapp.identity.rules import RoleName
from vocapp.series.models import Campaign
from vocapp.series.rules import CampaignState

pytestmark = pytest.mark.usefixtures("march")


@pytest.fixture
def leader(march: None, client: CheckingClient) -> CheckingClient:
    a_company()
    client.sign_in(a_user(RoleName.LEADER))
    return client


def filled(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Quarterly check",
        "survey": "nps",
        "cadence": "quarterly",
        "launch_on": (TODAY + days(21)).isoformat(),
        "confirm_by": (TODAY + days(17)).isoformat(),
        "unconfirmed": "ask",
        "length_days": "21",
        **changes,
    }


def words_of(response: Any) -> str:
    return " ".join(response.get_data(as_text=True).replace("<bdi>", "").replace("</bdi>", "").split())


def test_without_campaigns_the_page_says_what_they_are_for(leader: CheckingClient) -> None:
    page = words_of(leader.get("/campaigns"))
    assert "No campaigns yet" in page
    assert "/campaigns/new" in page


def test_a_leader_starts_a_campaign(leader: CheckingClient) -> None:
    page = words_of(leader.post("/campaigns/new", data=filled(), follow_redirects=True))
    assert "The campaign runs." in page
    assert "Every quarter" in page
    assert db.session.query(Campaign).one().confirm_days == 4
    assert "Quarterly check" in words_of(leader.get("/campaigns"))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": ""}, "Give it a name."),
        ({"launch_on": "2020-01-01", "confirm_by": ""}, "lies in the past"),
        ({"launch_on": "soon"}, "Not a valid date"),
        ({"personal_note": "Dear {{password}}"}, "password"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_is_started(
    leader: CheckingClient, changes: dict[str, str], sentence: str
) -> None:
    assert sentence in words_of(leader.post("/campaigns/new", data=filled(**changes)))
    assert db.session.query(Campaign).count() == 0


def test_the_page_says_who_confirmed_and_who_did_not(leader: CheckingClient) -> None:
    ana, (account,) = a_csm_with_accounts()
    ken, _his = a_csm_with_accounts()
    campaign = a_campaign(launch_on=TODAY + days(5), confirm_days=1)
    run_on(TODAY)
    confirm(account)
    page = words_of(leader.get(f"/campaigns/{campaign.id}"))
    assert "1 of 2 rosters are confirmed." in page
    assert "0 of 1" in page
    assert ana.name in page
    assert ken.name in page


def test_a_csm_finds_their_rosters_from_board_and_waves(client: CheckingClient) -> None:
    a_company()
    csm, (account,) = a_csm_with_accounts()
    campaign = a_campaign(launch_on=TODAY + days(5), confirm_days=1)
    run_on(TODAY)
    client.sign_in(csm)
    for path in ("/", "/waves"):
        assert f"/campaigns/{campaign.id}/rosters" in words_of(client.get(path))
    page = words_of(client.get(f"/campaigns/{campaign.id}/rosters"))
    assert account.name in page
    assert f"/accounts/{account.id}/roster" in page
    confirm(account)
    assert f"/campaigns/{campaign.id}/rosters" not in words_of(client.get("/waves"))


def test_a_csm_sees_only_their_own_part(client: CheckingClient) -> None:
    a_company()
    csm, _accounts = a_csm_with_accounts()
    other, _theirs = a_csm_with_accounts()
    campaign = a_campaign()
    run_on(TODAY)
    client.sign_in(csm)
    page = words_of(client.get(f"/campaigns/{campaign.id}"))
    mine, foreign = (next(wave for wave in waves() if wave.owner_id == one.id) for one in (csm, other))
    assert f"/waves/{mine.id}" in page
    assert f"/waves/{foreign.id}" not in page
    assert client.get("/campaigns/new").status_code == 404
    assert client.post(f"/campaigns/{campaign.id}/cancel").status_code == 404


def test_pausing_resuming_and_calling_off(leader: CheckingClient) -> None:
    a_csm_with_accounts()
    campaign = a_campaign(cadence="quarterly")
    run_on(TODAY)
    assert "Paused" in words_of(leader.post(f"/campaigns/{campaign.id}/pause", follow_redirects=True))
    assert waves()[0].paused_at is not None
    leader.post(f"/campaigns/{campaign.id}/resume")
    assert waves()[0].paused_at is None
    page = words_of(leader.post(f"/campaigns/{campaign.id}/cancel", follow_redirects=True))
    assert "Called off" in page
    assert db.session.get_one(Campaign, campaign.id).state == CampaignState.CANCELLED
    assert "is over" in words_of(leader.post(f"/campaigns/{campaign.id}/resume", follow_redirects=True))


def test_a_pilot_is_shown_and_released(leader: CheckingClient) -> None:
    a_csm_with_accounts(people=4)
    campaign = a_campaign(pilot_percent=25)
    run_on(TODAY)
    assert "Ask the others now" in words_of(leader.get(f"/campaigns/{campaign.id}"))
    assert "Ask the others now" in words_of(leader.get(f"/waves/{waves()[0].id}"))
    leader.post(f"/campaigns/{campaign.id}/pilots")
    assert "Ask the others now" not in words_of(leader.get(f"/campaigns/{campaign.id}"))


def test_a_wave_names_its_campaign(leader: CheckingClient) -> None:
    owner = a_user()
    wave = a_wave(owner)
    part = a_campaign_part(owner, wave, name="Spring check")
    page = words_of(leader.get(f"/waves/{wave.id}"))
    assert f"/campaigns/{part.run.campaign_id}" in page


def test_a_wave_is_paused_and_one_person_stopped_on_its_page(client: CheckingClient) -> None:
    a_company()
    csm = a_user()
    wave = a_wave(csm)
    invitation = an_invitation(wave, a_contact(an_account(owner_id=csm.id)))
    client.sign_in(csm)
    page = words_of(client.post(f"/waves/{wave.id}/pause", follow_redirects=True))
    assert "Paused since" in page
    assert "The wave goes on" in words_of(client.post(f"/waves/{wave.id}/resume", follow_redirects=True))
    people = f"/waves/{wave.id}/people/{invitation.id}"
    page = words_of(client.post(f"{people}/stop", data={"reason": "On leave"}, follow_redirects=True))
    assert "not written to any more: On leave" in page
    assert "take that back first" in words_of(client.post(f"{people}/send-again", follow_redirects=True))
    client.post(f"{people}/write-on")
    page = words_of(client.post(f"{people}/send-again", follow_redirects=True))
    assert "A fresh copy is on its way" in page
