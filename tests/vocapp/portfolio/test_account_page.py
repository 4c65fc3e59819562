"""The account page: who, what they said or did not, what happened, against whom."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
import time_machine

from tests.builders import NOW, a_contact, a_user, an_invitation, save
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.rules import InvitationState
from vocapp.identity.rules import RoleName
from vocapp.renewals.models import Opportunity, RenewalOutcome
from vocapp.responses.models import Referral
from vocapp.signals.models import AccountEvent

from .builders import a_customer, a_past_wave, answered, scored, stayed_silent


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def csm(client):
    user = a_user()
    client.sign_in(user)
    return user


def text_of(client, account, query=""):
    response = client.get(f"/accounts/{account.id}{query}")
    assert response.status_code == 200
    return " ".join(unescape(response.get_data(as_text=True)).split())


def test_an_account_of_somebody_else_does_not_exist(client, csm):
    assert client.get(f"/accounts/{a_customer(a_user()).id}").status_code == 404


def test_a_leader_sees_every_account(client):
    client.sign_in(a_user(RoleName.LEADER))
    assert "Yarrow" in text_of(client, a_customer(a_user(), name="Yarrow"))


def test_an_executive_gets_no_buttons_that_change_anything(client):
    client.sign_in(a_user(RoleName.EXECUTIVE))
    text = text_of(client, a_customer())
    assert "Start a wave" not in text
    assert "Add a person" not in text


def a_case(account, key, **values):
    defaults = {"occurred_at": NOW - timedelta(12), "title": f"Case {key}", "priority": "High"}
    save(
        AccountEvent(
            account_id=account.id, kind="case", source="crm:1", external_key=key, **{**defaults, **values}
        )
    )


def test_open_cases_are_counted(client, csm):
    account = a_customer(csm)
    a_case(account, "1")
    a_case(account, "2", is_urgent=True, urgent_at=NOW, occurred_at=NOW - timedelta(3))
    text = text_of(client, account)
    assert "2 open cases" in text
    assert "1 escalated, the oldest for 12 days" in text


def test_without_an_open_case_cases_are_not_spoken_of(client, csm):
    account = a_customer(csm)
    a_case(account, "1", ended_at=NOW)
    assert "<dt>Cases</dt>" not in text_of(client, account)


def test_the_story_tells_of_cases_and_decided_renewals(client, csm):
    account = a_customer(csm)
    ana = a_contact(account, first_name="Ana", last_name="Silva")
    a_case(account, "1", contact_id=ana.id, is_urgent=True, urgent_at=NOW, ended_at=NOW)
    for name, is_won in (("Support", False), ("Licence", True)):
        save(
            Opportunity(
                account_id=account.id, source="crm:1", external_key=name, kind="renewal", name=name,
                is_closed=True, is_won=is_won, close_date=NOW.date(), amount=500, currency="USD",
            )
        )  # fmt: skip
    text = text_of(client, account)
    for told in ("opened", "escalated", "closed"):
        assert f"Case {told}: Case 1" in text
    assert "priority: High" in text
    assert "Renewal won: Licence" in text
    assert "Renewal lost: Support" in text


def test_an_account_without_anything_says_what_to_do(client, csm):
    text = text_of(client, a_customer(csm))
    assert "Nothing has been measured yet" in text
    assert "Nothing has happened yet" in text
    assert "No wave has asked anybody here" in text


def test_an_empty_seat_is_a_card_that_offers_the_next_step(client, csm):
    account = a_customer(csm)
    a_contact(account, personas=("champion",), first_name="Ana", last_name="Silva")
    text = text_of(client, account)
    assert "1 empty seat" in text
    assert "Ask Ana Silva (champion)" in text
    assert f"/accounts/{account.id}/people/new?persona=decision_maker" in text


def test_silent_and_never_asked_are_different_words(client, csm):
    account = a_customer(csm)
    silent = a_contact(account, personas=("decision_maker",))
    a_contact(account, personas=("champion",))
    for weeks in (20, 10):
        stayed_silent(a_past_wave(csm, weeks), silent)
    text = text_of(client, account)
    assert "silent in 2 waves in a row" in text
    assert "never asked" in text


def test_waiting_and_not_reached_are_different_words(client, csm):
    account = a_customer(csm)
    wave = a_past_wave(csm, 1, state="open", closed_at=None)
    an_invitation(wave, a_contact(account, personas=("champion",)))
    bounced = a_contact(account, personas=("decision_maker",))
    an_invitation(wave, bounced, state=InvitationState.BOUNCED, settled_at=NOW - timedelta(hours=1))
    text = text_of(client, account)
    assert "asked, no answer yet" in text
    assert "asked, but not reached" in text


def test_a_person_shows_their_last_answer_with_its_class_and_words(client, csm):
    account = a_customer(csm)
    ken = a_contact(account, first_name="Ken", last_name="Ito")
    answered(a_past_wave(csm, 20), ken, 9)
    answered(a_past_wave(csm, 10), ken, 4, comment="Third outage this quarter.")
    text = text_of(client, account)
    people = text[text.index('id="people"') : text.index('id="story"')]
    assert "Third outage this quarter." in people
    assert "detractor" in people
    assert "promoter" not in people


def test_a_doubtful_answer_is_not_shown(client, csm):
    account = a_customer(csm)
    answered(a_past_wave(csm), a_contact(account), 4, comment="Buy pills", quarantine_reason="trap_field")
    assert "Buy pills" not in text_of(client, account)


def test_one_answer_is_treated_as_a_hint(client, csm):
    account = a_customer(csm)
    answered(a_past_wave(csm), a_contact(account), 9)
    scored()
    assert "one answer: treat as a hint" in text_of(client, account)


def test_an_account_where_everybody_is_silent_has_no_sentiment_but_an_engagement_of_nothing(client, csm):
    account = a_customer(csm)
    for weeks in (20, 10):
        stayed_silent(a_past_wave(csm, weeks), a_contact(account, personas=("decision_maker",)))
    scored()
    text = text_of(client, account)
    assert "nobody has answered yet" in text
    assert '<p class="v-measure-value">0%</p>' in text


def test_points_lost_say_why_an_account_is_not_at_a_hundred(client, csm):
    account = a_customer(csm)
    answered(a_past_wave(csm), a_contact(account), 7)
    scored()
    text = text_of(client, account)
    assert "Why not 100" in text


def test_the_story_tells_answers_silences_referrals_and_renewals(client, csm):
    account = a_customer(csm)
    ken = a_contact(account, first_name="Ken", last_name="Ito")
    ana = a_contact(account, first_name="Ana", last_name="Silva")
    wave = a_past_wave(csm, name="Winter")
    answered(wave, ken, 4, comment="Third outage.")
    stayed_silent(wave, ana)
    asked = an_invitation(a_past_wave(csm, 5), ana, state=InvitationState.REFERRED)
    save(
        Referral(invitation_id=asked.id, account_id=account.id, reason="wrong_person", named_person="Mei Ono")
    )
    save(RenewalOutcome(account_id=account.id, renewal_date=NOW.date(), outcome="renewed", amount=500))
    text = text_of(client, account)
    story = text[text.index('id="story"') : text.index('id="others"')]
    told = (
        "Winter went out",
        "Winter closed",
        "Silent:",
        "Third outage.",
        "named Mei Ono",
        "Renewed",
    )
    assert [words for words in told if words not in story] == []


def test_a_long_story_is_told_in_full_on_a_page_of_its_own(client, csm):
    account = a_customer(csm)
    wave = a_past_wave(csm, name="Winter")
    for _unused in range(20):
        answered(wave, a_contact(account), 9)
    text = text_of(client, account)
    assert "Winter went out" not in text
    assert f"/accounts/{account.id}/timeline" in text


def test_a_crowd_is_shown_in_part_and_counted(client, csm):
    account = a_customer(csm)
    wave = a_past_wave(csm)
    for _unused in range(65):
        stayed_silent(wave, a_contact(account))
    text = text_of(client, account)
    assert text.count('class="v-contact"') == 12
    assert "and 53 more" in text
    assert text.count("v-mark--silent") <= 61


def test_an_account_where_everybody_opted_out_was_not_never_asked(client, csm):
    account = a_customer(csm)
    a_contact(account, status=ContactStatus.OPTED_OUT)
    scored()
    text = text_of(client, account)
    assert "never asked" not in text
    assert "opted out of surveys" in text
    assert "Nobody is known who can be asked" in text


def test_an_old_answer_is_not_called_none(client, csm):
    account = a_customer(csm)
    answered(a_past_wave(csm, 70), a_contact(account), 9)
    scored()
    text = text_of(client, account)
    assert "nobody who is there now has rated us in the last 12 months" in text
    assert "nobody has answered yet" not in text


def test_without_ten_others_there_is_plainly_no_comparison(client, csm):
    account = a_customer(csm)
    answered(a_past_wave(csm), a_contact(account), 9)
    scored()
    assert "No comparison: it takes 10 other accounts" in text_of(client, account)


def test_with_ten_others_the_cohort_is_named(client, csm):
    wave = a_past_wave(csm)
    accounts = [a_customer(csm, region="DACH", industry="Retail") for _unused in range(11)]
    for number, account in enumerate(accounts):
        answered(wave, a_contact(account), number)
    scored()
    text = text_of(client, accounts[10])
    assert re.search(
        r"Sentiment is higher than at \d+% of the 10 other accounts with the same tier, industry and region "
        r"\(Tier 1 · Retail · DACH\); most likely between \d+% and \d+%\.",
        text,
    )


def test_people_who_left_stand_apart(client, csm):
    account = a_customer(csm)
    a_contact(account, status=ContactStatus.LEFT)
    assert "1 person has left" in text_of(client, account)


def test_a_person_in_doubt_says_so(client, csm):
    account = a_customer(csm)
    a_contact(account, verified_on=(NOW - timedelta(days=200)).date())
    assert "in doubt: last confirmed" in text_of(client, account)


def test_waves_are_a_table_with_what_they_did_to_strength(client, csm):
    account = a_customer(csm)
    wave = a_past_wave(csm, name="Winter")
    answered(wave, a_contact(account), 9)
    scored(wave.closed_at)
    scored()
    text = text_of(client, account)
    table = text[text.index('id="waves"') :]
    assert "Winter" in table
    assert "+100" in table
