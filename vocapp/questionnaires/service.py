"""Publishing survey versions."""

from sqlalchemy import select

from surveys.catalog import library_keys, load_survey
from surveys.definition import SurveyDefinition
from surveys.documents import definition_to_json
from surveys.editing_languages import LONGEST_NAME
from surveys.standard_wording import is_standard
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.questionnaires.queries import archived_keys, definition_of, latest_version

PROMISED = "Answers to this survey were promised to stay confidential, so they do; make a new survey instead."
NOT_PROMISED = "This survey was published without confidential answers; make a new survey that has them."


OTHER_RATING = (
    "The rating of this survey was of another kind until now, so its answers would not go with those "
    "before; make a new survey instead."
)


def askable_version(key: str) -> SurveyVersion:
    """Return the version of a survey that a new wave asks; a ready-made one is published for it.

    Raises `DomainError` for an archived survey and for an unknown key.
    """
    if key in archived_keys():
        raise DomainError(
            "This survey is archived; choose another one, or let an administrator offer it again."
        )
    return publish_from_library(key)


def publish_from_library(key: str) -> SurveyVersion:
    """Return the newest version of a survey, published from the library when its wording there is new.

    A version is frozen: changed wording becomes the next version, and the same wording is never published
    twice. What somebody published themselves stays: the library speaks only as long as nobody else did.
    Raises `DomainError` for a key neither the library nor anybody else has.
    """
    newest = latest_version(key)
    if newest is not None and (newest.published_by_id is not None or key not in library_keys()):
        return newest
    try:
        definition = load_survey(key)
    except ValueError as problem:
        raise DomainError(f"{str(problem)[:1].upper()}{str(problem)[1:]}.") from None
    return publish(definition)


def publish(definition: SurveyDefinition, *, by: User | None = None) -> SurveyVersion:
    """Return the version that holds exactly this definition, made as the next one when the newest does not.

    The first version settles whether answers are confidential, and what its rating is. Raises `DomainError`
    for a later definition that says otherwise: people answered under that promise, or without it, and one
    survey is one series of numbers.
    """
    made = insert_new(Survey).values(
        key=definition.key, name=definition.name[:LONGEST_NAME], is_confidential=False
    )
    db.session.execute(made.on_conflict_do_nothing())
    # Held until the end of the transaction, so that two publishers cannot both make the next version.
    survey = db.session.scalars(select(Survey).where(Survey.key == definition.key).with_for_update()).one()
    newest = latest_version(definition.key)
    if newest is None:
        survey.is_confidential = definition.is_confidential
    elif survey.is_confidential != definition.is_confidential:
        raise DomainError(PROMISED if survey.is_confidential else NOT_PROMISED)
    if newest is not None and definition_of(newest).kind is not definition.kind:
        raise DomainError(OTHER_RATING)
    # Compared as values: the same survey can be written in an older format.
    if newest is not None and definition_of(newest) == definition:
        return newest
    version = SurveyVersion(
        survey_id=survey.id,
        number=newest.number + 1 if newest else 1,
        definition=definition_to_json(definition),
        is_standard=is_standard(definition),
        published_by_id=by.id if by else None,
    )
    db.session.add(version)
    db.session.flush()
    return version
