"""The portfolio's bubble chart, drawn for one account among its cohort: named itself, the others not."""

from collections.abc import Mapping
from typing import Any

from vocapp.charts.bubbles import Axis, Bubble
from vocapp.charts.frame import Spec
from vocapp.charts.specs import Corners, bubble_chart
from vocapp.reports.account.customer import PLAIN
from vocapp.reports.account.paper import has_long_name
from vocapp.reports.account.phrases import (
    chart_title,
)
from vocapp.reports.texts import (
    gettext,
    ngettext,
)

WIDTH = 350
# A name of two lines takes its second one from the chart.
TALL, LOW = 308, 262
OWN_AREA, OTHER_AREA = 420.0, 64.0
MIDDLE = (0.5, 0.5)


def cohort_spec(snapshot: Mapping[str, Any]) -> Spec | None:
    """Return the chart's spec, or None when the account or its cohort has no place on it."""
    place, score = snapshot["place"], snapshot["score"]
    if place is None or not snapshot["peers"] or score["status"] == "grey":
        return None
    others = [
        Bubble(id=number, name="", x=x, y=y, area=OTHER_AREA, status="grey")
        for number, (x, y) in enumerate(snapshot["peers"], start=1)
    ]
    before = snapshot["before"]
    status = "green" if score["status"] == PLAIN else score["status"]
    own = Bubble(
        id=0,
        name=snapshot["account"]["name"],
        x=place[0],
        y=place[1],
        area=OWN_AREA,
        status=status,
        before=(before[0], before[1]) if before else None,
    )
    return bubble_chart(
        [own, *others],
        x=Axis(gettext("Engagement"), 0, 1, "share"),
        y=Axis(gettext("Sentiment"), 0, 1, "share"),
        status_words={
            status: gettext("this account"),
            "grey": ngettext("%(num)s other account", "%(num)s other accounts", len(others)),
        },
        description=chart_title(snapshot),
        corners=None
        if score["status"] == PLAIN
        else Corners(
            upper_right=gettext("strong"),
            upper_left=gettext("quiet friends"),
            lower_right=gettext("vocal critics"),
            lower_left=gettext("silent risk"),
        ),
        split=MIDDLE,
        is_static=True,
        size=(WIDTH, LOW if has_long_name(snapshot) else TALL),
        # The legend says which one is meant.
        labels=0,
    )
