"""Every raw answer as a table: one row per answer and question, as it was asked and as it was given."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import aliased

from integrations.tables.writing import Cell
from surveys.definition import SurveyDefinition
from surveys.questions import Question, QuestionKind
from surveys.wording import Spoken, answer_values, option_words, shown_answer, words_of
from vocapp.accounts.exporting import ExportTable
from vocapp.accounts.models import Account, Contact, Persona, Tier
from vocapp.campaigns.models import Invitation, Wave
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.identity.queries import company
from vocapp.responses.models import Response
from vocapp.results.overview import asked_versions
from vocapp.results.queries import Scope, among_counted
from vocapp.results.rules import ResultsFilter
from vocapp.results.saying import phrases_in

ROWS_AT_ONCE = 500

RAW_COLUMNS = (
    "survey",
    "version",
    "wave",
    "question_key",
    "question",
    "answer",
    "raw_answer",
    "language",
    "source",
    "person",
    "contact_email",
    "account",
    "account_external_id",
    "tier",
    "persona",
    "region",
    "owner",
    "answered_at",
    "changed_at",
    "state",
)


def raw_answer_table(scope: Scope, wanted: ResultsFilter) -> ExportTable:
    """Return every answer to every question of the people asked for, oldest first, read step by step.

    The question stands as it was asked: in the version that was used, in the language of the answer, in the
    words for the person's persona, with names and earlier answers filled in. Raises `DomainError` for a
    confidential survey.
    """
    if scope.survey.is_confidential:
        raise DomainError(
            "Answers to this survey were given in confidence: read them in groups on the page of results."
        )
    return ExportTable(f"answers-{scope.survey.key}", RAW_COLUMNS, _rows(scope, wanted))


def _rows(scope: Scope, wanted: ResultsFilter) -> Iterator[Sequence[Cell]]:
    versions = {one.version.id: (one.version.number, one.definition) for one in asked_versions(scope)}
    ours = company()
    names = {"company": ours.name if ours else ""}
    key = scope.survey.key
    statement = _answers(scope, wanted)
    last = 0
    while some := db.session.execute(statement.where(Response.id > last).limit(ROWS_AT_ONCE)).all():
        for row in some:
            number, definition = versions[row.survey_version_id]
            before, after = _about_survey(row, key, number), _about_person(row)
            values = {**names, "first_name": row.first_name, "sender": row.sender}
            personas = [row.persona_key] if row.persona_key else []
            spoken = speaking_in(row.language, definition, values, personas)
            yield from ([*before, *said, *after] for said in said_in(definition, row.answers, spoken))
        last = some[-1].id


def _answers(scope: Scope, wanted: ResultsFilter) -> Any:
    owner, sender = aliased(User), aliased(User)
    columns = (
        Response.id,
        Wave.survey_version_id,
        Wave.name.label("wave"),
        Response.answers,
        Response.language,
        Response.source,
        Contact.first_name,
        Contact.last_name,
        Contact.email,
        Account.name.label("account"),
        Account.external_id,
        Tier.name.label("tier"),
        Persona.name.label("persona"),
        Persona.key.label("persona_key"),
        Account.region,
        owner.email.label("owner"),
        sender.name.label("sender"),
        Response.answered_at,
        Response.changed_at,
        Response.state,
    )
    return (
        among_counted(select(*columns), scope, wanted, is_whole=True)
        .join(sender, sender.id == Wave.owner_id)
        .outerjoin(Persona, Persona.id == Invitation.persona_id)
        .outerjoin(Tier, Tier.id == Account.tier_id)
        .outerjoin(owner, owner.id == Account.owner_id)
        .order_by(Response.id)
    )


def _about_survey(row: Row[*tuple[Any, ...]], survey: str, version: int) -> list[Cell]:
    return [survey, version, row.wave]


def _about_person(row: Row[*tuple[Any, ...]]) -> list[Cell]:
    person = f"{row.first_name} {row.last_name}".strip()
    of_account = [row.account, row.external_id, row.tier, row.persona, row.region, row.owner]
    moments = [row.answered_at, row.changed_at, row.state]
    return [row.language, row.source, person, row.email, *of_account, *moments]


def speaking_in(
    language: str, definition: SurveyDefinition, values: Mapping[str, str], personas: Sequence[str] = ()
) -> Spoken:
    """Return how a survey spoke to somebody."""
    return Spoken(
        language,
        definition.default_language,
        personas=personas,
        values=values,
        phrases=phrases_in(language),
    )


def said_in(definition: SurveyDefinition, answers: Mapping[str, Any], spoken: Spoken) -> Iterator[list[Cell]]:
    """Yield key, question, answer in words and as stored; a matrix has a line for each of its rows."""
    earlier = answer_values(definition, answers, spoken)
    spoken = replace(spoken, values={**(spoken.values or {}), **earlier})
    for question in definition.questions:
        value = answers.get(question.key)
        if value is None:
            continue
        prompt = words_of(question, spoken).prompt
        if question.kind is QuestionKind.MATRIX and isinstance(value, dict):
            yield from _rows_of_matrix(question, prompt, value, spoken)
        else:
            yield [question.key, prompt, shown_answer(question, answers, spoken), _raw(value)]


def _rows_of_matrix(
    question: Question, prompt: str, value: Mapping[str, Any], spoken: Spoken
) -> Iterator[list[Cell]]:
    for option in question.options:
        if option.key in value:
            rating = value[option.key]
            label = option_words(option, spoken)
            yield [f"{question.key}.{option.key}", f"{prompt} – {label}", str(rating), _raw(rating)]


def _raw(value: Any) -> Cell:
    """Return an answer as it is stored: a number or a key as it is, anything with parts as JSON."""
    return value if isinstance(value, bool | int | str) else json.dumps(value, ensure_ascii=False)
