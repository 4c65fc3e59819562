"""Reading dropped files into rows: the newest wins, and what is wrong is written beside the file."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from integrations.crm.base import TooBusy
from integrations.crm.folder.columns import DELETED, ID, LONGEST_ID, is_true, special
from integrations.crm.folder.files import PROBLEMS, Dropped, opened, replacing
from integrations.tables.reading import Table, open_table
from integrations.tables.rows import RowProblem, TableRefused

_MOST_NOTES = 100
_LINK = "It is a link; put the file itself here."
_HEADING = "What is wrong with {name}:\n"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a file. `places` maps column → place in `cells` and is shared by all rows of a file."""

    places: Mapping[str, int]
    cells: Sequence[str]
    changed_at: datetime
    is_deleted: bool

    def text(self, column: str) -> str | None:
        """Return the text in a column; None where the file has no such column."""
        place = self.places.get(column)
        return None if place is None else self.cells[place].strip()


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of one file by external id, and its columns; neither when it was refused."""

    columns: tuple[str, ...]
    rows: Mapping[str, Line]


def read_dropped(file: Dropped) -> Sheet | None:
    """Return what a file holds; None for one that changes while it is read, which counts the next time.

    A file that cannot be made sense of is refused whole. It stays where it is; what is wrong with it, or with
    single rows, is written to a file beside it, which goes away when all is well.
    """
    problems: list[str] = []
    sheet = Sheet((), {})
    try:
        with opened(file.path) as source, open_table(source, file.path.name) as table:
            sheet = _read_table(table, file.arrived_at, problems)
        now = file.path.stat(follow_symlinks=False)
    except TableRefused as refused:
        where = f"Line {refused.line}: " if refused.line else ""
        problems = [f"{where}{refused.reason} Nothing of the file was taken in."]
        sheet = Sheet((), {})
    except FileNotFoundError:
        return None
    except OSError:
        problems = ["It cannot be opened; look at its permissions. Nothing of the file was taken in."]
        sheet = Sheet((), {})
    else:
        if (now.st_size, now.st_mtime_ns) != (file.size, file.made_at):
            return None
    tell(file.path, problems)
    return sheet


def _read_table(table: Table, arrived_at: datetime, problems: list[str]) -> Sheet:
    places: dict[str, int] = {}
    for place, name in enumerate(table.header):
        if name:
            places.setdefault(special(name), place)
    if ID not in places:
        raise TableRefused(f"The file has no column {ID}; add one with the id of each record over there.")
    rows: dict[str, Line] = {}
    for number, row in enumerate(table):
        if isinstance(row, RowProblem):
            where = f", column {row.column}" if row.column else ""
            _note(problems, f"Line {row.line}{where}: {row.reason}")
            continue
        key = row.cells[places[ID]].strip()
        if not 0 < len(key) <= LONGEST_ID:
            _note(
                problems, f"Line {row.line}: The {ID} has {len(key)} characters; 1 to {LONGEST_ID} are read."
            )
            continue
        is_deleted = DELETED in places and is_true(row.cells[places[DELETED]])
        # Rows of one file follow each other, so that a run can go on behind any of them.
        rows[key] = Line(places, row.cells, arrived_at + timedelta(microseconds=number), is_deleted)
    return Sheet(tuple(places), rows)


def _note(problems: list[str], words: str) -> None:
    if len(problems) < _MOST_NOTES:
        problems.append(f"{words} The row was left out.")
    elif len(problems) == _MOST_NOTES:
        problems.append("There are more; these are the first.")


def tell_links(links: Sequence[Path]) -> None:
    """Say beside each link that it is not followed."""
    for path in links:
        tell(path, [_LINK])


def tell(path: Path, problems: Sequence[str]) -> None:
    """Write what is wrong beside a file, or take away what was written when nothing is any more.

    A folder that cannot be written keeps the files from being explained, not from being read.
    """
    beside = path.with_name(path.name + PROBLEMS)
    heading = _HEADING.format(name=path.name)
    words = (heading + "".join(f"- {problem}\n" for problem in problems)).encode("utf-8", "replace")
    before = _first_bytes(beside, len(words) + 1)
    if not problems:
        # Only a file of ours goes away.
        if before is not None and before.startswith(heading.encode("utf-8", "replace")):
            with suppress(OSError):
                beside.unlink()
    elif before != words:
        with suppress(TooBusy), replacing(beside) as file:
            file.write(words)


def _first_bytes(path: Path, most: int) -> bytes | None:
    try:
        with opened(path) as file:
            return file.read(most)
    except OSError:
        return None


def told_problems(root: Path, object_name: str) -> Iterator[str]:
    """Yield the names of files of an object that have something wrong with them."""
    for path in sorted(root.glob(f"*{PROBLEMS}")):
        if path.name.lower().startswith(object_name):
            yield path.name.removesuffix(PROBLEMS)
