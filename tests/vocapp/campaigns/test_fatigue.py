"""How often anybody is asked: rests, budgets, and two years in which small surveys are everywhere."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.definition import Occasion
from vocapp.campaigns.fatigue import (
    Asked,
    Budget,
    Pace,
    Rest,
    RestReason,
    kept_for_relationship,
    lookback,
    rest_of,
)
from vocapp.campaigns.rules import MOST_CONTACTS, reminder_steps

NOW = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
RELATIONSHIP, TRANSACTIONAL = Occasion.RELATIONSHIP, Occasion.TRANSACTIONAL


def days_ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


def rest(asked: Asked, occasion: Occasion = RELATIONSHIP, **rules: object) -> Rest | None:
    budget = Budget(**{name: value for name, value in rules.items() if hasattr(Budget(), name)})
    pace = rules.get("pace", Pace())
    assert isinstance(pace, Pace)
    return rest_of(asked, occasion, budget=budget, pace=pace, now=NOW)


@pytest.mark.parametrize(("days", "rested"), [(0, False), (79, False), (80, True), (90, True), (92, True)])
def test_a_quarterly_wave_finds_people_rested_and_a_monthly_one_does_not(days: int, rested: bool) -> None:
    assert (rest(Asked(relationship=days_ago(days))) is None) is rested


def test_questions_about_what_happened_keep_nobody_out_of_a_relationship_wave() -> None:
    assert rest(Asked(transactional=NOW)) is None
    assert rest(Asked(relationship=days_ago(80), transactional=NOW, mails=500, first_at=NOW)) is None


@pytest.mark.parametrize(("days", "rested"), [(0, False), (29, False), (30, True)])
@pytest.mark.parametrize("asked", ["relationship", "transactional"])
def test_a_question_about_what_happened_waits_thirty_days_after_any_survey(
    days: int, asked: str, rested: bool
) -> None:
    assert (rest(Asked(**{asked: days_ago(days)}), TRANSACTIONAL) is None) is rested


def test_the_later_of_two_surveys_counts() -> None:
    assert rest(Asked(days_ago(5), days_ago(60)), TRANSACTIONAL)
    assert rest(Asked(days_ago(60), days_ago(5)), TRANSACTIONAL)


@pytest.mark.parametrize("occasion", Occasion)
def test_somebody_never_asked_is_rested(occasion: Occasion) -> None:
    assert rest(Asked(), occasion) is None


def test_a_survey_may_have_a_rest_of_its_own() -> None:
    asked = Asked(relationship=days_ago(100), same_survey=days_ago(100))
    assert rest(asked, pace=Pace(rest_days=180)) == Rest(NOW + timedelta(days=80), RestReason.SURVEY_REST)
    assert rest(asked, pace=Pace(rest_days=90)) is None


def test_of_several_rests_the_longest_is_told() -> None:
    asked = Asked(relationship=days_ago(10), same_survey=days_ago(10))
    assert rest(asked, pace=Pace(rest_days=20)) == Rest(NOW + timedelta(days=70), RestReason.ASKED_RECENTLY)


def test_a_full_budget_ends_when_its_first_mail_is_old_enough() -> None:
    asked = Asked(transactional=days_ago(40), mails=7, first_at=days_ago(50))
    full = rest(asked, TRANSACTIONAL, person_mails=12, person_days=60)
    assert full == Rest(NOW + timedelta(days=10), RestReason.MAIL_BUDGET)
    assert rest(asked._replace(mails=6), TRANSACTIONAL, person_mails=12, person_days=60) is None


def test_relationship_surveys_keep_to_the_budget_among_themselves() -> None:
    asked = Asked(relationship_mails=4, first_relationship_at=days_ago(20), mails=4, first_at=days_ago(20))
    assert rest(asked, person_mails=6) == Rest(NOW + timedelta(days=40), RestReason.MAIL_BUDGET)


def test_what_is_looked_back_at_covers_every_rest() -> None:
    assert lookback(Budget(), Pace(rest_days=300)) == timedelta(days=300)
    assert lookback(Budget(), Pace()) == timedelta(days=90)


@pytest.mark.parametrize(
    ("days", "has_prenotice", "steps"),
    [
        ((3, 8), False, (3, 8)),
        ((8, 3, 3), False, (3, 8)),
        ((3, 8), True, (3,)),
        ((1, 2, 3, 4), False, (1, 2)),
        ((), True, ()),
    ],
)
def test_nobody_gets_more_than_three_mails_of_a_wave(
    days: tuple[int, ...], has_prenotice: bool, steps: tuple[int, ...]
) -> None:
    assert reminder_steps(days, has_prenotice=has_prenotice) == steps
    assert 1 + has_prenotice + len(steps) <= MOST_CONTACTS


class Life:
    """One person over two years, asked whenever the budget lets anybody ask them."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.asked: list[tuple[datetime, Occasion]] = []

    def ask(self, occasion: Occasion, now: datetime) -> bool:
        past = self.asked
        window = now - timedelta(days=self.budget.person_days)
        lately = [(at, kind) for at, kind in past if at > window]
        own = [at for at, kind in lately if kind is RELATIONSHIP]
        known = Asked(
            relationship=max((at for at, kind in past if kind is RELATIONSHIP), default=None),
            transactional=max((at for at, kind in past if kind is TRANSACTIONAL), default=None),
            mails=3 * len(lately),
            relationship_mails=3 * len(own),
            first_at=min((at for at, _kind in lately), default=None),
            first_relationship_at=min(own, default=None),
        )
        if rest_of(known, occasion, budget=self.budget, pace=Pace(), now=now) is not None:
            return False
        self.asked.append((now, occasion))
        return True

    def most_mails(self) -> int:
        """The most mails in any of the budget's windows."""
        span = timedelta(days=self.budget.person_days)
        return max(3 * sum(start <= at < start + span for at, _ in self.asked) for start, _ in self.asked)


@given(
    cases=st.sets(st.integers(0, 730), min_size=100),
    start=st.integers(0, 90),
    mails=st.integers(0, 30),
    days=st.integers(1, 180),
    rest_days=st.integers(1, 60),
)
def test_a_person_with_a_case_every_week_is_asked_in_every_quarterly_wave(
    cases: set[int], start: int, mails: int, days: int, rest_days: int
) -> None:
    budget = Budget(person_days=days, transactional_rest_days=rest_days)
    least = kept_for_relationship(budget) + 3
    budget = Budget(person_days=days, transactional_rest_days=rest_days, person_mails=least + mails)
    life = Life(budget)
    waves = {start + 91 * number for number in range(8)}
    reached = 0
    for day in range(731):
        now = NOW + timedelta(days=day)
        if day in waves:
            reached += life.ask(RELATIONSHIP, now)
        if day in cases or day % 7 == 0:
            life.ask(TRANSACTIONAL, now)
    assert reached == len({day for day in waves if day <= 730})
    assert life.most_mails() <= budget.person_mails


def test_by_default_a_busy_customer_gets_a_question_a_month_and_every_relationship_survey() -> None:
    life = Life(Budget())
    for day in range(730):
        now = NOW + timedelta(days=day)
        if day % 91 == 0:
            assert life.ask(RELATIONSHIP, now)
        life.ask(TRANSACTIONAL, now)
    kinds = [kind for _at, kind in life.asked]
    assert kinds.count(RELATIONSHIP) == 9
    assert 16 <= kinds.count(TRANSACTIONAL) <= 24
    assert life.most_mails() <= 9
