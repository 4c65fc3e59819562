"""The charts of a portfolio review: the bubbles of the portfolio page, and how strengths are spread."""

from collections.abc import Mapping, Sequence
from typing import Any

from vocapp.charts.bubbles import Axis, Bubble
from vocapp.charts.frame import Spec
from vocapp.charts.specs import Corners, bubble_chart
from vocapp.reports.texts import gettext, ngettext

SIZE = (655, 400)
NAMED = 14
BINS_WIDTH, BINS_HEIGHT = 84.0, 26.0
MIDDLE = (0.5, 0.5)


def bubbles_spec(snapshot: Mapping[str, Any]) -> Spec | None:
    """Return the bubble chart, or None when no account has a place on it."""
    bubbles = [
        Bubble(
            id=number,
            name=one["name"],
            x=one["place"][0],
            y=one["place"][1],
            area=one["area"],
            status=one["status"],
            before=(one["before"][0], one["before"][1]) if one["before"] else None,
        )
        for number, one in enumerate(snapshot["chart"]["bubbles"])
    ]
    if not bubbles:
        return None
    return bubble_chart(
        bubbles,
        x=Axis(gettext("Engagement"), 0, 1, "share"),
        y=Axis(gettext("Sentiment"), 0, 1, "share"),
        status_words={
            "green": gettext("Strong"),
            "amber": gettext("Watch"),
            "red": gettext("At risk"),
            "grey": gettext("Not known yet"),
        },
        description=bubbles_title(snapshot),
        corners=Corners(
            upper_right=gettext("strong"),
            upper_left=gettext("quiet friends"),
            lower_right=gettext("vocal critics"),
            lower_left=gettext("silent risk"),
        ),
        split=MIDDLE,
        is_static=True,
        size=SIZE,
        labels=NAMED,
    )


def bubbles_title(snapshot: Mapping[str, Any]) -> str:
    """Return the chart in a sentence."""
    bubbles = snapshot["chart"]["bubbles"]
    return ngettext(
        "One account by who takes part and how they feel.",
        "%(num)s accounts by who takes part and how they feel; %(weak)s lie in the lower half of both.",
        len(bubbles),
        weak=sum(max(one["place"]) < MIDDLE[0] for one in bubbles),
    )


def bars(counts: Sequence[int]) -> list[tuple[float, float, float, float]]:
    """Return (x, y, width, height) in millimetres of a bar per bin."""
    top = max(counts, default=0) or 1
    step = BINS_WIDTH / len(counts) if counts else 0.0
    return [
        (
            round(number * step + 0.4, 2),
            round(BINS_HEIGHT * (1 - count / top), 2),
            round(step - 0.8, 2),
            round(BINS_HEIGHT * count / top, 2),
        )
        for number, count in enumerate(counts)
    ]
