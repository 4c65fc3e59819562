"""The portfolio chart in words: axes, corners, the one-sentence reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask_babel import gettext, ngettext

from vocapp.charts.bubbles import Axis
from vocapp.charts.specs import Corners
from vocapp.core.formats import decimal, percent, points, short_money
from vocapp.portfolio.chart_rules import AxisKey, Corner, Lack, Reading, Row, has_corners, shown_range
from vocapp.portfolio.phrases import join_clauses, renewal_words
from vocapp.portfolio.zoom import NAMES, SCALES, Limits, Window, address_of, corner_window, window_range

_KINDS = {AxisKey.STRENGTH: "number", AxisKey.NPS: "points"}


def axis_name(key: AxisKey) -> str:
    """Return the name of what an axis shows."""
    return str(
        {
            AxisKey.ENGAGEMENT: gettext("Engagement"),
            AxisKey.SENTIMENT: gettext("Sentiment"),
            AxisKey.FOOTPRINT: gettext("Footprint"),
            AxisKey.STRENGTH: gettext("Strength"),
            AxisKey.NPS: gettext("NPS"),
        }[key]
    )


def axis_of(key: AxisKey, values: Sequence[float], limits: Limits = (None, None)) -> Axis:
    """Return an axis that shows these values with a little air and its middle, or the part within limits."""
    low, high = shown_range(key, values) if limits == (None, None) else window_range(limits, key)
    return Axis(axis_name(key), low, high, _KINDS.get(key, "share"))


def figure(value: float | None, key: AxisKey) -> str:
    """Return a value in the unit of its axis; a dash for None."""
    if key is AxisKey.NPS:
        return points(value)
    return decimal(value) if key is AxisKey.STRENGTH else percent(value)


def part_line(window: Window, x: AxisKey, y: AxisKey) -> str:
    """Return which part of a chart is shown, "Engagement up to 50%, NPS from +10"; empty for the whole."""
    return join_clauses([_limits_words(window.x, x), _limits_words(window.y, y)])


def _limits_words(limits: Limits, key: AxisKey) -> str:
    low, high = limits
    name = axis_name(key)
    if low is None and high is None:
        return ""
    if low is None:
        return str(gettext("%(axis)s up to %(high)s", axis=name, high=figure(high, key)))
    if high is None:
        return str(gettext("%(axis)s from %(low)s", axis=name, low=figure(low, key)))
    return str(
        gettext("%(axis)s %(low)s to %(high)s", axis=name, low=figure(low, key), high=figure(high, key))
    )


@dataclass(frozen=True, slots=True)
class MapWords:
    """What a page says and links to about the part of the chart it shows.

    `line` names that part (empty for the whole); `axes` and `part` are what an address says to ask for the
    same chart and the same part; `limits` are the part's ends as (name, label, value) for a form; `scales`
    turn the values of the axes into those of addresses.
    """

    line: str
    axes: Mapping[str, str]
    part: Mapping[str, str]
    limits: Sequence[tuple[str, str, str]]
    corners: Sequence[tuple[str, Mapping[str, str]]]
    scales: tuple[float, float]


def map_words(window: Window, x: AxisKey, y: AxisKey) -> MapWords:
    """Return the words of a chart's part."""
    part, axes = address_of(window, x, y), {"x": x.value, "y": y.value}
    across, up = axis_name(x), axis_name(y)
    labels = (
        gettext("%(axis)s from", axis=across),
        gettext("%(axis)s to", axis=across),
        gettext("%(axis)s from", axis=up),
        gettext("%(axis)s to", axis=up),
    )
    return MapWords(
        line=part_line(window, x, y),
        axes=axes,
        part=part,
        limits=[(name, str(label), part.get(name, "")) for name, label in zip(NAMES, labels, strict=True)],
        corners=corner_choices(x, y),
        scales=(SCALES[x], SCALES[y]),
    )


def corner_choices(x: AxisKey, y: AxisKey) -> list[tuple[str, dict[str, str]]]:
    """Return the named corners of a chart and what an address says to see one alone; none without names."""
    if not has_corners(x, y):
        return []
    named = corners()
    words = {
        Corner.STRONG: named.upper_right,
        Corner.QUIET_FRIENDS: named.upper_left,
        Corner.VOCAL_CRITICS: named.lower_right,
        Corner.SILENT_RISK: named.lower_left,
    }
    return [(word, address_of(corner_window(corner, x, y), x, y)) for corner, word in words.items()]


def why_unplaced(lack: Lack) -> str:
    """Return why accounts have no place on the chart."""
    return str(
        {
            Lack.NEVER_ASKED: gettext("nobody there has been asked in a closed wave"),
            Lack.NO_ANSWER: gettext("people there were asked, and nobody has answered"),
            Lack.NO_RULE: gettext("no tier rule says who should be known"),
            Lack.TOO_LITTLE: gettext("too little is measured"),
        }[lack]
    )


def corners() -> Corners:
    """Return the names of the four corners."""
    return Corners(
        upper_right=str(gettext("strong")),
        upper_left=str(gettext("quiet friends")),
        lower_right=str(gettext("vocal critics")),
        lower_left=str(gettext("silent risk")),
    )


def status_words() -> dict[str, str]:
    """Return the statuses in words."""
    return {
        "green": str(gettext("Strong")),
        "amber": str(gettext("Watch")),
        "red": str(gettext("At risk")),
        "grey": str(gettext("Not known yet")),
    }


def reading_line(reading: Reading, x: AxisKey, y: AxisKey) -> str:
    """Return what a chart says, in one or two sentences."""
    if not reading.total:
        return str(gettext("No account has both values yet."))
    if reading.medians is not None and not reading.corners:
        return str(
            ngettext(
                "One account, with %(x)s at %(a)s and %(y)s at %(b)s.",
                "%(count)s accounts; the middle one has %(x)s at %(a)s, and %(y)s at %(b)s.",
                reading.total,
                count=decimal(reading.total),
                x=axis_name(x).lower() if x is not AxisKey.NPS else axis_name(x),
                y=axis_name(y).lower() if y is not AxisKey.NPS else axis_name(y),
                a=figure(reading.medians[0], x),
                b=figure(reading.medians[1], y),
            )
        )
    return " ".join(part for part in (_corner_sentence(reading), _first_sentence(reading)) if part)


def _corner_sentence(reading: Reading) -> str:
    counts, total = reading.corners, reading.total
    said = join_clauses([_in_corner(corner, counts[corner]) for corner in Corner if counts[corner]])
    count = decimal(total)
    return str(
        ngettext(
            "Of one account, %(said)s.", "Of %(count)s accounts, %(said)s.", total, said=said, count=count
        )
    )


def _in_corner(corner: Corner, number: int) -> str:
    count = decimal(number)
    match corner:
        case Corner.STRONG:
            # The corner, not the status: an account on watch can stand here too.
            said = ngettext(
                "%(count)s is in the strong corner", "%(count)s are in the strong corner", number, count=count
            )
        case Corner.QUIET_FRIENDS:
            said = ngettext("%(count)s is a quiet friend", "%(count)s are quiet friends", number, count=count)
        case Corner.VOCAL_CRITICS:
            said = ngettext("%(count)s is a vocal critic", "%(count)s are vocal critics", number, count=count)
        case Corner.SILENT_RISK:
            said = ngettext("%(count)s is a silent risk", "%(count)s are a silent risk", number, count=count)
    return str(said)


def _first_sentence(reading: Reading) -> str:
    if reading.first is None:
        return ""
    name, facts = reading.first.name, join_clauses(account_facts(reading.first))
    if reading.is_first_silent:
        line = gettext("Look first at %(name)s (%(facts)s): nobody there answers.", name=name, facts=facts)
    elif reading.first_corner is Corner.SILENT_RISK:
        line = gettext("Look first at %(name)s, a silent risk (%(facts)s).", name=name, facts=facts)
    else:
        line = gettext("Look first at %(name)s, a vocal critic (%(facts)s).", name=name, facts=facts)
    return str(line)


def account_facts(row: Row) -> Sequence[str]:
    """Return an account's tier, ARR and renewal as short clauses."""
    return [
        row.tier,
        short_money(row.arr, row.currency) if row.arr is not None else str(gettext("ARR not known")),
        renewal_words(row.days_to_renewal),
    ]


def area_note(currencies: Sequence[str]) -> str:
    """Return what the area of a bubble means."""
    if len(currencies) < 2:
        return str(gettext("The larger the area, the larger the ARR."))
    return str(
        gettext(
            "The larger the area, the larger the ARR, compared within one currency (%(currencies)s).",
            currencies=", ".join(currencies),
        )
    )
