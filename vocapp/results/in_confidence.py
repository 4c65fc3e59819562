"""Results of confidential surveys: only of closed waves, only in groups, without names (docs/method.md §6).

What counted when a wave closed is fixed then (`closing`), with whose account it was, the persona and the
language. So two looks at different times show the same, and nothing can be learnt from what lies between
them; once one of those answers is gone, nothing is shown any more.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import chain

from surveys.comments import ThemeFinder
from surveys.confidentiality import GroupedAnswer, may_be_shown, shown_groups
from surveys.questions import Question
from surveys.redaction import redact
from surveys.theme_tables import Mention, PersonaTable, theme_personas_in_confidence
from surveys.translation import phrase_book
from vocapp.accounts.queries import personas_in_order
from vocapp.campaigns.rules import WaveState
from vocapp.core.clock import utcnow
from vocapp.core.web import Page, list_page
from vocapp.identity.models import User
from vocapp.identity.rules import sees_all_accounts
from vocapp.method.queries import method_on
from vocapp.results.details import (
    COMMENTS_AT_ONCE,
    answered_questions,
    given_answers,
    questions_by_version,
)
from vocapp.results.dictionary import active_themes
from vocapp.results.models import ClosedAnswer
from vocapp.results.overview import Asked
from vocapp.results.queries import (
    Scope,
    accounts_now,
    closed_answers,
    confidential_rows,
    has_answers,
    names_at,
    names_of_users,
)
from vocapp.results.rules import GivenAnswer, RatingResult, ResultsFilter, rating_result
from vocapp.results.tallies import Comment, QuestionResult, comments_in, question_result

# What confidential answers are grouped by, most wanted first, and the parameter of the address.
OWNER, PERSONA, LANGUAGE = "owner", "persona", "language"
Group = tuple[str, int | str]


class Reason(StrEnum):
    """Why nothing is shown, as a word the page knows a sentence for."""

    SHOWN = ""
    WAVE_OPEN = "open"
    NOT_FIXED = "not_fixed"
    GONE = "gone"
    TOO_FEW = "too_few"
    ONE_AT_A_TIME = "one_at_a_time"
    SEVERAL_WAVES = "several_waves"


@dataclass(frozen=True, slots=True)
class ConfidentialResults:
    """What may be shown of a confidential wave. Without `rating` nothing may, and `reason` says why.

    `groups` are those that may be chosen, as (parameter, value, name). `comments` are texts alone, in an
    order that tells nothing and with names taken out; `kept_back` says that there are more, of too few people
    to be shown. `themes` has how many people of which persona wrote about what, by name of the theme.
    """

    reason: Reason
    rating: RatingResult | None = None
    questions: Sequence[QuestionResult] = ()
    comments: Page | None = None
    kept_back: bool = False
    groups: Sequence[tuple[str, int | str, str]] = ()
    themes: PersonaTable | None = None


def wanted_group(user: User, wanted: ResultsFilter) -> Group | Reason | None:
    """Return the one group somebody asks for, None for everybody; a `Reason` when they ask for too much.

    A CSM asks for the people of their own accounts, and may not narrow that further.
    """
    plain = ResultsFilter(wave_id=wanted.wave_id)
    asked: list[Group] = [
        (name, value)
        for name, value in (
            (OWNER, wanted.owner_id),
            (PERSONA, wanted.persona_id),
            (LANGUAGE, wanted.language),
        )
        if value
    ]
    rest = replace(wanted, owner_id=None, persona_id=None, language="")
    if not sees_all_accounts(user.role):
        return (OWNER, user.id) if not asked and rest == plain else Reason.ONE_AT_A_TIME
    if len(asked) > 1 or rest != plain:
        return Reason.ONE_AT_A_TIME
    return asked[0] if asked else None


def confidential_results(
    scope: Scope, asked: Asked, wanted: ResultsFilter, *, page: int
) -> ConfidentialResults:
    """Return what a user may see of a confidential wave; of several waves together that is nothing."""
    user, wave = scope.user, scope.wave
    if wave is None:
        return ConfidentialResults(Reason.SEVERAL_WAVES)
    if wave.state != WaveState.CLOSED:
        return ConfidentialResults(Reason.WAVE_OPEN)
    group = wanted_group(user, wanted)
    fixed = closed_answers(wave)
    given = given_answers(confidential_rows(wave), [asked])
    if len(given) < len(fixed):
        return ConfidentialResults(Reason.GONE)
    if not fixed and has_answers(wave):
        return ConfidentialResults(Reason.NOT_FIXED)
    curtain = _Curtain(fixed, given)
    groups = curtain.offered() if sees_all_accounts(user.role) else []
    if isinstance(group, Reason):
        return ConfidentialResults(group, groups=groups)
    rated = [answer for answer in given if answer.rating is not None]
    shown = curtain.shown_of(rated, group)
    if not shown:
        return ConfidentialResults(Reason.TOO_FEW, groups=groups)
    ratings = [answer.rating for answer in shown if answer.rating is not None]
    comments, kept_back = _comments(curtain, given, asked, group)
    return ConfidentialResults(
        Reason.SHOWN,
        rating=replace(
            rating_result(asked.kind, ratings, is_custom=asked.is_custom),
            limits=method_on(utcnow().date()).parameters.confidence_limits,
        ),
        questions=[
            _question(curtain, question, answered, group)
            for question, answered in answered_questions(given, [asked])
        ],
        comments=list_page(comments, number=page, size=COMMENTS_AT_ONCE),
        kept_back=kept_back,
        groups=groups,
        themes=_themes(curtain, given, asked) if group is None else None,
    )


class _Curtain:
    """Decides which answers of one wave may be shown together."""

    def __init__(self, fixed: Mapping[int, ClosedAnswer], given: Sequence[GivenAnswer]) -> None:
        self._given = given
        self._fixed = fixed

    def shown_of(self, answers: Sequence[GivenAnswer], group: Group | None) -> Sequence[GivenAnswer]:
        """Return those answers that belong to a group (None: to anybody), or none where that shows too much.

        Looks at who answered the question at hand, not at who answered the survey.
        """
        everybody = {_as_grouped(answer): answer for answer in answers}
        if group is None:
            return answers if may_be_shown(everybody) else []
        breakdowns = self.breakdowns(everybody)
        if group not in shown_groups(everybody, breakdowns):
            return []
        members = next(groups[group] for groups in breakdowns if group in groups)
        return [everybody[member] for member in members]

    def offered(self) -> list[tuple[str, int | str, str]]:
        """Return the groups that may be shown, with their names."""
        everybody = [_as_grouped(answer) for answer in self._given if answer.rating is not None]
        shown = shown_groups(everybody, self.breakdowns(everybody))
        owners = names_of_users([int(value) for name, value in shown if name == OWNER])
        personas = {persona.id: persona.name for persona in personas_in_order()}
        languages = phrase_book().languages
        names: Mapping[str, Callable[[int | str], str]] = {
            OWNER: lambda value: owners.get(int(value), ""),
            PERSONA: lambda value: personas.get(int(value), ""),
            LANGUAGE: lambda value: languages[str(value)].name if value in languages else str(value),
        }
        named = [(name, value, names[name](value)) for name, value in shown]
        return sorted((one for one in named if one[2]), key=lambda one: (one[0], one[2]))

    def persona_of(self, answer: GivenAnswer) -> int | None:
        """Return the part somebody played when they were asked."""
        return self._fixed[answer.response].persona

    def breakdowns(self, everybody: Collection[GroupedAnswer]) -> list[dict[Group, list[GroupedAnswer]]]:
        """Return the groups that answers may be looked at in, most wanted first."""
        by_owner: defaultdict[Group, list[GroupedAnswer]] = defaultdict(list)
        by_persona: defaultdict[Group, list[GroupedAnswer]] = defaultdict(list)
        by_language: defaultdict[Group, list[GroupedAnswer]] = defaultdict(list)
        for answer in sorted(everybody, key=lambda one: one.response):
            fixed = self._fixed[answer.response]
            by_owner[OWNER, fixed.owner or 0].append(answer)
            by_persona[PERSONA, fixed.persona or 0].append(answer)
            by_language[LANGUAGE, fixed.language].append(answer)
        return [by_owner, by_persona, by_language]


def _question(
    curtain: _Curtain, question: Question, answered: Sequence[GivenAnswer], group: Group | None
) -> QuestionResult:
    shown = curtain.shown_of(answered, group)
    if not shown:
        return QuestionResult(question, 0, is_hidden=True)
    # Without their ratings: a class within a group would be a smaller group.
    return question_result(question, [replace(answer, band=None) for answer in shown])


def _comments(
    curtain: _Curtain, given: Sequence[GivenAnswer], asked: Asked, group: Group | None
) -> tuple[list[str], bool]:
    """Return the texts that may be shown, shuffled, and whether some may not."""
    written: defaultdict[str, dict[int, Comment]] = defaultdict(dict)
    for comment in comments_in(given, questions_by_version([asked])):
        written[comment.question][comment.answer.response] = comment
    texts: list[str] = []
    kept_back = False
    for comments in written.values():
        shown = curtain.shown_of([comment.answer for comment in comments.values()], group)
        # The same names everywhere: otherwise a name that stayed would tell from where a text is not.
        there = {answer.account for answer in shown} | accounts_now([answer.response for answer in shown])
        names = chain.from_iterable(names_at(there).values())
        taken_out = frozenset(names)
        texts += [redact(comments[answer.response].text, taken_out) for answer in shown]
        kept_back = kept_back or not shown
    # By what they say: any order of answering would help to guess who said it.
    return sorted(texts, key=lambda text: hashlib.sha256(text.encode()).digest()), kept_back


def _themes(curtain: _Curtain, given: Sequence[GivenAnswer], asked: Asked) -> PersonaTable:
    """Return who wrote about what, as far as that and everything else on the page gives nobody away."""
    themes = active_themes()
    finder, names = ThemeFinder(themes), {theme.key: theme.name_in("en") for theme in themes}
    language = asked.definition.default_language
    found: dict[int, set[str]] = {}
    for comment in comments_in(given, questions_by_version([asked])):
        keys = finder.find(comment.text, comment.answer.language or language)
        if keys is not None:
            found.setdefault(comment.answer.response, set()).update(names[key] for key in keys)
    wrote = [answer for answer in given if answer.response in found]
    mentions = [
        Mention(
            answer.response,
            answer.respondent,
            answer.account,
            curtain.persona_of(answer),
            sorted(found[answer.response]),
        )
        for answer in wrote
    ]
    return theme_personas_in_confidence(mentions, curtain.breakdowns([_as_grouped(one) for one in wrote]))


def _as_grouped(answer: GivenAnswer) -> GroupedAnswer:
    return GroupedAnswer(answer.response, answer.respondent, answer.account)
