"""Bringing the outcomes of renewals in from a file, batch by batch."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select, tuple_, update

from vocapp.accounts.cells import CellProblem, read_amount, read_date
from vocapp.accounts.columns import comparable_name
from vocapp.accounts.import_rows import RowReader, RowRefused
from vocapp.accounts.import_steps import Cells, ImportContext, ImportSteps
from vocapp.accounts.merging import ids_of_keys
from vocapp.accounts.rules import comparable_id
from vocapp.core.db import db, insert_new
from vocapp.renewals.models import RenewalOutcome
from vocapp.renewals.rules import BY_HAND, IMPORTED, Outcome

NO_ACCOUNT = "No account has this identifier; import the accounts first."
TWICE = "This renewal stands in the file before; only the first row counts."
BY_SOMEBODY = "Somebody here entered this outcome by hand; theirs stands."
NOT_YET = "This renewal date lies ahead; write its outcome once it is known."

OUTCOMES: Mapping[str, Outcome] = {
    **dict.fromkeys(("renewed", "renewal", "won", "closedwon", "retained", "expanded"), Outcome.RENEWED),
    **dict.fromkeys(("churned", "churn", "lost", "closedlost", "cancelled", "canceled"), Outcome.CHURNED),
    **dict.fromkeys(("contracted", "contraction", "downgraded", "downsell", "reduced"), Outcome.CONTRACTED),
}
KNOWN_OUTCOMES = "renewed, churned, contracted"


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """How one renewal ended, as a file says; `amount` is what it goes on with."""

    line: int
    account_key: str
    renewal_date: date
    outcome: Outcome
    amount: Decimal | None


class OutcomeImport(ImportSteps):
    """One pass over a file of outcomes; beside the batch, memory holds account and day of each row."""

    def __init__(self, context: ImportContext) -> None:
        self._context = context
        self._tally = context.tally
        self._reader = RowReader(context.plan, context.tally)
        self._seen: set[tuple[int, date]] = set()

    def apply(self, batch: Iterable[Cells]) -> None:
        """Keep the outcomes of some rows; whatever is wrong with one stays with that one."""
        rows = {(account_id, row.renewal_date): row for account_id, row in self._of_accounts(batch)}
        wanted = tuple_(RenewalOutcome.account_id, RenewalOutcome.renewal_date).in_(rows)
        stored = {
            (known.account_id, known.renewal_date): known
            for known in db.session.scalars(select(RenewalOutcome).where(wanted))
        }
        new, changed = [], []
        for key, row in rows.items():
            values: dict[str, Any] = {"outcome": row.outcome.value, "source": IMPORTED}
            known = stored.get(key)
            if known is None:
                self._tally.created += 1
                new.append({"account_id": key[0], "renewal_date": key[1], "amount": row.amount, **values})
                continue
            # An empty cell changes nothing.
            values |= {} if row.amount is None else {"amount": row.amount}
            if known.source == BY_HAND and known.outcome != row.outcome:
                self._reader.warn(row.line, "outcome", BY_SOMEBODY)
            if known.source == BY_HAND or all(getattr(known, name) == it for name, it in values.items()):
                self._tally.unchanged += 1
            else:
                self._tally.updated += 1
                changed.append({"id": known.id, **values})
        if self._context.is_dry_run:
            return
        if new:
            db.session.execute(insert_new(RenewalOutcome).values(new).on_conflict_do_nothing())
        if changed:
            db.session.execute(update(RenewalOutcome), changed)

    def _of_accounts(self, batch: Iterable[Cells]) -> Iterator[tuple[int, OutcomeRow]]:
        """Return the readable rows of accounts that are here, each renewal once."""
        rows = list(self._readable(batch))
        accounts = ids_of_keys([row.account_key for row in rows])
        for row in rows:
            account_id = accounts.get(row.account_key)
            if account_id is None:
                self._refuse(row.line, RowRefused("account_external_id", NO_ACCOUNT))
            elif (account_id, row.renewal_date) in self._seen:
                self._tally.duplicates += 1
                self._reader.warn(row.line, "renewal_date", TWICE)
            else:
                self._seen.add((account_id, row.renewal_date))
                yield account_id, row

    def _readable(self, batch: Iterable[Cells]) -> Iterator[OutcomeRow]:
        for line, cells in batch:
            try:
                yield read_outcome(line, cells, self._reader, today=self._context.now.date())
            except RowRefused as refusal:
                self._refuse(line, refusal)

    def _refuse(self, line: int, refusal: RowRefused) -> None:
        column = None if refusal.column is None else self._context.plan.theirs(refusal.column)
        self._tally.refuse(line, column, refusal.reason)


def read_outcome(line: int, cells: Sequence[str], reader: RowReader, *, today: date) -> OutcomeRow:
    """Return a row as an outcome. Raises `RowRefused`, or `FileRefused` when a required column is missing."""
    account = comparable_id(reader.identifier(cells, "account_external_id"))
    day = _day(reader.identifier(cells, "renewal_date"))
    if day > today:
        raise RowRefused("renewal_date", NOT_YET)
    outcome = _outcome(reader.identifier(cells, "outcome"))
    return OutcomeRow(line, account, day, outcome, _amount(reader.text(cells, "amount")))


def _day(text: str) -> date:
    try:
        return read_date(text)
    except CellProblem as problem:
        raise RowRefused("renewal_date", problem.reason) from None


def _outcome(text: str) -> Outcome:
    found = OUTCOMES.get(comparable_name(text))
    if found is None:
        raise RowRefused("outcome", f"The outcome {text[:40]!r} is not known; write one of {KNOWN_OUTCOMES}.")
    return found


def _amount(text: str) -> Decimal | None:
    try:
        return read_amount(text) if text else None
    except CellProblem as problem:
        raise RowRefused("amount", problem.reason) from None
