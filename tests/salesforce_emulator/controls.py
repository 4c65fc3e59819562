"""What tests and developers may do to an org beside its API; all of it also over HTTP with plain values."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from tests.salesforce_emulator import demo, edits
from tests.salesforce_emulator.faults import Fault
from tests.salesforce_emulator.ids import normal_id
from tests.salesforce_emulator.moments import as_moment
from tests.salesforce_emulator.org import (
    EDITING_USER,
    INTEGRATION_USER,
    BulkPlan,
    DuplicateRule,
    Org,
    Quota,
    ValidationRule,
)
from tests.salesforce_emulator.schema import field_from
from tests.salesforce_emulator.standard_objects import make
from tests.salesforce_emulator.table import Row


class Controls:
    """Changes an org from outside. Moments are aware datetimes or their text."""

    def __init__(self, org: Org) -> None:
        self.org = org

    def reset(self) -> None:
        """Empty the org and forget faults, rules, tokens, jobs and the log."""
        self.org.reset()

    # Time

    def now(self) -> str:
        """Return the time of the org."""
        return self.org.clock.stamp()

    def set_clock(self, moment: datetime | str, *, is_fixed: bool = True) -> None:
        """Stand at a moment, or run on from it."""
        with self.org.lock:
            self.org.clock.set(as_moment(moment), is_fixed=is_fixed)

    def advance(self, seconds: float) -> None:
        """Move the clock on, or back."""
        with self.org.lock:
            self.org.clock.advance(seconds)

    # Rows

    def seed(self, records: Iterable[Mapping[str, Any]]) -> list[str]:
        """Store records as they are, each with its object under "type", and return their ids.

        Ids and stamps may be given; what is missing is filled in.
        """
        with self.org.lock:
            return edits.seed(self.org, records)

    def seed_demo(self) -> None:
        """Fill the org with a believable company's customers."""
        with self.org.lock:
            demo.seed_demo(self.org)

    def seed_many(self, *, accounts: int, contacts: int) -> None:
        """Fill the org with many accounts and contacts, one stamp per second of the past."""
        with self.org.lock:
            demo.seed_many(self.org, accounts=accounts, contacts=contacts)

    def insert(self, type: str, by: str = EDITING_USER, **values: Any) -> str:
        """Make a record as somebody of the org, now, and return its id."""
        with self.org.lock:
            return edits.insert(self.org, type, values, by)

    def update(self, key: str, by: str = EDITING_USER, **values: Any) -> None:
        """Change a record as somebody of the org, now."""
        with self.org.lock:
            edits.update(self.org, key, values, by)

    def set_quietly(self, key: str, **values: Any) -> None:
        """Change a record without a trace in its stamps, as formulas and roll-ups do."""
        with self.org.lock:
            edits.set_quietly(self.org, key, values)

    def delete(self, key: str, by: str = EDITING_USER) -> None:
        """Put a record into the bin."""
        with self.org.lock:
            edits.delete(self.org, key, by)

    def hard_delete(self, key: str, by: str = EDITING_USER) -> None:
        """Take a record away for good."""
        with self.org.lock:
            edits.purge(self.org, key, by)

    def undelete(self, key: str, by: str = EDITING_USER) -> None:
        """Take a record out of the bin."""
        with self.org.lock:
            edits.undelete(self.org, key, by)

    def merge(self, winner: str, *losers: str, by: str = EDITING_USER, **values: Any) -> None:
        """Merge one or two records into another, which takes these values."""
        with self.org.lock:
            edits.merge(self.org, winner, losers, values, by)

    def get(self, key: str) -> Row | None:
        """Return a record as it is, deleted or not, or None when it is gone."""
        with self.org.lock:
            row = self.org.row(key)
            return None if row is None else dict(row)

    def rows(self, type: str, *, with_deleted: bool = False) -> list[Row]:
        """Return all records of an object."""
        with self.org.lock:
            rows = self.org.table(type).rows.values()
            return [dict(row) for row in rows if with_deleted or not row.get("IsDeleted")]

    # Sight

    def hide_row(self, *keys: str) -> None:
        """Take records out of everybody's sight on the API."""
        with self.org.lock:
            self.org.hidden_rows |= {str(normal_id(key)) for key in keys}

    def show_row(self, *keys: str) -> None:
        """Let records be seen again."""
        with self.org.lock:
            self.org.hidden_rows -= {str(normal_id(key)) for key in keys}

    def show_row_after(self, key: str, seconds: float) -> None:
        """Let a record be seen only when the clock has moved so far; its stamp stays what it is."""
        with self.org.lock:
            self.org.visible_from[str(normal_id(key))] = self.org.clock.now() + timedelta(seconds=seconds)

    def hide_field(self, type: str, field: str) -> None:
        """Hide a field by field-level security."""
        with self.org.lock:
            self.org.schema.hidden_fields.add((type.lower(), field.lower()))

    def show_field(self, type: str, field: str) -> None:
        """Let a field be seen again."""
        with self.org.lock:
            self.org.schema.hidden_fields.discard((type.lower(), field.lower()))

    def lock_field(self, type: str, field: str) -> None:
        """Make a field read-only by field-level security."""
        with self.org.lock:
            self.org.schema.read_only_fields.add((type.lower(), field.lower()))

    def hide_object(self, type: str) -> None:
        """Hide an object as a whole."""
        with self.org.lock:
            self.org.schema.hidden_objects.add(type.lower())

    def show_object(self, type: str) -> None:
        """Let an object be seen again."""
        with self.org.lock:
            self.org.schema.hidden_objects.discard(type.lower())

    # Schema

    def install_fields(self, type: str, *fields: Mapping[str, Any]) -> None:
        """Add fields everybody sees; each has a name and whatever else schema.Field holds.

        An object that is not there yet is made, with a Name.
        """
        with self.org.lock:
            kind = self.org.schema.get(type)
            if kind is None:
                kind = make(type, self.org.schema.next_prefix(), field_from({"name": "Name", "length": 80}))
                self.org.schema.add(kind)
            kind.add(*(field_from(values) for values in fields))

    def remove_field(self, type: str, field: str) -> None:
        """Take a field and its values away."""
        with self.org.lock:
            found = self.org.schema.kinds[type.lower()].fields.pop(field.lower())
            self.org.table(type).drop_field(found.name)

    def assign_permission_set(self, name: str, user: str = INTEGRATION_USER) -> None:
        """Give a user a permission set that was deployed."""
        with self.org.lock:
            if name not in self.org.schema.permission_sets:
                raise ValueError(f"there is no permission set {name}")
            self.org.schema.assignments.setdefault(user, set()).add(name)

    # Rules

    def add_duplicate_rule(
        self, type: str, *fields: str, name: str = "Standard_Rule", allows_save: bool = True
    ) -> None:
        """Hold back records that agree with another in all of these fields."""
        with self.org.lock:
            self.org.duplicate_rules.append(DuplicateRule(name, type, fields, allows_save))

    def add_rule(
        self, type: str, message: str, is_wrong: Callable[[Row, Row | None], bool], field: str | None = None
    ) -> None:
        """Refuse records for which a function of the row after and before says so."""
        with self.org.lock:
            self.org.validation_rules.append(ValidationRule(message, type, message, is_wrong, field))

    def add_simple_rule(self, type: str, field: str, check: str, message: str, value: Any = None) -> None:
        """Refuse records whose field is "empty", "equals" or "matches" (a regular expression) a value."""
        checks: dict[str, Callable[[Any], bool]] = {
            "empty": lambda found: found in (None, ""),
            "equals": lambda found: found == value,
            "matches": lambda found: found is not None and re.search(str(value), str(found)) is not None,
        }
        test = checks[check]
        self.add_rule(type, message, lambda row, _: test(row.get(field)), field)

    def clear_rules(self) -> None:
        """Take all validation and duplicate rules away."""
        with self.org.lock:
            self.org.validation_rules.clear()
            self.org.duplicate_rules.clear()

    def lock_row(self, key: str, times: int = 1) -> None:
        """Refuse the next writes to a record, or to those under an account, with UNABLE_TO_LOCK_ROW."""
        with self.org.lock:
            self.org.locks[str(normal_id(key))] = times

    # Trouble

    def add_fault(self, **values: Any) -> None:
        """Let requests go wrong; see faults.Fault for what may be told."""
        with self.org.lock:
            self.org.faults.append(Fault(**values))

    def clear_faults(self) -> None:
        """Let everything go well again."""
        with self.org.lock:
            self.org.faults.clear()

    def set_page_size(self, *sizes: int) -> None:
        """Let pages of queries hold so many rows, in turn; nothing: as asked for."""
        with self.org.lock:
            self.org.page_sizes = list(sizes)

    def expire_cursors(self) -> None:
        """Forget all queries under way."""
        with self.org.lock:
            self.org.cursors.clear()

    def set_quota(self, *, used: int, most: int) -> None:
        """Say how many calls of the day are used and allowed."""
        with self.org.lock:
            self.org.quota = Quota(most, used)

    def expire_tokens(self) -> None:
        """Let every access token given out so far be worth nothing."""
        with self.org.lock:
            self.org.access.sessions.clear()

    def limit_tokens(self, calls: int | None) -> None:
        """Let each access token, known or to come, serve for so many calls more; None: for its time."""
        with self.org.lock:
            self.org.access.calls_per_token = calls
            for session in self.org.access.sessions.values():
                session.calls = calls

    def set_access(self, **values: Any) -> None:
        """Set what org.Access holds: consumer_secret, run_as, public_key, rotates, accepts_sessions …"""
        with self.org.lock:
            for name, value in values.items():
                if name not in asdict(self.org.access):
                    raise ValueError(f"access has no {name}")
                known = getattr(self.org.access, name)
                setattr(self.org.access, name, set(value) if isinstance(known, set) else value)

    def revoke(self) -> None:
        """Let no credential be worth anything any more, as when an administrator takes the app away."""
        with self.org.lock:
            self.org.access.is_revoked = True
            self.org.access.sessions.clear()
            self.org.access.refreshes.clear()

    def force_token_error(self, error: str, description: str, times: int = 1) -> None:
        """Answer the next requests for a token with an error."""
        with self.org.lock:
            self.org.access.forced_errors += [(error, description)] * times

    def change_org(self, number: int = 2, *, is_sandbox: bool | None = None) -> None:
        """Become another org with the same rows."""
        with self.org.lock:
            if is_sandbox is not None:
                self.org.options.is_sandbox = is_sandbox
            self.org.change_identity(number)

    def plan_bulk(self, **values: Any) -> None:
        """Say how bulk jobs go from now on; see org.BulkPlan."""
        with self.org.lock:
            self.org.bulk_plan = BulkPlan(**values)

    def set_replication(self, *, lag: float = 0, earliest_deletion: datetime | str | None = None) -> None:
        """Let latestDateCovered stay behind by seconds, and deletions be known only from a moment on."""
        with self.org.lock:
            self.org.replication_lag = timedelta(seconds=lag)
            self.org.earliest_deletion = as_moment(earliest_deletion) if earliest_deletion else None

    # What happened

    def requests(self, method: str = "", path: str = "") -> list[dict[str, Any]]:
        """Return the requests so far whose path holds a regular expression."""
        with self.org.lock:
            return [
                {
                    "method": entry.method,
                    "path": entry.path,
                    "query": entry.query,
                    "original_url": entry.original_url,
                    "body_size": entry.body_size,
                    "body": entry.body.decode("utf-8", "replace"),
                    "headers": dict(entry.headers),
                    "status": entry.status,
                }
                for entry in self.org.log
                if method in ("", entry.method) and re.search(path, entry.path)
            ]

    def clear_log(self) -> None:
        """Forget the requests so far."""
        with self.org.lock:
            self.org.log.clear()

    def set_request_cap(self, most: int | None) -> None:
        """Answer 500 to more requests than these since the log was cleared, and fail at the end."""
        with self.org.lock:
            self.org.request_cap = most

    def complaints(self) -> Sequence[str]:
        """Return what must not have happened: errors inside the emulator and requests over the cap."""
        with self.org.lock:
            return list(self.org.complaints)
