"""What a respondent's page says, in their language: every word and value a public template shows."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from surveys.branching import way_through
from surveys.conditions import Respondent, StoredAnswers
from surveys.definition import SurveyDefinition
from surveys.translation import Language, best_language, language, phrase_book
from vocapp.campaigns.models import Invitation
from vocapp.core.names import masked_name
from vocapp.core.workdays import zone_of
from vocapp.identity.queries import company
from vocapp.outbox.link_pages import SpokenPage
from vocapp.questionnaires.queries import definition_of
from vocapp.responses.models import Response
from vocapp.responses.queries import is_confidential, respondent_of
from vocapp.responses.rules import ResponseState, reply_day
from vocapp.responses.service import ACCEPTED, Recorded, SentForm
from vocapp.responses.survey_page import Asking, ShownPage, page_to_open, shown_page

RESUMED = "resumed"
SAVED_SO_FAR = "saved_so_far"
RATING_SAVED = "rating_saved"
ERROR_CHANGED = "error_changed"
ERROR_NOT_ON_PAGE = "error_not_on_page"


@dataclass(frozen=True, kw_only=True)
class AnswerPage(SpokenPage):
    """The pages of one link: who asks whom what, until when, and in which languages one may read it."""

    token: str
    definition: SurveyDefinition
    version: int
    languages: Sequence[Language]
    closes_on: date | None
    response: Response | None
    who: Respondent
    seed: str
    is_confidential: bool

    @property
    def asking(self) -> Asking:
        """Whom the survey is put to, in the words of this page."""
        return Asking(
            definition=self.definition, version=self.version, spoken=self, who=self.who, seed=self.seed
        )

    @property
    def answers(self) -> StoredAnswers:
        """What is recorded so far."""
        return self.response.answers if self.response else {}

    @property
    def revision(self) -> int:
        """The number of the recorded answer, 0 for none."""
        return self.response.revision if self.response else 0

    @property
    def has_answered(self) -> bool:
        """Whether a complete answer is recorded."""
        return self.response is not None and self.response.state == ResponseState.COMPLETE

    @property
    def reply_by(self) -> date | None:
        """When somebody who wants to be contacted hears from us; never after an answer nobody may read."""
        is_wanted = self.response is not None and self.response.may_contact and not self.is_confidential
        return reply_day(self.response.answered_at.date()) if is_wanted and self.response else None


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
    version = invitation.wave.survey_version
    definition = definition_of(version)
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
    spoken = page_language(invitation, chosen=chosen, accepted=accepted)
    return AnswerPage(
        language=spoken,
        values=values,
        token=token,
        definition=definition,
        version=version.number,
        languages=[language(code) for code in _spoken(definition)],
        closes_on=closes_at.astimezone(zone).date() if closes_at else None,
        response=response,
        who=respondent_of(invitation, definition, language=spoken.code),
        seed=str(invitation.id),
        is_confidential=is_confidential(invitation),
    )


def opened_page(
    page: AnswerPage, *, asked_for: str | None, chosen: int | None = None, only: Collection[str] = ()
) -> ShownPage:
    """Return what somebody who opens the link meets: the page asked for, or the one where they stopped.

    A finished answer opens at its first page, and so does a link that chooses another number than recorded.
    `only` picks questions that came up when the page was sent.
    """
    recorded, rating_key = page.answers, page.definition.rating_question.key
    is_other_number = chosen is not None and recorded.get(rating_key) != chosen
    way = way_through(page.definition, recorded, page.who)
    last_page = page.response.last_page if page.response else ""
    is_from_start = page.has_answered or is_other_number
    key = page_to_open(way, asked_for, last_page=last_page, is_from_start=is_from_start)
    answers = {**recorded, rating_key: chosen} if chosen is not None else recorded
    is_resumed = bool(recorded) and not page.has_answered and not asked_for
    notice = RESUMED if is_resumed else SAVED_SO_FAR if only else None
    return shown_page(page.asking, key, answers, only=only, revision=page.revision, notice=notice)


def sent_page(page: AnswerPage, form: SentForm, recorded: Recorded) -> ShownPage:
    """Return the page of a form that was not simply accepted, with everything typed kept."""
    sent = form.answers
    key = sent.page
    is_first = key == page.definition.pages[0].key
    notice = (RATING_SAVED if is_first else SAVED_SO_FAR) if recorded is Recorded.PARTLY_SAVED else None
    is_unexplained = recorded is Recorded.NOT_SAVED and sent.is_valid
    problem = ERROR_CHANGED if recorded is Recorded.STALE or is_unexplained else None
    if sent.misplaced and recorded in ACCEPTED:
        problem = ERROR_NOT_ON_PAGE
    return shown_page(
        page.asking, key, sent.values, sent=sent, revision=page.revision, notice=notice, problem=problem
    )


def _spoken(definition: SurveyDefinition) -> list[str]:
    return [code for code in definition.languages if code in phrase_book().languages]
