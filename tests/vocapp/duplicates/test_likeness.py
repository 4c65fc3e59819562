"""Which contacts look like one person, how surely, and why."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocapp.duplicates.rules import (
    Card,
    Grade,
    Reason,
    Record,
    Side,
    better_kept,
    default_side,
    find_pairs,
    likeness,
    outcome_rank,
    reporting_line,
)


def card(number: int = 1, first: str = "", last: str = "", email: str = "", **values: str) -> Card:
    letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
    return Card(number, 1, first, last, email or f"{letters}@one.example", **values)


ALIKE = [
    (card(1, "Ana", "Ruiz"), card(2, "ANA", "Ruíz"), Grade.LIKELY, Reason.SAME_NAME),
    (card(1, "Ana", "Ruiz"), card(2, "", "Ruiz, Ana"), Grade.LIKELY, Reason.SAME_NAME),
    (card(1, "Ana", "Ruiz"), card(2, "Ruiz", "Ana"), Grade.LIKELY, Reason.SAME_NAME),
    (card(1, "Øyvind", "Ås"), card(2, "Oyvind", "As"), Grade.LIKELY, Reason.SAME_NAME),
    (card(1, "田中", "太郎"), card(2, "太郎", "田中"), Grade.LIKELY, Reason.SAME_NAME),
    (card(1, "A.", "Ruiz"), card(2, "Ana", "Ruiz"), Grade.POSSIBLE, Reason.INITIAL),
    (
        card(1, email="ana.ruiz@a.example"),
        card(2, email="ana.ruiz@b.example"),
        Grade.POSSIBLE,
        Reason.SAME_LOCAL_PART,
    ),
    (
        card(1, email="ana.ruiz@a.example"),
        card(2, email="ana.ruiz+vote@a.example"),
        Grade.LIKELY,
        Reason.SAME_MAILBOX,
    ),
    (card(1, external_id="C-0012"), card(2, external_id="c12"), Grade.LIKELY, Reason.SAME_IDENTIFIER),
    (
        card(1, external_id="003D000000QzXaB"),
        card(2, external_id="003D000000QzXaBIAV"),
        Grade.LIKELY,
        Reason.SAME_IDENTIFIER,
    ),
    (card(1, phone="+49 30 1234567"), card(2, phone="030/1234567"), Grade.POSSIBLE, Reason.SAME_PHONE),
    (
        card(1, email="ana.ruiz@gmail.example"),
        card(2, "Ana", "Ruiz"),
        Grade.POSSIBLE,
        Reason.NAME_IN_ADDRESS,
    ),
]


@pytest.mark.parametrize(("one", "other", "grade", "reason"), ALIKE)
def test_these_look_alike_and_are_found(one: Card, other: Card, grade: Grade, reason: Reason) -> None:
    alike = likeness(one, other)
    assert alike is not None
    assert (alike.grade, alike.reasons[0]) == (grade, reason)
    assert find_pairs([other, one]) == [alike]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (card(1, "Ana", "Ruiz"), card(2, "Eva", "Ruiz")),
        (card(1, "Ana"), card(2, "Ana")),
        (card(1, email="info@a.example"), card(2, email="info@b.example")),
        (card(1, external_id="003D000000QzXaB"), card(2, external_id="003D000000QzXab")),
        (card(1, phone="12345"), card(2, phone="12345")),
        (card(1, "Ana", "Ruiz", phone="0301234567"), card(2, "Bo", "Lee", phone="0301234567")),
        (card(1), card(2)),
    ],
)
def test_these_do_not(one: Card, other: Card) -> None:
    assert likeness(one, other) is None
    assert find_pairs([one, other]) == []


def test_two_signs_together_are_likely() -> None:
    one = card(1, "A.", "Ruiz", phone="030 1234567")
    alike = likeness(one, card(2, "Ana", "Ruiz", phone="0301234567"))
    assert alike is not None
    assert (alike.grade, alike.reasons) == (Grade.LIKELY, (Reason.SAME_PHONE, Reason.INITIAL))


def test_namesakes_told_apart_by_a_number_are_only_possible() -> None:
    alike = likeness(
        card(1, "Ana", "Ruiz", "ana.ruiz@a.example"), card(2, "Ana", "Ruiz", "ana.ruiz2@a.example")
    )
    assert alike is not None
    assert alike.grade is Grade.POSSIBLE


def test_one_mailbox_with_two_names_may_be_shared() -> None:
    alike = likeness(card(1, "Ana", "Ruiz", "team+ana@a.example"), card(2, "Bo", "Lee", "team+bo@a.example"))
    assert alike is not None
    assert alike.grade is Grade.POSSIBLE
    assert Reason.OTHER_NAMES in alike.reasons


def test_people_of_two_accounts_are_never_a_pair() -> None:
    one = Card(1, 1, "Ana", "Ruiz", "ana@a.example")
    assert likeness(one, Card(2, 2, "Ana", "Ruiz", "ana@a.example")) is None


def test_likely_pairs_come_first() -> None:
    people = [
        card(1, "A.", "Ruiz"),
        card(2, "Ana", "Ruiz"),
        card(3, "Bo", "Lee"),
        card(4, "Bo", "Lee"),
    ]
    assert [pair.grade for pair in find_pairs(people)] == [Grade.LIKELY, Grade.POSSIBLE]


cards = st.builds(
    Card,
    st.integers(1, 99),
    st.just(1),
    st.sampled_from(["Ana", "A.", "Bo", "", "ANÁ"]),
    st.sampled_from(["Ruiz", "Ruíz", "Lee", "", "Ruiz, Ana"]),
    st.sampled_from(
        ["ana@a.example", "ana+x@a.example", "ana@b.example", "info@a.example", "bo.lee@a.example"]
    ),
    st.sampled_from(["", "C-1", "c1", "D2"]),
    st.sampled_from(["", "0301234567", "+49 30 1234567"]),
)


@given(cards, cards)
def test_likeness_does_not_depend_on_the_order_and_nothing_alike_is_missed(one: Card, other: Card) -> None:
    alike = likeness(one, other)
    assert likeness(other, one) == alike
    assert find_pairs([one, other]) == ([alike] if alike else [])


@pytest.mark.parametrize("name", ["same", "own"])
def test_ten_thousand_people_of_one_account_take_seconds(name: str) -> None:
    people = [
        card(number, "Ana", "Ruiz" if name == "same" else f"Ruiz{number}", phone="030 1234567")
        for number in range(10_000)
    ]
    start = time.perf_counter()
    find_pairs(people)
    assert time.perf_counter() - start < 10


NOBODY = Record(1, is_active=True, verified_on=None)


@pytest.mark.parametrize(
    ("field", "kept", "merged", "side"),
    [
        ("title", "", "CFO", Side.MERGED),
        ("title", "CFO", "", Side.KEPT),
        ("first_name", "A.", "Ana", Side.MERGED),
        ("first_name", "Ana", "A", Side.KEPT),
        ("title", "CFO", "Clerk", Side.KEPT),
    ],
)
def test_the_fuller_value_is_proposed(field: str, kept: str, merged: str, side: Side) -> None:
    assert default_side(field, kept, merged, NOBODY, NOBODY) is side


def test_an_active_record_is_kept_before_one_that_bounces() -> None:
    assert better_kept(Record(1, is_active=False, verified_on=None), Record(2, True, None)) == (2, 1)


def test_a_line_that_leads_back_is_cut() -> None:
    assert reporting_line(1, 2, {2: 3, 3: 1}) is None
    assert reporting_line(1, 2, {2: 3, 3: 2}) == 2


def test_an_answer_outranks_everything() -> None:
    ranks = [
        outcome_rank("completed", response_state="complete", is_doubtful=False),
        outcome_rank("completed", response_state="partial", is_doubtful=False),
        outcome_rank("declined", response_state=None, is_doubtful=False),
        outcome_rank("delivered", response_state="complete", is_doubtful=True),
        outcome_rank("delivered", response_state=None, is_doubtful=False),
        outcome_rank("silent", response_state=None, is_doubtful=False),
        outcome_rank("bounced", response_state=None, is_doubtful=False),
    ]
    assert ranks == sorted(ranks, reverse=True)
