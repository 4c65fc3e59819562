"""An administrator at the survey editor, who posts its operations by HTTP."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from surveys.definition import SurveyDefinition
from tests.builders import a_company, a_persona, a_tier, a_user
from tests.conftest import CheckingClient
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.questionnaires.queries import definition_of_draft, draft_of


@pytest.fixture
def author(client: CheckingClient) -> User:
    a_company()
    a_persona("champion")
    a_tier()
    user = a_user(RoleName.ADMIN, name="Ingrid Solberg")
    client.sign_in(user)
    return user


@pytest.fixture
def editing(client: CheckingClient, author: User) -> CheckingClient:
    """A client that has begun a survey called pulse-2, a copy of nps."""
    response = client.post(
        "/surveys/new", data={"source": "nps", "name": "How is it going", "key": "pulse-2", "language": "en"}
    )
    assert response.location.endswith("/surveys/pulse-2/edit")
    return client


def draft(key: str = "pulse-2") -> SurveyDefinition:
    found = draft_of(key)
    assert found is not None
    return definition_of_draft(found)


def step(key: str = "pulse-2") -> int:
    found = draft_of(key)
    assert found is not None
    return found.step


def do(
    client: CheckingClient,
    operation: str,
    *,
    on: int | None = None,
    survey: str = "pulse-2",
    **fields: Any,
) -> TestResponse:
    """Post an operation, built on the newest step unless told otherwise, and look at what follows."""
    response = client.post(
        f"/surveys/{survey}/edit/{operation}", data={"step": on or step(survey), "into": "de", **fields}
    )
    if response.status_code == 302:
        assert client.get(response.location).status_code == 200
    return response


def words(client: CheckingClient, question: str, **texts: str) -> TestResponse:
    return do(client, "words", question=question, **texts)
