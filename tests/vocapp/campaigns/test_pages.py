"""The pages of waves."""

import pytest

from tests.builders import NOW, a_contact, a_user, a_wave, an_account, an_invitation
from tests.conftest import CheckingClient
from tests.vocapp.campaigns.builders import a_draft, invitations_of
from tests.vocapp.campaigns.pages import page, send
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName

pytestmark = pytest.mark.usefixtures("march")


@pytest.mark.parametrize("view", ["silent", "answered", "other", "excluded", "trouble", "nonsense"])
def test_a_wave_shows_its_people_in_every_view(client: CheckingClient, csm: User, view: str) -> None:
    wave = a_wave(csm)
    for state in InvitationState:
        an_invitation(wave, state=state, settled_at=NOW)
    assert wave.name in page(client, f"/waves/{wave.id}?view={view}")


def test_silent_people_with_heavy_personas_come_first(client: CheckingClient, csm: User) -> None:
    wave = a_wave(csm)
    account = an_account(owner_id=csm.id)
    an_invitation(wave, a_contact(account, first_name="Carl", last_name="Champion"))
    an_invitation(
        wave, a_contact(account, first_name="Dora", last_name="Decider", personas=("decision_maker",))
    )
    shown = page(client, f"/waves/{wave.id}")
    assert shown.index("Dora Decider") < shown.index("Carl Champion")


@pytest.mark.parametrize("state", list(WaveState))
def test_a_wave_has_a_page_in_every_state(client: CheckingClient, csm: User, state: WaveState) -> None:
    wave = a_wave(csm, state=state, closed_at=NOW)
    page(client, f"/waves/{wave.id}", 302 if state is WaveState.DRAFT else 200)
    assert wave.name in page(client, f"/waves?state={state}")


def test_the_progress_of_an_open_wave_asks_again_and_that_of_a_closed_one_does_not(
    client: CheckingClient, csm: User
) -> None:
    parts = [
        client.get(f"/waves/{a_wave(csm, state=state).id}/progress", headers={"HX-Request": "true"})
        for state in (WaveState.OPEN, WaveState.CLOSED)
    ]
    assert ["every 5s" in part.get_data(as_text=True) for part in parts] == [True, False]


def test_closing_now_settles_the_unanswered(client: CheckingClient, csm: User) -> None:
    invitation = an_invitation(a_wave(csm))
    send(client, f"/waves/{invitation.wave_id}/close")
    assert invitations_of(invitation.wave)[0].state == InvitationState.SILENT


def test_a_scheduled_wave_is_cancelled_and_an_open_one_is_not(client: CheckingClient, csm: User) -> None:
    scheduled, opened = a_wave(csm, state=WaveState.SCHEDULED), a_wave(csm)
    for wave in (scheduled, opened):
        send(client, f"/waves/{wave.id}/cancel")
    assert [scheduled.state, opened.state] == [WaveState.CANCELLED, WaveState.OPEN]


def test_what_was_done_after_a_wave_is_kept_on_its_page(client: CheckingClient, csm: User) -> None:
    wave = a_wave(csm, state=WaveState.CLOSED, closed_at=NOW)
    send(client, f"/waves/{wave.id}/done", we_did="  Support answers within a day.\r\nWe hired two people.  ")
    assert wave.we_did == "Support answers within a day.\nWe hired two people."
    assert "Support answers within a day." in page(client, f"/waves/{wave.id}")
    send(client, f"/waves/{wave.id}/done", we_did="x" * 601)
    assert wave.we_did.startswith("Support")
    send(client, f"/waves/{wave.id}/done", we_did=" ")
    assert wave.we_did == ""


def test_nothing_has_been_done_yet_about_a_wave_that_runs(client: CheckingClient, csm: User) -> None:
    wave = a_wave(csm)
    assert "You said, we did" not in page(client, f"/waves/{wave.id}")
    send(client, f"/waves/{wave.id}/done", we_did="Everything")
    assert wave.we_did == ""


WAVE_PAGES = ("", "/progress")
DRAFT_PAGES = ("/survey", "/accounts", "/people", "/message", "/check")


@pytest.mark.parametrize("address", [*WAVE_PAGES, *DRAFT_PAGES])
def test_another_csms_wave_does_not_exist(client: CheckingClient, csm: User, address: str) -> None:
    wave = a_draft() if address in DRAFT_PAGES else a_wave()
    page(client, f"/waves/{wave.id}{address}", 404)


@pytest.mark.parametrize(
    "address",
    [
        "/close",
        "/cancel",
        "/to-come",
        "/done",
        "/survey",
        "/accounts",
        "/message",
        "/check",
        "/discard",
        "/people/leave-out",
    ],
)
def test_nobody_changes_another_csms_wave(client: CheckingClient, csm: User, address: str) -> None:
    for wave in (a_draft(), a_wave()):
        send(client, f"/waves/{wave.id}{address}", 404)


def test_another_csms_wave_is_not_in_the_list(client: CheckingClient, csm: User) -> None:
    mine, other = a_wave(csm, name="Mine"), a_wave(name="Somebody else’s")
    listed = page(client, "/waves")
    assert mine.name in listed
    assert other.name not in listed


def test_a_leader_sees_and_closes_every_wave(client: CheckingClient, csm: User) -> None:
    wave = a_wave(csm)
    client.sign_in(a_user(RoleName.LEADER))
    assert wave.name in page(client, "/waves")
    assert "Close now" in page(client, f"/waves/{wave.id}")
    send(client, f"/waves/{wave.id}/close")
    assert wave.state == WaveState.CLOSED


def test_an_executive_reads_and_changes_nothing(client: CheckingClient, csm: User) -> None:
    wave = a_wave(csm)
    client.sign_in(a_user(RoleName.EXECUTIVE))
    assert "Launch a wave" not in page(client, "/waves")
    assert "Close now" not in page(client, f"/waves/{wave.id}")
    page(client, "/waves/new", 404)
    page(client, f"/waves/{a_draft(owner=csm).id}/accounts", 404)
    send(client, f"/waves/{wave.id}/close", 403)


def test_a_company_without_waves_is_invited_to_launch_one(client: CheckingClient, csm: User) -> None:
    assert "No waves yet" in page(client, "/waves")


@pytest.mark.parametrize("view", ["silent", "answered"])
def test_a_wave_hides_the_people_of_an_account_that_went_to_another_csm(
    client: CheckingClient, csm: User, view: str
) -> None:
    wave = a_wave(csm)
    state = InvitationState.COMPLETED if view == "answered" else InvitationState.DELIVERED
    moved = an_invitation(wave, a_contact(an_account(owner_id=a_user().id)), state=state, settled_at=NOW)
    part = client.get(f"/waves/{wave.id}/progress", headers={"HX-Request": "true"}).get_data(as_text=True)
    assert moved.contact.full_name not in part + page(client, f"/waves/{wave.id}?view={view}")
    client.sign_in(a_user(RoleName.LEADER))
    assert moved.contact.full_name in page(client, f"/waves/{wave.id}?view={view}")


def test_a_draft_hides_the_people_of_an_account_that_went_to_another_csm(
    client: CheckingClient, csm: User
) -> None:
    moved, kept = a_contact(an_account(owner_id=a_user().id)), a_contact(an_account(owner_id=csm.id))
    wave = a_draft(moved.account, kept.account, owner=csm)
    listed = page(client, f"/waves/{wave.id}/people")
    assert kept.email in listed
    assert moved.email not in listed
    page(client, f"/waves/{wave.id}/message/{kept.id}")
    page(client, f"/waves/{wave.id}/message/{moved.id}", 404)


NO_ROW = str(2**70)


def test_numbers_no_row_can_have_are_nobody(client: CheckingClient, csm: User) -> None:
    wave = a_draft(an_account(owner_id=csm.id), owner=csm)
    page(client, f"/waves/new?account={NO_ROW}")
    send(client, "/waves/new", 200, survey="nps", account=NO_ROW)
    send(client, f"/waves/{wave.id}/people/leave-out", contact=NO_ROW, reason="Away")
    send(client, f"/waves/{wave.id}/accounts", shown=NO_ROW, account=NO_ROW)


def test_what_an_address_holds_does_not_steer_the_links_of_a_draft(client: CheckingClient, csm: User) -> None:
    wave = a_draft(a_contact(an_account(owner_id=csm.id)).account, owner=csm)
    listed = page(client, f"/waves/{wave.id}/people?wave_id=7&_external=1&endpoint=x&q=")
    assert f'action="/waves/{wave.id}/people/leave-out?' in listed
