"""The story of an account, told from facts."""

from datetime import UTC, date, datetime, timedelta

from vocapp.timeline.story import (
    Asked,
    EventKind,
    Facts,
    RenewalEnd,
    ScoreDay,
    Told,
    WaveRun,
    score_on,
    tell,
)

LAUNCH = datetime(2026, 1, 5, 9, tzinfo=UTC)
CLOSE = LAUNCH + timedelta(days=21)


def asked(person: str = "Ana", outcome: str = "silent", **values: object) -> Asked:
    state = {"answered": "completed", "silent": "silent", "waiting": "delivered"}.get(outcome, outcome)
    defaults = {"wave_id": 1, "contact_id": 1, "person": person, "title": "", "persona": "", "state": state}
    return Asked(**{**defaults, "outcome": outcome, **values})  # type: ignore[arg-type]


def a_run(*people: Asked, is_open: bool = False) -> WaveRun:
    return WaveRun(1, "Q1", LAUNCH, CLOSE, is_open, people)


def kinds(facts: Facts) -> list[EventKind]:
    return [event.kind for event in tell(facts)]


def test_a_story_runs_from_the_newest_event_to_the_oldest() -> None:
    answer = asked("Ken", "answered", rating=9, answered_at=LAUNCH + timedelta(days=1))
    assert kinds(Facts(waves=[a_run(answer)])) == [
        EventKind.WAVE_CLOSED,
        EventKind.ANSWERED,
        EventKind.WAVE_LAUNCHED,
    ]


def test_a_closed_wave_names_those_who_stayed_silent() -> None:
    closed = tell(Facts(waves=[a_run(asked("Ana"), asked("Ken", "answered", rating=9, answered_at=LAUNCH))]))[
        0
    ]
    assert (closed.people, closed.number, closed.whole) == (("Ana",), 1, 2)


def test_an_open_wave_has_not_closed_and_nobody_is_silent() -> None:
    assert kinds(Facts(waves=[a_run(asked(outcome="waiting"), is_open=True)])) == [EventKind.WAVE_LAUNCHED]


def test_a_refusal_and_a_returned_mail_are_told_when_they_happened() -> None:
    settled = LAUNCH + timedelta(hours=3)
    people = (asked("Ana", "declined", settled_at=settled), asked("Ken", "bounced", settled_at=settled))
    assert set(kinds(Facts(waves=[a_run(*people, is_open=True)]))) == {
        EventKind.DECLINED,
        EventKind.NOT_REACHED,
        EventKind.WAVE_LAUNCHED,
    }


def test_only_changes_of_status_are_told() -> None:
    scores = [
        ScoreDay(date(2026, 1, day), status, 50)
        for day, status in ((1, "amber"), (2, "amber"), (3, "red"), (4, "amber"))
    ]
    changes = [(event.before, event.after) for event in tell(Facts(scores=scores))]
    assert changes == [("red", "amber"), ("amber", "red"), ("", "amber")]


def test_a_change_of_status_has_a_day_and_no_hour() -> None:
    event = tell(Facts(scores=[ScoreDay(date(2026, 1, 1), "red", 30)]))[0]
    assert event.when == date(2026, 1, 1)


def test_referrals_and_renewals_belong_to_the_story() -> None:
    facts = Facts(
        told=[Told(LAUNCH, 1, "Ana", "Ken", "wrong_person")],
        renewals=[RenewalEnd(date(2026, 2, 1), "renewed", 1200.0)],
    )
    assert kinds(facts) == [EventKind.RENEWAL, EventKind.REFERRED]


def test_the_nps_of_a_wave_is_nothing_without_an_answer() -> None:
    assert a_run(asked()).nps is None


def test_the_nps_of_a_wave_counts_its_answers() -> None:
    ratings = (10, 9, 3)
    people = [asked(outcome="answered", rating=rating, answered_at=LAUNCH) for rating in ratings]
    assert a_run(*people).nps == (2 - 1) / 3


def test_the_score_in_force_is_the_last_one_before_a_day() -> None:
    scores = [ScoreDay(date(2026, 1, 1), "red", 30), ScoreDay(date(2026, 2, 1), "amber", 50)]
    found = score_on(scores, date(2026, 1, 20))
    assert found is not None
    assert found.strength == 30
    assert score_on(scores, date(2025, 12, 31)) is None
