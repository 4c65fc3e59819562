"""What a token may do and how long it is good, as pure judgements."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# The letters in front let scanners of leaked secrets find a token in a repository or a log.
PREFIX = "voc_"
TOKEN = re.compile(r"voc_[A-Za-z0-9_-]{43}")
ENDING_LENGTH = 4

# How long a token may be good at most, and what is offered.
LIFETIMES = (30, 90, 365)

# A token's last use is written down no more often than this.
USE_NOTED_EVERY = timedelta(minutes=5)
# A POST that comes again with the same key is answered as before for so long.
ANSWERS_KEPT = timedelta(hours=24)

IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")


class Scope(StrEnum):
    """What a token may do; beyond that it may do no more than its user."""

    ACCOUNTS_READ = "accounts:read"
    CONTACTS_READ = "contacts:read"
    SURVEYS_READ = "surveys:read"
    WAVES_READ = "waves:read"
    INVITATIONS_READ = "invitations:read"
    RESPONSES_READ = "responses:read"
    OUTCOMES_READ = "outcomes:read"
    OUTCOMES_WRITE = "outcomes:write"
    EVENTS_READ = "events:read"
    EVENTS_WRITE = "events:write"
    REPORTS_READ = "reports:read"
    REPORTS_WRITE = "reports:write"


def known_scopes(names: Collection[str]) -> frozenset[Scope]:
    """Return the scopes among some names; one that the program no longer knows grants nothing."""
    return frozenset(scope for scope in Scope if scope.value in names)


@dataclass(frozen=True, slots=True)
class Bearer:
    """The token of a request, as far as the request needs to know it."""

    token_id: int
    user_id: int
    scopes: frozenset[Scope]
    last_used_at: datetime | None


def is_good(
    *, expires_at: datetime, revoked_at: datetime | None, is_user_active: bool, now: datetime
) -> bool:
    """Whether a token still opens anything."""
    return revoked_at is None and now < expires_at and is_user_active


def is_use_to_be_noted(last_used_at: datetime | None, *, now: datetime) -> bool:
    """Whether a use is news, or the last one was noted a moment ago."""
    return last_used_at is None or now - last_used_at >= USE_NOTED_EVERY
