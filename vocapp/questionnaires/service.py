"""Publishing survey versions."""

from sqlalchemy import select

from surveys.catalog import load_survey
from surveys.definition import SurveyDefinition
from surveys.standard_wording import is_standard
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.questionnaires.queries import latest_version


def publish_from_library(key: str) -> SurveyVersion:
    """Return the newest version of a ready-made survey, published when its wording is new.

    A version is frozen: changed wording becomes the next version, and the same wording is never published
    twice. Raises `DomainError` for a key the library does not have.
    """
    try:
        definition = load_survey(key)
    except ValueError as problem:
        raise DomainError(f"{str(problem)[:1].upper()}{str(problem)[1:]}.") from None
    return publish(definition)


def publish(definition: SurveyDefinition) -> SurveyVersion:
    """Return the version that holds exactly this definition, made as the next one when there is none."""
    name = definition.languages[definition.default_language].name
    db.session.execute(insert_new(Survey).values(key=definition.key, name=name).on_conflict_do_nothing())
    # Held until the end of the transaction, so that two publishers cannot both make the next version.
    survey = db.session.scalars(select(Survey).where(Survey.key == definition.key).with_for_update()).one()
    newest = latest_version(definition.key)
    document = definition.to_json()
    if newest is not None and newest.definition == document:
        return newest
    version = SurveyVersion(
        survey_id=survey.id,
        number=newest.number + 1 if newest else 1,
        definition=document,
        is_standard=is_standard(definition),
    )
    db.session.add(version)
    db.session.flush()
    return version
