"""One page of a survey as its template shows it, whoever it is for: a person who was asked, or anybody."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from surveys.answers import Answers
from surveys.asking import AskedQuestion, Typed, asked_questions
from surveys.branching import NOBODY, Way, way_through
from surveys.conditions import Respondent, StoredAnswers
from surveys.definition import SurveyDefinition
from surveys.wording import Spoken
from vocapp.outbox.link_pages import SpokenPage


@dataclass(frozen=True, kw_only=True)
class ShownPage:
    """One page with its questions and its place on somebody's way.

    `version` is the number of the survey's version; `number` of `total` counts pages that are no extra ones.
    `back` is the key of the page before, `is_last` says that sending it answers completely. `revision` is the
    number of the recorded answer it shows, 0 for none. `notice` and `problem` are phrases above the form.
    """

    key: str
    version: int
    questions: Sequence[AskedQuestion]
    number: int
    total: int
    is_extra: bool
    is_last: bool
    back: str | None
    revision: int = 0
    notice: str | None = None
    problem: str | None = None

    @property
    def is_first(self) -> bool:
        """Whether somebody's way begins here."""
        return self.back is None

    @property
    def has_errors(self) -> bool:
        """Whether there is something to mend."""
        return self.problem is not None or any(question.error for question in self.questions)


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Whom a survey is put to, in which words: `seed` makes the order of shuffled options their own."""

    definition: SurveyDefinition
    version: int
    spoken: SpokenPage
    who: Respondent = NOBODY
    seed: str = ""


def shown_page(
    asking: Asking,
    key: str,
    answers: StoredAnswers,
    *,
    sent: Answers | None = None,
    only: Collection[str] = (),
    revision: int = 0,
    notice: str | None = None,
    problem: str | None = None,
) -> ShownPage:
    """Return a page with what was answered so far in it; `sent` is a form to show again, with its errors.

    `only` picks questions of the page.
    """
    definition = asking.definition
    page, way = definition.page(key), way_through(definition, answers, asking.who)
    speaking = Spoken(
        asking.spoken.language.code, definition.default_language, asking.who.personas, asking.spoken.values
    )
    typed = Typed(sent.given, sent.errors) if sent is not None and sent.page == key else None
    number, total = way.place_of(key)
    before, after = way.before(key), way.after(key)
    return ShownPage(
        key=key,
        version=asking.version,
        questions=asked_questions(
            definition, page, answers, speaking, who=asking.who, seed=asking.seed, typed=typed, only=only
        ),
        number=number,
        total=total,
        is_extra=page.is_extra,
        is_last=after is None or after.page.is_extra,
        back=before.page.key if before is not None else None,
        revision=revision,
        notice=notice,
        problem=problem,
    )


def page_to_open(way: Way, asked_for: str | None, *, last_page: str, is_from_start: bool) -> str:
    """Return the key of the page to open: the one asked for, if somebody came so far, or where they are.

    That is the page after the one they sent last, or the first: without any, and when `is_from_start`.
    """
    first = way.steps[0].page.key
    if asked_for and way.is_open(asked_for):
        return asked_for
    following = None if is_from_start or not last_page else way.after(last_page)
    return following.page.key if following is not None and way.is_open(following.page.key) else first
