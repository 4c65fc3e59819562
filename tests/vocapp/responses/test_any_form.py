"""Whatever is sent to an answer page, it is answered politely, and no answer off its scale is ever stored."""

from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from surveys.definition import SurveyDefinition
from surveys.documents import parse_definition
from surveys.questions import OTHER, QuestionKind
from surveys.reading import CONTACT_WAYS
from tests.vocapp.responses.builders import NOW, a_link
from tests.vocapp.responses.surveys import SURVEYS
from vocapp.core.db import db
from vocapp.responses.models import Response, ResponseRevision

POLITE = {200, 204, 303, 400, 409, 410, 413, 422, 429}
DEFINITIONS = {key: parse_definition(document) for key, document in SURVEYS.items()}
SPECIAL = ("page", "seen", "shown", "version", "lang", "opened", "website", "autosave", "score", "again")


def fields_of(definition: SurveyDefinition) -> list[str]:
    names = [name for question in definition.questions for name in question.form_fields]
    return [*names, *SPECIAL, "unknown", "rating.other", "drivers", "low.price", "__proto__"]


def values_of(definition: SurveyDefinition) -> list[str]:
    keys = [page.key for page in definition.pages] + [question.key for question in definition.questions]
    numbers = [str(number) for number in range(-1, 12)]
    others = ["", " ", "yes", "no", "email", "price", "other", "a@b.example", "1e3", "٧", "9.0", "1", "de"]
    return [*keys, *numbers, *others, "rating low which", "x" * 400]


FORMS = {
    key: st.dictionaries(
        st.sampled_from(fields_of(definition)),
        st.lists(st.sampled_from(values_of(definition)) | st.text(max_size=30), min_size=1, max_size=3),
        max_size=12,
    )
    for key, definition in DEFINITIONS.items()
}


def is_right(definition: SurveyDefinition, name: str, value: object) -> bool:
    key, _dot, other = name.partition(".")
    question = definition.question(key)
    if other:
        return other == OTHER and question.has_other and isinstance(value, str) and 0 < len(value) <= 300
    match question.kind:
        case QuestionKind.SINGLE_CHOICE:
            return value in question.choices
        case QuestionKind.MULTIPLE_CHOICE:
            return isinstance(value, list) and bool(value) and set(value) <= set(question.choices)
        case QuestionKind.MATRIX:
            rows = {option.key for option in question.options}
            return (
                isinstance(value, dict) and set(value) <= rows and set(value.values()) <= set(question.scale)
            )
        case QuestionKind.YES_NO:
            return isinstance(value, bool)
        case QuestionKind.CONTACT:
            return value in CONTACT_WAYS
        case QuestionKind.REFERRAL:
            return isinstance(value, dict) and set(value) == {"name", "email"} and "@" in value["email"]
        case QuestionKind.TEXT | QuestionKind.SHORT_TEXT:
            return isinstance(value, str) and bool(value.strip())
    return type(value) is int and value in question.scale


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        yield


@pytest.fixture
def links(app):
    return {key: a_link(survey=key)[1] for key in SURVEYS}


@pytest.fixture
def bare_client(app):
    """A client that accepts pages with control characters, which are typed text and not ours to drop."""
    return FlaskClient(app, app.response_class)


@settings(
    max_examples=80,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    sent=st.sampled_from(sorted(FORMS)).flatmap(
        lambda key: st.tuples(st.just(key), st.lists(FORMS[key], min_size=1, max_size=3))
    )
)
def test_any_forms_one_after_the_other_are_answered_and_leave_right_answers(bare_client, links, sent):
    key, forms = sent
    for form in forms:
        encodable = {
            name: [text.encode("utf-8", "replace").decode() for text in texts] for name, texts in form.items()
        }
        answered = bare_client.post(f"/s/{links[key]}", data=encodable)
        assert answered.status_code in POLITE
        if answered.status_code == 303:
            assert bare_client.get(answered.location).status_code in {200, 302}
        assert bare_client.get(f"/s/{links[key]}").status_code == 200
    db.session.expire_all()
    for response in db.session.scalars(select(Response)):
        definition = DEFINITIONS[response.invitation.wave.survey_version.survey.key]
        for stored in [response.answers, *answers_of_revisions(response)]:
            wrong = {name: value for name, value in stored.items() if not is_right(definition, name, value)}
            assert wrong == {}
        assert response.rating is None or response.rating in range(11)
        assert response.quarantine_reason or response.rating is not None


def answers_of_revisions(response: Response) -> list[dict[str, object]]:
    of_it = select(ResponseRevision.answers).where(ResponseRevision.response_id == response.id)
    return list(db.session.scalars(of_it))
