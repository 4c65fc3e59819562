"""The files of a drop folder: which count, opening them without following links, replacing them at once."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from integrations.crm.base import TooBusy
from integrations.crm.records import FieldInfo

OUT = "out"
PROBLEMS = ".problems.txt"
OBJECTS: dict[str, str] = {
    "users": "Users",
    "accounts": "Accounts",
    "contacts": "Contacts",
    "opportunities": "Opportunities",
    "cases": "Cases",
}
_ENDINGS = (".csv", ".xlsx")
_UNFINISHED = (".", "~")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Dropped:
    """One file: what it is about, when its content was made (for which is newer), when it came here."""

    path: Path
    object: str
    made_at: int  # Nanoseconds since 1970, like the system says.
    arrived_at: datetime
    size: int


@dataclass(frozen=True, slots=True)
class Listing:
    """What lies in the folder: files that count, and links, which never do."""

    files: tuple[Dropped, ...]
    links: tuple[Path, ...]


def list_folder(root: Path, *, now: datetime, settle: timedelta) -> Listing:
    """Return the files that have not changed for `settle`, the oldest content first.

    Subfolders, names that begin with a dot or a tilde, and other endings such as `.part` do not count.
    """
    files, links = [], []
    with os.scandir(root) as entries:
        for entry in entries:
            name = object_of(entry.name)
            if name is None:
                continue
            found = entry.stat(follow_symlinks=False)
            if stat.S_ISLNK(found.st_mode):
                links.append(Path(entry.path))
            elif stat.S_ISREG(found.st_mode):
                # A copy may carry an old date along; when the system last touched it says when it came.
                arrived_at = moment_of(found.st_ctime_ns)
                if now - arrived_at >= settle:
                    files.append(
                        Dropped(Path(entry.path), name, found.st_mtime_ns, arrived_at, found.st_size)
                    )
    files.sort(key=lambda file: (file.made_at, file.path.name))
    return Listing(tuple(files), tuple(sorted(links)))


def object_of(name: str) -> str | None:
    """Return what a file is about by the beginning of its name, or None when it does not count."""
    lowered = name.lower()
    if lowered.startswith(_UNFINISHED) or not lowered.endswith(_ENDINGS):
        return None
    return next((found for found in OBJECTS if lowered.startswith(found)), None)


def moment_of(nanoseconds: int) -> datetime:
    """Return a moment of the file system, in microseconds, UTC."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a plain file to read. Raises OSError for links, and for what is no file."""
    # Without waiting, so that a named pipe put in its place does not hang us.
    number = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(number, "rb") as file:
        if not stat.S_ISREG(os.fstat(number).st_mode):
            raise OSError(f"{path.name} is no plain file")
        yield file


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a new file that takes the place of `path` at the end, whole or not at all.

    A link at that place is replaced, not followed. Raises `TooBusy` when the folder cannot be written.
    """
    beside = path.with_name(f".{path.name}.{uuid4().hex[:8]}.part")
    try:
        number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        try:
            with open(number, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            os.replace(beside, path)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise
    except OSError as error:
        words = error.strerror or "of an unknown fault"
        raise TooBusy(f"{path.name} cannot be written to the drop folder, because: {words}.") from error


def clock_of(root: Path) -> datetime:
    """Return the clock of the file system, maybe another machine's; ours where nothing can be written."""
    probe = root / f".clock-{uuid4().hex[:8]}"
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        moment = moment_of(os.stat(probe, follow_symlinks=False).st_ctime_ns)
        probe.unlink()
    except OSError:
        return datetime.now(UTC)
    return moment


def column(name: str, type: str = "string", *, label: str = "", is_ours: bool = False) -> FieldInfo:
    """Return a column as a field; only ours can be changed in records that came in files."""
    return FieldInfo(
        name=name,
        label=label or name,
        type=type,
        is_updateable=is_ours,
        is_filterable=False,
        is_external_id=name == "external_id",
        is_unique=name == "external_id",
    )
