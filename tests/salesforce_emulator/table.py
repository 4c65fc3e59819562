"""The rows of one object, with the orders and indexes that queries and writes need."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Any

from tests.salesforce_emulator.schema import Kind

Row = dict[str, Any]
AFTER = "\x7f"  # Sorts behind every id.


class Table:
    """Rows by id. A row is never changed in place: whoever holds one holds what it was at that time."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.rows: dict[str, Row] = {}
        self._by_stamp: list[tuple[str, str]] | None = []
        self._by_id: list[str] | None = []
        self._indexes: dict[str, dict[str, list[str]]] = {}

    def put(self, row: Row) -> Row | None:
        """Store a row and return what was there before."""
        key = row["Id"]
        old = self.rows.get(key)
        self.rows[key] = row
        if old is None:
            self._by_id = None
        if old is None or old["SystemModstamp"] != row["SystemModstamp"]:
            self._by_stamp = None
        for name, index in self._indexes.items():
            before, after = self._key(name, old), self._key(name, row)
            if before != after:
                self._forget(index, before, key)
                if after is not None:
                    index.setdefault(after, []).append(key)
        return old

    def drop(self, key: str) -> Row | None:
        """Take a row away for good and return it."""
        old = self.rows.pop(key, None)
        if old is not None:
            self._by_stamp = self._by_id = None
            for name, index in self._indexes.items():
                self._forget(index, self._key(name, old), key)
        return old

    def forget_index(self, name: str) -> None:
        """Build the index of a field anew when it is needed."""
        self._indexes.pop(name, None)

    def drop_field(self, name: str) -> None:
        """Take a field's values away."""
        self._indexes.pop(name, None)
        for key, row in list(self.rows.items()):
            if name in row:
                self.rows[key] = {k: v for k, v in row.items() if k != name}

    def find(self, name: str, value: object) -> Iterator[Row]:
        """Yield the rows whose field holds a value, deleted ones too."""
        index = self._indexes.get(name)
        if index is None:
            index = self._indexes[name] = {}
            for key, row in self.rows.items():
                found = self._key(name, row)
                if found is not None:
                    index.setdefault(found, []).append(key)
        for key in tuple(index.get(self._fold(name, value), ())):
            yield self.rows[key]

    def stamped(self, low: tuple[str, str] | None, high: tuple[str, str] | None) -> Sequence[tuple[str, str]]:
        """Return (stamp, id) of the rows in [low, high), in order."""
        if self._by_stamp is None:
            self._by_stamp = sorted((row["SystemModstamp"], key) for key, row in self.rows.items())
        start = bisect_left(self._by_stamp, low) if low else 0
        end = bisect_left(self._by_stamp, high) if high else len(self._by_stamp)
        return self._by_stamp[start:end]

    def ids(self, above: str = "") -> Sequence[str]:
        """Return the ids from one on, that one included, in order."""
        if self._by_id is None:
            self._by_id = sorted(self.rows)
        return self._by_id[bisect_left(self._by_id, above) :]

    def _fold(self, name: str, value: object) -> str:
        field = self.kind.get(name)
        is_exact = field is not None and (field.is_case_sensitive or field.type in ("id", "reference"))
        return str(value) if is_exact else str(value).lower()

    def _key(self, name: str, row: Row | None) -> str | None:
        value = None if row is None else row.get(name)
        return None if value is None else self._fold(name, value)

    @staticmethod
    def _forget(index: dict[str, list[str]], value: str | None, key: str) -> None:
        if value is not None and key in index.get(value, ()):
            index[value].remove(key)
