"""The file that says which folder this is, so that a swapped or unmounted one is noticed."""

import json
import os
from pathlib import Path
from uuid import uuid4

from integrations.crm.base import Access, NoAccess
from integrations.crm.folder.files import opened

NAME = ".vocapp-folder.json"


def folder_id(root: Path, *, expected: str) -> str:
    """Return the id of the folder, and give it one when it has none and none is expected.

    Raises `NoAccess` for a folder that is not there, cannot be written, or is not the expected one.
    """
    if not root.is_dir():
        raise NoAccess(
            "The drop folder is not there.",
            access=Access.WRONG_ADDRESS,
            hint="Look whether the path is right and, for a network share, whether it is mounted.",
        )
    found = _read(root / NAME)
    if found is None and not expected:
        found = _write(root / NAME)
    if found is None or (expected and found != expected):
        raise NoAccess(
            "This is another folder than the one that was connected.",
            access=Access.WRONG_ORGANISATION,
            hint=f"Put back the folder with its file {NAME}, or make a new connection for this one.",
        )
    return found


def _read(path: Path) -> str | None:
    try:
        with opened(path) as file:
            found = json.loads(file.read(1_000))
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        found = None
    name = found.get("id") if isinstance(found, dict) else None
    if not isinstance(name, str) or not name.isascii() or not 1 <= len(name) <= 64:
        raise NoAccess(
            f"The file {NAME} in the drop folder cannot be read.",
            access=Access.WRONG_ORGANISATION,
            hint="Put back the file as it was, or delete it and make a new connection.",
        )
    return name


def _write(path: Path) -> str:
    name = uuid4().hex
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise NoAccess(
            "The drop folder cannot be written.",
            access=Access.WRONG_SCOPE,
            hint="Give the account this service runs under the right to write there.",
        ) from error
    with open(number, "w", encoding="ascii") as file:
        json.dump({"id": name, "about": "Names this drop folder; keep it here."}, file)
    return name
