"""Bringing figures of others in from a file, batch by batch."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select, tuple_, update

from vocapp.accounts.cells import CellProblem, read_date
from vocapp.accounts.columns import comparable_name
from vocapp.accounts.import_rows import RowReader, RowRefused
from vocapp.accounts.import_steps import Cells, ImportContext, ImportSteps
from vocapp.benchmarks.models import OuterBenchmark
from vocapp.benchmarks.outer_rules import OuterMeasure, as_stored
from vocapp.core.db import db, insert_new

TWICE = "This figure stands in the file before; only the first row counts."
NOT_YET = "The date lies ahead; write when the figure was published."
KNOWN_MEASURES = "nps, csat, ces, response_rate"

MEASURES: Mapping[str, OuterMeasure] = {
    **dict.fromkeys(("nps", "netpromoterscore"), OuterMeasure.NPS),
    **dict.fromkeys(("csat", "satisfaction", "customersatisfaction"), OuterMeasure.CSAT),
    **dict.fromkeys(("ces", "effort", "customereffort", "customereffortscore"), OuterMeasure.CES),
    **dict.fromkeys(("responserate", "rr", "participation"), OuterMeasure.RESPONSE_RATE),
}
_KEY = (
    OuterBenchmark.source,
    OuterBenchmark.as_of,
    OuterBenchmark.measure,
    OuterBenchmark.industry,
    OuterBenchmark.region,
)
_NAMES = ("source", "as_of", "measure", "industry", "region")
_NUMBERS = ("value", "low", "high", "respondents", "accounts")

Key = tuple[str, date, str, str, str]


class OuterImport(ImportSteps):
    """One pass over a file of figures; beside the batch, memory holds what names each row."""

    def __init__(self, context: ImportContext) -> None:
        self._context = context
        self._tally = context.tally
        self._reader = RowReader(context.plan, context.tally)
        self._seen: set[Key] = set()

    def apply(self, batch: Iterable[Cells]) -> None:
        """Keep the figures of some rows; whatever is wrong with one stays with that one."""
        rows = dict(self._readable(batch))
        known = db.session.scalars(select(OuterBenchmark).where(tuple_(*_KEY).in_(rows)))
        stored = {(one.source, one.as_of, one.measure, one.industry, one.region): one for one in known}
        new, changed = [], []
        for key, numbers in rows.items():
            one = stored.get(key)
            if one is None:
                self._tally.created += 1
                new.append(dict(zip(_NAMES, key, strict=True)) | numbers)
            elif all(getattr(one, name) == numbers[name] for name in _NUMBERS):
                self._tally.unchanged += 1
            else:
                self._tally.updated += 1
                changed.append({"id": one.id, **numbers})
        if self._context.is_dry_run:
            return
        if new:
            db.session.execute(insert_new(OuterBenchmark).values(new).on_conflict_do_nothing())
        if changed:
            db.session.execute(update(OuterBenchmark), changed)

    def _readable(self, batch: Iterable[Cells]) -> Iterator[tuple[Key, dict[str, Any]]]:
        for line, cells in batch:
            try:
                key, numbers = read_figure(cells, self._reader, today=self._context.now.date())
            except RowRefused as refusal:
                column = None if refusal.column is None else self._context.plan.theirs(refusal.column)
                self._tally.refuse(line, column, refusal.reason)
                continue
            if key in self._seen:
                self._tally.duplicates += 1
                self._reader.warn(line, "measure", TWICE)
            else:
                self._seen.add(key)
                yield key, numbers


def read_figure(cells: Sequence[str], reader: RowReader, *, today: date) -> tuple[Key, dict[str, Any]]:
    """Return what names a figure, and its numbers.

    NPS stands in the file in points (-100 to 100), a share in percent (0 to 100). Raises `RowRefused`, or
    `FileRefused` when a required column is missing.
    """
    measure = MEASURES.get(comparable_name(reader.identifier(cells, "measure")))
    if measure is None:
        raise RowRefused("measure", f"The measure is not known; write one of {KNOWN_MEASURES}.")
    value = _figure("value", reader.identifier(cells, "value"), measure)
    ends = {name: _perhaps(name, reader.text(cells, name), measure) for name in ("low", "high")}
    if any(end is not None and (end > value if name == "low" else end < value) for name, end in ends.items()):
        raise RowRefused("low", "The figure lies outside low and high; correct one of the three.")
    as_of = _day(reader.identifier(cells, "as_of"))
    if as_of > today:
        raise RowRefused("as_of", NOT_YET)
    source = reader.text(cells, "source", most=200)
    if not source:
        raise RowRefused("source", "Say where the figure comes from; without its source it proves nothing.")
    industry, region = (reader.text(cells, name, most=80) for name in ("industry", "region"))
    counts = {name: _count(name, reader.text(cells, name)) for name in ("respondents", "accounts")}
    return (source, as_of, measure.value, industry, region), {"value": value, **ends, **counts}


def _perhaps(column: str, text: str, measure: OuterMeasure) -> float | None:
    return _figure(column, text, measure) if text else None


def _figure(column: str, text: str, measure: OuterMeasure) -> float:
    plain = text.strip().rstrip("%").strip().replace("−", "-").replace(",", ".")
    try:
        found = as_stored(measure, float(plain))
    except ValueError:
        found = None
    if found is None:
        range_ = "−100 to 100" if measure is OuterMeasure.NPS else "0 to 100"
        raise RowRefused(column, f"{text[:20]!r} is no figure from {range_}; write points or percent.")
    return found


def _count(column: str, text: str) -> int | None:
    if not text:
        return None
    plain = text.replace(",", "").replace(" ", "")
    if not plain.isascii() or not plain.isdigit() or not 0 < int(plain[:12]) < 10**9:
        raise RowRefused(column, f"{text[:20]!r} is no number of people or accounts.")
    return int(plain)


def _day(text: str) -> date:
    try:
        return read_date(text)
    except CellProblem as problem:
        raise RowRefused("as_of", problem.reason) from None
