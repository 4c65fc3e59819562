"""What a respondent's page says, in their language: every word and value a public template shows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from surveys.answers import Answers
from surveys.definition import SurveyDefinition
from surveys.merging import fill_merge_fields
from surveys.questions import Question, QuestionText
from surveys.translation import Language, best_language, language, phrase_book
from vocapp.campaigns.models import Invitation
from vocapp.core.names import masked_name
from vocapp.core.workdays import zone_of
from vocapp.identity.queries import company
from vocapp.outbox.link_pages import SpokenPage
from vocapp.questionnaires.queries import definition_of
from vocapp.responses.models import Response
from vocapp.responses.rules import reply_day
from vocapp.responses.service import Recorded

# A question's rating stands in the field the score links of the mail speak of.
SCORE_FIELD = "score"


@dataclass(frozen=True, kw_only=True)
class AnswerPage(SpokenPage):
    """The pages of one link: who asks whom what, until when, and in which languages one may read it."""

    token: str
    definition: SurveyDefinition
    languages: Sequence[Language]
    closes_on: date | None
    response: Response | None

    def words(self, question: Question) -> QuestionText:
        """Return a question in this page's language with its merge fields filled."""
        text = question.texts[self.language.code]
        return QuestionText(
            *(fill_merge_fields(words, self.values) for words in (text.prompt, text.low, text.high))
        )

    @property
    def reply_by(self) -> date | None:
        """When somebody who wants to be contacted hears from us."""
        is_wanted = self.response is not None and self.response.may_contact
        return reply_day(self.response.answered_at.date()) if is_wanted and self.response else None


@dataclass(frozen=True)
class ShownForm:
    """The form as a page shows it again: what stands in each field, and what is wrong with it.

    `revision` is the number of the answer the page shows as recorded, 0 for none.
    """

    given: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    revision: int = 0
    is_conflict: bool = False
    is_partly_saved: bool = False


def page_language(invitation: Invitation, *, chosen: str | None, accepted: Iterable[str]) -> Language:
    """Return the language `chosen` on the page, else the contact's, else the browser's, else the mail's.

    Only languages that the survey speaks.
    """
    definition = definition_of(invitation.wave.survey_version)
    wanted = (chosen, invitation.contact.language, *accepted, invitation.language)
    return language(best_language(wanted, _spoken(definition), default=definition.default_language))


def answer_page(
    invitation: Invitation,
    token: str,
    response: Response | None,
    *,
    chosen: str | None,
    accepted: Iterable[str],
) -> AnswerPage:
    """Return the page of a link, in the language of `page_language`."""
    definition = definition_of(invitation.wave.survey_version)
    contact, owner, ours = invitation.contact, invitation.wave.owner, company()
    values = {
        "sender": owner.name or owner.email,
        "company": ours.name if ours else owner.email.rpartition("@")[2],
        "account": invitation.account.name,
        "person": masked_name(contact.first_name, contact.last_name, contact.email),
        "first_name": contact.first_name,
    }
    zone = zone_of(contact.time_zone, ours.time_zone if ours else "")
    closes_at = invitation.wave.closes_at
    return AnswerPage(
        language=page_language(invitation, chosen=chosen, accepted=accepted),
        values=values,
        token=token,
        definition=definition,
        languages=[language(code) for code in _spoken(definition)],
        closes_on=closes_at.astimezone(zone).date() if closes_at else None,
        response=response,
    )


def recorded_form(page: AnswerPage, *, chosen: int | None = None) -> ShownForm:
    """Return the form of a page opened anew: with the recorded answer in it, and `chosen` as the rating."""
    recorded = page.response.answers if page.response else {}
    given = {key: _typed(value) for key, value in recorded.items()}
    if chosen is not None:
        given[page.definition.rating_question.key] = str(chosen)
    return ShownForm(given, revision=page.response.revision if page.response else 0)


def sent_form(page: AnswerPage, answers: Answers, recorded: Recorded) -> ShownForm:
    """Return the form as it was sent, with everything typed kept."""
    return ShownForm(
        answers.given,
        answers.errors,
        revision=page.response.revision if page.response else 0,
        is_conflict=recorded is Recorded.CONFLICT,
        is_partly_saved=recorded is Recorded.PARTLY_SAVED,
    )


def _spoken(definition: SurveyDefinition) -> list[str]:
    return [code for code in definition.languages if code in phrase_book().languages]


def _typed(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
