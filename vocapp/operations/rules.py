"""What counts as running, ready and fast enough, as pure judgements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# How often a part says that it runs, and how long its silence may last before it counts as gone.
BEAT_SECONDS = 15.0
SILENCE = timedelta(seconds=60)


class PartName(StrEnum):
    """The processes an installation is made of; without a broker one process works and hands out work."""

    WEB = "web"
    WORKER = "worker"
    SCHEDULER = "scheduler"
    WORKER_AND_SCHEDULER = "worker_and_scheduler"
    MAIL_IN = "mail_in"


class Revision(StrEnum):
    """How the database's tables stand to the program."""

    CURRENT = "ok"
    BEHIND = "behind"
    # A newer release has been here: this one keeps working while it is replaced.
    AHEAD = "ahead"


@dataclass(frozen=True)
class Readiness:
    """What each thing we stand on says: "ok", or in two words why not. Names no address and no secret."""

    parts: Mapping[str, str]

    @property
    def is_ready(self) -> bool:
        """Whether everything needed is there."""
        return all(word in FINE for word in self.parts.values())


OK = "ok"
NO_ANSWER = "does not answer"
NOT_USED = "not used"
UNKNOWN = "unknown"
FINE = frozenset({OK, NOT_USED, Revision.AHEAD.value})


def judge_revision(applied: frozenset[str], *, newest: frozenset[str], known: frozenset[str]) -> Revision:
    """Return how the revisions applied to a database stand to those this program knows."""
    if applied == newest:
        return Revision.CURRENT
    return Revision.AHEAD if applied and not applied & known else Revision.BEHIND


def is_running(seen_at: datetime, *, now: datetime) -> bool:
    """Whether a part that was last seen then counts as running."""
    return now - seen_at <= SILENCE
