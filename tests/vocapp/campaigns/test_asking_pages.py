"""What the pages of a wave say about when people are asked, and why others are not or only later."""

from datetime import timedelta

import pytest

from tests.builders import NOW, a_contact, a_wave, an_account, an_invitation, save
from tests.conftest import CheckingClient
from tests.vocapp.campaigns.builders import a_draft
from tests.vocapp.campaigns.pages import page, send
from vocapp.campaigns.audience import audience
from vocapp.campaigns.models import Exclusion
from vocapp.campaigns.rules import ExclusionReason, WaveState
from vocapp.core.db import transaction
from vocapp.identity.models import User

pytestmark = pytest.mark.usefixtures("march")


def test_the_check_says_when_each_group_of_people_is_asked(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id)
    for _ in range(2):
        a_contact(account)
    a_contact(account, time_zone="America/New_York")
    a_contact(account, time_zone="Pacific/Apia")
    a_contact(account, absent_until=NOW.date() + timedelta(days=5))
    text = page(client, f"/waves/{a_draft(account, owner=csm).id}/check")
    said = " ".join(text.split("When people are asked")[1].split("</ul>")[0].split())
    # Ten in the morning: now in London, at nine in New York, and tomorrow morning in Apia, which is tonight.
    assert "4 people" in said
    assert "America/New_York" in said
    assert "Mar 18, 2026" in said
    assert "one person" in said


def test_a_launch_says_which_mails_are_sent(client: CheckingClient, csm: User) -> None:
    wave = a_draft(a_contact(an_account(owner_id=csm.id)).account, owner=csm)
    page(client, f"/waves/{wave.id}/check")
    send(
        client,
        f"/waves/{wave.id}/check",
        when="now",
        reminders="5",
        has_prenotice="y",
        has_heads_up="y",
        is_any_hour="y",
    )
    assert (wave.reminder_days, wave.has_prenotice, wave.is_any_hour) == ([5], True, True)
    assert wave.has_heads_up


@pytest.mark.parametrize(("sent", "days"), [("3,8", [3, 8]), ("3", [3]), ("", [])])
def test_reminders_can_be_two_one_or_none(
    client: CheckingClient, csm: User, sent: str, days: list[int]
) -> None:
    wave = a_draft(a_contact(an_account(owner_id=csm.id)).account, owner=csm)
    send(client, f"/waves/{wave.id}/check", when="now", reminders=sent)
    assert (wave.state, wave.reminder_days) == (WaveState.OPEN, days)


def test_days_nobody_offered_are_refused(client: CheckingClient, csm: User) -> None:
    wave = a_draft(a_contact(an_account(owner_id=csm.id)).account, owner=csm)
    assert "Not a valid choice" in send(client, f"/waves/{wave.id}/check", 200, when="now", reminders="1,2,3")
    assert wave.state == WaveState.DRAFT


def test_only_verified_people_can_be_asked(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id)
    a_contact(account)
    a_contact(account, verified_on=None, language="xh")
    wave = a_draft(account, owner=csm)
    assert "not verified lately" in page(client, f"/waves/{wave.id}/check")
    assert "the survey does not speak it" in page(client, f"/waves/{wave.id}/check")
    send(client, f"/waves/{wave.id}/people/only?view=excluded", is_for_verified="y")
    assert "Nobody verified them lately" in page(client, f"/waves/{wave.id}/people?view=excluded")
    assert len(audience(wave, now=NOW).asked) == 1
    send(client, f"/waves/{wave.id}/people/only", is_in_own_language="y")
    text = page(client, f"/waves/{wave.id}/people?view=excluded")
    assert "The survey does not speak their language" in text
    send(client, f"/waves/{wave.id}/people/only")
    assert len(audience(wave, now=NOW).asked) == 2


def test_a_draft_says_until_when_somebody_rests_and_when_they_are_asked(
    client: CheckingClient, csm: User
) -> None:
    account = an_account(owner_id=csm.id)
    resting, away = a_contact(account), a_contact(account, absent_until=NOW.date() + timedelta(days=30))
    an_invitation(a_wave(csm), resting, sent_at=NOW - timedelta(days=75))
    a_contact(account, is_on_leave=True)
    text = page(client, f"/waves/{a_draft(account, owner=csm).id}/people?view=excluded")
    assert "Was asked lately, until Mar 16, 2026; will be asked Mar 16, 2026, 10:00:00" in text
    assert "Away, until Apr 13, 2026" in text
    assert text.count("will be asked") == 1
    assert away.absent_until is not None


def test_a_running_wave_says_it_too(client: CheckingClient, csm: User) -> None:
    contact = a_contact(an_account(owner_id=csm.id))
    wave = a_wave(csm)
    with transaction():
        wave.accounts.append(contact.account)
    until = NOW + timedelta(days=4)
    row = {"reason": ExclusionReason.MAIL_BUDGET, "until": until, "ask_at": until + timedelta(hours=2)}
    save(Exclusion(wave_id=wave.id, contact_id=contact.id, **row))
    text = page(client, f"/waves/{wave.id}?view=excluded")
    assert "Got enough mails lately, until Mar 15, 2026; will be asked Mar 15, 2026, 12:00:00" in text


@pytest.mark.parametrize("reason", ExclusionReason)
def test_every_reason_has_words(client: CheckingClient, csm: User, reason: ExclusionReason) -> None:
    contact = a_contact(an_account(owner_id=csm.id))
    wave = a_wave(csm)
    save(Exclusion(wave_id=wave.id, contact_id=contact.id, reason=reason))
    assert contact.email in page(client, f"/waves/{wave.id}?view=excluded")


def test_when_people_are_asked_moves_with_the_mails_that_come_before(
    client: CheckingClient, csm: User
) -> None:
    account, alone = an_account(owner_id=csm.id), an_account(owner_id=csm.id)
    champion = a_contact(account, last_name="Zola", personas=("champion",))
    a_contact(account, last_name="Yun", personas=("power_user",))
    a_contact(alone, last_name="Xu", personas=("champion",))
    wave = a_draft(account, alone, owner=csm)

    def moments(**fields: str) -> str:
        text = send(client, f"/waves/{wave.id}/check", 200, go="look", **{"when": "now", **fields})
        return " ".join(text.split('id="moments"')[1].split('id="launch"')[0].split())

    assert "Mar 11, 2026" in moments()
    both = moments(has_prenotice="y", has_heads_up="y")
    assert "Heads-up to champions: one person" in both
    assert "Announcement: 2 people" in both
    assert "The question: 3 people" in both
    assert both.count("Mar 11, 2026") == 2
    assert both.count("Mar 13, 2026") == 1
    later = moments(when="later", at="2026-03-20T10:00", has_prenotice="y")
    assert "Mar 20, 2026" in later
    assert "Mar 24, 2026" in later
    # What was looked at is kept, and the preview of a mail offers those who would get it.
    assert wave.has_prenotice
    told = page(client, f"/waves/{wave.id}/message?kind=heads_up")
    assert f'<option value="{champion.id}"' in told
    assert "Yun" not in told
    assert "Xu" not in told
    words = page(client, f"/waves/{wave.id}/words?step=heads_up")
    assert ("Zola" in words, "Yun" in words) == (True, False)
    with transaction():
        champion.is_on_leave = True
    assert "Nobody would get a heads-up" in page(client, f"/waves/{wave.id}/message?kind=heads_up")
    looked = send(client, f"/waves/{wave.id}/check", 200, go="look", when="now", has_heads_up="y")
    assert "so nobody gets a heads-up" in looked
