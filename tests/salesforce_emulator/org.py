"""The org: its rows, its clock, who may see what, and what the API has to remember between calls."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.salesforce_emulator.faults import Fault
from tests.salesforce_emulator.ids import make_id, normal_id
from tests.salesforce_emulator.moments import Clock
from tests.salesforce_emulator.refusals import ApiError
from tests.salesforce_emulator.schema import Schema
from tests.salesforce_emulator.standard_objects import standard_schema
from tests.salesforce_emulator.table import Row, Table

INTEGRATION_USER, ADMIN_USER, EDITING_USER = (make_id("005", number) for number in (1, 2, 3))
CONSUMER_KEY = "emulator-consumer-key"
CONSUMER_SECRET = "emulator-consumer-secret"


@dataclass
class Options:
    """What kind of org it is."""

    is_sandbox: bool = False
    has_currencies: bool = False
    has_person_accounts: bool = False
    assigns_permission_sets: bool = False
    integration_may_deploy: bool = True


@dataclass
class BulkPlan:
    """How bulk jobs go: polls that find them running, and where they stop."""

    polls: int = 1
    fail_after: int | None = None
    unprocessed: int = 0
    message: str = "InternalServerError : Job failed. Ask an administrator."
    query_page: int = 50_000


@dataclass(frozen=True)
class DuplicateRule:
    """A rule that holds back a row that agrees with another in all of some fields."""

    name: str
    object: str
    fields: tuple[str, ...]
    allows_save: bool = True
    message: str = "Use one of these records?"


@dataclass(frozen=True)
class ValidationRule:
    """A rule of the org: a row for which `is_wrong` holds is refused. It gets the row after and before."""

    name: str
    object: str
    message: str
    is_wrong: Callable[[Row, Row | None], bool]
    field: str | None = None


@dataclass
class Quota:
    """Calls of the day."""

    most: int = 15_000
    used: int = 0


@dataclass
class Entry:
    """One request as it came in and how it was answered."""

    method: str
    path: str
    query: str
    original_url: str
    body_size: int
    status: int = 0
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Org:
    """Everything that is behind the addresses. `lock` is held for each request and each change."""

    def __init__(self, options: Options | None = None) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.options = options or Options()
        self.url = ""
        self.is_open = True
        self.log: deque[Entry] = deque()
        self.complaints: list[str] = []
        self.request_cap: int | None = None
        self.counter = 0
        self.reset()

    def reset(self) -> None:
        """Empty the org: standard objects, its users and its organization row, and nothing else."""
        with self.lock:
            self.clock = Clock()
            self.schema: Schema = standard_schema(
                has_currencies=self.options.has_currencies,
                has_person_accounts=self.options.has_person_accounts,
            )
            self.tables: dict[str, Table] = {}
            self._by_prefix: dict[str, Table] = {}
            self._numbers: dict[str, int] = {}
            self._journal: list[tuple[Table, str, Row | None]] | None = None
            self.org_id = make_id("00D", 1)
            self.quota = Quota()
            self.page_sizes: list[int] = []
            self.cursors: dict[str, Any] = {}
            self.bulk_plan = BulkPlan()
            self.jobs: dict[str, Any] = {}
            self.deployments: dict[str, Any] = {}
            self.purged: dict[str, dict[str, str]] = {}
            self.hidden_rows: set[str] = set()
            self.visible_from: dict[str, datetime] = {}
            self.locks: dict[str, int] = {}
            self.duplicate_rules: list[DuplicateRule] = []
            self.validation_rules: list[ValidationRule] = []
            self.faults: list[Fault] = []
            self.replication_lag = timedelta()
            self.earliest_deletion: datetime | None = None
            self.access = Access()
            self.log.clear()
            self.complaints.clear()
            self.request_cap = None
            self._first_rows()

    def _first_rows(self) -> None:
        stamp = self.clock.stamp()
        for key, first, last in (
            (INTEGRATION_USER, "Integration", "User"),
            (ADMIN_USER, "Ada", "Admin"),
            (EDITING_USER, "Erin", "Editor"),
        ):
            email = f"{first}.{last}@org.example".lower()
            names = {"FirstName": first, "LastName": last, "Name": f"{first} {last}"}
            row = {"Id": key, **names, "Email": email, "Username": email, "IsActive": True}
            self.put(row | self.stamps(stamp, ADMIN_USER))
        self._numbers["user"] = 10
        self.put(self._organization() | self.stamps(stamp, ADMIN_USER))

    def _organization(self) -> Row:
        return {
            "Id": self.org_id,
            "Name": "Emulated Org",
            "IsSandbox": self.options.is_sandbox,
            "OrganizationType": "Developer Edition",
            "InstanceName": "EMU1",
        }

    def change_identity(self, number: int) -> None:
        """Become another org with the same rows, as after a refresh of a sandbox."""
        self.drop(self.org_id)
        self.org_id = make_id("00D", number)
        self.put(self._organization() | self.stamps(self.clock.stamp(), ADMIN_USER))

    @staticmethod
    def stamps(stamp: str, user: str) -> Row:
        """Return what a new row says about its making."""
        return {
            "CreatedDate": stamp,
            "CreatedById": user,
            "LastModifiedDate": stamp,
            "LastModifiedById": user,
            "SystemModstamp": stamp,
        }

    def table(self, name: str) -> Table:
        """Return the rows of an object. Raises `ApiError` when there is no such object."""
        found = self.tables.get(name.lower())
        if found is None:
            kind = self.schema.get(name)
            if kind is None:
                raise ApiError(404, "NOT_FOUND", "The requested resource does not exist")
            found = self.tables[name.lower()] = Table(kind)
            self._by_prefix[kind.prefix] = found
        return found

    def drop_table(self, name: str) -> None:
        """Take an object and its rows away."""
        kind = self.schema.kinds.pop(name.lower(), None)
        self.tables.pop(name.lower(), None)
        if kind:
            self._by_prefix.pop(kind.prefix, None)

    def table_of(self, key: str) -> Table | None:
        """Return the table an id belongs to."""
        found = self._by_prefix.get(key[:3])
        if found is None:
            kind = self.schema.by_prefix(key[:3])
            found = self.table(kind.name) if kind else None
        return found

    def kind_name(self, key: str) -> str:
        """Return the name of the object an id belongs to."""
        table = self.table_of(key)
        return table.kind.name if table else "Name"

    def row(self, key: str | None) -> Row | None:
        """Return a row by its id, deleted or not."""
        found = normal_id(key)
        table = self.table_of(found) if found else None
        return table.rows.get(str(found)) if table else None

    def parent(self, key: str | None) -> Row | None:
        """Return the row a reference leads to, or None when it is empty or out of sight."""
        if key is None:
            return None
        table = self.table_of(key)
        return table.rows.get(key) if table and key not in self.hidden_rows else None

    def new_id(self, name: str) -> str:
        """Return an id for a new row."""
        kind = self.table(name).kind
        number = self._numbers[name.lower()] = self._numbers.get(name.lower(), 0) + 1
        return make_id(kind.prefix, number)

    def new_number(self) -> int:
        """Return a number nobody had before: for jobs, cursors and tokens."""
        self.counter += 1
        return self.counter

    def put(self, row: Row) -> None:
        """Store a row as it is."""
        table = self.table_of(row["Id"])
        assert table is not None
        old = table.put(row)
        if self._journal is not None:
            self._journal.append((table, row["Id"], old))

    def drop(self, key: str) -> None:
        """Take a row away for good."""
        table = self.table_of(key)
        old = table.drop(key) if table else None
        if self._journal is not None and table and old:
            self._journal.append((table, key, old))

    @contextmanager
    def attempt(self) -> Iterator[Callable[[], None]]:
        """Give a function that takes back every change made since."""
        outer, self._journal = self._journal, []
        journal = self._journal

        def take_back() -> None:
            for table, key, old in reversed(journal):
                if old is None:
                    table.drop(key)
                else:
                    table.put(old)
            journal.clear()

        try:
            yield take_back
        finally:
            if outer is not None:
                outer.extend(journal)
            self._journal = outer

    def visibility(self) -> Callable[[str], bool] | None:
        """Return a test for ids that can be seen now, or None when all can."""
        now = self.clock.now()
        late = {key for key, moment in self.visible_from.items() if moment > now}
        hidden = self.hidden_rows | late
        return (lambda key: key not in hidden) if hidden else None

    def page_size(self, hint: int) -> int:
        """Return how many rows the next page holds: the sizes told in turn, else what was asked for."""
        if not self.page_sizes:
            return hint
        size = self.page_sizes.pop(0)
        self.page_sizes.append(size)
        return size


@dataclass
class Access:
    """Who is let in: the app that is known, and tokens given out."""

    consumer_key: str = CONSUMER_KEY
    consumer_secret: str = field(default=CONSUMER_SECRET, repr=False)
    run_as: str | None = INTEGRATION_USER
    public_key: str = ""
    approved: set[str] = field(default_factory=lambda: {INTEGRATION_USER, ADMIN_USER})
    redirect_addresses: set[str] = field(default_factory=set)
    allows_at_once: bool = False
    rotates: bool = True
    scope: str = "api refresh_token"
    lifetime: timedelta = timedelta(hours=2)
    calls_per_token: int | None = None
    is_revoked: bool = False
    accepts_sessions: bool = True
    forced_errors: list[tuple[str, str]] = field(default_factory=list)
    sessions: dict[str, "Session"] = field(default_factory=dict, repr=False)
    refreshes: dict[str, str] = field(default_factory=dict, repr=False)
    codes: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)


@dataclass
class Session:
    """An access token: whose, until when and for how many calls more."""

    user: str
    ends: datetime
    calls: int | None = None
    refresh: str = field(default="", repr=False)
