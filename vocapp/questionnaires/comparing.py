"""Two versions of a survey side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.definition import SurveyDefinition
from surveys.differences import Change, changes
from vocapp.questionnaires.models import SurveyVersion
from vocapp.questionnaires.queries import draft_of, versions_of
from vocapp.questionnaires.trial import DRAFT, TrialOrder, definition_to_try


@dataclass(frozen=True)
class Comparison:
    """What changed between two versions; `before` and `after` are a number each, or "draft"."""

    before: str
    after: str
    choices: Sequence[str]
    changes: Sequence[Change]

    @property
    def in_meaning(self) -> Sequence[Change]:
        """Changes after which answers do not compare without a thought."""
        return [change for change in self.changes if change.is_meaning]

    @property
    def others(self) -> Sequence[Change]:
        """The other changes."""
        return [change for change in self.changes if not change.is_meaning]


def comparison(key: str, before: str, after: str) -> Comparison | None:
    """Return what changed between two versions of a survey; None when there are no two to compare.

    Without a wish the newest is compared with the one before it, a draft with what it began from.
    """
    choices = _choices(versions_of(key), has_draft=draft_of(key) is not None)
    if len(choices) < 2:
        return None
    after = after if after in choices else choices[-1]
    before = before if before in choices else choices[max(choices.index(after) - 1, 0)]
    old, new = _definition(key, before), _definition(key, after)
    found = changes(old, new) if old and new else ()
    return Comparison(before, after, choices, found)


def _choices(versions: Sequence[SurveyVersion], *, has_draft: bool) -> list[str]:
    return [*(str(version.number) for version in versions), *([DRAFT] if has_draft else [])]


def _definition(key: str, which: str) -> SurveyDefinition | None:
    return definition_to_try(TrialOrder(key, which))
