"""One LimeSurvey question after the other → questions of a survey document."""

import re
from collections.abc import Callable, Iterable, Mapping

from integrations.limesurvey.records import LimeSurveyPart, LimeSurveyQuestion, Texts
from surveys.documents import MOST_OPTIONS
from surveys.questions import OTHER
from vocapp.questionnaires.limesurvey_conditions import ALWAYS, Condition, Stored, Variable
from vocapp.questionnaires.limesurvey_scales import (
    Scale,
    is_about_recommending,
    numbered_scale,
    ordered_scale,
    plain_scale,
)
from vocapp.questionnaires.limesurvey_state import ImportState, unique_key
from vocapp.questionnaires.limesurvey_words import in_one_line

Entry = dict[str, object]

_OTHER_CODE = "-oth-"
# The words LimeSurvey itself puts beside the field for a comment.
_COMMENT = {"en": "Your comment", "de": "Ihr Kommentar", "fr": "Votre commentaire", "es": "Su comentario"}
_COMMENT |= {"pt": "Seu comentário", "ja": "コメント", "ar": "تعليقك"}
_LEFT_OUT = {
    "1": "two scales side by side",
    "C": "an array of yes, no and uncertain",
    "E": "an array of increase, same and decrease",
    ";": "an array of texts",
    "D": "a date",
    "G": "a gender question",
    "I": "a choice of language, which every page has",
    "R": "a ranking",
    "X": "a text without a question",
    "|": "an upload of files",
    "*": "a computed value",
}
_SETTINGS = {
    "array_filter": "array filter",
    "array_filter_exclude": "array filter",
    "em_validation_q": "validation equation",
    "em_validation_sq": "validation equation",
    "exclude_all_others": "exclusive option",
    "max_answers": "most answers",
    "maximum_chars": "most characters",
    "min_answers": "fewest answers",
    "numbers_only": "numbers only",
    "other_replace_text": "words for “Other”",
    "prefix": "prefix",
    "suffix": "suffix",
}
_UNSET = frozenset({"", "0", "N"})


def take_question(state: ImportState, question: LimeSurveyQuestion, *, is_for_everybody: bool) -> list[Entry]:
    """Return the questions one becomes, and remember it for the conditions and texts after it.

    `is_for_everybody` says that nothing hides the page it stands on.
    """
    return _Mapping(state, question, is_for_everybody=is_for_everybody).entries()


class _Mapping:
    """The mapping of one question."""

    def __init__(self, state: ImportState, question: LimeSurveyQuestion, *, is_for_everybody: bool) -> None:
        self._state = state
        self._question = question
        self._place = f"Question {question.code or 'without a code'}"
        self._is_for_everybody = is_for_everybody
        self._show_if: Condition | None = None

    def entries(self) -> list[Entry]:
        question = self._question
        make = _MAKERS.get(question.kind)
        if question.attributes.get("hidden", "0") not in _UNSET:
            self._tell("it is hidden from everybody and was left out.")
            return []
        if make is None:
            what = _LEFT_OUT.get(question.kind, f"a question of the unknown type “{question.kind}”")
            self._tell(f"{what} has no counterpart here and was left out.")
            return []
        self._show_if = self._state.condition(question.relevance, self._place, what="it")
        if question.has_conditions and question.relevance.strip() in ALWAYS:
            self._tell("its conditions could not be mapped; it is shown to everybody.")
        made = make(self)
        if made:
            self._tell_settings()
        return made

    def _tell(self, words: str) -> None:
        self._state.tell(self._place, words)

    def _tell_settings(self) -> None:
        question = self._question
        held = [name for name, value in question.attributes.items() if value not in _UNSET]
        settings = dict.fromkeys(_SETTINGS[name] for name in held if name in _SETTINGS)
        if question.pattern:
            settings["pattern of the answer"] = None
        if settings:
            self._tell(f"left out of its settings: {', '.join(settings)}.")
        if question.mandatory == "S":
            self._tell("people may skip it after a warning in LimeSurvey; here it is not required.")

    def _entry(self, kind: str, key: str, texts: Texts, scale: Scale | None = None) -> Entry:
        prompts = self._state.texts(texts, self._place)
        words: dict[str, Entry] = {code: {"prompt": prompt} for code, prompt in prompts.items()}
        beside = {"help": self._question.helps}
        if scale is not None:
            beside |= {"low": scale.low, "high": scale.high}
        for name, others in beside.items():
            for code, text in self._state.texts(others, self._place).items():
                if text and code in words:
                    words[code][name] = text
        entry: Entry = {"key": key, "kind": kind, "required": self._question.mandatory == "Y", "texts": words}
        return entry | ({} if self._show_if is None else {"show_if": self._show_if})

    def _single(
        self,
        kind: str,
        *,
        values: Mapping[str, Stored] | None = None,
        scale: Scale | None = None,
        part: str = "",
    ) -> Entry:
        """A question that is one question here as well."""
        key = self._state.key(self._question.code)
        entry = self._entry(kind, key, self._question.texts, scale)
        is_shown = self._is_for_everybody and self._show_if is None
        is_certain = is_shown and self._question.mandatory == "Y"
        self._state.remember(self._question, Variable(key, values or {}, is_certain=is_certain), part)
        return entry

    def text(self) -> list[Entry]:
        return [self._single("text")]

    def short_text(self) -> list[Entry]:
        return [self._single("short_text")]

    def yes_no(self) -> list[Entry]:
        return [self._single("yes_no", values={"Y": True, "N": False})]

    def five_points(self) -> list[Entry]:
        return [
            self._single("rating", values={str(number): number for number in range(1, 6)}) | {"points": 5}
        ]

    def number(self) -> list[Entry]:
        scale = self._stated_scale("min_num_value_n", "max_num_value_n")
        rated = self._rated(scale) if scale else None
        if rated is None:
            self._tell("it became a short text, which is not checked for being a number.")
            rated = self._single("short_text")
        return [rated]

    def _stated_scale(self, lowest: str, highest: str, **defaults: str) -> Scale | None:
        stated = [self._question.attributes.get(name, defaults.get(name, "")) for name in (lowest, highest)]
        if not all(re.fullmatch(r"[0-9]{1,4}", value, re.ASCII) for value in stated):
            return None
        return plain_scale(int(stated[0]), int(stated[1]))

    def _rated(self, scale: Scale, *, row: LimeSurveyPart | None = None) -> Entry | None:
        """The question as a rating, when its scale is one of ours."""
        rows = () if row is None else (row,)
        part = "" if row is None else row.code
        if scale.is_nps and is_about_recommending(self._question, rows):
            return self._single("nps", values=scale.values, scale=scale, part=part)
        if row is None and scale.points:
            return self._single("rating", values=scale.values, scale=scale) | {"points": scale.points}
        return None

    def choice(self) -> list[Entry]:
        question = self._question
        answers = [answer for answer in question.answers if answer.scale == 0]
        scale = None if question.has_other else numbered_scale(answers, self._state.source_language)
        rated = self._rated(scale) if scale else None
        if rated:
            return [rated]
        if scale:
            self._tell("its scale from 0 to 10 became a list to choose from, as ratings begin at 1.")
        options, keys = self._options(answers)
        values: dict[str, Stored] = dict(keys)
        if question.has_other:
            values[_OTHER_CODE] = OTHER
        return [self._single("single_choice", values=values) | self._offered(options)]

    def choice_with_comment(self) -> list[Entry]:
        made = self.choice()
        key = self._state.key(f"{self._question.code}-comment")
        texts = {code: {"prompt": _COMMENT[code]} for code in self._state.languages if code in _COMMENT}
        comment: Entry = {"key": key, "kind": "text", "required": False, "texts": texts}
        return [*made, comment | ({} if self._show_if is None else {"show_if": self._show_if})]

    def multiple(self) -> list[Entry]:
        question = self._question
        options, keys = self._options(question.subquestions)
        entry = self._single("multiple_choice") | self._offered(options)
        place = str(entry["key"])
        for code, key in keys.items():
            self._state.remember(question, Variable(place, option=key), code)
        if question.has_other:
            self._state.remember(question, Variable(place, option=OTHER), OTHER)
        return [entry]

    def multiple_with_comments(self) -> list[Entry]:
        self._tell("the comments beside its options were left out.")
        return self.multiple()

    def short_texts(self) -> list[Entry]:
        made: list[Entry] = []
        if len(self._question.subquestions) > MOST_OPTIONS:
            self._tell(f"only its first {MOST_OPTIONS} fields were taken.")
        for row in self._question.subquestions[:MOST_OPTIONS]:
            key = self._state.key(f"{self._question.code}-{row.code}")
            made.append(self._entry("short_text", key, self._asking_for(row)))
            self._state.remember(self._question, Variable(key), row.code)
        return made

    def _asking_for(self, row: LimeSurveyPart) -> dict[str, str]:
        asked = self._question.texts
        return {
            code: f"{asked[code]} – {text}" if code in asked else text for code, text in row.texts.items()
        }

    def five_point_array(self) -> list[Entry]:
        return self._matrix(plain_scale(1, 5))

    def ten_point_array(self) -> list[Entry]:
        return self._matrix(plain_scale(1, 10))

    def array(self) -> list[Entry]:
        answers = [answer for answer in self._question.answers if answer.scale == 0]
        numbered = numbered_scale(answers, self._state.source_language)
        scale = numbered or ordered_scale(answers)
        made = self._matrix(scale)
        if made and scale and not numbered:
            low, high = (
                in_one_line(words.get(self._state.source_language, "")) for words in (scale.low, scale.high)
            )
            self._tell(
                f"its answers became a scale from 1 (“{low}”) to {len(answers)} (“{high}”);"
                " check that they run from low to high."
            )
        return made

    def number_array(self) -> list[Entry]:
        columns = [part for part in self._question.subquestions if part.scale == 1]
        attributes = self._question.attributes
        is_plain = attributes.get("multiflexible_checkbox", "0") in _UNSET
        has_steps = attributes.get("multiflexible_step", "1") != "1"
        ends = {"multiflexible_min": "1", "multiflexible_max": "10"}
        scale = self._stated_scale(*ends, **ends)
        return self._matrix(scale if is_plain and not has_steps and len(columns) < 2 else None)

    def sliders(self) -> list[Entry]:
        is_slider = self._question.attributes.get("slider_layout", "0") not in _UNSET
        has_steps = self._question.attributes.get("slider_accuracy", "1") != "1"
        scale = self._stated_scale("slider_min", "slider_max") if is_slider and not has_steps else None
        return self._matrix(scale)

    def _matrix(self, scale: Scale | None) -> list[Entry]:
        question = self._question
        rows = [part for part in question.subquestions if part.scale == 0]
        if scale and len(rows) == 1 and (rated := self._rated(scale, row=rows[0])):
            return [rated]
        if scale is None or not scale.points or not rows:
            self._tell("its rows are not rated from 1 to at most 10, so it was left out.")
            return []
        options, keys = self._options(rows)
        shuffled: Entry = {"is_shuffled": True} if self._is_shuffled else {}
        entry = self._single("matrix", scale=scale) | {"options": options, "points": scale.points} | shuffled
        for code, key in keys.items():
            self._state.remember(question, Variable(f"{entry['key']}.{key}", scale.values), code)
        return [entry]

    def _offered(self, options: list[Entry]) -> Entry:
        flags = {"has_other": self._question.has_other, "is_shuffled": self._is_shuffled}
        return {"options": options} | {name: True for name, is_set in flags.items() if is_set}

    @property
    def _is_shuffled(self) -> bool:
        attributes = self._question.attributes
        orders = [attributes.get(name) for name in ("answer_order", "subquestion_order")]
        return attributes.get("random_order", "0") not in _UNSET or "random" in orders

    def _options(self, parts: Iterable[LimeSurveyPart]) -> tuple[list[Entry], dict[str, str]]:
        """Return options, and which key each of LimeSurvey's codes became."""
        options: list[Entry] = []
        keys: dict[str, str] = {}
        taken = {OTHER}
        for part in parts:
            if len(options) == MOST_OPTIONS:
                self._tell(f"only its first {MOST_OPTIONS} options were taken.")
                break
            key = unique_key(part.code, taken, prefix="o")
            keys.setdefault(part.code, key)
            options.append({"key": key, "texts": self._state.texts(part.texts, self._place)})
        return options, keys


_MAKERS: Mapping[str, Callable[[_Mapping], list[Entry]]] = {
    "5": _Mapping.five_points,
    "L": _Mapping.choice,
    "!": _Mapping.choice,
    "O": _Mapping.choice_with_comment,
    "M": _Mapping.multiple,
    "P": _Mapping.multiple_with_comments,
    "S": _Mapping.short_text,
    "T": _Mapping.text,
    "U": _Mapping.text,
    "Q": _Mapping.short_texts,
    "N": _Mapping.number,
    "K": _Mapping.sliders,
    "Y": _Mapping.yes_no,
    "A": _Mapping.five_point_array,
    "B": _Mapping.ten_point_array,
    "F": _Mapping.array,
    "H": _Mapping.array,
    ":": _Mapping.number_array,
}
