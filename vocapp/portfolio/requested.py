"""What the address of a portfolio page asks for: filters, axes, the part of the chart."""

from collections.abc import Mapping

from flask import request

from vocapp.core.web import requested_text
from vocapp.identity.guards import current_person
from vocapp.identity.rules import sees_all_accounts
from vocapp.portfolio.chart_rules import AxisKey
from vocapp.portfolio.queries import Filters
from vocapp.portfolio.rules import Silence
from vocapp.portfolio.zoom import NAMES, WHOLE, Window, read_window

_PLAIN = ("tier", "region", "industry", "status", "renewal")


def requested_filters() -> Filters:
    """Return the filters that the address asks for."""
    wanted = {name: requested_text(name) for name in _PLAIN}
    owner = requested_text("owner") if sees_all_accounts(current_person().role) else ""
    silence = request.args.get("silence", "", type=Silence)
    return Filters(search=requested_text("q"), owner=owner, silence=silence, **wanted)


def requested_axes() -> tuple[AxisKey, AxisKey]:
    """Return what the address wants across and upwards."""
    return (
        request.args.get("x", AxisKey.ENGAGEMENT, type=AxisKey),
        request.args.get("y", AxisKey.SENTIMENT, type=AxisKey),
    )


def requested_window() -> Window:
    """Return the part of the chart that the address asks for; the whole once other axes are chosen.

    A form says with `part_of` which axes its part was meant for.
    """
    x, y = requested_axes()
    if request.args.get("part_of", f"{x} {y}") != f"{x} {y}":
        return WHOLE
    return read_window({name: requested_text(name) for name in NAMES}, x, y)


def together(*parts: Mapping[str, str]) -> dict[str, str]:
    """Return what an address says that asks for several things at once; later ones win."""
    return {name: value for part in parts for name, value in part.items()}
