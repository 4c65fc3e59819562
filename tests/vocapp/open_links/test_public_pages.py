"""The pages of an open link: for anybody, keeping no name, no cookie, and one answer per visit."""

from datetime import timedelta

import pytest
import time_machine

from tests.builders import NOW
from tests.vocapp.open_links.builders import (
    BROWSER,
    SITE,
    address_of,
    an_open_link,
    fields_in,
    open_answers,
    send,
)
from vocapp.core.clock import utcnow
from vocapp.core.limits import EXTENSION_KEY
from vocapp.open_links.rules import OpenLinkKind

KINDS = list(OpenLinkKind)


@pytest.mark.parametrize("kind", KINDS)
def test_anybody_may_answer_and_nothing_says_who(client, kind):
    address = address_of(an_open_link(kind))
    page = client.get(address)
    assert page.status_code == 200
    after = send(client, address, fields_in(page), score="9", why="Good stand")
    assert after.status_code == 200
    assert "Your answer is saved" in client.get(f"{address}/thanks").get_data(as_text=True)
    (answer,) = open_answers()
    assert (answer.rating, answer.comment, answer.state) == (9, "Good stand", "complete")
    assert "may_contact" not in page.get_data(as_text=True)


@pytest.mark.parametrize("kind", KINDS)
def test_no_page_sets_a_cookie(client, kind):
    address = address_of(an_open_link(kind))
    page = client.get(address)
    answers = [page, send(client, address, fields_in(page), score="9"), client.get(f"{address}/thanks")]
    assert [answer.headers.get("Set-Cookie") for answer in answers] == [None, None, None]


def test_opening_the_page_records_nothing(client):
    address = address_of(an_open_link())
    client.get(address)
    client.head(address)
    client.get(f"{address}/thanks")
    assert open_answers() == []


def test_the_same_form_sent_twice_is_one_answer_and_another_visit_is_another(client):
    address = address_of(an_open_link())
    fields = fields_in(client.get(address))
    send(client, address, fields, score="3")
    send(client, address, fields, score="3")
    assert len(open_answers()) == 1
    send(client, address, fields_in(client.get(address)), score="3")
    assert len(open_answers()) == 2


def test_somebody_who_comes_back_to_the_form_changes_their_answer(client):
    address = address_of(an_open_link())
    fields = fields_in(client.get(address))
    send(client, address, fields, score="3")
    send(client, address, fields, score="8", why="After all")
    assert [(one.rating, one.comment) for one in open_answers()] == [(8, "After all")]


def test_a_new_visit_sees_nothing_of_the_one_before(client):
    address = address_of(an_open_link())
    send(client, address, fields_in(client.get(address)), score="3", why="zebrafinch")
    assert "zebrafinch" not in client.get(address).get_data(as_text=True)


def test_a_survey_of_several_pages_goes_on_page_by_page(client):
    address = address_of(an_open_link(survey="paged"))
    first = client.get(address)
    second = send(client, address, fields_in(first), score="9")
    assert "Why 9?" in second.get_data(as_text=True)
    assert [(one.rating, one.state, one.last_page) for one in open_answers()] == [(9, "partial", "start")]
    assert send(client, address, fields_in(second), why="Just so").status_code == 422
    bonus = send(client, address, fields_in(second), why="Just so", how="4")
    assert [(one.comment, one.state) for one in open_answers()] == [("Just so", "complete")]
    thanks = send(client, address, fields_in(bonus), extra="No")
    assert "Your answer is saved" in thanks.get_data(as_text=True)
    (answer,) = open_answers()
    assert answer.answers == {"rating": 9, "why": "Just so", "how": 4, "extra": "No"}


def test_a_visitor_goes_back_and_changes_what_they_said(client):
    address = address_of(an_open_link(survey="paged"))
    second = send(client, address, fields_in(client.get(address)), score="9")
    assert 'name="visit.page" value="start"' in second.get_data(as_text=True)
    first = send(client, address, fields_in(second), **{"visit.page": "start", "why": "not yet"})
    assert first.status_code == 200
    assert 'value="9" checked' in " ".join(first.get_data(as_text=True).split())
    assert [(one.rating, one.comment) for one in open_answers()] == [(9, "")]
    second = send(client, address, fields_in(first), score="4")
    assert "Why 4?" in second.get_data(as_text=True)
    bonus = send(client, address, fields_in(second), why="Slow", how="2")
    thanks = send(client, address, fields_in(bonus), extra="No")
    again = client.post(address, data=fields_in(thanks), headers=BROWSER)
    assert 'value="4" checked' in " ".join(again.get_data(as_text=True).split())
    send(client, address, fields_in(again), score="6")
    (answer,) = open_answers()
    assert (answer.rating, answer.comment, answer.state) == (6, "Slow", "complete")


def test_nobody_goes_back_to_what_was_said_long_ago_or_in_another_visit(client):
    address = address_of(an_open_link())
    fields = fields_in(client.get(address))
    after = send(client, address, fields, score="9", why="zebrafinch")
    back = {**fields_in(after), "visit.page": "start"}
    assert "zebrafinch" in send(client, address, back).get_data(as_text=True)
    assert "zebrafinch" not in send(client, address, {**back, "visit": "A" * 32}).get_data(as_text=True)
    with time_machine.travel(utcnow() + timedelta(minutes=31)):
        assert "zebrafinch" not in send(client, address, back).get_data(as_text=True)
    assert len(open_answers()) == 1
    assert "visit.page" not in client.get(f"{address}/thanks").get_data(as_text=True)


def test_a_page_nobody_has_come_to_cannot_be_sent(client):
    address = address_of(an_open_link(survey="paged"))
    fields = {**fields_in(client.get(address)), "page": "more"}
    assert send(client, address, fields, how="4").status_code == 422
    assert open_answers() == []


def test_a_form_without_a_number_is_shown_again_and_leaves_nothing(client):
    address = address_of(an_open_link())
    page = send(client, address, fields_in(client.get(address)), why="No number")
    assert page.status_code == 422
    assert "No number" in page.get_data(as_text=True)
    assert open_answers() == []


def test_of_a_form_with_an_error_the_number_is_kept(client):
    address = address_of(an_open_link())
    page = send(client, address, fields_in(client.get(address)), score="4", why="x" * 10_001)
    assert page.status_code == 422
    assert [(one.rating, one.state) for one in open_answers()] == [(4, "partial")]


def test_a_form_for_another_version_is_asked_again(client):
    address = address_of(an_open_link())
    fields = {**fields_in(client.get(address)), "version": "7"}
    assert send(client, address, fields, score="9").status_code == 422
    assert open_answers() == []


@pytest.mark.parametrize("visit", ["", "short", "x" * 200, "with space and more", "ünïcödé" * 4])
def test_a_word_that_is_none_of_ours_begins_a_visit_of_its_own(client, visit):
    address = address_of(an_open_link())
    assert send(client, address, {"visit": visit}, score="9").status_code == 200
    assert send(client, address, {"visit": visit}, score="9").status_code == 200
    assert len(open_answers()) == 2


def test_what_fills_the_trap_counts_nowhere_and_replaces_nothing(client):
    address = address_of(an_open_link())
    fields = fields_in(client.get(address))
    page = send(client, address, fields, score="0", website="spam")
    assert page.status_code == 200
    (answer,) = open_answers()
    assert answer.quarantine_reason == "trap_field"
    send(client, address, fields, score="9")
    send(client, address, fields, score="0", website="spam")
    (answer,) = open_answers()
    assert (answer.rating, answer.quarantine_reason) == (9, None)


def test_a_quick_form_of_an_announced_machine_is_kept_apart(client):
    address = address_of(an_open_link())
    page = client.get(address).get_data(as_text=True)
    opened = page.split('name="opened" value="')[1].split('"')[0]
    client.post(address, data={"score": "5", "opened": opened}, headers={"User-Agent": "SpiderBot/1.0"})
    assert open_answers()[0].quarantine_reason is not None


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_link_is_404_and_a_closed_one_410(client, kind):
    assert client.get(f"/{'e' if kind == 'event' else 'embed'}/nothing").status_code == 404
    closed = address_of(an_open_link(kind, closed_at=NOW))
    assert client.get(closed).status_code == 410
    assert client.post(closed, data={"score": "9"}).status_code == 410
    ended = address_of(an_open_link(kind, closes_at=NOW + timedelta(days=1)))
    with time_machine.travel(NOW + timedelta(days=2)):
        assert client.get(ended).status_code == 410
    assert open_answers() == []


def test_a_link_answers_only_in_its_own_place(client):
    address = address_of(an_open_link(OpenLinkKind.EVENT))
    assert client.get(address.replace("/e/", "/embed/")).status_code == 404


def test_only_the_pages_named_may_frame_an_embedded_survey(client):
    link = an_open_link(OpenLinkKind.EMBED, origins=(SITE, "http://localhost:3000"))
    address = address_of(link)
    page = client.get(address)
    thanks = send(client, address, fields_in(page), score="9")
    for answer in (page, thanks):
        policy = answer.headers["Content-Security-Policy"]
        assert f"frame-ancestors {SITE} http://localhost:3000;" in f"{policy};"
        assert "X-Frame-Options" not in answer.headers
    assert f'data-origins="{SITE} http://localhost:3000"' in page.get_data(as_text=True)


def test_a_closed_survey_says_so_in_its_frame(client):
    answer = client.get(address_of(an_open_link(OpenLinkKind.EMBED, closed_at=NOW)))
    assert f"frame-ancestors {SITE}" in answer.headers["Content-Security-Policy"]


def test_an_event_page_stands_in_no_frame(client):
    answer = client.get(address_of(an_open_link(OpenLinkKind.EVENT)))
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("language", ["de", "ar", "ja"])
def test_the_page_speaks_the_language_of_the_browser_and_keeps_it(client, language):
    address = address_of(an_open_link())
    page = client.get(address, headers={"Accept-Language": language})
    assert f'<html lang="{language}"' in page.get_data(as_text=True)
    send(client, address, fields_in(page), score="9")
    assert open_answers()[0].language == language


def test_a_form_of_two_megabytes_is_refused(client):
    address = address_of(an_open_link())
    answer = client.post(address, data={"score": "9", "why": "x" * 2_000_000}, headers=BROWSER)
    assert answer.status_code == 413
    assert open_answers() == []


def test_one_visitor_cannot_send_without_end(app, client):
    address = address_of(an_open_link())
    app.config["RATELIMIT_ENABLED"] = True
    app.extensions[EXTENSION_KEY].reset()
    try:
        codes = [client.post(address, data={"score": "9"}, headers=BROWSER).status_code for _ in range(62)]
    finally:
        app.extensions[EXTENSION_KEY].reset()
        app.config["RATELIMIT_ENABLED"] = False
    assert codes[:60] == [200] * 60
    assert codes[60:] == [429, 429]
