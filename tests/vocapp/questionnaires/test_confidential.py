"""A survey is confidential from its first version on, or never."""

from dataclasses import replace

import pytest
from flask import Flask

from surveys.catalog import load_survey
from tests.builders import save
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.questionnaires.models import Survey
from vocapp.questionnaires.service import publish

PULSE = load_survey("pulse")


def published(*, is_confidential: bool, key: str = "mood") -> bool:
    with transaction():
        version = publish(replace(PULSE, key=key, is_confidential=is_confidential))
        return version.survey.is_confidential


@pytest.mark.parametrize("is_confidential", [True, False])
def test_the_first_version_settles_it(app: Flask, is_confidential: bool) -> None:
    assert published(is_confidential=is_confidential) is is_confidential
    assert published(is_confidential=is_confidential) is is_confidential
    with pytest.raises(DomainError, match="make a new survey"):
        published(is_confidential=not is_confidential)
    assert published(is_confidential=is_confidential) is is_confidential


def test_a_later_version_with_other_words_cannot_lift_it(app: Flask) -> None:
    published(is_confidential=True)
    reworded = replace(PULSE, key="mood", default_language="de", is_confidential=False)
    with pytest.raises(DomainError, match="promised to stay confidential"), transaction():
        publish(reworded)


def test_a_survey_that_only_has_a_draft_is_settled_by_its_first_version(app: Flask) -> None:
    save(Survey(key="mood", name="Mood"))
    assert published(is_confidential=True) is True
