"""The page "What silence means": what it says of which data, and whose accounts it counts."""

from datetime import timedelta

import pytest

from tests.builders import NOW, a_contact, a_response, a_tier, a_user, a_wave, an_account, an_invitation, save
from tests.conftest import CheckingClient
from vocapp.accounts.models import Account
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.clock import utcnow
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.renewals.models import RenewalOutcome

CLOSED = NOW - timedelta(days=500)


def a_closed_wave(**values: object) -> Wave:
    closed = {"state": WaveState.CLOSED, "launched_at": CLOSED - timedelta(days=20), "closed_at": CLOSED}
    return a_wave(**{**closed, **values})


def asked(wave: Wave, *, is_silent: bool, ended: str, **values: object) -> Account:
    """An account asked in a wave, whose renewal ended some months later; `values` are its own."""
    account = an_account(**values)
    state = InvitationState.SILENT if is_silent else InvitationState.COMPLETED
    invitation = an_invitation(wave, a_contact(account), state=state, settled_at=CLOSED)
    if not is_silent:
        a_response(invitation, answered_at=CLOSED - timedelta(days=3))
    day = CLOSED.date() + timedelta(days=200)
    save(RenewalOutcome(account_id=account.id, renewal_date=day, outcome=ended))
    return account


def read(client: CheckingClient, path: str = "/lift") -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.text.split())


@pytest.fixture
def leader(client: CheckingClient) -> User:
    person = a_user(RoleName.LEADER)
    client.sign_in(person)
    return person


@pytest.mark.usefixtures("leader")
def test_before_any_wave_has_closed_the_page_says_what_is_missing(client: CheckingClient) -> None:
    page = read(client)
    assert "No wave has closed yet" in page
    assert "Import how renewals ended" in page


@pytest.mark.usefixtures("leader")
def test_a_wave_without_outcomes_says_that_there_is_too_little(client: CheckingClient) -> None:
    wave = a_closed_wave()
    an_invitation(wave, state=InvitationState.SILENT)
    assert "Too little to say yet: fewer than two accounts on one side." in read(client)


@pytest.mark.usefixtures("leader")
def test_the_lift_stands_in_a_sentence_with_its_interval_and_what_could_explain_it(
    client: CheckingClient,
) -> None:
    wave = a_closed_wave()
    tiers = a_tier("Tier 1"), a_tier("Tier 2", rank=2)
    for is_silent, count, gone in ((True, 8, 6), (False, 20, 2)):
        for number in range(count):
            ended = "churned" if number < gone else "renewed"
            asked(wave, is_silent=is_silent, ended=ended, tier_id=tiers[number % 2].id)
    page = read(client)
    assert "Accounts in which nobody answered left 7.5 times as often as others, and it may be" in page
    assert "6 of 8" in page
    assert "2 of 20" in page
    assert "A hidden cause would have to make both silence and leaving likelier" in page
    assert "Comparing only accounts of one tier with each other" in page
    assert "Still there after" in page


@pytest.mark.usefixtures("leader")
def test_when_no_other_account_left_a_lower_limit_is_given_and_no_ratio(client: CheckingClient) -> None:
    wave = a_closed_wave()
    for number in range(8):
        asked(wave, is_silent=True, ended="churned" if number < 6 else "renewed")
    for _ in range(20):
        asked(wave, is_silent=False, ended="renewed")
    page = read(client)
    assert "Accounts in which nobody answered left at least" in page
    assert "none of which left" in page


@pytest.mark.usefixtures("leader")
def test_data_that_show_nothing_are_said_to_show_nothing(client: CheckingClient) -> None:
    wave = a_closed_wave()
    for is_silent in (True, False):
        for number in range(6):
            asked(wave, is_silent=is_silent, ended="churned" if number == 0 else "renewed")
    assert "Your data show no difference" in read(client)


@pytest.mark.usefixtures("leader")
def test_too_early_the_page_says_until_when_to_wait(client: CheckingClient) -> None:
    closed = utcnow() - timedelta(days=20)
    wave = a_closed_wave(launched_at=closed - timedelta(days=20), closed_at=closed)
    an_invitation(wave, state=InvitationState.SILENT)
    assert "Too early to say: these waves need until" in read(client)


@pytest.mark.usefixtures("leader")
@pytest.mark.parametrize("address", ["/lift?quarter=9999-9&months=5", "/lift?quarter=%00&months=x"])
def test_nonsense_in_the_address_chooses_nothing(client: CheckingClient, address: str) -> None:
    a_closed_wave()
    asked(a_closed_wave(), is_silent=True, ended="churned")
    assert "What silence means" in read(client, address)


def test_a_csm_counts_their_own_accounts_only(client: CheckingClient) -> None:
    csm = a_user()
    client.sign_in(csm)
    wave = a_closed_wave()
    for number in range(6):
        asked(wave, is_silent=number < 3, ended="churned", owner_id=csm.id if number % 3 else None)
    page = read(client)
    assert "2 of 2" in page
    assert "3 of 3" not in page
