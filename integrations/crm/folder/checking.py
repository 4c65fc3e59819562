"""Trying a drop folder step by step, with a next step for everything that does not go well."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from integrations.crm.base import NoAccess
from integrations.crm.folder.files import OUT, PROBLEMS
from integrations.crm.folder.reading import told_problems
from integrations.crm.records import CheckLine, Identity, ObjectInfo
from integrations.errors import Rejected, Retryable


class Checkable(Protocol):
    """What a test of the connection needs."""

    def identity(self) -> Identity:
        """Return which folder this is."""
        ...

    def describe(self, name: str) -> ObjectInfo:
        """Return the columns of a kind of record."""
        ...


def check_lines(crm: Checkable, root: Path, objects: Mapping[str, Sequence[str]]) -> Iterator[CheckLine]:
    """Yield a line for each step; the first ends the test when it fails."""
    try:
        who = crm.identity()
    except (Rejected, Retryable) as error:
        yield _failed("Folder", error)
        return
    yield CheckLine("Folder", True, f"The folder is there and is the one with the id {who.organisation[:8]}.")
    is_writable = os.access(root, os.W_OK) and (not (root / OUT).exists() or os.access(root / OUT, os.W_OK))
    if is_writable:
        yield CheckLine("Writing", True, f"Scores can be written to {OUT}/.")
    else:
        hint = "Give the account this service runs under the right to write there."
        yield CheckLine("Writing", False, f"The folder or {OUT}/ in it cannot be written.", hint)
    for name, fields in objects.items():
        yield from _object_lines(crm, root, name, fields)


def _object_lines(crm: Checkable, root: Path, name: str, fields: Sequence[str]) -> Iterator[CheckLine]:
    try:
        info = crm.describe(name)
    except (Rejected, Retryable) as error:
        yield _failed(name, error)
    else:
        missing = [field for field in fields if field not in info.fields]
        if missing:
            words = f"No file of {name} has the column {', '.join(missing)}."
            hint = "Add it to the file, or map another column."
            yield CheckLine(name, False, words, hint, {"missing": missing})
        else:
            yield CheckLine(name, True, f"{info.label} can be read, with {len(info.fields):,} columns.")
    troubled = list(told_problems(root, name))
    if troubled:
        words = f"Something is wrong with {', '.join(troubled)}."
        hint = f"Read the file of the same name with {PROBLEMS} beside it, and drop a better one."
        yield CheckLine(f"{name}: files", False, words, hint, {"files": troubled})


def _failed(step: str, error: Rejected | Retryable) -> CheckLine:
    hint = error.hint if isinstance(error, NoAccess) else "Put the file there, wait ten seconds, test again."
    return CheckLine(step, False, error.reason, hint)
