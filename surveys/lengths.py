"""How long a survey is: how many questions somebody may meet, and how many seconds that takes."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from surveys.conditions import AllOf, AnyOf, Condition, Respondent, StoredAnswers, holds, questions_in
from surveys.definition import Page, SurveyDefinition
from surveys.questions import CHOICES, Question, QuestionKind

# Words per minute somebody reads on a phone, and signs per word where words are not set apart.
READING_SPEED = 200
SIGNS_PER_WORD = 2.5
# Seconds to answer once it is read; how sure we are: these are house figures, not measured ones.
SECONDS_TO_ANSWER = {
    QuestionKind.SHORT_TEXT: 12.0,
    QuestionKind.TEXT: 25.0,
    QuestionKind.MULTIPLE_CHOICE: 7.0,
    QuestionKind.REFERRAL: 25.0,
}
SECONDS_TO_CHOOSE, SECONDS_PER_ROW, SECONDS_PER_PAGE = 4.0, 3.0, 2.0
# An open question that need not be answered is left empty by about every second person.
SHARE_OF_OPTIONAL_TEXTS = 0.5

Questions = tuple[Question, ...]

_OPEN = frozenset({QuestionKind.SHORT_TEXT, QuestionKind.TEXT, QuestionKind.REFERRAL})


@dataclass(frozen=True, slots=True)
class Length:
    """Seconds to answer for the quickest and the longest rating, without extra pages and with them."""

    shortest: int
    longest: int
    with_extra: int


def most_questions(definition: SurveyDefinition) -> int:
    """Return how many questions somebody may be asked at most, extra pages included."""
    return int(max(_longest_ways(definition, lambda _page, shown: len(shown))))


def length_of(definition: SurveyDefinition, language: str) -> Length:
    """Return an estimate of how long answering takes in a language."""

    def whole(_page: Page, shown: Questions) -> float:
        return _seconds(shown, language) if shown else 0

    def main(page: Page, shown: Questions) -> float:
        return 0 if page.is_extra else whole(page, shown)

    without_extra = _longest_ways(definition, main)
    return Length(
        _rounded(min(without_extra)),
        _rounded(max(without_extra)),
        _rounded(max(_longest_ways(definition, whole))),
    )


def _rounded(seconds: float) -> int:
    # To five seconds: more would claim to know more.
    return max(5, math.ceil(seconds / 5) * 5)


def _seconds(shown: Questions, language: str) -> float:
    return SECONDS_PER_PAGE + sum(_reading(question, language) + _answering(question) for question in shown)


def _reading(question: Question, language: str) -> float:
    words = question.texts.get(language)
    texts = [words.prompt, words.help, words.low, words.high] if words else []
    texts += [option.texts.get(language, "") for option in question.options]
    return sum(_words(text) for text in texts) / READING_SPEED * 60


def _words(text: str) -> float:
    spaced = len(text.split())
    # Japanese sets no spaces between words.
    return max(spaced, len(text) / SIGNS_PER_WORD) if not text.isascii() and spaced <= 1 else spaced


def _answering(question: Question) -> float:
    if question.kind is QuestionKind.MATRIX:
        return SECONDS_PER_ROW * len(question.options)
    seconds = SECONDS_TO_ANSWER.get(question.kind, SECONDS_TO_CHOOSE)
    is_left_out = question.kind in _OPEN and not question.required
    extra = SECONDS_TO_CHOOSE if question.kind in CHOICES and len(question.choices) > 7 else 0.0
    return seconds * (SHARE_OF_OPTIONAL_TEXTS if is_left_out else 1) + extra


def _longest_ways(definition: SurveyDefinition, weigh: Callable[[Page, Questions], float]) -> list[float]:
    """Return the weight of the longest way of each rating, whatever else is answered and whoever answers."""
    if not definition.has_rating:
        return [_longest_way(definition, {}, weigh)]
    rating = definition.rating_question
    return [_longest_way(definition, {rating.key: value}, weigh) for value in rating.scale or ()]


def _longest_way(
    definition: SurveyDefinition, known: StoredAnswers, weigh: Callable[[Page, Questions], float]
) -> float:
    order = [page.key for page in definition.pages]
    # From the last page to the first: the longest rest of the way from each.
    rest = [0.0] * (len(order) + 1)
    for place, page in reversed(list(enumerate(definition.pages))):
        is_shown = _outlook(page.show_if, known)
        ways = [] if is_shown is True else [rest[place + 1]]
        if is_shown is not False:
            shown = tuple(one for one in page.questions if _outlook(one.show_if, known) is not False)
            onward = max(rest[target] for target in _targets(page, place, order, known))
            ways.append(weigh(page, shown) + onward)
        rest[place] = max(ways)
    return rest[0]


def _targets(page: Page, place: int, order: Sequence[str], known: StoredAnswers) -> Iterator[int]:
    """Yield the places a page may lead to; a jump back, or to nowhere, ends the survey."""
    for jump in page.jumps:
        is_taken = _outlook(jump.when, known)
        if is_taken is not False:
            yield order.index(jump.to) if jump.to in order[place + 1 :] else len(order)
        if is_taken:
            return
    yield place + 1


def _outlook(condition: Condition | None, known: StoredAnswers) -> bool | None:
    """Return whether a condition holds, or None when that depends on more than the rating."""
    match condition:
        case None:
            return True
        case AllOf(parts):
            outlooks = {_outlook(part, known) for part in parts}
            return False if False in outlooks else None if None in outlooks else True
        case AnyOf(parts):
            outlooks = {_outlook(part, known) for part in parts}
            return True if True in outlooks else None if None in outlooks else False
    is_known = set(questions_in(condition)) & set(known)
    return holds(condition, known, Respondent()) if is_known else None
