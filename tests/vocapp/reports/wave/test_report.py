"""The wave report: what is frozen, what is kept back, and what the paper says of it."""

from datetime import timedelta

import pytest

from tests.builders import NOW, a_company, a_contact, a_user, a_wave, an_account, save
from tests.vocapp.relationship.builders import a_closed_wave, asked, rescored
from tests.vocapp.reports.builders import an_account_with_a_story, changed, figures, opened
from tests.vocapp.results.builders import (
    a_rich_version,
    a_rich_wave,
    accounts_of,
    confidential_answers,
    fixed,
)
from vocapp.campaigns.models import Exclusion
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.comments.reading import read_answers
from vocapp.core.errors import DomainError
from vocapp.identity.rules import RoleName
from vocapp.reports.freezing import take_snapshot
from vocapp.reports.models import Report
from vocapp.reports.printing import page_of_report, print_report
from vocapp.reports.queries import visible_report
from vocapp.reports.rules import Order, PaperSize, ReportKind, ReportState
from vocapp.responses.queries import response_of

pytestmark = pytest.mark.usefixtures("app")
CLOSED = {
    "state": WaveState.CLOSED,
    "launched_at": NOW - timedelta(days=30),
    "closed_at": NOW - timedelta(days=9),
}


@pytest.fixture
def leader():
    a_company()
    return a_user(role=RoleName.LEADER, name="Tomas Leader")


def report_on(wave, reader, **looks):
    order = Order(ReportKind.WAVE, wave_id=wave.id, reader_id=reader.id, **looks)
    return take_snapshot(order, now=NOW)


def say(person, wave, rating, why):
    response = response_of(asked(person, wave, rating=rating).id)
    response.answers = {"rating": rating, "why": why}
    save(response)
    read_answers([response.id])


def test_a_closed_wave_says_who_answered_what_and_whether_that_is_news(leader):
    account = an_account_with_a_story(name="א" * 90)
    before, wave = a_closed_wave(NOW - timedelta(days=150)), a_closed_wave()
    people = [a_contact(account, first_name="Olga", last_name=f"Svensdottir{n}") for n in range(12)]
    for person in people[:8]:
        asked(person, before, rating=9)
    for person in people[:7]:
        say(person, wave, 10, "Olga was quick, call her at +49 170 1234567.")
    for person in people[7:9]:
        say(person, wave, 3, "Exports are <b>slow</b> since {{ spring }}.")
    asked(people[9], wave)
    asked(people[10], wave, InvitationState.BOUNCED)
    save(Exclusion(wave_id=wave.id, contact_id=people[11].id, reason="opted_out"))
    wave.we_did = "We rebuilt the exports."
    rescored(on=NOW.date())
    snapshot = report_on(wave, leader)
    assert {name: snapshot["funnel"][name] for name in ("planned", "answered", "silent", "bounced")} == {
        "planned": 11,
        "answered": 9,
        "silent": 1,
        "bounced": 1,
    }
    assert snapshot["excluded"] == [{"reason": "opted_out", "people": 1}]
    assert snapshot["rating"]["n"] == 9
    assert snapshot["rates"]["rr6"]["value"] == pytest.approx(9 / 10)
    assert snapshot["change"]["pairs"] == 8
    assert snapshot["follow_up"]["unhappy"] == 2
    page = page_of_report(snapshot)
    assert "Olga" not in page
    assert "1234567" not in page
    assert "&lt;b&gt;slow&lt;/b&gt;" in page
    assert "{{ spring }}" in page.replace("&#123;", "{")
    assert "does not want to be asked (1)" in page
    assert "We rebuilt the exports." in page
    first = print_report(snapshot)
    assert first == print_report(snapshot)
    assert len(first) < 500_000
    pdf = opened(first)
    assert all(node.get("/Alt") for node in figures(pdf))
    assert len(opened(print_report(changed(snapshot, paper=PaperSize.LETTER))).pages) <= 3


def test_few_answers_none_and_no_wave_yet_get_words_instead_of_charts(leader):
    person = a_contact(an_account(owner_id=leader.id))
    wave = a_closed_wave()
    asked(person, wave, rating=9)
    page = page_of_report(report_on(wave, leader)).replace("\N{NO-BREAK SPACE}", " ")
    assert "which is not enough to say how they feel" in page
    assert "1 person rated us, and it takes 5." in page
    assert 'class="columns"' not in page
    silent = a_closed_wave(NOW - timedelta(days=200))
    asked(person, silent)
    assert "The 1 person who was asked did not" in page_of_report(report_on(silent, leader))
    draft = a_wave(leader, state=WaveState.DRAFT, launched_at=None, closes_at=None)
    page = page_of_report(report_on(draft, leader)).replace("\N{NO-BREAK SPACE}", " ")
    assert "A draft, not sent yet: today it would ask 0 people at 0 accounts." in page
    assert "<svg" not in page
    assert opened(print_report(report_on(draft, leader))).pages


def test_in_confidence_small_groups_and_words_stay_out(leader):
    wave = a_rich_wave(a_rich_version(is_confidential=True), **CLOSED)
    confidential_answers(wave, accounts_of(3), [9, 9, 2, 8], said={"why": "Exports are slow, says Olga."})
    fixed(wave)
    snapshot = report_on(wave, leader)
    assert (snapshot["rating"], snapshot["questions"], snapshot["personas"]) == (None, [], [])
    assert "Too few answered to tell anything without giving somebody away." in page_of_report(snapshot)
    more = a_rich_wave(a_rich_version("more", is_confidential=True), **CLOSED)
    confidential_answers(more, accounts_of(4), [9, 9, 2, 8, 7, 10, 9], said={"why": "Exports are slow."})
    fixed(more)
    snapshot = report_on(more, leader)
    assert snapshot["rating"]["n"] == 7
    assert (snapshot["quotes"], snapshot["follow_up"], snapshot["bias"]) == ([], None, None)
    assert "Exports are slow" not in page_of_report(snapshot)


def test_a_csm_gets_only_waves_and_people_of_their_own_accounts(leader):
    own, other = a_user(name="Ana"), a_user(name="Somebody else")
    wave = a_closed_wave()
    wave.owner_id = leader.id
    save(wave)
    for owner, rating in ((own, 9), (other, 1)):
        asked(a_contact(an_account(owner_id=owner.id)), wave, rating=rating)
    snapshot = report_on(wave, own)
    assert (snapshot["funnel"]["planned"], snapshot["rating"]["n"]) == (1, 1)
    assert "Everything here is about your own accounts." in page_of_report(snapshot)
    with pytest.raises(DomainError, match="not among yours"):
        report_on(wave, a_user(name="A stranger"))


def test_a_csm_does_not_read_what_was_frozen_through_eyes_that_see_more(leader):
    csm = a_user(name="Ana")
    done = {"kind": "wave", "wave_id": a_wave(csm).id, "snapshot": {}, "snapshot_id": "x"}
    theirs, of_leader = (
        save(Report(**done, state=ReportState.READY, pdf=b"%PDF", requested_by=user.id))
        for user in (csm, leader)
    )
    assert [visible_report(csm, one.id) for one in (theirs, of_leader)] == [theirs, None]
    assert [visible_report(leader, one.id) for one in (theirs, of_leader)] == [theirs, of_leader]
