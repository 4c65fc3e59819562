"""The method in plain words says what is in force, all of it."""

from dataclasses import replace

import pytest
from hypothesis import given

from surveys.method_words import SENTENCES, chapters_of, keys_said
from surveys.parameters import BY_KEY, DEFAULT_METHOD, DEFAULTS, PARAMETERS, MethodParameters, Section
from tests.surveys.test_parameters import any_method


def text_of(parameters: MethodParameters) -> str:
    said = " ".join(sentence for chapter in chapters_of(parameters) for sentence in chapter.sentences)
    return said.replace("\N{NO-BREAK SPACE}", " ")


def test_every_parameter_is_spoken_of():
    assert keys_said() == set(DEFAULTS)
    assert list(SENTENCES) == list(Section)


def test_the_defaults_in_words():
    text = text_of(DEFAULT_METHOD)
    for words in (
        "Footprint has 30% of the weight, engagement 40% and sentiment 30%.",
        "at least 80% sure that its strength is 70 points or more",
        "below 40 points, or when the decision maker was silent in 2 waves in a row",
        "counts as 100%, a rating alone as 50%, saying no as 25%, and silence as 0%",
        "half as much once it is 12 months old",
        "no older than 365 days",
        "with the weight of 4 answers. Once 30 accounts have two answers or more",
        "stays between 2 answers and 50 answers",
        "once 10 accounts of the tier have data",
        "up to 20 points it is high, up to 40 points medium",
    ):
        assert words in text


@pytest.mark.parametrize("one", PARAMETERS, ids=lambda one: one.key)
def test_a_changed_value_changes_the_words_and_stands_beside_its_default(one):
    value = one.most if one.most != one.default else one.least
    changed = replace(DEFAULT_METHOD, **{one.key: value})
    assert text_of(changed) != text_of(DEFAULT_METHOD)
    (line,) = [line for chapter in chapters_of(changed) for line in chapter.lines if line.is_changed]
    assert (line.parameter, line.shown, line.default) == (one, one.shown(value), one.shown(one.default))


@given(any_method())
def test_any_values_read_as_sentences_in_their_own_part(parameters):
    for chapter in chapters_of(parameters):
        assert chapter.anchor == chapter.section.name.lower()
        assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in chapter.sentences)
        assert not any("{" in sentence for sentence in chapter.sentences)
        assert [line.parameter for line in chapter.lines] == [
            one for one in PARAMETERS if one.section is chapter.section
        ]


def test_words_of_the_catalogue_are_those_of_the_lines():
    assert BY_KEY["half_life"].name == "Half-life"
