"""One run with another system: who it is for, its steps, and when it has to stop."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import update

from integrations.crm.base import Crm
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.sync.context import Context
from vocapp.sync.mapping import Plan
from vocapp.sync.models import CrmRun
from vocapp.sync.rules import allowed_calls, is_day_nearly_spent, is_too_much_refused
from vocapp.sync.running import beat

REPORT_EVERY_SECONDS = 1.0


class RunStopped(DomainError):
    """The run ends here on purpose, with everything so far stored; `hint` says what to do."""

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


@dataclass
class Run:
    """A run under way. `not_taken` says why the last writes in a row were not taken as a whole."""

    context: Context
    crm: Crm
    token: int
    plans: Sequence[Plan] = ()
    budget: int | None = None
    started_calls: int = 0
    writes_tried: int = 0
    not_taken: list[str] = field(default_factory=list)
    _reported_at: float = field(default=0.0)

    @contextmanager
    def step(self, phase: str = "") -> Iterator[None]:
        """Write something in one transaction, as long as this run still holds the connection."""
        with transaction():
            beat(self.context.connection_id, self.token, now=utcnow(), phase=phase)
            yield
            self._report()

    def _report(self) -> None:
        if time.monotonic() - self._reported_at < REPORT_EVERY_SECONDS:
            return
        self._reported_at = time.monotonic()
        self.context.tally.calls = self.calls
        so_far = {**self.context.tally.as_json(), "changes": [], "refused": []}
        db.session.execute(update(CrmRun).where(CrmRun.id == self.context.run_id).values(report=so_far))

    @property
    def calls(self) -> int:
        """How many calls the run made so far."""
        return self.crm.calls - self.started_calls

    def set_budget(self) -> None:
        """Ask for the calls of the day, and say how many this run may make."""
        usage = self.crm.usage()
        cap = self.context.options.get("call_cap")
        self.budget = allowed_calls(allowed=usage.allowed, used=usage.used, cap=int(cap) if cap else None)
        self.guard()

    def guard(self) -> None:
        """Raise `RunStopped` before the next call when the calls of the day, or of this run, are spent."""
        usage = self.crm.usage()
        if is_day_nearly_spent(allowed=usage.allowed, used=usage.used):
            raise RunStopped(
                f"{usage.used} of the {usage.allowed} calls of the day are used, so this run stopped.",
                hint="It goes on by itself when the day's count falls. Look who else uses up the calls.",
            )
        if self.budget is not None and self.calls >= self.budget:
            raise RunStopped(
                f"This run may make {self.budget} calls and made them.",
                hint="The next run goes on from here. Raise the cap of the connection if it is too low.",
            )

    def guard_refusals(self) -> None:
        """Raise `RunStopped` when so many writes are refused that something must be wrong as a whole."""
        refused = self.context.tally.refused_writes
        if is_too_much_refused(refused, self.writes_tried):
            raise RunStopped(
                f"{refused} of {self.writes_tried} changes were refused, so this run stopped writing.",
                hint="Look at the refusals: most have the same reason. Then replay them.",
            )
