"""Who was asked and what came of it, from the database."""

from datetime import timedelta

import pytest

from surveys.rates import Disposition
from tests.builders import NOW, a_response, a_wave, an_account, an_invitation, save
from tests.vocapp.relationship.builders import TODAY, a_closed_wave, asked, people
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.engagement.queries import active_contacts, participations, voices
from vocapp.engagement.rules import DISPOSITIONS, Voice, decision_maker_silent_waves
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.relationship.queries import end_of_day

pytestmark = pytest.mark.usefixtures("app")
UNTIL = end_of_day(TODAY)


def test_no_account_has_no_participation():
    assert participations([], until=UNTIL).account.size == 0


def test_an_invitation_counts_the_weight_its_person_had_when_asked():
    account = an_account()
    (boss,) = people(account, "decision_maker")
    asked(boss, a_closed_wave())
    boss.personas.clear()
    rows = participations([account.id], until=UNTIL)
    assert rows.weight.tolist() == [3.0]
    assert rows.is_decision_maker.tolist() == [True]


def test_a_person_without_a_persona_weighs_one():
    account = an_account()
    (person,) = people(account, "champion")
    an_invitation(a_closed_wave(), person, persona_id=None, state=InvitationState.SILENT, settled_at=NOW)
    assert participations([account.id], until=UNTIL).weight.tolist() == [1.0]


def test_age_counts_from_the_launch_of_the_wave():
    account = an_account()
    (person,) = people(account, "champion")
    asked(person, a_closed_wave(UNTIL - timedelta(days=365.25)))
    assert participations([account.id], until=UNTIL).age_months == pytest.approx([12.0])


def test_a_planned_wave_has_asked_nobody_yet():
    account = an_account()
    (person,) = people(account, "champion")
    wave = a_wave(state=WaveState.SCHEDULED, launched_at=None)
    an_invitation(wave, person, state=InvitationState.PLANNED)
    assert participations([account.id], until=UNTIL).account.size == 0


def test_somebody_whose_mail_has_not_gone_out_was_never_asked():
    account = an_account()
    (person,) = people(account, "champion")
    asked(person, a_wave(launched_at=NOW - timedelta(days=1)), InvitationState.PLANNED)
    assert voices([account.id], until=UNTIL) == {}


def test_an_answer_of_tomorrow_is_unknown_today():
    account = an_account()
    (person,) = people(account, "champion")
    wave = a_wave(launched_at=NOW - timedelta(days=5))
    tomorrow = NOW + timedelta(days=1)
    a_response(an_invitation(wave, person), rating=9, answered_at=tomorrow, changed_at=tomorrow)
    before = participations([account.id], until=UNTIL)
    after = participations([account.id], until=UNTIL + timedelta(days=1))
    assert DISPOSITIONS[before.disposition[0]] is Disposition.PENDING
    assert before.rating.tolist() == [-1]
    assert DISPOSITIONS[after.disposition[0]] is Disposition.COMPLETE


def test_an_answer_in_quarantine_counts_nowhere():
    account = an_account()
    (person,) = people(account, "champion")
    invitation = an_invitation(a_wave(), person)
    a_response(invitation, rating=9, quarantine_reason="trap_field")
    rows = participations([account.id], until=UNTIL)
    assert not rows.counts_as_sentiment.any()
    assert not rows.counted.any()


def test_an_answer_to_another_kind_of_survey_is_participation_but_not_sentiment():
    account = an_account()
    (person,) = people(account, "champion")
    survey = save(Survey(key="ces-case", name="How easy was it?"))
    version = save(SurveyVersion(survey_id=survey.id, number=1, definition={}))
    wave = a_wave(survey_version_id=version.id, launched_at=NOW - timedelta(days=5))
    asked(person, wave, rating=5)
    rows = participations([account.id], until=UNTIL)
    assert rows.counted.all()
    assert not rows.counts_as_sentiment.any()


def test_an_answer_older_than_a_year_is_participation_but_not_sentiment():
    account = an_account()
    (person,) = people(account, "champion")
    asked(person, a_closed_wave(NOW - timedelta(days=380)), rating=9)
    rows = participations([account.id], until=UNTIL)
    assert rows.counted.all()
    assert not rows.counts_as_sentiment.any()


def test_only_active_contacts_of_that_day_are_counted():
    account = an_account()
    here, gone = people(account, "champion", "admin")
    gone.status = "left"
    here.created_at = NOW
    assert active_contacts([account.id], until=UNTIL) == {account.id: 1}
    assert active_contacts([account.id], until=NOW) == {}


def test_voices_name_everybody_who_was_asked_and_nobody_else():
    account = an_account()
    answered, silent, waiting, never = people(account, *["champion"] * 4)
    closed, still_open = a_closed_wave(), a_wave(launched_at=NOW - timedelta(days=2))
    asked(answered, closed, rating=8)
    asked(silent, closed)
    asked(waiting, still_open, InvitationState.DELIVERED)
    found = voices([account.id], until=UNTIL)
    assert never.id not in found
    assert {key: one.voice for key, one in found.items()} == {
        answered.id: Voice.ANSWERED,
        silent.id: Voice.SILENT,
        waiting.id: Voice.WAITING,
    }
    assert found[answered.id].rating == 8
    assert found[silent.id].silent_streak == 1


def test_waves_launched_in_the_same_minute_are_still_two_waves():
    account = an_account()
    (boss,) = people(account, "decision_maker")
    launched = NOW - timedelta(days=60)
    for wave in (a_closed_wave(launched), a_closed_wave(launched)):
        asked(boss, wave)
    assert decision_maker_silent_waves(participations([account.id], until=UNTIL)) == {account.id: 2}
