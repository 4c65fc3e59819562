"""Reading a file that is brought in, from its header to its last row."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from integrations.tables.reading import Table, open_table
from integrations.tables.rows import RowProblem, TableRefused
from vocapp.accounts.columns import REQUIRED, ColumnPlan, TableKind, match_columns
from vocapp.accounts.import_rows import FileRefused
from vocapp.accounts.import_steps import Cells, ImportContext, ImportSteps
from vocapp.accounts.tally import Tally

BATCH_ROWS = 1000
PREVIEW_ROWS = 3

StepsMaker = Callable[[ImportContext], ImportSteps]


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What to do with a file. `mapping`: their column → ours, or "" for one to leave out.

    `user_id` is who imports, None on the command line.
    """

    kind: TableKind
    mapping: Mapping[str, str] = field(default_factory=dict)
    creates_accounts: bool = False
    is_dry_run: bool = False
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class FileGlance:
    """The start of a file: how its columns are understood, its first rows, or why it is refused."""

    plan: ColumnPlan | None
    first_rows: tuple[Sequence[str], ...]
    refusal: str | None

    @property
    def header(self) -> tuple[str, ...]:
        """The file's own column names; none when it is refused."""
        return self.plan.header if self.plan else ()


class ImportPass:
    """One reading of one file: ask for `batches`, `apply` each in its own transaction, then `finish`.

    Nothing raises for what the file holds: it all ends up in `tally`.
    """

    def __init__(
        self,
        order: ImportOrder,
        source: Path | BinaryIO,
        filename: str,
        *,
        make_steps: StepsMaker,
        now: datetime,
    ) -> None:
        """`make_steps` knows the kind of file. Raises `DomainError` for a mapping that does not fit it."""
        self.tally = Tally()
        self.fraction = 0.0
        self._order = order
        self._source = source
        self._filename = filename
        self._table: Table | None = None
        self._steps: ImportSteps | None = None
        try:
            self._table = open_table(source, filename)
        except TableRefused as refusal:
            self._refuse(refusal)
            return
        plan = match_columns(order.kind, self._table.header, order.mapping)
        if self._explain_header(self._table, plan):
            self._steps = make_steps(
                ImportContext(
                    plan=plan,
                    tally=self.tally,
                    now=now,
                    is_dry_run=order.is_dry_run,
                    creates_accounts=order.creates_accounts,
                    user_id=order.user_id,
                )
            )

    def batches(self) -> Iterator[list[Cells]]:
        """Yield the readable rows in batches, as (line, cells); what cannot be read is tallied."""
        if self._table is None or self._steps is None:
            return
        self._table = self._prepare(self._steps, self._table)
        batch: list[Cells] = []
        try:
            for row in self._table:
                if isinstance(row, RowProblem):
                    self.tally.refuse(row.line, row.column, row.reason)
                else:
                    batch.append((row.line, row.cells))
                if len(batch) == BATCH_ROWS:
                    yield batch
                    batch = []
                self.fraction = self._table.fraction
        except TableRefused as refusal:
            self._refuse(refusal)
        if batch:
            yield batch

    def apply(self, batch: Sequence[Cells]) -> bool:
        """Apply a batch in the caller's transaction; False when the whole file cannot be applied."""
        assert self._steps is not None
        assert self._table is not None
        try:
            self._steps.apply(batch)
        except FileRefused as refusal:
            self.tally.refuse(self._table.header_line, None, refusal.reason)
            return False
        return True

    def finish(self) -> None:
        """Do what needs all rows to be in, in the caller's transaction."""
        self.fraction = 1.0
        if self._steps is not None:
            self._steps.finish()

    def close(self) -> None:
        """Let go of the file."""
        if self._table is not None:
            self._table.close()

    def _explain_header(self, table: Table, plan: ColumnPlan) -> bool:
        """Tally how the header was understood; False when it names nothing we need."""
        line = table.header_line
        if len(plan.missing) == len(REQUIRED[self._order.kind]):
            wanted = " and ".join(plan.missing)
            reason = f"The first row does not name the columns {wanted}; put a row with column names on top."
            self.tally.refuse(line, None, reason)
            return False
        for note in table.notes:
            self.tally.warn(line, None, note)
        for theirs, ours in plan.recognised:
            self.tally.warn(line, theirs, f"The column was read as {ours}.")
        for theirs in plan.unused:
            self.tally.warn(line, theirs, "The column is not used.")
        return True

    def _prepare(self, steps: ImportSteps, table: Table) -> Table:
        """Read the file once for what concerns all of it, and return it open at its first row again."""
        if not steps.needs_preparation:
            return table
        # The pass that counts meets the same fault and tallies it.
        with suppress(TableRefused):
            steps.prepare((row.line, row.cells) for row in table if not isinstance(row, RowProblem))
        table.close()
        return open_table(self._source, self._filename)

    def _refuse(self, refusal: TableRefused) -> None:
        self.tally.refuse(refusal.line or 1, refusal.column, refusal.reason)


def glance_at(order: ImportOrder, source: Path | BinaryIO, filename: str) -> FileGlance:
    """Return how a file starts. Raises `DomainError` for a mapping that does not fit it."""
    try:
        with open_table(source, filename) as table:
            plan = match_columns(order.kind, table.header, order.mapping)
            first: list[Sequence[str]] = []
            for row in table:
                if len(first) == PREVIEW_ROWS:
                    break
                if not isinstance(row, RowProblem):
                    first.append(row.cells)
            return FileGlance(plan, tuple(first), None)
    except TableRefused as refusal:
        return FileGlance(None, (), refusal.reason)
