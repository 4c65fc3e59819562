"""What a LimeSurvey structure file holds, as plain records, and the refusal of files that are none."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Texts = Mapping[str, str]
"""Plain text by LimeSurvey's language code."""


class LimeSurveyRefused(ValueError):
    """The file cannot be read as a LimeSurvey survey; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class LimeSurveyPart:
    """A subquestion or an answer option. `scale` is 1 for the second scale of a two-dimensional question."""

    code: str
    scale: int
    texts: Texts


@dataclass(frozen=True, slots=True)
class LimeSurveyQuestion:
    """One question as LimeSurvey keeps it.

    `kind` is LimeSurvey's one-character type; `mandatory` is Y, N or S (soft: people may go on without);
    `relevance` is the expression that decides whether it is shown, empty for always; `attributes` are the
    advanced settings that hold a value; `has_conditions` says that conditions of the old kind hang on it.
    """

    identifier: str
    code: str
    kind: str
    texts: Texts
    helps: Texts
    mandatory: str
    has_other: bool
    relevance: str
    pattern: str
    has_conditions: bool
    subquestions: tuple[LimeSurveyPart, ...]
    answers: tuple[LimeSurveyPart, ...]
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LimeSurveyGroup:
    """A page of questions, in order."""

    names: Texts
    descriptions: Texts
    relevance: str
    is_shuffled: bool
    questions: tuple[LimeSurveyQuestion, ...]


@dataclass(frozen=True, slots=True)
class LimeSurveyFile:
    """A whole survey.

    `extras` names the passages and rules beside the questions ("welcome text", "quotas", …) that hold
    something; `notes` are sentences on how the file was read.
    """

    default_language: str
    languages: tuple[str, ...]
    titles: Texts
    groups: tuple[LimeSurveyGroup, ...]
    extras: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def questions(self) -> tuple[LimeSurveyQuestion, ...]:
        """Every question in the order of the groups."""
        return tuple(question for group in self.groups for question in group.questions)
