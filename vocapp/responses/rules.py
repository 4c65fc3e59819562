"""What counts as a person's answer, as pure judgements."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from surveys.conditions import About, Among, Condition, StoredAnswers, conditions_in
from surveys.definition import SurveyDefinition
from surveys.questions import QuestionKind
from vocapp.campaigns.rules import WaveState

# The themes of a comment stand in one text, each between two of these, which no key holds.
THEME_MARK = ","


class ResponseState(StrEnum):
    """How far a response got: partial with its rating, complete when only extra pages can be left."""

    PARTIAL = "partial"
    COMPLETE = "complete"


class ResponseSource(StrEnum):
    """How an answer came in: the link of a mail, notes of a call, a number in a reply, or another tool."""

    LINK = "link"
    PHONE = "phone"
    REPLY = "reply"
    IMPORT = "import"


class ReferralReason(StrEnum):
    """Why the person asked is not the right one."""

    LEFT_COMPANY = "left_company"
    WRONG_PERSON = "wrong_person"
    SOMEBODY_ELSE = "somebody_else"


REPLY_WORKING_DAYS = 5


def is_open(state: str, closes_at: datetime | None, *, now: datetime) -> bool:
    """Whether a wave takes answers; its end counts to the moment, whenever the closing job runs."""
    return state == WaveState.OPEN and (closes_at is None or now < closes_at)


def reply_day(answered_on: date) -> date:
    """Return the day by which somebody who wants to be contacted hears from us: five working days later."""
    day = answered_on
    for _unused in range(REPLY_WORKING_DAYS):
        day += timedelta(days=1)
        while day.weekday() > 4:
            day += timedelta(days=1)
    return day


PREVIOUS = "previous"
# The question by which a survey of yes and no asks whether somebody wants to hear from us.
MAY_CONTACT = "may_contact"
REFUSED_CONTACT = "no"


def comment_in(definition: SurveyDefinition, answers: StoredAnswers) -> str:
    """Return what somebody wrote: the first long text they answered, "" without any."""
    texts = (q.key for q in definition.questions if q.kind is QuestionKind.TEXT and q.key in answers)
    return str(answers.get(next(texts, ""), ""))


def may_contact_in(definition: SurveyDefinition, answers: StoredAnswers) -> bool | None:
    """Return whether somebody wants to hear from us, None where they did not say."""
    for question in definition.questions:
        if question.kind is QuestionKind.CONTACT and question.key in answers:
            return answers[question.key] != REFUSED_CONTACT
    value = answers.get(MAY_CONTACT)
    return value if isinstance(value, bool) else None


def persons_named(definition: SurveyDefinition, answers: StoredAnswers) -> dict[str, tuple[str, str]]:
    """Return the people somebody named: question → name and address."""
    return {
        question.key: (str(named.get("name", "")), str(named.get("email", "")))
        for question in definition.questions
        if question.kind is QuestionKind.REFERRAL and isinstance(named := answers.get(question.key), dict)
    }


def facts_asked_about(definition: SurveyDefinition) -> frozenset[str]:
    """Return what a survey has to know of who answers: persona, tier, product, language, previous."""
    facts = {About.PERSONA.value} if any(question.variants for question in definition.questions) else set()
    for condition in _conditions_of(definition):
        for part in conditions_in(condition):
            if isinstance(part, Among):
                facts.add(part.about.value)
            elif getattr(part, "is_previous", False):
                facts.add(PREVIOUS)
    return frozenset(facts)


def _conditions_of(definition: SurveyDefinition) -> list[Condition]:
    pages, questions = definition.pages, definition.questions
    found = [page.show_if for page in pages] + [question.show_if for question in questions]
    found += [jump.when for page in pages for jump in page.jumps]
    return [condition for condition in found if condition is not None]


def themes_text(keys: Iterable[str] | None) -> str | None:
    """Return themes as they are stored: ",price,speed,", "" for none, None where nothing was analysed."""
    if keys is None:
        return None
    listed = THEME_MARK.join(keys)
    return f"{THEME_MARK}{listed}{THEME_MARK}" if listed else ""


def themes_of(stored: str | None) -> tuple[str, ...] | None:
    """Return stored themes as keys; None where nothing was analysed."""
    return None if stored is None else tuple(key for key in stored.split(THEME_MARK) if key)
