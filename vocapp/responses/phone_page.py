"""The page on which somebody here writes down what a person said by phone or in a reply."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from surveys.answers import Answers
from surveys.asking import AskedQuestion, Typed, asked_questions
from surveys.conditions import StoredAnswers
from surveys.definition import Page, SurveyDefinition
from surveys.translation import Language, language, phrase
from surveys.wording import Spoken
from vocapp.campaigns.models import Invitation
from vocapp.identity.queries import company
from vocapp.questionnaires.queries import definition_of
from vocapp.responses.models import Response
from vocapp.responses.phone import SENTENCES, refusal_of, unasked
from vocapp.responses.phone_rules import PhoneRefusal
from vocapp.responses.queries import respondent_of, response_of

# The language of our own pages; the questions stand in that of the person.
OUR_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class PhonePage:
    """What the page shows.

    `refusal` says why nothing can be written down, and `sentence` the same to the reader. `unasked` are
    questions that were filled in and are not asked after the other answers. `extra` are the questions of
    bonus pages, which nobody has to ask.
    """

    invitation: Invitation
    response: Response | None
    language: Language
    questions: list[AskedQuestion]
    refusal: PhoneRefusal | None
    unasked: Sequence[str]
    extra: list[AskedQuestion]

    @property
    def has_extra_answers(self) -> bool:
        """Whether something stands in a question of a bonus page, or is wrong with it."""
        return any(
            asked.error
            or asked.question.key in self.unasked
            or any(choice.is_chosen for choice in asked.choices)
            or any(choice.is_chosen for row in asked.rows for choice in row.choices)
            or any(entry.typed for entry in asked.entries.values())
            for asked in self.extra
        )

    @property
    def sentence(self) -> str:
        """Why nothing can be written down; empty when it can."""
        return SENTENCES[self.refusal] if self.refusal else ""

    @property
    def revision(self) -> int:
        """The number of the answer the page shows as recorded, 0 for none."""
        return self.response.revision if self.response else 0

    def say(self, key: str) -> str:
        """Return one of the words that stand on answer pages, in our language."""
        return phrase(key, OUR_LANGUAGE)


def phone_page(
    invitation: Invitation,
    answers: Answers | None = None,
    *,
    suggested: Answers | None = None,
    now: datetime,
) -> PhonePage:
    """Return the page of an invitation, with `answers` as they were sent, else as they are recorded.

    Where nothing is recorded, the fields hold what is `suggested`, and nothing of it counts yet.
    """
    stored = response_of(invitation.id)
    counted = stored if stored is not None and stored.quarantine_reason is None else None
    definition = definition_of(invitation.wave.survey_version)
    refusal = refusal_of(invitation, stored, now=now)
    typed = Typed(answers.given, answers.errors) if answers else None
    if typed is None and suggested is not None and counted is None:
        typed = Typed(suggested.given, {})
    asked = () if refusal else _questions(invitation, definition, counted, typed)
    is_extra = {one.id: definition.page_of(one.question.key).is_extra for one in asked}
    return PhonePage(
        invitation=invitation,
        response=counted if refusal is None else None,
        language=language(invitation.language),
        questions=[one for one in asked if not is_extra[one.id]],
        extra=[one for one in asked if is_extra[one.id]],
        refusal=refusal,
        unasked=unasked(invitation, answers) if answers else (),
    )


def _questions(
    invitation: Invitation, definition: SurveyDefinition, counted: Response | None, typed: Typed | None
) -> Sequence[AskedQuestion]:
    recorded: StoredAnswers = counted.answers if counted else {}
    contact, owner, ours = invitation.contact, invitation.wave.owner, company()
    speaking = Spoken(
        invitation.language,
        definition.default_language,
        [persona.key for persona in contact.personas],
        {
            "sender": owner.name or owner.email,
            "company": ours.name if ours else "",
            "account": invitation.account.name,
            "first_name": contact.first_name,
        },
    )
    # On the phone all questions are at hand at once; which of them count, the answers decide.
    whole = Page("phone", definition.questions)
    return asked_questions(
        definition,
        whole,
        recorded,
        speaking,
        who=respondent_of(invitation, definition, language=invitation.language),
        seed=str(invitation.id),
        typed=typed,
    )
