"""The HTML of a wave report."""

from collections.abc import Mapping
from typing import Any

from vocapp.reports.paging import written
from vocapp.reports.wave import answers, phrases
from vocapp.reports.wave.charting import FUNNEL_WIDTH, HEIGHT, WIDTH, columns
from vocapp.reports.wave.rules import is_enough, shares_of


def wave_page(snapshot: Mapping[str, Any]) -> str:
    """Return the HTML that is printed for the snapshot of a wave."""
    funnel = snapshot["funnel"]
    is_sent = funnel is not None and "sent" in funnel
    steps = phrases.outcomes(funnel) if is_sent else []
    shares = shares_of([count for _word, count in steps])
    return written(
        "pdf/wave.html",
        snapshot,
        specs={},
        say=phrases,
        told=answers,
        is_sent=is_sent,
        steps=[(word, count, share) for (word, count), share in zip(steps, shares, strict=True)],
        columns=columns(snapshot["rating"]) if is_enough(snapshot["rating"]) else [],
        size=(WIDTH, HEIGHT, FUNNEL_WIDTH),
    )
