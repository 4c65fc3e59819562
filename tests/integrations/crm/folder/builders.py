"""Drop folders for tests."""

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from integrations.crm.folder.client import FolderCrm
from integrations.tables.writing import write_csv

FAR = datetime(2100, 1, 1, tzinfo=UTC)


def folder_crm(root: Path, **changes: Any) -> FolderCrm:
    """Return an adapter to which every file counts at once."""
    return FolderCrm(root, **{"settle": timedelta(), **changes})


def drop(root: Path, name: str, *rows: Mapping[str, str]) -> Path:
    """Put a CSV file with some rows into a folder, at a moment later than any file before."""
    time.sleep(0.01)
    path = root / name
    header = list(rows[0])
    with path.open("wb") as file:
        write_csv(file, header, ([row.get(column, "") for column in header] for row in rows))
    return path


def changed(
    crm: FolderCrm, name: str = "contacts", fields: Sequence[str] = ("name",), **how: Any
) -> list[Any]:
    """Return all changes as one list."""
    how = {"since": None, "until": FAR, **how}
    return [record for page in crm.changes(name, fields, **how) for record in page]


def problems(path: Path) -> str:
    """Return what is written beside a file; nothing when all is well."""
    beside = path.with_name(f"{path.name}.problems.txt")
    return beside.read_text() if beside.exists() else ""
