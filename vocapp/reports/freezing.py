"""What is frozen when a report is asked for: a heading that all kinds share, then what the kind shows."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from vocapp.identity.branding import brand_of
from vocapp.identity.queries import company
from vocapp.method.queries import method_on
from vocapp.reports.account.snapshot import account_facts
from vocapp.reports.book.facts import book_facts
from vocapp.reports.portfolio.facts import portfolio_facts
from vocapp.reports.rules import Order, ReportKind
from vocapp.reports.wave.facts import wave_facts

# What the snapshots mean; a change of it is a change of every snapshot.
VERSION = 3

FACTS: Mapping[str, Callable[[Order, datetime, date], dict[str, Any]]] = {
    ReportKind.ACCOUNT: account_facts,
    ReportKind.PORTFOLIO: portfolio_facts,
    ReportKind.WAVE: wave_facts,
    ReportKind.BOOK: book_facts,
}


def take_snapshot(
    order: Order, *, now: datetime, replaces: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return everything a report shows, as JSON: what is drawn later knows nothing else.

    `replaces` is what a new edition keeps of the one before (`editions.replaced`). Raises `DomainError` when
    what it is about is gone.
    """
    own = company()
    today = now.astimezone(ZoneInfo(own.time_zone) if own else UTC).date()
    method = method_on(today)
    heading = {
        "version": VERSION,
        "kind": order.kind.value,
        "audience": order.audience.value,
        "language": order.language,
        "paper": order.paper.value,
        "has_appendix": order.has_appendix,
        "taken_at": now.isoformat(timespec="seconds"),
        "as_of": today.isoformat(),
        "company": own.name if own else "",
        "brand": brand_of(own),
        "replaces": replaces,
        "method": {"version": method.number, "parameters": method.parameters.as_document()},
    }
    return heading | FACTS[order.kind](order, now, today)
