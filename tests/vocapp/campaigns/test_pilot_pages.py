"""A pilot in the ordinary launch: the form, the check, the wave's page, going on and stopping."""

from datetime import timedelta

import pytest
import time_machine

from tests.builders import NOW, a_contact, an_account
from tests.conftest import CheckingClient
from tests.vocapp.campaigns.builders import a_draft, invitations_of
from tests.vocapp.campaigns.pages import page, send
from vocapp.campaigns.audience import audience
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import WaveState
from vocapp.campaigns.sendings import first_turn
from vocapp.campaigns.service import close_wave
from vocapp.core.db import transaction
from vocapp.identity.models import User
from vocapp.workflows.deliver_mail import deliver_mail
from vocapp.workflows.launch_wave import launch_wave
from vocapp.workflows.run_campaigns import run_campaigns

pytestmark = pytest.mark.usefixtures("march")


def a_wave_for(people: int, csm: User) -> Wave:
    account = an_account(owner_id=csm.id)
    for _ in range(people):
        a_contact(account)
    return a_draft(account, owner=csm)


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_pilot_is_looked_at_launched_and_followed_after_its_days(client: CheckingClient, csm: User) -> None:
    wave = a_wave_for(12, csm)
    check = f"/waves/{wave.id}/check"
    assert "A pilot share first" in page(client, check)
    pilot = {"when": "now", "pilot": "number", "pilot_size": "3", "pilot_days": "4"}
    looked = words(send(client, check, 200, go="look", **pilot))
    assert "3 people are asked first, by lot ; the other 9 from Mar 15, 2026" in looked.replace(
        "lot;", "lot ;"
    )
    assert "Ask 3 people first" in looked
    assert wave.state == WaveState.DRAFT
    first = {person.contact_id for person in first_turn(wave, audience(wave, now=NOW).asked)}
    assert 'value="3"' in page(client, check)
    send(client, check, go="launch", **pilot)
    launch_wave({"wave_id": wave.id})
    assert {one.contact_id for one in invitations_of(wave)} == first
    deliver_mail({})
    shown = words(page(client, f"/waves/{wave.id}"))
    assert "Pilot of 3 people asked" in shown
    assert "The other 9: follow on Mar 15, 2026" in shown
    with time_machine.travel(NOW + timedelta(days=4, minutes=1)):
        run_campaigns({})
        launch_wave({"wave_id": wave.id})
    assert len(invitations_of(wave)) == 12


def test_a_pilot_that_is_stopped_stays_one_until_somebody_goes_on(client: CheckingClient, csm: User) -> None:
    wave = a_wave_for(5, csm)
    send(client, f"/waves/{wave.id}/check", when="now", pilot="share", pilot_size="40", pilot_days="2")
    launch_wave({"wave_id": wave.id})
    deliver_mail({})
    send(client, f"/waves/{wave.id}/pilot/stop")
    assert "The other 3: not asked. Somebody stopped here" in words(page(client, f"/waves/{wave.id}"))
    with time_machine.travel(NOW + timedelta(days=3)):
        run_campaigns({})
    assert wave.pilot_released_at is None
    send(client, f"/waves/{wave.id}/pilot")
    launch_wave({"wave_id": wave.id})
    assert len(invitations_of(wave)) == 5
    assert 'id="pilot"' not in page(client, f"/waves/{wave.id}")


def test_a_wave_that_closes_after_its_pilot_says_whom_it_never_asked(
    client: CheckingClient, csm: User
) -> None:
    wave = a_wave_for(5, csm)
    send(client, f"/waves/{wave.id}/check", when="now", pilot="share", pilot_size="40", pilot_days="")
    launch_wave({"wave_id": wave.id})
    assert "The other 3: follow when you say so" in words(page(client, f"/waves/{wave.id}"))
    with transaction():
        close_wave(wave.id, now=NOW)
    assert "The other 3: never asked." in words(page(client, f"/waves/{wave.id}"))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"pilot": "number", "pilot_size": "5"}, "would ask everybody: 5 in all"),
        ({"pilot": "share", "pilot_size": "60"}, "at most 50 percent"),
        ({"pilot": "share", "pilot_size": ""}, "Say how many are asked first."),
        (
            {"pilot": "share", "pilot_size": "20", "pilot_days": "9", "closes_on": "2026-03-18"},
            "over already",
        ),
    ],
)
def test_what_is_no_pilot_is_refused_in_one_sentence(
    client: CheckingClient, csm: User, fields: dict[str, str], sentence: str
) -> None:
    wave = a_wave_for(5, csm)
    assert sentence in send(client, f"/waves/{wave.id}/check", 200, when="now", **fields)
    assert (wave.state, invitations_of(wave)) == (WaveState.DRAFT, [])
