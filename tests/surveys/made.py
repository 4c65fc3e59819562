"""Any survey, any person, any answers: what property tests of surveys are drawn from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from hypothesis import strategies as st

from surveys.answers import SCORE_FIELD, Answers, parse_page
from surveys.branching import way_through
from surveys.checks import is_askable
from surveys.conditions import (
    About,
    AllOf,
    Among,
    Answered,
    AnyOf,
    Between,
    Condition,
    Equals,
    Includes,
    Respondent,
)
from surveys.definition import END, Jump, Occasion, Page, SurveyDefinition, SurveyLanguage
from surveys.questions import (
    CHOICES,
    OTHER,
    SCALES,
    WITH_ENDS,
    WITH_OPTIONS,
    Option,
    Question,
    QuestionKind,
    QuestionText,
    other_key,
)
from surveys.reading import CONTACT_WAYS
from surveys.standard_wording import standard_texts
from surveys.way_checks import is_possible

LANGUAGES = ("en", "de", "pt", "ja", "ar")
PERSONAS = ("champion", "admin")
PAGES = ("start", "more", "deep", "thanks")
# By question key: the fields of a form, as a browser sends them.
Filled = Mapping[str, Mapping[str, Sequence[str]]]
TYPED = ("fine", "no", "3", "{{first_name}}", "日本語", "two\r\nlines", "x" * 300)

T = TypeVar("T")
_YES_NO = st.booleans()
_UP_TO = [st.integers(0, most) for most in range(20)]


@st.composite
def surveys(draw: st.DrawFn, *, is_sound: bool = False) -> SurveyDefinition:
    """Draw a survey; a sound one can be asked, any other may ask for anything and lack everything."""
    codes = LANGUAGES[(start := draw(_UP_TO[3])) : start + 1 + draw(_UP_TO[1])]
    kind, is_custom = _pick(draw, list(SCALES)), draw(_YES_NO)
    standard = next(iter(standard_texts()[kind.value].values()))
    words = _words(codes, "rating", kind) if is_custom else {code: standard[code] for code in codes}
    before = [Question("rating", kind, required=True, texts=words)]
    pages: list[Page] = []
    count = 1 + draw(_UP_TO[3])
    for number in range(count):
        is_shown = _condition(draw, before) if number and draw(_YES_NO) else None
        asked = [before[0]] if not number else []
        for _more in range(draw(_UP_TO[2]) or (1 if is_sound and not asked else 0)):
            question = _question(draw, f"q{len(before)}", codes, before, is_sound=is_sound)
            before.append(question)
            asked.append(question)
        is_extra = number > 0 and (number == count - 1 or not is_sound) and draw(_YES_NO)
        jumps = _jumps(draw, number, count, before, is_sound=is_sound)
        pages.append(Page(PAGES[number], tuple(asked), is_extra=is_extra, show_if=is_shown, jumps=jumps))
    made = SurveyDefinition(
        key=_pick(draw, ["nps", "a-1_b"]),
        occasion=_pick(draw, list(Occasion)),
        default_language=codes[0],
        languages={code: SurveyLanguage(f"Survey {code}", draw(_YES_NO)) for code in codes},
        pages=tuple(pages),
        is_custom=is_custom,
        is_confidential=draw(_YES_NO),
    )
    return _mended(made) if is_sound else made


@st.composite
def conditions(draw: st.DrawFn, before: Sequence[Question]) -> Condition:
    """Draw a condition on some questions and on who answers."""
    return _condition(draw, before)


def _question(
    draw: st.DrawFn, key: str, codes: Sequence[str], before: Sequence[Question], *, is_sound: bool
) -> Question:
    kind = _pick(draw, list(QuestionKind))
    has_options, has_points = kind in WITH_OPTIONS, kind in WITH_ENDS and kind not in SCALES
    options = (2 if is_sound else 0) + draw(_UP_TO[2]) if has_options else 0
    texts = _words(codes, key, kind)
    if not is_sound and draw(_YES_NO):
        texts.pop(codes[-1])
    personas = PERSONAS[: draw(_UP_TO[1])]
    return Question(
        key,
        kind,
        required=draw(_YES_NO),
        texts=texts,
        options=tuple(
            Option(f"o{n}", {code: f"Option {n} {code}" for code in codes}) for n in range(options)
        ),
        has_other=kind in CHOICES and draw(_YES_NO),
        is_shuffled=has_options and draw(_YES_NO),
        points=2 + draw(_UP_TO[8]) if has_points else 5,
        show_if=_condition(draw, before) if draw(_YES_NO) else None,
        variants={persona: _words(codes, f"{key} of {persona}", kind) for persona in personas},
    )


def _jumps(
    draw: st.DrawFn, number: int, count: int, before: Sequence[Question], *, is_sound: bool
) -> tuple[Jump, ...]:
    """Draw where a page leads: forward in a sound survey, anywhere in another."""
    targets = [*PAGES[number + 2 : count], END] if is_sound else [*PAGES, END]
    made = tuple(Jump(_pick(draw, targets), _condition(draw, before)) for _jump in range(draw(_UP_TO[2])))
    return made if draw(_UP_TO[3]) else (*made, Jump(_pick(draw, targets)))


_ABOUT_PEOPLE: tuple[Condition, ...] = (
    Among(About.PERSONA, ("champion",)),
    Among(About.PERSONA, ("admin", "champion")),
    Among(About.TIER, ("1", "2")),
    Among(About.LANGUAGE, ("de", "pt")),
    Among(About.PRODUCT, ("suite",)),
    Between("rating", 0, 6, is_previous=True),
    Equals("q1", True, is_previous=True),
)


def _condition(draw: st.DrawFn, before: Sequence[Question], *, depth: int = 0) -> Condition:
    shape = draw(_UP_TO[5])
    if shape < 2 and depth < 2:
        parts = tuple(_condition(draw, before, depth=depth + 1) for _part in range(1 + draw(_UP_TO[2])))
        return AllOf(parts) if shape else AnyOf(parts)
    return _pick(draw, _ABOUT_PEOPLE) if shape == 2 else _about(draw, _pick(draw, before))


def _about(draw: st.DrawFn, question: Question) -> Condition:
    key, kind = question.key, question.kind
    shape = draw(_UP_TO[2])
    if not shape:
        return Answered(key)
    if question.is_rating and question.scale:
        low, high = sorted((_pick(draw, question.scale), _pick(draw, question.scale)))
        return Equals(key, low) if shape == 1 else Between(key, low, high)
    if kind in CHOICES and question.choices:
        choice = _pick(draw, question.choices)
        return (
            Equals(key, choice)
            if shape == 1 and kind is QuestionKind.SINGLE_CHOICE
            else Includes(key, choice)
        )
    if kind is QuestionKind.MATRIX and question.options:
        return Between(f"{key}.{_pick(draw, question.options).key}", 1, 1 + draw(_UP_TO[5]))
    if kind is QuestionKind.YES_NO:
        return Equals(key, draw(_YES_NO))
    return Equals(key, _pick(draw, CONTACT_WAYS)) if kind is QuestionKind.CONTACT else Answered(key)


def people() -> st.SearchStrategy[Respondent]:
    """Return anybody who may be asked."""
    return st.builds(
        Respondent,
        personas=st.frozensets(st.sampled_from(PERSONAS)),
        tier=st.sampled_from(["", "1", "3"]),
        product=st.sampled_from(["", "suite"]),
        language=st.sampled_from(["", "en", "de", "pt-BR"]),
        previous=st.sampled_from([{}, {"rating": 3, "q1": True}]),
    )


@st.composite
def fillings(draw: st.DrawFn, definition: SurveyDefinition) -> Filled:
    """Draw a right answer to every question of a survey, or none where none is needed."""
    return {question.key: _filled(draw, question) for question in definition.questions}


def junk(definition: SurveyDefinition) -> st.SearchStrategy[dict[str, list[str]]]:
    """Return forms nobody could have filled in: right and wrong fields with right and wrong values."""
    names = [name for question in definition.questions for name in question.form_fields]
    numbers = [str(number) for number in range(-1, 12)]
    values = [
        "",
        " ",
        "yes",
        "no",
        "phone",
        "o0",
        "o1",
        OTHER,
        "a@b",
        "٧",
        "1e3",
        "7.0",
        "x" * 400,
        "\x00",
        *numbers,
    ]
    return st.dictionaries(
        st.sampled_from([*names, SCORE_FIELD, "", "q1.o0", "q1.other", "q9", ".", "__proto__"]),
        st.lists(st.sampled_from(values) | st.text(max_size=8), max_size=3),
        max_size=8,
    )


def whole_form(filled: Filled) -> dict[str, Sequence[str]]:
    """Return all fields as one form."""
    return {name: typed for fields in filled.values() for name, typed in fields.items()}


@dataclass
class Walk:
    """Somebody's way through all forms, page by page."""

    forms: list[Answers]
    visits: list[str]

    @property
    def last(self) -> Answers:
        """What the last form said."""
        return self.forms[-1]


def walk(
    definition: SurveyDefinition,
    filled: Filled,
    who: Respondent,
    *,
    known: Mapping[str, object] | None = None,
) -> Walk:
    """Fill in page after page without JavaScript: each form offers what was visible before it is sent."""
    answers = known or {}
    page: str | None = way_through(definition, answers, who).steps[0].page.key
    taken = Walk([], [])
    only: Sequence[str] = ()
    while page is not None:
        step = way_through(definition, answers, who).step(page)
        offered = only or [question.key for question in step.questions]
        form = whole_form({key: filled[key] for key in offered})
        if (rating := definition.rating_question.key) in form:
            form[SCORE_FIELD] = form.pop(rating)
        sent = parse_page(definition, form, page=page, known=answers, who=who, offered=offered)
        taken.forms.append(sent)
        taken.visits.append(page)
        assert len(taken.forms) <= len(definition.pages) + len(definition.questions), "people go in circles"
        answers, page, only = sent.values, sent.next_page, sent.unseen
    return taken


def _words(codes: Sequence[str], key: str, kind: QuestionKind) -> dict[str, QuestionText]:
    ends = ("bad", "good") if kind in WITH_ENDS else ("", "")
    return {code: QuestionText(f"{key} in {code}, {{{{first_name}}}}?", *ends) for code in codes}


def _filled(draw: st.DrawFn, question: Question) -> Mapping[str, Sequence[str]]:
    key, kind = question.key, question.kind
    if not question.required and draw(_YES_NO):
        return {}
    if question.is_rating:
        return {key: [str(_pick(draw, question.scale or ()))]}
    if kind in CHOICES:
        return _chosen(draw, question)
    if kind is QuestionKind.MATRIX:
        return {f"{key}.{row.key}": [str(_pick(draw, question.scale or ()))] for row in question.options}
    if kind is QuestionKind.REFERRAL:
        return {f"{key}.name": ["Kim Doe"], f"{key}.email": ["kim@firm.example"]}
    closed = {QuestionKind.YES_NO: ("yes", "no"), QuestionKind.CONTACT: CONTACT_WAYS}
    return {key: [_pick(draw, closed.get(kind, TYPED))]}


def _chosen(draw: st.DrawFn, question: Question) -> Mapping[str, Sequence[str]]:
    if not question.choices:
        return {}
    is_many = question.kind is QuestionKind.MULTIPLE_CHOICE
    picked = [_pick(draw, question.choices) for _choice in range(1 + draw(_UP_TO[2]) if is_many else 1)]
    words = {other_key(question.key): [_pick(draw, TYPED)]} if question.has_other and draw(_YES_NO) else {}
    return {question.key: picked, **words}


def _pick(draw: st.DrawFn, items: Sequence[T]) -> T:
    # Hypothesis keeps small numbers ready, but would check a strategy of its own for every list.
    return items[draw(_UP_TO[len(items) - 1])]


def _mended(definition: SurveyDefinition) -> SurveyDefinition:
    """Return a survey without what can never hold, and without jumps when they miss a page."""

    def kept(condition: Condition | None) -> Condition | None:
        return condition if condition is None or is_possible(definition, condition) else None

    def mended(page: Page) -> Page:
        return replace(
            page,
            show_if=kept(page.show_if),
            questions=tuple(replace(one, show_if=kept(one.show_if)) for one in page.questions),
            jumps=tuple(jump for jump in page.jumps if kept(jump.when) is jump.when),
        )

    made = replace(definition, pages=tuple(mended(page) for page in definition.pages))
    if is_askable(made):
        return made
    return replace(made, pages=tuple(replace(page, jumps=()) for page in made.pages))
