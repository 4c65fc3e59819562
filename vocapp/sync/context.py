"""What a run carries from step to step: whose run it is, what it knows of the other side, and its tally."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vocapp.sync.fields import Entity

MOST_SHOWN = 1000


@dataclass(slots=True)
class Tally:
    """What a run did so far. `changes` keeps the first field-level differences for people to look at."""

    read: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    created: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    conflicts: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    refusals: int = 0
    refused_writes: int = 0
    changes: list[dict[str, Any]] = field(default_factory=list)
    differences: int = 0
    planned_calls: int = 0
    calls: int = 0
    notes: list[str] = field(default_factory=list)
    _refused: set[tuple[str, str]] = field(default_factory=set)

    def refuse(
        self, object_name: str, key: str, code: str, reason: str, *, is_coming_in: bool = False
    ) -> None:
        """Count a record that could not travel, once however often it is tried, and keep the first ones."""
        if (object_name, key) in self._refused:
            return
        self._refused.add((object_name, key))
        self.refusals += 1
        self.refused_writes += not is_coming_in
        if len(self.refused) < MOST_SHOWN:
            self.refused.append({"object": object_name, "key": key, "code": code, "reason": reason})

    def show(self, change: Mapping[str, Any]) -> None:
        """Count a difference, and keep the first ones."""
        self.differences += 1
        if len(self.changes) < MOST_SHOWN:
            self.changes.append(dict(change))

    def as_json(self) -> dict[str, Any]:
        """Return the report as the command prints it."""
        return {
            "read": dict(self.read),
            "written": dict(self.written),
            "created": dict(self.created),
            "changed": dict(self.changed),
            "skipped": self.skipped,
            "conflicts": self.conflicts,
            "refused": self.refused,
            "refusals": self.refusals,
            "differences": self.differences,
            "changes": self.changes,
            "calls": self.calls,
            "planned_calls": self.planned_calls,
            "notes": self.notes,
        }


@dataclass(slots=True)
class Context:
    """One run. `lengths` maps object → field → how much text it takes; `us` is the user we are over there;
    `maps_renewal_date`: a field of the account says when it renews, so its opportunities do not;
    `clashes` the (link, field) both sides changed, each of which a run may meet several times;
    `pointing_later` who points at records of the same kind that were not here yet.
    """

    connection_id: int
    kind: str
    name: str
    prefix: str
    us: str
    run_id: int
    now: datetime
    is_rehearsal: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    lengths: dict[str, Mapping[str, int]] = field(default_factory=dict)
    pointing_later: dict[Entity, set[str]] = field(default_factory=dict)
    clashes: set[tuple[int, str]] = field(default_factory=set)
    maps_renewal_date: bool = False
    tally: Tally = field(default_factory=Tally)

    @property
    def source(self) -> str:
        """How rows of this connection name where they come from."""
        return f"crm:{self.connection_id}"

    def local_key(self, remote_id: str) -> str:
        """Return the identifier a record of theirs has here; numbers of other systems say whose they are."""
        return remote_id if self.kind in {"salesforce", "folder"} else f"{self.kind}-{remote_id}"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that changed or would change, for reports and the audit trail."""

    direction: str
    object: str
    remote_id: str
    entity: Entity
    local_id: int | None
    ours_field: str
    theirs_field: str
    before: Any
    after: Any
    by: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the difference as reports show it."""
        return {
            "direction": self.direction,
            "object": self.object,
            "id": self.remote_id,
            "entity": str(self.entity),
            "local_id": self.local_id,
            "field": self.ours_field,
            "theirs": self.theirs_field,
            "before": self.before,
            "after": self.after,
        }
