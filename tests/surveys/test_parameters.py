"""The method's choices: today's numbers to the last digit, one sentence per wrong value, nothing lost."""

from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.parameters import (
    BY_KEY,
    DEFAULT_METHOD,
    DEFAULTS,
    PARAMETERS,
    MethodParameters,
    Section,
    changes_between,
    default_table,
    faults_of,
    parameters_of,
    plain_number,
    read_parameters,
)
from surveys.rates import DEFAULT_ENGAGEMENT
from surveys.shrinkage import DEFAULT_KAPPA, KAPPA_ACCOUNTS, KAPPA_RANGE
from surveys.strength import DEFAULT_STRENGTH

METHOD_PAGE = Path(__file__).parents[2] / "docs" / "method.md"

TYPED = {key: plain_number(value) for key, value in DEFAULTS.items()}

# The first definition, by which stored scores were made. Whoever changes a default begins a new definition:
# that takes a migration which stores this one for the days before.
AS_DELIVERED = {
    "footprint_weight": 0.3,
    "engagement_weight": 0.4,
    "sentiment_weight": 0.3,
    "floor": 5.0,
    "minimum_weight": 50.0,
    "green_from": 70.0,
    "red_below": 40.0,
    "certainty": 80.0,
    "hysteresis": 5.0,
    "minimum_component": 40.0,
    "silent_waves": 2.0,
    "complete_worth": 100.0,
    "partial_worth": 50.0,
    "declined_worth": 25.0,
    "half_life": 12.0,
    "engagement_pull": 4.0,
    "sentiment_days": 365.0,
    "sentiment_pull": 4.0,
    "pull_from": 2.0,
    "pull_to": 50.0,
    "pull_accounts": 30.0,
    "tier_accounts": 10.0,
    "high_to": 20.0,
    "medium_to": 40.0,
}


@st.composite
def any_method(draw: st.DrawFn) -> MethodParameters:
    """Parameters within their ranges, whole where they must be; some contradict each other."""
    values = {}
    for one in PARAMETERS:
        if one.is_whole:
            values[one.key] = float(draw(st.integers(int(one.least), int(one.most))))
        else:
            values[one.key] = draw(st.floats(one.least, one.most).map(lambda value: round(value, 2)))
    return MethodParameters(**values)


def test_the_defaults_are_those_of_the_functions_to_the_last_digit():
    assert DEFAULT_METHOD.strength() == DEFAULT_STRENGTH
    assert DEFAULT_METHOD.engagement() == DEFAULT_ENGAGEMENT
    assert DEFAULT_METHOD.sentiment_pull == DEFAULT_KAPPA
    assert DEFAULT_METHOD.pull_limits == KAPPA_RANGE
    assert DEFAULT_METHOD.pull_accounts == KAPPA_ACCOUNTS
    assert DEFAULT_METHOD.confidence_limits == (0.20, 0.40)
    assert DEFAULT_METHOD.sentiment_window.days == 365


def test_the_first_definition_is_what_stored_scores_were_made_with():
    assert dict(DEFAULTS) == AS_DELIVERED


def test_every_value_has_a_name_a_range_around_its_default_and_a_sentence():
    assert [one.key for one in PARAMETERS] == [field.name for field in fields(MethodParameters)]
    assert len({one.name for one in PARAMETERS}) == len(PARAMETERS)
    for one in PARAMETERS:
        assert one.least <= one.default <= one.most, one.key
        assert one.least < one.most
        assert one.does.endswith(".")
        assert one.does[0].isupper()


def test_every_parameter_belongs_to_one_part_of_the_page():
    assert [one for section in Section for one in parameters_of(section)] == list(PARAMETERS)


def test_the_defaults_may_be_chosen():
    assert faults_of(DEFAULT_METHOD) == {}
    assert read_parameters(TYPED) == (DEFAULT_METHOD, {})


@pytest.mark.parametrize("one", PARAMETERS, ids=lambda one: one.key)
def test_a_value_outside_its_range_is_named_in_one_sentence(one):
    for value in (one.least - 0.01, one.most + 0.01):
        sentence = faults_of(replace(DEFAULT_METHOD, **{one.key: value}))[one.key]
        assert sentence.startswith(one.name)
        assert one.range_words in sentence
        assert sentence.count(".") - sum(part.count(".") for part in (one.range_words,)) == 1


@pytest.mark.parametrize(
    "text", ["", " ", "lots", "-1", "1e3", "nan", "inf", "1.", ".5", "1.2.3", "٣", "1 000"]
)
def test_what_is_no_number_is_named_and_changes_nothing(text):
    parameters, faults = read_parameters({**TYPED, "half_life": text})
    assert faults == {"half_life": "Half-life: write a number from 3 to 60 months."}
    assert parameters == DEFAULT_METHOD


def test_a_missing_field_is_a_wrong_value():
    typed = {key: text for key, text in TYPED.items() if key != "floor"}
    assert list(read_parameters(typed)[1]) == ["floor"]


def test_a_comma_may_stand_for_the_point():
    parameters, faults = read_parameters({**TYPED, "footprint_weight": "0,25"})
    assert not faults
    assert parameters.footprint_weight == 0.25


def test_waves_and_points_are_whole():
    faults = read_parameters({**TYPED, "silent_waves": "2.5", "green_from": "70.5"})[1]
    assert faults == {
        "silent_waves": "Silent waves of the decision maker is a whole number, from 1 to 6 waves.",
        "green_from": "Green from is a whole number, from 50 to 95 points.",
    }


@pytest.mark.parametrize(
    ("chosen", "at"),
    [
        ({"green_from": 50.0, "red_below": 45.0}, "hysteresis"),
        ({"partial_worth": 90.0, "complete_worth": 80.0}, "partial_worth"),
        ({"declined_worth": 60.0}, "declined_worth"),
        ({"pull_from": 20.0, "pull_to": 10.0}, "pull_to"),
        ({"high_to": 40.0}, "medium_to"),
    ],
)
def test_values_that_contradict_each_other_are_named_once(chosen, at):
    assert list(faults_of(replace(DEFAULT_METHOD, **chosen))) == [at]


@given(any_method())
def test_whatever_may_be_chosen_can_be_computed_with_and_stored(parameters):
    assert MethodParameters.from_document(parameters.as_document()) == parameters
    assert 0.999 < parameters.strength().weights().sum() < 1.001
    if not faults_of(parameters):
        typed = {key: plain_number(value) for key, value in parameters.as_document().items()}
        assert read_parameters(typed) == (parameters, {})


def test_stored_values_of_another_time_are_filled_up_with_defaults():
    assert MethodParameters.from_document({"half_life": 6, "forgotten": 1}) == replace(
        DEFAULT_METHOD, half_life=6
    )


@pytest.mark.parametrize("value", ["12", None, True, float("nan")])
def test_stored_values_that_are_no_numbers_are_refused(value):
    with pytest.raises(ValueError, match="half_life"):
        MethodParameters.from_document({"half_life": value})


def test_changes_are_told_in_words():
    after = replace(DEFAULT_METHOD, half_life=1.0, footprint_weight=0.25)
    assert [change.words for change in changes_between(DEFAULT_METHOD, after)] == [
        "Weight of footprint: 0.25 instead of 0.3",
        "Half-life: 1 month instead of 12 months",
    ]
    assert changes_between(after, after) == ()


def test_numbers_are_shown_as_people_write_them():
    assert [plain_number(value) for value in (0.3, 5.0, 100.0, 0.000001, 12.50)] == [
        "0.3",
        "5",
        "100",
        "0.000001",
        "12.5",
    ]
    assert BY_KEY["certainty"].shown(80.0) == "80%"
    assert BY_KEY["silent_waves"].shown(1.0) == "1 wave"


def test_the_method_page_lists_the_parameters_of_the_code():
    assert default_table() in METHOD_PAGE.read_text(encoding="utf-8")
