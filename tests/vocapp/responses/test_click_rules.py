"""Judgements about the opened links of one mail, without a database."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.measure import MeasureState
from tests.builders import NOW
from vocapp.core.machines import Decision, Signal
from vocapp.responses.click_rules import (
    OPT_OUT,
    Click,
    after_click,
    form_signals,
    has_both_links,
    has_burst,
    intent_rate,
    is_same_visit,
    score_target,
)

NOTHING = frozenset()
TARGETS = [*(score_target(score) for score in range(11)), OPT_OUT]


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def opened(*steps, clicks=(), signals=NOTHING):
    """The links after each (seconds, score or "opt_out") was opened in turn, by target."""
    links = {click.target: click for click in clicks}
    for seconds, what in steps:
        target = what if what == OPT_OUT else score_target(what)
        links |= after_click(links.values(), target, at=at(seconds), signals=signals)
    return links


def doubts(links):
    return {target: click.doubt for target, click in links.items()}


def all_links(start=0.0):
    return [(start + score / 2, score) for score in range(11)] + [(start + 6, OPT_OUT)]


def test_one_number_is_intent():
    (click,) = opened((60, 7)).values()
    assert click.is_intent
    assert (click.first_at, click.last_at, click.times) == (at(60), at(60), 1)


def test_two_numbers_are_somebody_who_changed_their_mind():
    assert set(doubts(opened((60, 7), (64, 8))).values()) == {None}


def test_three_numbers_in_ten_seconds_are_nobodys_intent():
    assert doubts(opened((60, 6), (64, 7), (70, 8))) == {
        "score:6": "burst",
        "score:7": "burst",
        "score:8": "burst",
    }


def test_three_numbers_in_more_than_ten_seconds_are_in_no_doubt():
    assert set(doubts(opened((60, 6), (66, 7), (71, 8))).values()) == {None}


def test_the_same_number_three_times_is_no_burst():
    assert set(doubts(opened((60, 6), (65, 6), (70, 6))).values()) == {None}


def test_the_opt_out_link_is_no_number_of_a_burst():
    assert set(doubts(opened((60, 6), (61, 7), (62, OPT_OUT))).values()) == {None}


def test_a_scanner_that_opens_everything_leaves_nothing_but_doubt():
    links = opened(*all_links())
    assert len(links) == 12
    assert not any(click.is_intent for click in links.values())
    assert links[OPT_OUT].doubt == "burst+both"


def test_a_slow_scanner_is_followed_through_its_round():
    links = opened(*((score * 4, score) for score in range(11)))
    assert not any(click.is_intent for click in links.values())


def test_requests_written_down_out_of_order_are_still_a_burst():
    links = opened((60.3, 8), (60.2, 7), (60.1, 6))
    assert set(doubts(links).values()) == {"burst"}


def test_number_and_opt_out_link_alone_are_in_no_doubt():
    assert set(doubts(opened((60, 6), (65, OPT_OUT))).values()) == {None}


@pytest.mark.parametrize("order", [(6, OPT_OUT), (OPT_OUT, 6)])
def test_number_and_opt_out_link_within_seconds_of_the_mail_share_their_doubt(order):
    links = opened((2, order[0]), (3, order[1]), signals=frozenset({Signal.SOON}))
    assert set(doubts(links).values()) == {"both+soon"}


@pytest.mark.parametrize("signal", [Signal.SOON, Signal.BOT])
def test_one_weak_signal_leaves_a_click_as_intent(signal):
    assert opened((2, 7), signals=frozenset({signal}))["score:7"].is_intent


def test_two_weak_signals_do_not():
    links = opened((2, 7), signals=frozenset({Signal.SOON, Signal.BOT}))
    assert not links["score:7"].is_intent


def test_a_person_who_comes_after_the_scan_starts_the_link_anew():
    links = opened(*all_links(), (3600, 7))
    assert links["score:7"] == Click(target="score:7", first_at=at(3600), last_at=at(3600))
    assert [target for target, click in links.items() if click.is_intent] == ["score:7"]


def test_a_second_scan_takes_nothing_from_the_person_who_came_between():
    links = opened(*all_links(), (3600, 7), *all_links(250_000))
    assert [target for target, click in links.items() if click.is_intent] == ["score:7"]


def test_a_second_scan_alone_is_nobodys_intent_either():
    links = opened(*all_links(), *all_links(250_000))
    assert not any(click.is_intent for click in links.values())


def test_what_follows_a_burst_within_a_minute_belongs_to_it():
    links = opened((0, 1), (1, 2), (2, 3), (40, 9), (50, 2))
    assert not any(click.is_intent for click in links.values())


def test_a_released_click_stays_released_whatever_opens_it():
    links = opened(*all_links())
    released = [
        Click(**{**_as_values(click), "decision": Decision.RELEASED}) if click.is_score else click
        for click in links.values()
    ]
    again = opened(*all_links(250_000), (300_000, 7), clicks=released)
    assert all(click.is_intent for click in again.values() if click.is_score)


def test_a_kept_out_click_counts_when_a_person_comes_later():
    links = opened(*all_links())
    kept_out = [Click(**{**_as_values(click), "decision": Decision.KEPT_OUT}) for click in links.values()]
    again = opened((3600, 7), clicks=kept_out)
    assert again["score:7"].is_intent
    assert again["score:7"].decision is None


def _as_values(click):
    return {name: getattr(click, name) for name in ("target", "first_at", "last_at", "times", "doubt")}


def test_the_same_link_within_five_seconds_is_the_same_visit():
    assert is_same_visit(at(0), at=at(4.9))
    assert is_same_visit(at(0), at=at(-1))
    assert not is_same_visit(at(0), at=at(5))
    assert not is_same_visit(None, at=at(0))


def test_a_burst_speaks_for_a_minute():
    links = opened(*all_links()).values()
    assert has_burst(links, until=at(65))
    assert not has_burst(links, until=at(66))


def test_a_form_an_hour_after_the_scan_has_nothing_against_it():
    assert form_signals(opened(*all_links()).values(), opened_at=at(3600), now=at(3610)) == set()


def test_a_form_half_a_minute_after_the_scan_has_one_thing_against_it():
    links = opened(*all_links()).values()
    assert form_signals(links, opened_at=at(25), now=at(35)) == {Signal.BURST}


def test_a_form_whose_page_was_opened_in_the_scan_has_two():
    links = opened(*all_links()).values()
    assert form_signals(links, opened_at=at(8), now=at(35)) == {Signal.BURST, Signal.BOTH_LINKS}


def test_somebody_who_looks_at_both_links_has_one_thing_against_them():
    links = opened((60, 3), (66, OPT_OUT)).values()
    assert form_signals(links, opened_at=at(60), now=at(80)) == {Signal.BOTH_LINKS}


def test_both_links_count_only_within_the_time():
    links = opened((60, 3), (66, OPT_OUT)).values()
    assert has_both_links(links, since=at(66), until=at(70))
    assert not has_both_links(links, since=at(66.1), until=at(70))
    assert not has_both_links(opened((60, 3), (71, OPT_OUT)).values(), since=at(0), until=at(80))


steps = st.lists(st.tuples(st.floats(0, 200), st.sampled_from([*range(11), OPT_OUT])), max_size=25).map(
    lambda found: sorted(found, key=lambda step: step[0])
)


@given(steps, st.frozensets(st.sampled_from([Signal.SOON, Signal.BOT])))
def test_whatever_is_opened_there_is_one_row_per_link_and_no_link_turns_up_unopened(taken, signals):
    links = opened(*taken, signals=signals)
    assert set(links) == {what if what == OPT_OUT else score_target(what) for _, what in taken}
    for target, click in links.items():
        assert click.target == target
        assert click.first_at <= click.last_at
        assert click.times >= 1
        assert click.doubt is None or len(click.doubt) <= 20


@given(steps)
def test_a_click_is_doubted_only_in_company(taken):
    """Without a sign in the visitor it takes three numbers within ten seconds to doubt anything."""
    moments = [(seconds, what) for seconds, what in taken if what != OPT_OUT]
    is_burst = any(
        len({what for other, what in moments if 0 <= end - other <= 10}) >= 3 for end, _ in moments
    )
    if not is_burst:
        assert set(doubts(opened(*taken)).values()) <= {None}


def test_intent_is_a_share_with_its_interval():
    rate = intent_rate(3, 20)
    assert (rate.value, rate.n, rate.state) == (0.15, 20, MeasureState.MEASURED)
    assert rate.ci[0] < 0.15 < rate.ci[1]
    assert intent_rate(0, 20).value == 0


def test_intent_of_nobody_is_not_measured():
    assert intent_rate(0, 0).value is None
