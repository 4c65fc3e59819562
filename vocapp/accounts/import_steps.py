"""What every kind of import has in common: what it is told, and what it is asked to do."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from vocapp.accounts.columns import ColumnPlan
from vocapp.accounts.tally import Tally

Cells = tuple[int, Sequence[str]]


@dataclass(frozen=True, slots=True)
class ImportContext:
    """One pass over one file, as its steps need to know it.

    A dry run decides the same and writes nothing; `user_id` is who imports, None on the command line.
    """

    plan: ColumnPlan
    tally: Tally
    now: datetime
    is_dry_run: bool = False
    creates_accounts: bool = False
    user_id: int | None = None


class ImportSteps(ABC):
    """The steps of one pass: `prepare` once where needed, `apply` per batch, `finish` once."""

    @property
    def needs_preparation(self) -> bool:
        """Whether the whole file must be read once before the first batch."""
        return False

    def prepare(self, _rows: Iterable[Cells]) -> None:
        """Look at all rows before the first batch."""
        return

    @abstractmethod
    def apply(self, batch: Iterable[Cells]) -> None:
        """Decide about some rows, as (line, cells), and write what follows, in the caller's transaction.

        Whatever is wrong with a row stays with it; `FileRefused` says that no row can be applied.
        """

    def finish(self) -> None:
        """Do what needs all rows to be in."""
        return
