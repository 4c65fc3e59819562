"""Surveys of every shape for tests of the answer page: all kinds of questions, pages, conditions."""

from typing import Any

from sqlalchemy import select

from tests.builders import save
from vocapp.core.db import db
from vocapp.questionnaires.models import Survey, SurveyVersion

LANGUAGES = ("en", "de", "fr", "es", "pt", "ja", "ar")
FOREIGN = {
    "de": "Wie zufrieden sind Sie mit der Zusammenarbeit insgesamt?",
    "ja": "全体として、どの程度ご満足いただいていますか？",
    "ar": "ما مدى رضاك عن العمل معنا بشكل عام؟",
}


def in_every_language(english: str) -> dict[str, str]:
    return {code: english if code == "en" else FOREIGN.get(code, english) for code in LANGUAGES}


def words(english: str, **more: str) -> dict[str, dict[str, str]]:
    prompts = in_every_language(english)
    return {code: {"prompt": prompt, **more} for code, prompt in prompts.items()}


def question(key: str, kind: str, english: str = "", **values: Any) -> dict[str, Any]:
    """A question in seven languages; `low`, `high` and `help` are words, `options` is {key: words}."""
    spoken = {name: values.pop(name) for name in ("low", "high", "help") if name in values}
    options = values.pop("options", {})
    listed = [{"key": one, "texts": in_every_language(text)} for one, text in options.items()]
    texts = words(english or f"About {key}?", **spoken)
    return {
        "key": key,
        "kind": kind,
        "texts": texts,
        **({"options": listed} if listed else {}),
        **values,
    }


def survey(key: str, pages: list[dict[str, Any]], **values: Any) -> dict[str, Any]:
    return {
        "format": 2,
        "key": key,
        "occasion": "relationship",
        "is_custom": True,
        "default_language": "en",
        "languages": {code: {"name": key, "needs_review": False} for code in LANGUAGES},
        "pages": pages,
        **values,
    }


ENDS = {"low": "Not at all likely", "high": "Extremely likely"}
MOOD = {"low": "Very dissatisfied", "high": "Very satisfied"}
RATING = question("rating", "nps", "How likely are you to recommend {{company}}?", required=True, **ENDS)
REASONS = {"price": "Price", "support": "Support", "product": "The product itself"}

EVERYTHING = survey(
    "everything",
    [
        {
            "key": "start",
            "questions": [
                RATING,
                question("csat", "csat", "How satisfied are you?", **MOOD),
                question("ces", "ces", "{{company}} made it easy for me.", low="No", high="Yes"),
                question("stars", "rating", "How would you rate the manual?", points=10, **MOOD),
                question("drivers", "matrix", "How good are these?", options=REASONS, points=7, **MOOD),
                question("one", "single_choice", "Which matters most?", options=REASONS, has_other=True),
                question("many", "multiple_choice", "Which matter?", options=REASONS, has_other=True),
                question("line", "short_text", "Which product do you use?", help="Its name is enough."),
                question("why", "text", "Why did you choose {{answer.rating}}?"),
                question("again", "yes_no", "Would you choose us again?"),
                question("contact", "contact", "How may we reach you?"),
                question("colleague", "referral", "Who else should we ask?"),
            ],
        }
    ],
)

PAGED = survey(
    "paged",
    [
        {"key": "start", "questions": [RATING]},
        {
            "key": "more",
            "questions": [
                question("why", "text", "Why {{answer.rating}}?"),
                question("how", "csat", "How was it?", required=True, **MOOD),
            ],
        },
        {"key": "bonus", "is_extra": True, "questions": [question("extra", "short_text", "Anything else?")]},
    ],
)

CONDITIONAL = survey(
    "conditional",
    [
        {
            "key": "start",
            "questions": [
                RATING,
                question(
                    "low",
                    "multiple_choice",
                    "What went wrong?",
                    options=REASONS,
                    has_other=True,
                    show_if={"question": "rating", "between": [0, 6]},
                ),
                question(
                    "high",
                    "text",
                    "What went well?",
                    show_if={"question": "rating", "between": [9, 10]},
                ),
                question(
                    "which",
                    "short_text",
                    "What about the price?",
                    required=True,
                    show_if={
                        "all": [
                            {"question": "low", "includes": "price"},
                            {"persona": ["decision_maker", "champion"]},
                        ]
                    },
                ),
            ],
        }
    ],
)

SURVEYS = {document["key"]: document for document in (EVERYTHING, PAGED, CONDITIONAL)}


def published(document: dict[str, Any], **values: Any) -> SurveyVersion:
    """The version of a document, made unless it is there."""
    found = db.session.scalar(select(SurveyVersion).join(Survey).where(Survey.key == document["key"]))
    if found is not None:
        return found
    made = save(Survey(key=document["key"], name=document["key"], **values))
    return save(SurveyVersion(survey_id=made.id, number=1, definition=document))
