"""A survey with every kind of question, and people who answer it."""

from typing import Any

from tests.builders import a_contact, a_persona, a_response, a_user, a_wave, an_account, an_invitation, save
from vocapp.accounts.models import Account
from vocapp.campaigns.models import Wave, wave_accounts
from vocapp.comments.reading import read_answers
from vocapp.core.db import db, transaction
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.responses.models import Response
from vocapp.results.closing import fix_closed_answers


def words(**texts: str) -> dict[str, dict[str, str]]:
    return {code: {"prompt": prompt} for code, prompt in texts.items()}


def a_document(key: str = "relations", **values: Any) -> dict[str, Any]:
    """A survey of two pages: NPS and why, then a choice, a matrix, yes or no, contact and referral."""
    ends = {"low": "bad", "high": "good"}
    both = {"en": {"prompt": "How likely?", **ends}, "de": {"prompt": "Wie wahrscheinlich?", **ends}}
    options = [
        {"key": "price", "texts": {"en": "Price", "de": "Preis"}},
        {"key": "speed", "texts": {"en": "Speed", "de": "Tempo"}},
    ]
    questions = [
        {"key": "what", "kind": "multiple_choice", "required": False, "has_other": True, "options": options},
        {"key": "drivers", "kind": "matrix", "required": False, "options": options, "points": 5},
        {"key": "again", "kind": "yes_no", "required": False},
        {"key": "reach", "kind": "contact", "required": False},
        {"key": "who", "kind": "referral", "required": False},
    ]
    texts = {
        "what": words(en="What matters, {{first_name}}?", de="Was zählt, {{first_name}}?"),
        "drivers": {
            "en": {"prompt": "How good are we?", **ends},
            "de": {"prompt": "Wie gut sind wir?", **ends},
        },
        "again": words(en="Would you choose {{company}} again?", de="Würden Sie {{company}} wieder wählen?"),
        "reach": words(en="How may we reach you?", de="Wie erreichen wir Sie?"),
        "who": words(en="Who else?", de="Wer noch?"),
    }
    return {
        "format": 2,
        "key": key,
        "occasion": "relationship",
        "default_language": "en",
        "languages": {
            "en": {"name": "Relations", "needs_review": False},
            "de": {"name": "Beziehung", "needs_review": False},
        },
        "pages": [
            {
                "key": "start",
                "questions": [
                    {"key": "rating", "kind": "nps", "required": True, "texts": both},
                    {"key": "why", "kind": "text", "required": False, "texts": words(en="Why?", de="Warum?")},
                ],
            },
            {"key": "more", "questions": [{**one, "texts": texts[one["key"]]} for one in questions]},
        ],
        **values,
    }


def a_rich_version(key: str = "relations", *, is_confidential: bool = False, **values: Any) -> SurveyVersion:
    survey = save(Survey(key=key, name="Relations", is_confidential=is_confidential))
    document = a_document(key, is_confidential=is_confidential)
    return save(SurveyVersion(**{"survey_id": survey.id, "number": 1, "definition": document, **values}))


def a_rich_wave(version: SurveyVersion | None = None, **values: Any) -> Wave:
    return a_wave(survey_version_id=(version or a_rich_version()).id, **values)


def an_answer(
    wave: Wave,
    rating: int = 9,
    *,
    account: Account | None = None,
    persona: str = "champion",
    invitation: dict[str, Any] | None = None,
    said: dict[str, Any] | None = None,
    **values: Any,
) -> Response:
    """Somebody's answer; `said` are their other answers by question."""
    contact = a_contact(account or an_account(), personas=(persona,))
    answers = {"rating": rating, **(said or {})}
    comment = answers.get("why", "")
    invited = an_invitation(wave, contact, persona_id=a_persona(persona).id, **(invitation or {}))
    response = a_response(
        invited, rating=rating, answers=answers, comment=comment, state="complete", **values
    )
    with transaction():
        read_answers([response.id])
    return response


def confidential_answers(wave: Wave, accounts: list[Account], ratings: list[int], **values: Any) -> None:
    """Answers spread over some accounts, whose owners are kept as they are at launch."""
    for number, rating in enumerate(ratings):
        an_answer(wave, rating, account=accounts[number % len(accounts)], **values)
    with transaction():
        for account in accounts:
            known = {"wave_id": wave.id, "account_id": account.id}
            if not db.session.execute(wave_accounts.select().filter_by(**known)).first():
                db.session.execute(wave_accounts.insert().values(**known, owner_id=account.owner_id))


def fixed(*waves: Wave) -> None:
    """Fix what counts in waves that have closed, as their last job does."""
    with transaction():
        for wave in waves:
            fix_closed_answers(wave.id)


def accounts_of(count: int, **values: Any) -> list[Account]:
    owner = values.pop("owner", None) or a_user()
    return [an_account(owner_id=owner.id, **values) for _each in range(count)]
