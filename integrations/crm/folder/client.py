"""A drop folder behind the protocol of a CRM."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from integrations.crm.base import SchemaChanged
from integrations.crm.folder.checking import check_lines
from integrations.crm.folder.columns import DELETED, ID, OURS
from integrations.crm.folder.files import OBJECTS, Dropped, clock_of, column, list_folder
from integrations.crm.folder.marker import folder_id
from integrations.crm.folder.outgoing import Outgoing, take_in
from integrations.crm.folder.reading import Sheet, read_dropped, tell_links
from integrations.crm.folder.view import View
from integrations.crm.no_bulk import NoBulk
from integrations.crm.records import (
    Batch,
    CheckLine,
    Identity,
    ObjectInfo,
    Operation,
    Place,
    Record,
    Usage,
    Written,
)
from integrations.errors import Rejected

_SETTLE = timedelta(seconds=5)
_PAGE = 2_000
_WRITES = 5_000


class FolderCrm(NoBulk):
    """A folder into which files named `accounts*`, `contacts*` and so on are dropped, as CSV or XLSX.

    A record is named by its column `external_id`; of several rows the one in the file with the newest content
    counts, and in a file the last. A row with a yes in `is_deleted` is a deleted record. What we write goes
    to `out/` and is read back from there. `pages` is the address of a record over there, with `{object}` and
    `{id}` in it. `calls` counts looks into the folder and files written.
    """

    name = "Drop folder"

    def __init__(
        self,
        root: Path,
        *,
        expected_organisation: str = "",
        settle: timedelta = _SETTLE,
        page: int = _PAGE,
        pages: str = "",
    ) -> None:
        self.calls = 0
        self._root = root.resolve()
        self._expected = expected_organisation
        self._settle = settle
        self._pages = pages
        self._page = page
        self._who: Identity | None = None
        self._read: dict[Path, tuple[Dropped, Sheet]] = {}

    @property
    def write_size(self) -> int:
        """How many records one call writes at most."""
        return _WRITES

    @property
    def read_size(self) -> int:
        """How many records one page holds at most."""
        return self._page

    def close(self) -> None:
        """Forget what was read; files are not kept open."""
        self._read.clear()

    def identity(self) -> Identity:
        """Return which folder this is. Raises `NoAccess` when it is not the expected one."""
        self.calls += 1
        found = folder_id(self._root, expected=self._expected)
        self._who = Identity(organisation=found, user_id="", is_sandbox=False, address=str(self._root))
        return self._who

    def check(self, objects: Mapping[str, Sequence[str]]) -> Iterator[CheckLine]:
        """Try the connection step by step. Never raises."""
        return check_lines(self, self._root, objects)

    def now(self) -> datetime:
        """Return the clock that dates the files."""
        self._be_sure()
        return clock_of(self._root)

    def usage(self) -> Usage:
        """Return that nobody counts."""
        return Usage(allowed=None, used=None)

    def refresh_usage(self) -> Usage:
        """Return that nobody counts."""
        return self.usage()

    def objects(self) -> Mapping[str, str]:
        """Return name → label of everything a folder may hold."""
        return OBJECTS

    def describe(self, name: str) -> ObjectInfo:
        """Return the columns of all files of a kind, and ours. Raises `SchemaChanged` without a file."""
        return self._view(name, ()).info

    def changes(
        self,
        name: str,
        fields: Sequence[str],
        *,
        since: datetime | None,
        until: datetime,
        after: Place | None = None,
        where: str = "",
    ) -> Iterator[Sequence[Record]]:
        """Yield pages of the rows that arrived in [since, until), by when they arrived and by id."""
        view = self._view(name, fields, where=where)
        reached = (after.stamp, after.id) if after else None
        places = sorted(
            (line.changed_at, key)
            for key, line in view.lines.items()
            if (since is None or since <= line.changed_at) and line.changed_at < until
        )
        chosen = [key for stamp, key in places if reached is None or (stamp, key) > reached]
        for start in range(0, len(chosen), self._page):
            yield [view.record(key, fields) for key in chosen[start : start + self._page]]

    def fetch(self, name: str, ids: Sequence[str], fields: Sequence[str]) -> Mapping[str, Record | None]:
        """Return id → record as it is now; None for one that is deleted or in no file."""
        view = self._view(name, fields)
        return {key: view.record(key, fields) if view.has(key) else None for key in ids}

    def find(self, name: str, field: str, values: Sequence[str], fields: Sequence[str]) -> Sequence[Record]:
        """Return the records that hold one of some texts in a column, upper and lower case alike."""
        view = self._view(name, [field, *fields])
        wanted = {value.casefold() for value in values if value}
        return [
            view.record(key, fields)
            for key in view.known_ids()
            if str(view.value(key, field) or "").casefold() in wanted
        ]

    def ids(self, name: str, *, where: str = "") -> Iterator[Sequence[str]]:
        """Yield the ids of all records, those included that only we wrote, page by page."""
        keys = self._view(name, (), where=where).known_ids()
        for start in range(0, len(keys), self._page):
            yield keys[start : start + self._page]

    def deleted_since(self, name: str, since: datetime, until: datetime) -> Mapping[str, datetime]:
        """Return id → when of the rows marked as deleted that arrived in [since, until)."""
        return {
            key: line.changed_at
            for key, line in self._view(name, ()).lines.items()
            if line.is_deleted and since <= line.changed_at < until
        }

    def write(self, batch: Batch) -> Sequence[Written]:
        """Write records to the file of their kind in `out/`, and return what became of each, in their order.

        Writing the same again changes nothing, so all may be sent again.
        """
        if len(batch.writes) > _WRITES:
            raise Rejected(f"At most {_WRITES:,} records are written at once.", code="size")
        if batch.operation is Operation.UPSERT and batch.external_id_field != ID:
            raise Rejected(f"A drop folder names records by {ID} only.", code="external_id")
        view = self._view(batch.object, ())
        fields = view.info.fields
        results = [take_in(batch, write, fields, view.lines, view.written) for write in batch.writes]
        if any(result.refusal is None for result in results):
            self.calls += 1
            Outgoing(self._root, batch.object).replace(view.written, list(fields))
        return results

    def record_url(self, name: str, record_id: str) -> str:
        """Return the address of the record in the system the files come from; "" where nobody told us."""
        found = self._pages.replace("{object}", quote(name, safe=""))
        return found.replace("{id}", quote(record_id, safe=""))

    def _be_sure(self) -> None:
        """Make sure once that the folder is still the one that was connected."""
        if self._who is None:
            self.identity()

    def _look(self, name: str) -> list[Sheet]:
        """Return what the files of a kind hold now, the oldest content first; only new ones are read."""
        self._be_sure()
        self.calls += 1
        listing = list_folder(self._root, now=clock_of(self._root), settle=self._settle)
        tell_links(listing.links)
        read: dict[Path, tuple[Dropped, Sheet]] = {}
        for file in listing.files:
            before = self._read.get(file.path)
            if before is not None and before[0] == file:
                read[file.path] = before
            elif file.object == name:
                sheet = read_dropped(file)
                if sheet is not None:
                    read[file.path] = (file, sheet)
        self._read = read
        return [sheet for file, sheet in read.values() if file.object == name]

    def _view(self, name: str, fields: Sequence[str], *, where: str = "") -> View:
        if where:
            raise Rejected("A drop folder knows no filters; leave the filter empty.", code="filter")
        if name not in OBJECTS:
            raise SchemaChanged(f"A drop folder holds no {name!r}; choose another object.", object=name)
        sheets = self._look(name)
        columns = {found for sheet in sheets for found in sheet.columns} - {DELETED}
        if not columns:
            raise SchemaChanged(
                f"There is no readable file {name}*.csv or {name}*.xlsx in the drop folder; put one there.",
                object=name,
            )
        known = {**{found: column(found) for found in sorted(columns)}, **OURS[name]}
        for field in fields:
            if field not in known:
                reason = f"No file of {name} has a column {field!r}; add it, or map another."
                raise SchemaChanged(reason, object=name, field=field)
        lines = {key: line for sheet in sheets for key, line in sheet.rows.items()}
        outgoing = Outgoing(self._root, name)
        info = ObjectInfo(name, OBJECTS[name], known)
        return View(info, lines, outgoing.read(), outgoing.written_at())
