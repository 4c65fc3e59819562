"""The records that adapters of customer relationship systems speak, whatever the system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

# What a field may hold: text, number, truth, a day or a moment as text in ISO 8601, or nothing.
Value = str | int | float | bool | None
Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """What the other side says about one field. `length` is 0 where it has no bound."""

    name: str
    label: str
    type: str
    length: int = 0
    is_createable: bool = True
    is_updateable: bool = True
    is_filterable: bool = True
    is_nillable: bool = True
    is_external_id: bool = False
    is_unique: bool = False
    choices: tuple[str, ...] = ()
    is_restricted: bool = False
    refers_to: tuple[str, ...] = ()
    relationship: str = ""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What the other side says about one kind of record; fields hidden from us are not there."""

    name: str
    label: str
    fields: Mapping[str, FieldInfo]
    is_createable: bool = True
    is_updateable: bool = True


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read. `id` is the full identifier; times are aware UTC.

    `winner_id` is set on a deleted record that was merged into another. `values` holds the fields asked for,
    by the path they were asked under ("Owner.Email").
    """

    object: str
    id: str
    values: Values
    changed_at: datetime
    changed_by_id: str | None = None
    is_deleted: bool = False
    winner_id: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """How far a run through changes has come: everything up to this stamp and, within it, this id is done."""

    stamp: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are on the other side. `organisation` is its own number, 18 characters in Salesforce."""

    organisation: str
    user_id: str
    is_sandbox: bool
    address: str


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls of the day: how many are allowed and how many are used, by everybody; None where nobody says."""

    allowed: int | None
    used: int | None


class Operation(StrEnum):
    """What a batch of writes does."""

    UPSERT = "upsert"
    UPDATE = "update"
    INSERT = "insert"


@dataclass(frozen=True, slots=True)
class Write:
    """One record to write. `key` is ours and comes back in the result.

    `id` names the record for updates. An upsert leaves it out: `external_id` is the value of the batch's
    external id field. `values` holds only what is to change; None clears a field.
    """

    key: str
    values: Values
    id: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why one record was not written, in the other side's code and words. `matches` are ids of duplicates."""

    code: str
    message: str
    fields: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What became of one write; `refusal` is None when it was done."""

    key: str
    id: str | None = None
    is_created: bool = False
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Writes of one kind to one object. `external_id_field` is needed for upserts only.

    `allows_duplicates` saves what the other side's duplicate rules would hold back.
    """

    object: str
    operation: Operation
    writes: Sequence[Write]
    external_id_field: str = ""
    allows_duplicates: bool = False


class BulkState(StrEnum):
    """Where a bulk job stands on the other side."""

    OPEN = "open"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    ABORTED = "aborted"
    GONE = "gone"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen; results may be there even of a job that failed."""
        return self in {BulkState.DONE, BulkState.FAILED, BulkState.ABORTED, BulkState.GONE}


@dataclass(frozen=True, slots=True)
class BulkStatus:
    """A bulk job as the other side sees it. `records` counts those looked at, failed ones included."""

    id: str
    state: BulkState
    records: int = 0
    failed: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BulkResults:
    """What became of the rows of a bulk job, by the value of its external id field or by record id.

    `unprocessed` were never looked at and may be sent again.
    """

    written: Mapping[str, Written] = field(default_factory=dict)
    unprocessed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class CheckLine:
    """One step of a connection test: what was tried, how it went, and what to do when it did not go well."""

    name: str
    is_fine: bool
    words: str
    hint: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
