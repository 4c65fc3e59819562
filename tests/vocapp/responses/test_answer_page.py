"""The page a respondent meets: what it shows, in which language, and that looking at it changes nothing."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import func, select

from surveys.translation import phrase
from tests.builders import NOW, a_response, a_wave, an_account
from tests.vocapp.responses.builders import a_link
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import Base, db

STATIC = Path(__file__).parents[3] / "vocapp" / "static"
BESIDE_THE_PAGE = ("css/answer.css", "js/answer.js")


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


def rows_everywhere():
    db.session.expire_all()
    return {
        table.name: db.session.scalar(select(func.count()).select_from(table))
        for table in Base.metadata.sorted_tables
    }


def chosen(page):
    return re.findall(r'name="score"[^>]* value="(\d+)" checked', page.text)


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("query", ["", "?score=9", "?lang=de"])
@pytest.mark.parametrize("path", ["/s/{}", "/s/{}/thanks", "/s/{}/not-me", "/s/{}/somebody-else", "/u/{}"])
def test_looking_at_a_page_records_nothing(client, method, query, path):
    invitation, token = a_link()
    before = rows_everywhere()
    headers = {"Sec-Purpose": "prefetch"}
    getattr(client, method)(path.format(token) + query, headers=headers)
    assert rows_everywhere() == before
    db.session.refresh(invitation)
    assert invitation.state == InvitationState.DELIVERED


def test_a_score_link_opens_the_page_with_that_score_chosen(client):
    _, token = a_link()
    assert chosen(client.get(f"/s/{token}?score=7")) == ["7"]


@pytest.mark.parametrize("nonsense", ["", "11", "-1", "ten", "7.0", "٧", "%00", "9" * 400])
def test_a_nonsense_score_is_ignored(client, nonsense):
    _, token = a_link()
    page = client.get(f"/s/{token}?score={nonsense}")
    assert page.status_code == 200
    assert chosen(page) == []


def test_the_page_says_who_asks_until_when_and_what_happens_with_the_answer(client):
    _, token = a_link(closes_at=NOW + timedelta(days=21))
    text = client.get(f"/s/{token}").text
    assert "Ana Silva asks" in text
    assert "Open until April 1, 2026" in text
    assert "Your answer goes, with your name, to Ana Silva and colleagues at Vendor." in text


def test_the_person_is_named_only_by_a_letter(client):
    _, token = a_link()
    text = client.get(f"/s/{token}").text
    assert "For Z… at Acme. Not you?" in text
    assert "Zenobia" not in text
    assert "Quist" not in text


def test_both_ends_of_the_scale_are_in_the_names_of_their_numbers(client):
    _, token = a_link()
    text = client.get(f"/s/{token}").text
    assert 'value="0" aria-label="0, Not at all likely"' in text
    assert 'value="10" aria-label="10, Extremely likely"' in text


def test_page_style_and_script_together_stay_under_50_kilobytes_in_every_language(client):
    _, token = a_link(survey="everything")
    beside = sum((STATIC / name).stat().st_size for name in BESIDE_THE_PAGE)
    for code in ("en", "de", "fr", "es", "pt", "ja", "ar"):
        page = client.get(f"/s/{token}?lang={code}")
        assert len(page.data) + beside < 50_000
        loaded = re.findall(r'(?:src|href)="(/static/[^"?]+)', page.text)
        assert loaded == [f"/static/{name}" for name in BESIDE_THE_PAGE]
        assert re.findall(r"<script[^>]*>(.*?)</script>", page.text) == [""]


def test_the_script_is_small():
    assert (STATIC / "js" / "answer.js").stat().st_size < 4096


def test_no_page_of_a_respondent_sets_a_cookie(client):
    _, token = a_link()
    client.post(f"/s/{token}", data={"score": "9"})
    for path in (f"/s/{token}", f"/s/{token}/thanks", f"/s/{token}/not-me", f"/u/{token}", "/s/unknown"):
        assert "Set-Cookie" not in client.get(path).headers


def test_the_address_of_the_page_is_not_passed_on_to_others(client):
    _, token = a_link()
    headers = client.get(f"/s/{token}").headers
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"
    assert "noindex" in client.get(f"/s/{token}").text


@pytest.mark.parametrize(
    ("contact", "browser", "query", "expected"),
    [
        ("de", "fr", "?lang=ja", "ja"),
        ("de", "fr", "", "de"),
        ("pt-BR", "fr", "", "pt"),
        ("", "fr-CA,en;q=0.5", "", "fr"),
        ("tlh", "xx", "", "es"),
        ("de", "fr", "?lang=../../etc", "de"),
    ],
)
def test_the_language_follows_choice_then_contact_then_browser_then_mail(
    client, contact, browser, query, expected
):
    _, token = a_link(contact={"language": contact}, language="es")
    page = client.get(f"/s/{token}{query}", headers={"Accept-Language": browser})
    assert f'<html lang="{expected}"' in page.text


def test_an_arabic_page_reads_from_right_to_left_and_keeps_its_digits(client):
    _, token = a_link(contact={"language": "ar"})
    text = client.get(f"/s/{token}").text
    assert '<html lang="ar" dir="rtl">' in text
    assert re.findall(r'name="score"[^>]* value="(\d+)"[^>]*><span>(\d+)', text) == [
        (str(rating), str(rating)) for rating in range(11)
    ]


def test_the_chosen_language_stays_through_sending(client):
    _, token = a_link()
    sent = client.post(f"/s/{token}", data={"score": "9", "lang": "de"})
    assert phrase("extra_page", "de") in client.get(sent.location).text
    assert "Vielen Dank" in client.get(f"/s/{token}/thanks?lang=de").text


def test_after_an_answer_the_page_shows_it_and_asks_before_it_is_replaced(client):
    invitation, token = a_link()
    a_response(
        invitation,
        rating=3,
        answers={"rating": 3, "why": "Slow <b>answers</b>"},
        comment="Slow <b>answers</b>",
    )
    page = client.get(f"/s/{token}?score=8")
    assert "You have already answered. Replace your answer?" in page.text
    assert "Your answer so far: 3" in page.text
    assert "Slow &lt;b&gt;answers&lt;/b&gt;" in page.text
    assert "Replace my answer</button>" in page.text
    assert chosen(page) == ["8"]


def test_a_recorded_answer_stands_in_the_form_again(client):
    invitation, token = a_link()
    a_response(
        invitation, rating=3, answers={"rating": 3, "why": "Slow", "may_contact": True}, comment="Slow"
    )
    page = client.get(f"/s/{token}")
    assert chosen(page) == ["3"]
    assert ">\nSlow</textarea>" in page.text
    assert 'value="yes" checked' in page.text


def test_the_thanks_of_somebody_who_did_not_answer_lead_to_the_question(client):
    _, token = a_link()
    assert client.get(f"/s/{token}/thanks").location == f"/s/{token}"


@pytest.mark.parametrize(
    "path", ["/s/{}", "/s/{}/thanks", "/s/{}/not-me", "/s/{}/somebody-else", "/s/{}/told", "/u/{}"]
)
def test_an_unknown_link_ends_in_a_polite_404(client, path):
    page = client.get(path.format("no-such-token"))
    assert page.status_code == 404
    assert "We cannot find this page" in page.text


@pytest.mark.parametrize("state", [WaveState.CLOSED, WaveState.CANCELLED, WaveState.SCHEDULED])
def test_a_wave_that_takes_no_answers_says_so_and_thanks(client, state):
    _, token = a_link(wave={"state": state})
    page = client.get(f"/s/{token}")
    assert page.status_code == 410
    assert "Thank you for coming by" in page.text


def test_a_wave_past_its_end_is_closed_before_anybody_closed_it(client):
    _, token = a_link(closes_at=NOW)
    assert client.get(f"/s/{token}").status_code == 410


def test_neither_refusal_names_anybody(client):
    _, token = a_link(wave={"state": WaveState.CLOSED})
    for page in (client.get(f"/s/{token}"), client.get("/s/no-such-token")):
        assert not re.search("Zenobia|Quist|Acme|Ana|Silva|Vendor", page.text)


def test_a_refusal_speaks_the_browsers_language(client):
    page = client.get("/s/no-such-token", headers={"Accept-Language": "ar"})
    assert '<html lang="ar" dir="rtl">' in page.text


@pytest.mark.parametrize(
    ("asked_by_same", "state", "is_told"),
    [
        (True, WaveState.CLOSED, True),
        (False, WaveState.CLOSED, False),
        (True, WaveState.OPEN, False),
    ],
)
def test_the_thanks_tell_what_was_done_after_the_last_wave(client, asked_by_same, state, is_told):
    invitation, token = a_link()
    owner = invitation.wave.owner if asked_by_same else None
    before = a_wave(owner, state=state, closed_at=NOW, we_did="Support answers within a day. <b>Now</b>")
    before.accounts.append(invitation.account)
    client.post(f"/s/{token}", data={"score": "9"})
    text = client.get(f"/s/{token}/thanks").text
    assert ("You said, we did" in text) is is_told
    assert ("Support answers within a day. &lt;b&gt;Now&lt;/b&gt;" in text) is is_told


def test_what_was_done_at_another_account_is_told_to_nobody_else(client):
    other = an_account()
    invitation, token = a_link()
    before = a_wave(invitation.wave.owner, state=WaveState.CLOSED, closed_at=NOW, we_did="Something")
    before.accounts.append(other)
    client.post(f"/s/{token}", data={"score": "9"})
    assert "Something" not in client.get(f"/s/{token}/thanks").text
