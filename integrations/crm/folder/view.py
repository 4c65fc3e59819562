"""What a drop folder says about one kind of record at one moment: dropped rows and our own together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from integrations.crm.folder.columns import ID, OURS, read_cell
from integrations.crm.folder.outgoing import Rows
from integrations.crm.folder.reading import Line
from integrations.crm.records import ObjectInfo, Record, Value


@dataclass(frozen=True, slots=True)
class View:
    """Rows by external id: `lines` from files, `written` by us, the latter all at `written_at`."""

    info: ObjectInfo
    lines: Mapping[str, Line]
    written: Rows
    written_at: datetime

    def has(self, key: str) -> bool:
        """Whether there is such a record, not deleted."""
        line = self.lines.get(key)
        return key in self.written if line is None else not line.is_deleted

    def known_ids(self) -> list[str]:
        """Return the ids of all records that are not deleted, in order."""
        return sorted(key for key in {*self.lines, *self.written} if self.has(key))

    def value(self, key: str, field: str) -> Value:
        """Return a value: ours from what we wrote, others from the files, or from us without a row."""
        line = self.lines.get(key)
        ours = self.written.get(key, {}).get(field)
        if field == ID:
            return key
        text = ours if line is None or field in OURS[self.info.name] else line.text(field)
        return read_cell(text, self.info.fields[field].type)

    def record(self, key: str, fields: Sequence[str]) -> Record:
        """Return a record that is there, or is marked as deleted."""
        line = self.lines.get(key)
        return Record(
            object=self.info.name,
            id=key,
            values={field: self.value(key, field) for field in fields},
            changed_at=self.written_at if line is None else line.changed_at,
            is_deleted=line is not None and line.is_deleted,
        )
