"""Which lists of LimeSurvey's answers are scales, and which words stand at their ends."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from integrations.limesurvey.records import LimeSurveyPart, LimeSurveyQuestion, Texts
from surveys.questions import MOST_POINTS, SCALES, QuestionKind

_NPS = SCALES[QuestionKind.NPS]
_FEWEST_NUMBERED = 3
_BARE = re.compile(r"\s*([0-9]{1,2})\s*", re.ASCII)
_WITH_WORDS = re.compile(r"\s*([0-9]{1,2})(?:\s*[-–—:.,=(/]+|\s)\s*(.*?)\)?\s*", re.ASCII | re.DOTALL)
_CODE = re.compile(r"[0-9]{1,2}", re.ASCII)
_RECOMMENDING = re.compile(
    "recommend|recommand|recomi?end|empfehl|empfiehl|薦|勧め|すすめ|توصي|أوصي|توصية|consigli|raccomand|aanbevel|aanrad",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Scale:
    """Numbers from the lowest to the highest by LimeSurvey's codes, with the words of both ends."""

    values: Mapping[str, int]
    low: Texts
    high: Texts

    @property
    def is_nps(self) -> bool:
        """Whether it runs from 0 to 10."""
        return sorted(self.values.values()) == list(_NPS)

    @property
    def points(self) -> int | None:
        """How long it is as a rating, which begins at 1; None when it is none."""
        length = len(self.values)
        fits = 2 <= length <= MOST_POINTS and sorted(self.values.values()) == list(range(1, length + 1))
        return length if fits else None


def plain_scale(lowest: int, highest: int) -> Scale | None:
    """Return the scale of a number field with these ends, or None for one that is no scale."""
    if not lowest < highest <= lowest + len(_NPS):
        return None
    return Scale({str(number): number for number in range(lowest, highest + 1)}, {}, {})


def numbered_scale(answers: Sequence[LimeSurveyPart], language: str) -> Scale | None:
    """Return the scale of a list whose answers are numbers, or None.

    Words may stand at the ends only: "1. Phone, 2. E-mail, 3. Chat" is a numbered list.
    """
    if not _FEWEST_NUMBERED <= len(answers) <= len(_NPS):
        return None
    read = [_number_and_words(answer.texts.get(language, ""), answer.code) for answer in answers]
    numbered = sorted(
        ((found[0], found[1], answer) for found, answer in zip(read, answers, strict=True) if found),
        key=lambda item: item[0],
    )
    if len(numbered) < len(answers) or any(words for _, words, _ in numbered[1:-1]):
        return None
    values = {answer.code: number for number, _, answer in numbered}
    scale = Scale(values, _words(numbered[0][2]), _words(numbered[-1][2]))
    return scale if scale.is_nps or scale.points else None


def ordered_scale(answers: Sequence[LimeSurveyPart]) -> Scale | None:
    """Return the scale of answers that are taken to run from low to high, or None for too few or many."""
    if not 2 <= len(answers) <= MOST_POINTS:
        return None
    values = {answer.code: place for place, answer in enumerate(answers, start=1)}
    return Scale(values, answers[0].texts, answers[-1].texts) if len(values) == len(answers) else None


def is_about_recommending(question: LimeSurveyQuestion, rows: Iterable[LimeSurveyPart] = ()) -> bool:
    """Whether the words of a question ask for a recommendation, in any language."""
    texts = [*question.texts.values(), *(text for row in rows for text in row.texts.values())]
    return any(_RECOMMENDING.search(text) for text in texts)


def _number_and_words(label: str, code: str) -> tuple[int, str] | None:
    if bare := _BARE.fullmatch(label):
        return int(bare[1]), ""
    if worded := _WITH_WORDS.fullmatch(label):
        return int(worded[1]), worded[2]
    return (int(code), label) if _CODE.fullmatch(code) else None


def _words(answer: LimeSurveyPart) -> dict[str, str]:
    read = {language: _number_and_words(text, "0") for language, text in answer.texts.items()}
    return {language: found[1] for language, found in read.items() if found and found[1]}
