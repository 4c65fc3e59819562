"""What waves and answers tell about people."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests.builders import NOW, a_contact, a_response, a_wave, an_invitation, save
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
from vocapp.freshness.models import Evidence
from vocapp.freshness.rules import EvidenceKind, EvidenceSource
from vocapp.workflows.response_received import response_received
from vocapp.workflows.wave_closed import wave_closed

from .builders import told

WEEK = timedelta(days=7)


@pytest.fixture
def ana(app):
    return a_contact(verified_on=(NOW - 50 * WEEK).date())


def a_silent_wave(contact, weeks_ago, state=InvitationState.SILENT):
    """A wave that closed some weeks ago; returns what the workflow is told."""
    closed_at = NOW - weeks_ago * WEEK
    wave = a_wave(state=WaveState.CLOSED, launched_at=closed_at - WEEK, closed_at=closed_at)
    an_invitation(wave, contact, state=state, settled_at=closed_at)
    return {"wave_id": wave.id}


def close(payload, weeks_ago=0):
    with time_machine.travel(NOW - weeks_ago * WEEK + timedelta(minutes=1), tick=False):
        wave_closed(payload)
    db.session.expire_all()


def silences():
    return db.session.scalars(select(Evidence.source_id).where(Evidence.kind == EvidenceKind.SILENT)).all()


def test_three_silent_waves_are_not_told(ana):
    for weeks_ago in (3, 2, 1):
        payload = a_silent_wave(ana, weeks_ago)
    close(payload)
    assert (silences(), ana.verified_on is None) == ([], False)


def test_four_silent_waves_in_a_row_cast_doubt(ana):
    for weeks_ago in (4, 3, 2, 1):
        payload = a_silent_wave(ana, weeks_ago)
    close(payload)
    assert silences() == [payload["wave_id"]]
    assert (ana.verified_on, ana.status) == (None, "active")


def test_closing_a_wave_twice_tells_its_silence_once(ana):
    for weeks_ago in (4, 3, 2, 1):
        payload = a_silent_wave(ana, weeks_ago)
    close(payload)
    close(payload)
    assert silences() == [payload["wave_id"]]


def test_a_confirmed_person_is_not_doubted_anew_after_every_wave(ana):
    for weeks_ago in (8, 7, 6, 5):
        payload = a_silent_wave(ana, weeks_ago)
    close(payload, weeks_ago=5)
    told(
        ana, EvidenceKind.CONFIRMED, source=EvidenceSource.CSM, occurred_at=NOW - 5 * WEEK + timedelta(days=1)
    )
    for weeks_ago in (4, 3, 2):
        close(a_silent_wave(ana, weeks_ago), weeks_ago=weeks_ago)
    assert ana.verified_on is not None
    close(a_silent_wave(ana, 1), weeks_ago=1)
    assert ana.verified_on is None


def test_an_answer_in_between_ends_the_count(ana):
    for weeks_ago in (5, 4, 3):
        a_silent_wave(ana, weeks_ago)
    answered = a_wave(state=WaveState.CLOSED, launched_at=NOW - 2 * WEEK)
    a_response(an_invitation(answered, ana), answered_at=NOW - 2 * WEEK + timedelta(hours=1))
    close(a_silent_wave(ana, 1))
    assert silences() == []


def test_whoever_was_not_asked_in_the_wave_is_left_alone(ana):
    for weeks_ago in (4, 3, 2, 1):
        a_silent_wave(ana, weeks_ago)
    other = a_contact(ana.account)
    close(a_silent_wave(other, 0, InvitationState.BOUNCED))
    assert silences() == []


def test_an_answer_verifies_on_the_day_it_was_given(ana):
    response = a_response(an_invitation(contact=ana), answered_at=NOW)
    response_received({"response_id": response.id, "account_id": response.account_id})
    db.session.expire_all()
    assert ana.verified_on == NOW.date()


def test_a_doubtful_form_says_nothing_about_anybody(ana):
    response = a_response(an_invitation(contact=ana), answered_at=NOW, quarantine_reason="trap_field")
    response_received({"response_id": response.id, "account_id": response.account_id})
    assert db.session.scalars(select(Evidence)).all() == []


def test_a_released_answer_counts_from_when_it_was_sent(ana):
    response = a_response(an_invitation(contact=ana), answered_at=NOW - WEEK, quarantine_reason="trap_field")
    told(ana, EvidenceKind.SAID_LEFT, occurred_at=NOW - timedelta(days=1))
    response.quarantine_reason = None
    save(response)
    response_received({"response_id": response.id, "account_id": response.account_id})
    assert ana.verified_on is None
