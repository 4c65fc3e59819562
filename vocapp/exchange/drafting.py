"""What a file of ours would say today, before anybody signs it; read only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vocapp.exchange.queries import has_only_demo, subjects, told_so_far
from vocapp.exchange.reading import MOST_CELLS, Content
from vocapp.exchange.rules import Exchanged, Trait, in_thousandths
from vocapp.exchange.suppression import Ledger, release
from vocapp.method.queries import method_on

TOO_FEW = (
    "There is no cohort of five people who answered at three accounts yet; export once more have answered."
)
TOO_LITTLE_NEW = (
    "Too little has changed since the last export: comparing both files would tell about a few people. Give "
    "the earlier file, or export after the next wave."
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A file's content, what will have been told with it, and how many values wait for company.

    `reason` says why there are no cells, "" where there are some.
    """

    content: Content
    ledger: Ledger
    waiting: Mapping[Exchanged, int]
    reason: str


def draft_file(*, source: str, first: Trait, now: datetime) -> Draft:
    """Return what may be told now; `first` is the trait by which cohorts are told most finely."""
    today = now.date()
    method = method_on(today)
    before, is_demo = told_so_far(), has_only_demo()
    # Nobody made up needs hiding, and whoever is made up leaves without a trace.
    found = release(subjects(now=now), {} if is_demo else before, first=first, today=today)
    content = Content(
        source=source,
        made_on=today,
        from_on=today - method.parameters.sentiment_window,
        to_on=today,
        method_version=method.number,
        parameters=in_thousandths(method.parameters),
        is_demo=is_demo,
        # The narrowest come last: leaving some out tells nothing.
        cells=tuple(sorted(found.cells, key=lambda cell: len(cell.cohort.cut))[:MOST_CELLS]),
    )
    reason = "" if found.cells else TOO_LITTLE_NEW if any(before.values()) and not is_demo else TOO_FEW
    return Draft(content, before if is_demo else found.ledger, found.waiting, reason)
