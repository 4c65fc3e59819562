"""What was answered to each question, counted by its kind: pure."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from surveys.bands import Band
from surveys.intervals import mean_interval, wilson_interval
from surveys.measure import Measure, MeasureState, not_measured
from surveys.questions import OTHER, Question, QuestionKind, other_key
from surveys.scoring import ONE_ANSWER
from vocapp.results.rules import GivenAnswer, kept_on

# What is chosen among, whether the survey's author wrote the choices or the kind of question brings them.
CHOICES_OF_KINDS: Mapping[QuestionKind, tuple[str, ...]] = {
    QuestionKind.YES_NO: ("yes", "no"),
    QuestionKind.CONTACT: ("email", "phone", "no"),
}
WORDED = frozenset({QuestionKind.TEXT, QuestionKind.SHORT_TEXT})
CHOSEN = frozenset({QuestionKind.SINGLE_CHOICE, QuestionKind.MULTIPLE_CHOICE, *CHOICES_OF_KINDS})


class Said(Protocol):
    """What one or more people answered alike: `many` of one class to one version."""

    @property
    def version_id(self) -> int: ...
    @property
    def band(self) -> Band | None: ...
    @property
    def answers(self) -> Mapping[str, Any]: ...
    @property
    def many(self) -> int: ...


Given = TypeVar("Given", bound=Said)


@dataclass(frozen=True, slots=True)
class ChoiceCount:
    """How many chose something: their share of those who answered the question, and their classes."""

    key: str
    count: int
    share: Measure
    by_band: Mapping[Band, int]


@dataclass(frozen=True, slots=True)
class RowMean:
    """One row of a matrix, or a rating that stands alone (`key` empty): its mean, and its classes' means."""

    key: str
    mean: Measure
    by_band: Mapping[Band, Measure]


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """What was answered to one question by `n` people. `is_hidden`: too few to be shown in confidence."""

    question: Question
    n: int
    choices: Sequence[ChoiceCount] = ()
    rows: Sequence[RowMean] = ()
    is_hidden: bool = False


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote: to an open question, or as "something else"."""

    answer: GivenAnswer
    question: str
    text: str


def questions_of(versions: Iterable[Iterable[Question]]) -> list[Question]:
    """Return every question of some versions, newest first, once per key and kind.

    A choice that only an older version offered stands behind those of the newest.
    """
    merged: dict[tuple[str, QuestionKind], Question] = {}
    for questions in versions:
        for question in questions:
            known = merged.get((question.key, question.kind))
            merged[question.key, question.kind] = question if known is None else _joined(known, question)
    return list(merged.values())


def _joined(newer: Question, older: Question) -> Question:
    known = {option.key for option in newer.options}
    gone = tuple(option for option in older.options if option.key not in known)
    if not gone and newer.has_other >= older.has_other:
        return newer
    return Question(
        newer.key,
        newer.kind,
        newer.required,
        newer.texts,
        options=(*newer.options, *gone),
        has_other=newer.has_other or older.has_other,
        points=newer.points,
    )


def answered_by(question: Question, given: Iterable[Given], version_ids: Collection[int]) -> list[Given]:
    """Return those who answered a question; `version_ids` are the versions that ask it, in this kind."""
    return [answer for answer in given if answer.version_id in version_ids and question.key in answer.answers]


def is_counted(question: Question) -> bool:
    """Whether it is counted what people said to a question, rather than only how many did."""
    return question.kind in CHOSEN or question.scale is not None


def question_result(question: Question, answered: Sequence[Said]) -> QuestionResult:
    """Return what the people who answered a question said, counted by its kind."""
    n = sum(one.many for one in answered)
    if question.kind in CHOSEN:
        return QuestionResult(question, n, choices=_choices(question, answered, n))
    if question.kind is QuestionKind.MATRIX:
        rows = [
            _row_mean(question, option.key, answered, _in_matrix(question.key, option.key))
            for option in question.options
        ]
        return QuestionResult(question, n, rows=rows)
    if question.scale is not None:
        alone = _row_mean(question, "", answered, _alone(question.key))
        return QuestionResult(question, n, rows=[alone])
    return QuestionResult(question, n)


def comments_in(given: Iterable[GivenAnswer], asked: Mapping[int, Iterable[Question]]) -> list[Comment]:
    """Return what was written to open questions and as "something else", in the order of the answers.

    `asked` has the questions of every version.
    """
    written = {version: dict(_written_keys(questions)) for version, questions in asked.items()}
    return [
        Comment(answer, question, text)
        for answer in given
        for key, question in written[answer.version_id].items()
        if isinstance(text := answer.answers.get(key), str) and text.strip()
    ]


def _written_keys(questions: Iterable[Question]) -> Iterable[tuple[str, str]]:
    for question in questions:
        if question.kind in WORDED:
            yield question.key, question.key
        elif question.has_other:
            yield other_key(question.key), question.key


def chosen_keys(kind: QuestionKind, value: Any) -> tuple[str, ...]:
    """Return the keys of what somebody chose, from the answer as it is stored."""
    if kind is QuestionKind.YES_NO:
        return ("yes",) if value is True else ("no",) if value is False else ()
    if isinstance(value, str):
        return (value,)
    return tuple(key for key in value if isinstance(key, str)) if isinstance(value, list | tuple) else ()


def mean_measure(values: Sequence[int]) -> Measure:
    """Return the mean of ratings with Student's t interval (docs/method.md §1.4)."""
    n = len(values)
    if n == 0:
        return not_measured("nobody has answered yet")
    state = MeasureState.PROVISIONAL if n == 1 else MeasureState.MEASURED
    reason = ONE_ANSWER if n == 1 else ""
    return Measure(math.fsum(values) / n, n, None, mean_interval(values), state, reason)


def share_measure(count: int, n: int) -> Measure:
    """Return a share with Wilson's interval; without answers it is not measured."""
    if n == 0:
        return not_measured("nobody has answered yet")
    state = MeasureState.PROVISIONAL if n == 1 else MeasureState.MEASURED
    return Measure(count / n, n, None, wilson_interval(count, n), state, ONE_ANSWER if n == 1 else "")


def _choices(question: Question, answered: Sequence[Said], n: int) -> list[ChoiceCount]:
    counts: Counter[str] = Counter()
    bands: defaultdict[str, Counter[Band]] = defaultdict(Counter)
    for answer in answered:
        for key in set(chosen_keys(question.kind, answer.answers[question.key])):
            counts[key] += answer.many
            if answer.band is not None:
                bands[key][answer.band] += answer.many
    offered = CHOICES_OF_KINDS.get(question.kind, question.choices)
    counted = [
        ChoiceCount(key, counts[key], share_measure(counts[key], n), {b: bands[key][b] for b in Band})
        for key in (*offered, *sorted(set(counts) - set(offered)))
    ]
    if question.kind in CHOICES_OF_KINDS:
        return counted
    return sorted(counted, key=lambda choice: (choice.key == OTHER, -choice.count))


def _row_mean(
    question: Question,
    key: str,
    answered: Iterable[Said],
    value_of: Callable[[Said], object],
) -> RowMean:
    scale = question.scale or range(1)
    values: list[int] = []
    by_band: defaultdict[Band, list[int]] = defaultdict(list)
    for answer in answered:
        value = value_of(answer)
        if type(value) is int:
            values += [value] * answer.many
            if answer.band is not None:
                by_band[answer.band] += [value] * answer.many
    means = {band: kept_on(scale, mean_measure(by_band[band])) for band in Band}
    return RowMean(key, kept_on(scale, mean_measure(values)), means)


def _in_matrix(question: str, row: str) -> Callable[[Said], object]:
    def value(answer: Said) -> object:
        rows = answer.answers.get(question)
        return rows.get(row) if isinstance(rows, dict) else None

    return value


def _alone(question: str) -> Callable[[Said], object]:
    return lambda answer: answer.answers.get(question)
