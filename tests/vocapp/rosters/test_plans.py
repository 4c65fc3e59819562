"""What may be said about the people of an account, as pure judgements; and forms full of nonsense."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from vocapp.rosters.forms import MOST_ADDITIONS, RosterForm
from vocapp.rosters.rules import (
    LONGEST_NOTE,
    Choice,
    Newcomer,
    RemovalReason,
    RosterDecision,
    RosterPlan,
    judge_plan,
    roster_note,
)

NAMES = {1: "Ana", 2: "Bo"}
KEEP_ANA, KEEP_BO = Choice(1, RosterDecision.KEEP), Choice(2, RosterDecision.KEEP)
REMOVE_ANA = Choice(1, RosterDecision.REMOVE, RemovalReason.UNHAPPY)


def problems(*choices: Choice, **more: object) -> dict[str, str]:
    return judge_plan(RosterPlan(choices, **more), NAMES, successors=NAMES)


def test_keeping_everybody_is_fine() -> None:
    assert problems(KEEP_ANA, KEEP_BO) == {}


def test_somebody_who_is_not_in_the_form_is_asked_about() -> None:
    assert problems(KEEP_ANA) == {"decision-2": "Say whether Bo stays."}


def test_another_reason_needs_a_note() -> None:
    other = replace(REMOVE_ANA, reason=RemovalReason.OTHER)
    assert list(problems(other, KEEP_BO)) == ["note-1"]
    assert problems(replace(other, note="On loan to a partner"), KEEP_BO) == {}


def test_a_note_has_a_length() -> None:
    assert list(problems(replace(REMOVE_ANA, note="x" * (LONGEST_NOTE + 1)), KEEP_BO)) == ["note-1"]


def test_a_replacement_needs_somebody() -> None:
    replaced = replace(REMOVE_ANA, decision=RosterDecision.REPLACE)
    assert list(problems(replaced, KEEP_BO)) == ["successor-1"]
    assert problems(replace(replaced, successor_id=2), KEEP_BO) == {}
    assert problems(replace(replaced, newcomer=Newcomer("1", "Kim", "", "kim@c.example")), KEEP_BO) == {}


def test_removing_everybody_needs_a_second_word() -> None:
    remove_bo = replace(REMOVE_ANA, contact_id=2)
    assert list(problems(REMOVE_ANA, remove_bo)) == ["nobody"]
    assert problems(REMOVE_ANA, remove_bo, may_be_empty=True) == {}
    assert problems(REMOVE_ANA, remove_bo, additions=(Newcomer("new-0", "", "", "k@c.example"),)) == {}


def test_an_account_without_people_needs_a_name() -> None:
    assert list(judge_plan(RosterPlan(()), {}, successors=())) == ["nobody"]


def test_a_reason_and_a_note_are_one_text() -> None:
    assert roster_note("left", "Moved: to Oslo") == "left: Moved: to Oslo"
    assert roster_note("left", "") == "left"


fields = st.sampled_from(
    [
        *(f"{name}-{place}" for name in ("decision", "reason", "note", "successor") for place in (1, 2)),
        *(f"{name}-{place}" for name in ("first", "last", "email", "persona") for place in ("1", "new-0")),
        "seen",
        "nobody",
    ]
)


@given(st.dictionaries(fields, st.text() | st.sampled_from(["keep", "replace", "left", "1", "99999999999"])))
def test_no_nonsense_breaks_a_form(typed: dict[str, str]) -> None:
    form = RosterForm(typed)
    plan = form.plan([1, 2])
    judge_plan(plan, NAMES, successors=NAMES)
    assert [choice.contact_id for choice in plan.choices] == [1, 2]
    assert 0 <= form.lines() <= MOST_ADDITIONS


def test_a_form_brings_no_more_lines_than_a_page_has() -> None:
    typed = {f"email-new-{line}": f"p{line}@c.example" for line in range(500)}
    assert len(RosterForm(typed).plan([]).additions) == MOST_ADDITIONS
