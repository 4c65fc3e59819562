"""What imported answers and those given by phone do to participation and sentiment."""

from datetime import datetime, timedelta

import pytest

from surveys.rates import Disposition
from tests.builders import NOW, a_company, a_response, a_wave, an_account, an_invitation, save
from tests.vocapp.relationship.builders import TODAY, a_closed_wave, asked, people, rescored, score_of
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import footprint_of
from vocapp.campaigns.models import Wave
from vocapp.campaigns.progress import answers_to_expect
from vocapp.campaigns.rules import WaveState
from vocapp.coverage.queries import circles_of
from vocapp.engagement.queries import participations, voices
from vocapp.engagement.rules import (
    DISPOSITIONS,
    Voice,
    decision_maker_silent_waves,
    participations_by_account,
    people_of,
)
from vocapp.people.taking_part import part_of
from vocapp.portfolio.queries import latest_marks
from vocapp.relationship.queries import end_of_day
from vocapp.responses.models import Response
from vocapp.responses.rules import ResponseSource
from vocapp.timeline.queries import wave_runs

UNTIL = end_of_day(TODAY)


@pytest.fixture(autouse=True)
def _company(app: object) -> None:
    a_company()


@pytest.fixture
def account() -> Account:
    return an_account()


def imported(person: Contact, rating: int, *, at: datetime = NOW - timedelta(days=100)) -> Response:
    wave = a_wave(
        state=WaveState.CLOSED,
        is_imported=True,
        launch_at=None,
        launched_at=None,
        closes_at=None,
        closed_at=at,
    )
    invitation = an_invitation(wave, person, sent_at=None, delivered_at=None, created_at=at)
    return a_response(invitation, rating=rating, source=ResponseSource.IMPORT, answered_at=at, changed_at=at)


def by_phone(
    person: Contact, wave: Wave, rating: int, *, source: ResponseSource = ResponseSource.PHONE
) -> Response:
    at = NOW - timedelta(days=50)
    return a_response(
        an_invitation(wave, person),
        rating=rating,
        source=source,
        answered_at=at,
        changed_at=at,
    )


def test_an_imported_rating_counts_and_nobody_took_part(account: Account) -> None:
    (ana,) = people(account, "champion")
    imported(ana, 9)

    rows = participations([account.id], until=UNTIL)

    assert rows.counts_as_sentiment.tolist() == [True]
    assert [DISPOSITIONS[code] for code in rows.disposition] == [Disposition.INELIGIBLE]
    assert participations_by_account(rows) == {}
    assert people_of(rows).rating.tolist() == [9]


def test_whoever_only_answered_elsewhere_was_never_asked_by_us(account: Account) -> None:
    (ana,) = people(account, "champion")
    imported(ana, 9)

    heard = voices([account.id], until=UNTIL)[ana.id]

    assert (heard.voice, heard.rating, heard.silent_streak) == (Voice.NEVER_ASKED, 9, 0)
    assert not heard.is_waiting


def test_an_imported_answer_ends_no_silence(account: Account) -> None:
    (ana,) = people(account, "decision_maker")
    asked(ana, a_closed_wave(NOW - timedelta(days=120)))
    imported(ana, 9, at=NOW - timedelta(days=80))
    asked(ana, a_closed_wave(NOW - timedelta(days=60)))

    heard = voices([account.id], until=UNTIL)[ana.id]
    rows = participations([account.id], until=UNTIL)

    assert (heard.voice, heard.silent_streak, heard.rating) == (Voice.SILENT, 2, 9)
    assert decision_maker_silent_waves(rows) == {account.id: 2}


def test_the_newer_of_an_imported_and_an_own_answer_counts(account: Account) -> None:
    (ana,) = people(account, "champion")
    imported(ana, 3, at=NOW - timedelta(days=10))
    asked(ana, a_closed_wave(NOW - timedelta(days=60)), rating=9)

    assert voices([account.id], until=UNTIL)[ana.id].rating == 3


@pytest.mark.parametrize("days", [366, -2])
def test_an_imported_answer_counts_within_the_usual_window(account: Account, days: int) -> None:
    (ana,) = people(account, "champion")
    imported(ana, 9, at=NOW - timedelta(days=days))

    heard = voices([account.id], until=UNTIL).get(ana.id)

    assert heard is None or heard.rating is None


def test_scores_count_imported_ratings_and_no_participation(account: Account) -> None:
    ana, ben = people(account, "champion", "decision_maker")
    imported(ana, 9)
    imported(ben, 10)

    rescored(account)

    score = score_of(account)
    assert (score.answers, score.engagement) == (2, None)
    assert score.measures["classes"]["promoters"] == 2
    assert score.measures["people"]["never_asked"] == 2


@pytest.mark.parametrize(
    ("left_out", "ratings"),
    [
        ("is_phone_scored", [None, 9, 7]),
        ("is_import_scored", [3, None, 7]),
        ("is_reply_scored", [3, 9, None]),
    ],
)
def test_a_company_leaves_sources_out_of_its_scores(
    account: Account, left_out: str, ratings: list[int | None]
) -> None:
    company = a_company()
    setattr(company, left_out, False)
    save(company)
    ana, ben, eve = people(account, "champion", "champion", "champion")
    by_phone(ana, a_closed_wave(), 3)
    imported(ben, 9)
    by_phone(eve, a_closed_wave(), 7, source=ResponseSource.REPLY)

    heard = voices([account.id], until=UNTIL)

    assert [heard[person.id].rating for person in (ana, ben, eve)] == ratings


def test_an_answer_by_phone_stays_participation_when_it_is_not_scored(account: Account) -> None:
    company = a_company()
    company.is_phone_scored = False
    save(company)
    (ana,) = people(account, "champion")
    by_phone(ana, a_closed_wave(), 3)

    heard = voices([account.id], until=UNTIL)[ana.id]
    (taken,) = participations_by_account(participations([account.id], until=UNTIL))[account.id]

    assert (heard.voice, heard.rating) == (Voice.ANSWERED, None)
    assert taken.disposition is Disposition.COMPLETE


def test_imported_waves_are_no_waves_of_an_account(account: Account) -> None:
    (ana,) = people(account, "champion")
    imported(ana, 9)

    assert wave_runs(account.id, most=5) == []
    assert part_of(ana, now=UNTIL).waves == []
    assert latest_marks([account.id]) == {}


def test_history_tells_nothing_of_how_many_will_answer(account: Account) -> None:
    for _number in range(12):
        (person,) = people(account, "champion")
        imported(person, 9)
    wave = a_wave(state=WaveState.DRAFT)
    wave.accounts.append(account)
    save(wave)

    assert answers_to_expect(wave, 5) is None


def test_an_imported_answer_asked_nobody_here(account: Account) -> None:
    (ana,) = people(account, "champion")
    imported(ana, 9)

    footprints = footprint_of([account.id], TODAY)

    assert not circles_of(footprints, TODAY)[account.id].was_asked
