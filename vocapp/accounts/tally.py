"""What became of each row of an imported file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Finding:
    """Something to say about a line; `rows` counts the lines it is true of, `line` being the first."""

    line: int
    column: str | None
    reason: str
    rows: int = 1

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as it stands in the JSON document."""
        return {"line": self.line, "column": self.column, "reason": self.reason}


@dataclass(slots=True)
class Tally:
    """The outcome of an import: every row is counted in exactly one of created, updated, unchanged,
    duplicates and errors."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    errors: list[Finding] = field(default_factory=list)
    _warnings: dict[tuple[str | None, str], Finding] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows were accepted."""
        return self.created + self.updated + self.unchanged

    @property
    def seen(self) -> int:
        """How many rows were read."""
        return self.rows + self.duplicates + len(self.errors)

    @property
    def warnings(self) -> list[Finding]:
        """What was accepted with a remark, in the order of the lines."""
        return sorted(self._warnings.values(), key=lambda warning: warning.line)

    def refuse(self, line: int, column: str | None, reason: str) -> None:
        """Count a row that was not applied."""
        self.errors.append(Finding(line, column, reason))

    def warn(self, line: int, column: str | None, reason: str) -> None:
        """Remark on a row that was applied; the same remark on many rows is kept once, with their number."""
        known = self._warnings.get((column, reason))
        if known is None:
            self._warnings[(column, reason)] = Finding(line, column, reason)
        else:
            known.rows += 1

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document of an import."""
        return {
            "rows": self.rows,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "duplicates": self.duplicates,
            "errors": [error.as_dict() for error in sorted(self.errors, key=lambda error: error.line)],
            "warnings": [{**warning.as_dict(), "rows": warning.rows} for warning in self.warnings],
        }


def tally_from_dict(document: Mapping[str, Any]) -> Tally:
    """Return the tally that a JSON document of `Tally.as_dict` describes."""
    tally = Tally(
        created=document["created"],
        updated=document["updated"],
        unchanged=document["unchanged"],
        duplicates=document["duplicates"],
        errors=[Finding(**error) for error in document["errors"]],
    )
    for warning in document["warnings"]:
        tally._warnings[(warning["column"], warning["reason"])] = Finding(**warning)
    return tally
