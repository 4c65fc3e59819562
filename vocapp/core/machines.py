"""May what came through a mail's link be a machine's? Pure, for every page behind such a link."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType


class Signal(StrEnum):
    """One thing that speaks for a machine. Short, because several of them stand together in one column."""

    TRAP_FIELD = "trap_field"
    BURST = "burst"
    BOTH_LINKS = "both"
    SOON = "soon"
    QUICK = "quick"
    BOT = "bot"


# Why something may not come from a person: its signals, joined by "+". It counts nowhere until released.
Doubt = NewType("Doubt", str)


class Decision(StrEnum):
    """What somebody decided about a doubtful form or click."""

    RELEASED = "released"
    KEPT_OUT = "kept_out"


# Announced machines only: a scanner that poses as a browser is not caught by its name. Tools that people run
# by hand (curl, a test browser) are none.
_MACHINE_NAME = re.compile(r"bot\b|crawl|spider|scan|preview|prefetch|fetcher", re.IGNORECASE)
SOON_AFTER_SENDING = timedelta(seconds=5)
QUICK_TO_SEND = timedelta(seconds=1.5)
SIGNALS_THAT_DECIDE = 2

# What the two weak signals were called while there were only two.
_FORMER_NAMES = {"machine_signs": (Signal.SOON, Signal.BOT)}


def visit_signals(*, user_agent: str, sent_at: datetime | None, now: datetime) -> frozenset[Signal]:
    """Return what speaks against a visitor whatever they do: who they say they are, and how soon they come.

    `sent_at` is when the mail server took the mail with the link.
    """
    signals: set[Signal] = set()
    if not user_agent.strip() or _MACHINE_NAME.search(user_agent):
        signals.add(Signal.BOT)
    if sent_at is not None and now - sent_at < SOON_AFTER_SENDING:
        signals.add(Signal.SOON)
    return frozenset(signals)


def is_quick(opened_at: datetime | None, *, now: datetime) -> bool:
    """Whether a form came sooner after its page was opened than anybody reads; unknown is no."""
    return opened_at is not None and now - opened_at < QUICK_TO_SEND


def doubt_of(signals: Iterable[Signal]) -> Doubt | None:
    """Return the doubt that signals raise, or None.

    The hidden field is decisive: no person sees it. Of the others, all weak, one alone never is.
    """
    spoken = frozenset(signals)
    if Signal.TRAP_FIELD not in spoken and len(spoken) < SIGNALS_THAT_DECIDE:
        return None
    return named(spoken)


def named(signals: Iterable[Signal]) -> Doubt:
    """Return signals as the text that is kept, always in the same order."""
    spoken = frozenset(signals)
    return Doubt("+".join(signal for signal in Signal if signal in spoken))


def signals_in(doubt: str | None) -> tuple[Signal, ...]:
    """Return the signals of a kept doubt, none for None."""
    if not doubt:
        return ()
    return _FORMER_NAMES.get(doubt) or tuple(Signal(name) for name in doubt.split("+"))
