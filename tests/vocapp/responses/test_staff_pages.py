"""The list of answers and the quarantine, as those see it who look after the accounts."""

import csv
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
import time_machine
from openpyxl import load_workbook
from sqlalchemy import func, select

from tests.builders import NOW, a_contact, a_response, a_user, a_wave, an_account, an_invitation
from tests.vocapp.freshness.builders import a_suggestion
from tests.vocapp.responses.builders import a_link
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db
from vocapp.core.jobs import Job
from vocapp.core.machines import Decision
from vocapp.identity.rules import RoleName
from vocapp.responses.models import Response, ResponseRevision


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def csm(client):
    user = a_user(name="Mia")
    client.sign_in(user)
    return user


@pytest.fixture
def leader(client):
    user = a_user(RoleName.LEADER)
    client.sign_in(user)
    return user


def an_answer(owner, rating=9, comment="", account="Acme", **values):
    contact = a_contact(
        an_account(name=account, owner_id=owner.id), last_name=values.pop("last_name", "Silva")
    )
    invitation = an_invitation(values.pop("wave", None) or a_wave(owner), contact)
    return a_response(invitation, rating=rating, comment=comment, **values)


def a_doubtful_form(owner, rating="2", **fields):
    """A form with the trap field filled, sent through the page of an account of this owner."""
    invitation, token = a_link()
    invitation.account.owner_id = owner.id
    db.session.commit()
    from flask import current_app

    sender = current_app.test_client()
    sender.post(f"/s/{token}", data={"score": rating, "website": "x", **fields})
    return (
        invitation,
        token,
        db.session.scalars(select(ResponseRevision).order_by(ResponseRevision.id)).all()[-1],
    )


def test_answers_stand_newest_first(client, csm):
    an_answer(csm, comment="The older one", changed_at=NOW - timedelta(days=2))
    an_answer(csm, comment="The newer one", changed_at=NOW - timedelta(days=1))
    text = client.get("/responses").text
    assert text.index("The newer one") < text.index("The older one")


def test_a_csm_reads_only_answers_of_their_own_accounts(client, csm):
    an_answer(csm, comment="Mine")
    an_answer(a_user(), comment="Somebody else's")
    text = client.get("/responses").text
    assert "Mine" in text
    assert "Somebody else" not in text


@pytest.mark.parametrize("role", [RoleName.ADMIN, RoleName.LEADER, RoleName.EXECUTIVE])
def test_all_others_read_every_answer(client, role):
    an_answer(a_user(), comment="Quick help")
    client.sign_in(a_user(role))
    assert "Quick help" in client.get("/responses").text


def test_a_comment_is_shown_as_text_in_its_own_direction(client, csm):
    an_answer(csm, comment="<b>الدعم</b> ممتاز", language="ar")
    text = client.get("/responses").text
    assert '<p class="v-plain-text" dir="auto" lang="ar">&lt;b&gt;الدعم&lt;/b&gt; ممتاز</p>' in text


def test_a_very_long_comment_unfolds(client, csm):
    an_answer(csm, comment="x" * 10_000)
    assert "<details><summary" in client.get("/responses").text


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("class=promoter", {"Great"}),
        ("class=passive", {"Fine"}),
        ("class=detractor", {"Slow"}),
        ("q=GREAT", {"Great"}),
        ("q=zürich", {"Fine"}),
        ("q=ito", {"Slow"}),
        ("class=nonsense&wave=nonsense&account=x&page=-1&sort=nonsense", {"Great", "Fine", "Slow"}),
    ],
)
def test_answers_are_found_by_class_words_person_and_account(client, csm, query, shown):
    an_answer(csm, rating=10, comment="Great")
    an_answer(csm, rating=7, comment="Fine", account="ZÜRICH AG")
    an_answer(csm, rating=0, comment="Slow", last_name="Ito")
    text = client.get(f"/responses?{query}").text
    assert {word for word in ("Great", "Fine", "Slow") if word in text} == shown


def test_answers_are_found_by_wave(client, csm):
    answer = an_answer(csm, comment="Spring", wave=a_wave(csm, name="Spring wave"))
    an_answer(csm, comment="Autumn", wave=a_wave(csm, name="Autumn wave"))
    text = client.get(f"/responses?wave={answer.wave_id}").text
    assert ">Spring<" in text
    assert ">Autumn<" not in text


def test_the_list_counts_its_classes(client, csm):
    for rating in (10, 9, 8, 3):
        an_answer(csm, rating=rating)
    assert "4 answers: 2 promoters, 1 passive, 1 detractor" in client.get("/responses").text


def test_a_long_list_has_pages(client, csm):
    wave = a_wave(csm)
    for _turn in range(51):
        an_answer(csm, wave=wave)
    assert "1 to 50 of 51" in client.get("/responses").text
    assert "51 to 51 of 51" in client.get("/responses?page=2").text


def test_without_answers_the_page_says_what_to_do(client, csm):
    assert "No answers yet" in client.get("/responses").text


def test_a_filter_without_a_hit_says_so(client, csm):
    an_answer(csm)
    assert "No answer matches" in client.get("/responses?q=zzz").text


def test_a_download_holds_the_listed_answers_and_no_formula(client, csm):
    an_answer(csm, rating=9, comment="=1+1")
    an_answer(csm, rating=2, comment="Slow")
    text = client.get("/responses/export.csv?class=promoter").get_data().decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(text)))
    assert [(row["rating"], row["comment"], row["account_name"]) for row in rows] == [("9", "'=1+1", "Acme")]


def test_a_workbook_can_be_downloaded(client, csm):
    an_answer(csm, rating=9, comment="Good")
    book = load_workbook(BytesIO(client.get("/responses/export.xlsx").data))
    header, row = list(book.active.iter_rows(values_only=True))
    assert dict(zip(header, row, strict=True))["comment"] == "Good"


def test_a_form_in_quarantine_counts_nowhere(client, leader):
    a_doubtful_form(leader, why="Trapped words")
    assert "Trapped words" not in client.get("/responses").text
    page = client.get("/responses/quarantine").text
    assert "Trapped words" in page
    assert "A field that people cannot see was filled in." in page


@pytest.mark.parametrize("role", [RoleName.CSM, RoleName.EXECUTIVE])
def test_quarantine_is_for_those_who_decide(client, role):
    user = a_user(role)
    _, _, form = a_doubtful_form(user)
    client.sign_in(user)
    assert client.get("/responses/quarantine").status_code == 404
    assert client.post(f"/responses/quarantine/{form.id}/release").status_code in {403, 404}
    db.session.expire_all()
    assert form.decision is None


def test_releasing_makes_it_the_answer(client, leader):
    invitation, _, form = a_doubtful_form(leader, rating="2", why="Slow")
    client.post(f"/responses/quarantine/{form.id}/release")
    db.session.expire_all()
    response = db.session.scalars(select(Response)).one()
    assert (response.rating, response.comment, response.quarantine_reason) == (2, "Slow", None)
    assert invitation.state == InvitationState.COMPLETED
    assert db.session.scalar(select(func.count()).where(Job.kind == "response_received")) == 1
    assert db.session.scalar(select(func.count()).where(AuditEntry.action == "quarantine.released")) == 1


def test_releasing_after_the_wave_closed_ends_the_silence(client, leader):
    invitation, _, form = a_doubtful_form(leader)
    invitation.wave.state, invitation.state = WaveState.CLOSED, InvitationState.SILENT
    db.session.commit()
    client.post(f"/responses/quarantine/{form.id}/release")
    db.session.expire_all()
    assert invitation.state == InvitationState.COMPLETED


def test_what_is_kept_out_can_still_be_released(client, leader):
    _, _, form = a_doubtful_form(leader, why="Trapped words")
    client.post(f"/responses/quarantine/{form.id}/keep-out")
    assert "Trapped words" not in client.get("/responses/quarantine").text
    assert "Trapped words" in client.get("/responses/quarantine?view=kept_out").text
    client.post(f"/responses/quarantine/{form.id}/release")
    db.session.expire_all()
    assert form.decision == Decision.RELEASED
    assert "Trapped words" in client.get("/responses").text


def test_a_form_without_a_number_cannot_be_released(client, leader):
    _, _, form = a_doubtful_form(leader, rating="", why="Only words")
    client.post(f"/responses/quarantine/{form.id}/release")
    assert "This form holds no number" in client.get("/responses/quarantine").text
    db.session.expire_all()
    assert form.decision is None


def test_what_somebody_said_last_stays_when_an_earlier_form_is_released(client, leader):
    _, token, form = a_doubtful_form(leader, rating="2")
    client.post(f"/s/{token}", data={"score": "9"})
    client.post(f"/responses/quarantine/{form.id}/release")
    assert "A later answer counts by now" in client.get("/responses/quarantine").text
    db.session.expire_all()
    response = db.session.scalars(select(Response)).one()
    assert (response.rating, response.revision, form.decision) == (9, 2, None)


def test_a_released_form_stands_beside_later_revisions(client, leader):
    _, token, form = a_doubtful_form(leader, rating="2")
    client.post(f"/responses/quarantine/{form.id}/release")
    client.post(f"/s/{token}", data={"score": "5"})
    db.session.expire_all()
    response = db.session.scalars(select(Response)).one()
    assert (response.rating, response.revision) == (5, 2)


def test_suggestions_that_wait_are_told_with_the_way_there(client, csm):
    a_suggestion(an_account(owner_id=csm.id))
    text = client.get("/responses").text
    assert "1 suggestion about people waits for a decision." in text
    assert 'href="/suggestions"' in text


def test_without_suggestions_nothing_is_said_about_them(client, csm):
    a_suggestion(an_account(owner_id=a_user().id))
    assert "waits for a decision" not in client.get("/responses").text


@pytest.mark.parametrize("query", [f"wave={2**70}", f"account={2**63}", "account=-1", "q=%00"])
def test_a_filter_for_what_no_row_can_have_filters_nothing(client, csm, query):
    a_response(an_invitation(contact=a_contact(an_account(owner_id=csm.id, name="Meridian"))))
    assert "Meridian" in client.get(f"/responses?{query}").text
    assert client.get(f"/responses/export.csv?{query}").status_code == 200


def test_what_an_address_holds_does_not_steer_its_links(client, csm):
    a_response(an_invitation(contact=a_contact(an_account(owner_id=csm.id))))
    page = client.get("/responses?file_format=x&endpoint=y&_external=1&class=promoter")
    assert page.status_code == 200
    assert 'href="/responses/export.csv?' in page.text
