"""The edition for customers: nothing of it points at one of their people, or is for us alone."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, a_contact, a_user
from tests.vocapp.relationship.builders import a_closed_wave, rescored
from tests.vocapp.reports.builders import an_account_with_a_story, neighbours, opened, say
from vocapp.commitments.models import Commitment
from vocapp.commitments.service import promise
from vocapp.core.db import db, transaction
from vocapp.reports.account.customer import LEAST, for_customers
from vocapp.reports.freezing import take_snapshot
from vocapp.reports.printing import page_of_report, print_report
from vocapp.reports.rules import Audience, Order, ReportKind

OUTCOMES = ("answered", "silent", "declined")


def edition(account, audience=Audience.CUSTOMER):
    return take_snapshot(Order(ReportKind.ACCOUNT, account_id=account.id, audience=audience), now=NOW)


@pytest.fixture
def account(app):
    account = an_account_with_a_story(arr=512_000, renewal_date=NOW.date() + timedelta(days=40))
    neighbours(12)
    return account


def test_of_three_people_nothing_is_said_that_they_said(account):
    rescored()
    safe = edition(account)
    told = json.dumps(safe)
    for secret in ("Exports are slow", "Best onboarding", "Okafor", "Deniz", "512000", "decision maker has"):
        assert secret not in told
    assert safe["score"]["measures"]["strength"]["value"] is None
    assert safe["score"]["measures"]["points_lost"] is None
    page = page_of_report(safe)
    assert "fewer than five people" in page
    assert "What to do next" not in page
    for untrue in ("Nobody has answered", "No wave has been measured", "not ten other", "no cohort of ten"):
        assert untrue not in page
    assert "No people are known" not in page
    assert safe["people"] == []
    assert "Exports are slow" in json.dumps(edition(account, Audience.INTERNAL))


def test_of_five_who_answered_words_are_quoted_without_their_part(account):
    rescored(on=(NOW - timedelta(days=50)).date())
    wave = a_closed_wave(NOW - timedelta(days=40))
    for number in range(4):
        person = a_contact(account, personas=("power_user",), created_at=NOW - timedelta(days=900))
        say(person, wave, 8, f"Steady work, number {number}.")
    rescored()
    owner = a_user()
    with transaction():
        promise(
            account, "Exports in under a minute", due_on=NOW.date() - timedelta(days=2), by=owner, now=NOW
        )
    safe = edition(account)
    assert safe["score"]["answers"] >= LEAST
    assert safe["quotes"]
    assert all(
        (quote["persona"], quote["rating"], quote["on"]) == (None, None, None) for quote in safe["quotes"]
    )
    words = [quote["text"] for quote in safe["quotes"]]
    assert words == sorted(words)
    inner = edition(account, Audience.INTERNAL)
    few = [
        number
        for number, wave in enumerate(inner["waves"])
        if (wave["strength"] or {}).get("answers", 9) < LEAST
    ]
    assert few
    assert [safe["waves"][number]["strength"] for number in few] == [None] * len(few)
    assert safe["before"] is None
    page = page_of_report(safe)
    assert "one of those who answered" in page
    # Our words for how customers stand, and our name for customers like them, are not for them.
    for ours in ("At risk", "Watch", "vocal critics", "silent risk", "Tier 1"):
        assert ours not in page
    assert " other accounts" in page
    assert "Exports in under a minute" in page
    assert "late, promised until" in page
    assert len(opened(print_report(safe)).pages) == 2
    assert db.session.query(Commitment).count() == 1


@given(
    st.lists(st.dictionaries(st.sampled_from(OUTCOMES), st.integers(0, 9), min_size=1), max_size=7),
    st.lists(st.tuples(*[st.integers(0, 4)] * 3).filter(any), max_size=7),
    st.integers(0, 12),
)
def test_no_group_of_fewer_than_five_can_be_read_or_subtracted(groups, seats, answers):
    people = [{"persona": f"P{number}", "outcomes": outcomes} for number, outcomes in enumerate(groups)]
    nothing = {"value": 1.0, "ci": None, "n": 3, "n_eff": None, "state": "measured", "reason": ""}
    names = ("strength", "footprint", "engagement", "sentiment", "nps")
    measures = dict.fromkeys(names, nothing) | {"points_lost": {}, "classes": {}}
    score = {
        "answers": answers,
        "measures": measures | {"decision_maker": {"silent_waves": 3}},
        "status": "red",
    }
    facts = {
        "account": {"name": "A", "arr": 1.0, "renewal_date": None, "external_id": "x", "tier": "T"},
        "people": people,
        "footprint": {
            "personas": [
                {"name": f"P{number}", "filled": filled, "doubtful": doubtful, "empty": empty}
                for number, (filled, doubtful, empty) in enumerate(seats)
            ]
        },
        "quotes": [{"text": "t", "persona": "P0", "rating": 3, "on": "2026-01-01"}],
        "steps": {"first": [1], "total": 1},
        "commitments": [{"text": "a", "state": "kept"}, {"text": "b", "state": "dropped"}],
        "score": score,
        "standings": {name: {"value": 1.0, "values": [1.0], "reason": "", "cohort": ["T"]} for name in names},
        "waves": [{"closed_on": "2026-01-01", "strength": {"value": 1.0, "answers": answers}}],
        "before": [0.5, 0.5],
    }
    safe = for_customers(facts)
    sizes = [sum(group["outcomes"].values()) for group in safe["people"]]
    everybody = sum(sum(group.values()) for group in groups)
    assert sum(sizes) == (everybody if everybody >= LEAST else 0)
    assert all(size >= LEAST for size in sizes)
    held = [one["filled"] + one["doubtful"] + one["empty"] for one in safe["footprint"]["personas"]]
    assert sum(held) == sum(map(sum, seats))
    assert all(size >= LEAST for size in held) or len(held) == 1
    assert [one["text"] for one in safe["commitments"]] == ["a"]
    assert bool(safe["quotes"]) == (answers >= LEAST)
    assert (safe["waves"][0]["strength"] is None) == (answers < LEAST)
    assert (safe["before"] is None) == (answers < LEAST)
