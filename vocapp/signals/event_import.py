"""Bringing the events of a file into the database, batch by batch."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from vocapp.accounts.cells import CellProblem, read_address, read_moment
from vocapp.accounts.columns import comparable_name
from vocapp.accounts.import_rows import MOST_ID, RowReader, RowRefused
from vocapp.accounts.import_steps import Cells, ImportContext, ImportSteps
from vocapp.accounts.merging import ids_of_keys
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import comparable_id
from vocapp.core.db import db
from vocapp.core.workdays import zone_of
from vocapp.identity.queries import company
from vocapp.signals.rules import EventFacts, EventKind
from vocapp.signals.service import record_events, rehearse_events

SOURCE = "import"
NO_ACCOUNT = "No account has this identifier; import the accounts first."
NOBODY = "Nobody at the account is known by this address; the event names nobody until they are."
LONGEST_TITLE = 300
# Clocks differ; a day ahead of ours is a time zone, more is a mistake.
CLOCK_SKEW = timedelta(days=1)

# Kind, and whether it is over with the moment it stands at.
KINDS: Mapping[str, tuple[EventKind, bool]] = {
    **dict.fromkeys(("case", "ticket", "supportcase"), (EventKind.CASE, False)),
    **dict.fromkeys(
        ("caseclosed", "closedcase", "ticketclosed", "ticketsolved", "solved"), (EventKind.CASE, True)
    ),
    **dict.fromkeys(
        ("onboarding", "onboardingfinished", "onboardingcompleted", "golive", "implementation"),
        (EventKind.ONBOARDING, False),
    ),
    **dict.fromkeys(("milestone", "milestonereached", "projectmilestone"), (EventKind.MILESTONE, False)),
    **dict.fromkeys(("meeting", "call"), (EventKind.MEETING, False)),
}
KNOWN_KINDS = "case, case_closed, onboarding, milestone, meeting"


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event as a file describes it; accounts and people by the names they have there."""

    line: int
    kind: EventKind
    external_key: str
    account_key: str
    email_key: str
    occurred_at: datetime
    ended_at: datetime | None
    title: str

    @property
    def key(self) -> tuple[EventKind, str]:
        """What tells it from other events of the file."""
        return self.kind, self.external_key


class EventImport(ImportSteps):
    """One pass over a file of events; beside the batch, memory holds the key of each row."""

    def __init__(self, context: ImportContext) -> None:
        self._context = context
        self._tally = context.tally
        self._reader = RowReader(context.plan, context.tally)
        ours = company()
        self._zone = zone_of(ours.time_zone if ours else "")
        self._seen: set[tuple[EventKind, str]] = set()

    def apply(self, batch: Iterable[Cells]) -> None:
        """Record the events of some rows; whatever is wrong with one stays with that one."""
        facts = list(self._facts(list(self._readable(batch))))
        write = rehearse_events if self._context.is_dry_run else record_events
        landed = write(facts, source=SOURCE, now=self._context.now)
        self._tally.created += landed.created
        self._tally.updated += landed.updated
        self._tally.unchanged += landed.unchanged

    def _readable(self, batch: Iterable[Cells]) -> Iterator[EventRow]:
        for line, cells in batch:
            try:
                row = read_event(line, cells, self._reader, zone=self._zone, now=self._context.now)
            except RowRefused as refusal:
                self._refuse(line, refusal)
                continue
            if row.key in self._seen:
                self._tally.duplicates += 1
                reason = "The event stands in the file before; only the first row counts."
                self._reader.warn(line, "external_id", reason)
            else:
                self._seen.add(row.key)
                yield row

    def _facts(self, rows: Sequence[EventRow]) -> Iterator[EventFacts]:
        """Return the rows as facts about accounts and people that are here."""
        accounts = ids_of_keys([row.account_key for row in rows])
        people = _people_at(accounts.values(), {row.email_key for row in rows if row.email_key})
        for row in rows:
            account_id = accounts.get(row.account_key)
            if account_id is None:
                self._refuse(row.line, RowRefused("account_external_id", NO_ACCOUNT))
                continue
            contact_id = people.get((account_id, row.email_key))
            if row.email_key and contact_id is None:
                self._reader.warn(row.line, "contact_email", NOBODY)
            yield EventFacts(
                kind=row.kind,
                external_key=row.external_key,
                account_id=account_id,
                contact_id=contact_id,
                occurred_at=row.occurred_at,
                ended_at=row.ended_at,
                title=row.title,
                details={"names_a_stranger": True} if row.email_key and contact_id is None else {},
            )

    def _refuse(self, line: int, refusal: RowRefused) -> None:
        column = None if refusal.column is None else self._context.plan.theirs(refusal.column)
        self._tally.refuse(line, column, refusal.reason)


def read_event(
    line: int, cells: Sequence[str], reader: RowReader, *, zone: ZoneInfo, now: datetime
) -> EventRow:
    """Return a row as an event. Raises `RowRefused`, or `FileRefused` when a required column is missing.

    Times without an offset are read in `zone`, days without a time as their noon there.
    """
    kind, is_over = _kind(reader.identifier(cells, "kind"))
    external_id = reader.identifier(cells, "external_id")
    account = comparable_id(reader.identifier(cells, "account_external_id"))
    occurred_at = _moment("occurred_at", reader.identifier(cells, "occurred_at"), zone, now)
    ended = reader.text(cells, "ended_at")
    ended_at = _moment("ended_at", ended, zone, now) if ended else None
    if ended_at is not None and ended_at < occurred_at:
        raise RowRefused("ended_at", "It ends before it begins; correct one of the two times.")
    email = reader.text(cells, "contact_email", most=320)
    row = EventRow(
        line=line,
        kind=kind,
        external_key=external_id[:MOST_ID],
        account_key=account,
        email_key=_address(email) if email else "",
        occurred_at=occurred_at,
        ended_at=ended_at,
        title=reader.text(cells, "title", most=LONGEST_TITLE),
    )
    return replace(row, ended_at=ended_at or occurred_at) if is_over else row


def _kind(text: str) -> tuple[EventKind, bool]:
    found = KINDS.get(comparable_name(text))
    if found is None:
        raise RowRefused("kind", f"The kind {text[:40]!r} is not known; write one of {KNOWN_KINDS}.")
    return found


def _moment(column: str, text: str, zone: ZoneInfo, now: datetime) -> datetime:
    try:
        moment = read_moment(text, zone)
    except CellProblem as problem:
        raise RowRefused(column, problem.reason) from None
    if moment > now + CLOCK_SKEW:
        raise RowRefused(column, "This has not happened yet; correct the time.")
    return moment


def _address(text: str) -> str:
    try:
        return read_address(text)[1]
    except CellProblem as problem:
        raise RowRefused("contact_email", problem.reason) from None


def _people_at(account_ids: Iterable[int], addresses: Iterable[str]) -> dict[tuple[int, str], int]:
    """Return (account, address) → contact; one that became part of another counts as that one later."""
    rows = select(Contact.account_id, Contact.email_key, Contact.id).where(
        Contact.account_id.in_(set(account_ids)), Contact.email_key.in_(set(addresses))
    )
    return {(account_id, email_key): number for account_id, email_key, number in db.session.execute(rows)}
