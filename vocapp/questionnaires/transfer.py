"""Surveys as files: taken in as drafts, given out as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath

from integrations.limesurvey.reading import read_limesurvey
from integrations.limesurvey.records import LimeSurveyRefused
from surveys.definition import DefinitionError, SurveyDefinition
from surveys.documents import definition_to_json, parse_definition
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.questionnaires.drafting import key_for, new_survey
from vocapp.questionnaires.limesurvey import draft_from_limesurvey
from vocapp.questionnaires.models import SurveyDraft

# Beyond any survey that can be parsed: 200 questions in many languages take less.
LARGEST_JSON = 4 * 1024 * 1024
UNNAMED = "imported"


@dataclass(frozen=True)
class ImportedSurvey:
    """A survey that came in: its draft, and one sentence for everything that could not be taken over."""

    draft: SurveyDraft
    unmapped: Sequence[str]


def import_survey(content: bytes, filename: str, *, key: str, by: User, now: datetime) -> ImportedSurvey:
    """Return the draft of a new survey made from a file: our own JSON, or a LimeSurvey export.

    `key` "" takes the file's own, or one made of the file's name. Raises `DomainError` with one sentence for
    a file that cannot be read and a key that is taken; then nothing is kept.
    """
    wanted = key or key_for(PurePath(filename).stem) or UNNAMED
    unmapped: Sequence[str] = ()
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        definition = _from_json(content)
        definition = replace(definition, key=key) if key else definition
    else:
        definition, unmapped = _from_limesurvey(content, filename, wanted)
    what = f"Imported from {filename}"
    return ImportedSurvey(new_survey(definition, what=what, by=by, now=now), unmapped)


def survey_file(definition: SurveyDefinition) -> bytes:
    """Return a survey as the JSON file that `import_survey` reads back into an equal one."""
    text = json.dumps(definition_to_json(definition), ensure_ascii=False, indent=2)
    return f"{text}\n".encode()


def _from_json(content: bytes) -> SurveyDefinition:
    if len(content) > LARGEST_JSON:
        raise DomainError(f"A survey file has at most {LARGEST_JSON // 1024 // 1024} MB; this one has more.")
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise DomainError("This file is not written in UTF-8; save it as UTF-8 and try again.") from None
    except (ValueError, RecursionError):
        raise DomainError("This file is not JSON that can be read; export the survey again.") from None
    try:
        return parse_definition(document)
    except DefinitionError as problem:
        raise DomainError(f"This file is no survey: {problem}.") from None


def _from_limesurvey(content: bytes, filename: str, key: str) -> tuple[SurveyDefinition, Sequence[str]]:
    try:
        document, unmapped = draft_from_limesurvey(read_limesurvey(content, filename), key=key)
        return parse_definition(document), unmapped
    except LimeSurveyRefused as refusal:
        raise DomainError(str(refusal)) from None
    except DefinitionError as problem:
        raise DomainError(f"This survey cannot be taken over: {problem}.") from None
