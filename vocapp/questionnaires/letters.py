"""The mail that brings a survey to its author's own mailbox, as a respondent would get it."""

from datetime import datetime

from surveys.asking import speaking_of
from surveys.translation import phrase
from surveys.wording import Spoken, words_of
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.web import absolute_url
from vocapp.identity.models import User
from vocapp.outbox.models import Message
from vocapp.outbox.notes import note_paragraphs
from vocapp.outbox.rules import LetterContext
from vocapp.outbox.service import queue_message
from vocapp.questionnaires.trial import TrialOrder, TrialPage, trial_page, trial_token

TEST = "survey_test"


def send_test(order: TrialOrder, *, to: User, now: datetime) -> None:
    """Queue the mail of a trial to somebody who asked for it, once a minute at most.

    Raises `DomainError` for a survey that cannot be asked yet.
    """
    page = trial_page(order, {}, sender=to.name or to.email)
    if page is None or not page.definition.has_rating:
        raise DomainError("Put a rating first; a test shows how people are asked for it.")
    queue_message(
        key=f"{TEST}:{to.id}:{order.key}:{order.language}:{order.persona}:{now:%Y%m%d%H%M}"[:120],
        template=TEST,
        context={
            "key": order.key,
            "which": order.which,
            "language": order.language,
            "persona": order.persona,
            "tier": order.tier,
        },
        # A mail people here ask for themselves: no opt-out stops it.
        subject_kind="user",
        subject_id=to.id,
        to_address=to.email,
        to_name=to.name,
        language=page.language.code,
        from_name=to.name or to.email,
        reply_to=to.email,
    )


def trial_letter(message: Message) -> LetterContext | None:
    """Return the letter of a test, or None when the survey or the person is gone."""
    order, user = TrialOrder(**message.context), db.session.get(User, message.subject_id)
    if user is None:
        return None
    page = trial_page(order, {}, sender=user.name or user.email)
    if page is None or not page.definition.has_rating:
        return None
    return LetterContext(_values(page, user), language=page.language.code)


def _values(page: TrialPage, user: User) -> dict[str, object]:
    definition, code = page.definition, page.language.code
    speaking = Spoken(code, definition.default_language, frozenset({page.order.persona} - {""}), page.values)
    question = definition.rating_question
    words = words_of(question, speaking_of(definition, {}, speaking))
    scale = question.scale or range(0)
    token = trial_token(page.order, by=user)
    answer_url = absolute_url("trials.show", token=token)
    return {
        "token": token,
        "is_asking": True,
        "closing": [phrase("mail_regards", code)],
        "legal": [],
        "sender": page.values["sender"],
        "sender_title": user.title,
        "company": page.values["company"],
        "first_name": page.values["first_name"],
        "paragraphs": note_paragraphs(
            "",
            page.values,
            before=phrase("test_notice", code),
            otherwise=phrase("mail_intro", code, company=page.values["company"]),
        ),
        "question": words.prompt,
        "ends": [(scale[0], words.low), (scale[-1], words.high)] if scale else [],
        "scores": [(score, f"{answer_url}?score={score}") for score in scale],
        "answer_url": answer_url,
        "opt_out_url": "",
        "open_until": "",
    }
