"""The mails of a wave to oneself: marked as tests, with links to a trial that keeps nothing."""

from collections.abc import Collection
from datetime import datetime

from surveys.translation import best_language
from vocapp.campaigns.letters import Links, Reader, letter_for
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import DEFAULT_LENGTH, Letter
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.web import absolute_url
from vocapp.identity.models import User
from vocapp.outbox.models import Message
from vocapp.outbox.rules import LetterContext
from vocapp.outbox.service import queue_message
from vocapp.questionnaires.queries import definition_of
from vocapp.questionnaires.trial import TrialOrder, trial_token

TEST = "wave_test"


def send_tests(wave: Wave, letters: Collection[Letter], *, language: str, to: User, now: datetime) -> None:
    """Queue some mails of a wave to somebody who asked for them, each once a minute at most.

    Raises `DomainError` without any.
    """
    if not letters:
        raise DomainError("Choose at least one mail to send to yourself.")
    for letter in letters:
        queue_message(
            key=f"{TEST}:{to.id}:{wave.id}:{letter}:{language}:{now:%Y%m%d%H%M}"[:120],
            template=TEST,
            context={"wave_id": wave.id, "letter": letter, "language": language},
            # A mail people here ask for themselves: no opt-out stops it, and it counts nowhere.
            subject_kind="user",
            subject_id=to.id,
            to_address=to.email,
            to_name=to.name,
            language=best_language([language], definition_of(wave.survey_version).languages),
            from_name=wave.owner.name or wave.owner.email,
            reply_to=to.email,
        )


def wave_test_letter(message: Message) -> LetterContext | None:
    """Return a mail of a wave as its test, or None when the wave or the person is gone."""
    wave = db.session.get(Wave, message.context["wave_id"])
    user = db.session.get(User, message.subject_id)
    if wave is None or user is None:
        return None
    version, language = wave.survey_version, message.context["language"]
    order = TrialOrder(version.survey.key, which=str(version.number), language=language)
    token = trial_token(order, by=user)
    first_name = (user.name or "").split(" ")[0]
    return letter_for(
        wave,
        Reader(first_name, language, "", token, account="…"),
        closes_at=wave.closes_at or (wave.launch_at or utcnow()) + DEFAULT_LENGTH,
        letter=Letter(message.context["letter"]),
        links=Links(absolute_url("trials.show", token=token), ""),
    )
