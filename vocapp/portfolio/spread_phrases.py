"""Distributions in words: strengths, colours, who brings which share of ARR, tier by region."""

from flask_babel import gettext, ngettext

from vocapp.core.formats import decimal, percent, short_money
from vocapp.portfolio.chart_phrases import status_words
from vocapp.portfolio.heat_rules import HeatMap
from vocapp.portfolio.phrases import join_clauses
from vocapp.portfolio.spread_rules import Alarm, RevenueCurve, Spread
from vocapp.portfolio.whole_phrases import money_words

# Shares that differ by less are about the same to a reader.
ABOUT = 0.05


def spread_line(spread: Spread) -> str:
    """Return how many accounts are measured, the middle one, and between which strengths half of them lie."""
    measured = ngettext(
        "%(measured)s of %(num)s account is measured.",
        "%(measured)s of %(num)s accounts are measured.",
        spread.accounts,
        measured=decimal(spread.measured),
    )
    if spread.quartiles is None:
        return str(measured)
    low, middle, high = (decimal(mark) for mark in spread.quartiles)
    if spread.measured == 1:
        return (
            f"{measured} {gettext('It stands at %(middle)s: one account is no distribution.', middle=middle)}"
        )
    if low == high:
        return f"{measured} {gettext('At least half of them stand at %(middle)s.', middle=middle)}"
    said = gettext(
        "The middle one stands at %(middle)s; half of them lie between %(low)s and %(high)s.",
        middle=middle,
        low=low,
        high=high,
    )
    return f"{measured} {said}"


def confidence_line(spread: Spread) -> str:
    """Return how sure the strengths are, in counts."""
    count = spread.confidences
    clauses = [
        gettext("sure at %(count)s", count=decimal(count["high"])) if count["high"] else "",
        gettext("fairly sure at %(count)s", count=decimal(count["medium"])) if count["medium"] else "",
        gettext("a hint only at %(count)s", count=decimal(count["low"])) if count["low"] else "",
        gettext("not sure at all at %(count)s", count=decimal(count["none"])) if count["none"] else "",
    ]
    said = join_clauses([str(clause) for clause in clauses])
    return str(gettext("How sure strengths are: %(said)s accounts.", said=said)) if said else ""


def alarm_line(alarm: Alarm) -> str:
    """Return whether colours still tell accounts apart, from how many, and what to do if not."""
    judgement = alarm.judgement
    if judgement.evenness is None:
        return str(gettext("No account has a colour yet, so colours say nothing."))
    if judgement.is_alarming:
        return _colours_fail(alarm)
    if judgement.reason:
        return str(
            ngettext(
                "%(num)s account with a colour is too few to judge whether colours tell accounts apart.",
                "%(num)s accounts with a colour are too few to judge whether colours tell accounts apart.",
                alarm.measured,
            )
        )
    return str(
        gettext(
            "Colours tell accounts apart: over the %(count)s accounts that have one they are spread "
            "%(evenness)s of 1 evenly.",
            evenness=decimal(judgement.evenness, 2),
            count=decimal(alarm.measured),
        )
    )


def _colours_fail(alarm: Alarm) -> str:
    return str(
        gettext(
            "Colours hardly tell accounts apart: %(share)s of %(count)s accounts with a colour are "
            "“%(word)s” (evenness %(evenness)s of 1). Compare with what became of such accounts at their "
            "renewals, and think of new marks for the colours; nothing is shifted by itself.",
            share=percent(alarm.share),
            count=decimal(alarm.measured),
            word=status_words()[alarm.largest],
            evenness=decimal(alarm.judgement.evenness, 2),
        )
    )


def curve_line(curve: RevenueCurve) -> str:
    """Return how much of the ARR the weakest half of accounts brings, or why that cannot be said."""
    if not curve.points:
        if not curve.arr and curve.accounts:
            return str(gettext("None of them brings any ARR."))
        return str(
            ngettext(
                "%(num)s measured account with ARR is too few for shares.",
                "%(num)s measured accounts with ARR are too few for shares.",
                curve.accounts,
            )
        )
    half = next(step for step in curve.steps if step.accounts == 0.5)
    said = gettext(
        "The weakest half of %(count)s accounts brings %(share)s of the ARR (%(part)s of %(whole)s)",
        count=decimal(curve.accounts),
        share=percent(half.share),
        part=short_money(half.arr, curve.currency),
        whole=short_money(curve.arr, curve.currency),
    )
    if half.share > 0.5 + ABOUT:
        return str(gettext("%(said)s: more than their number.", said=said))
    if half.share < 0.5 - ABOUT:
        return str(gettext("%(said)s: less than their number.", said=said))
    return str(gettext("%(said)s: about as much as their number.", said=said))


def curve_title(curve: RevenueCurve) -> str:
    """Return what the table of a curve holds."""
    return str(gettext("Share of ARR in %(currency)s by strength", currency=curve.currency or "–"))


def unordered_line(curve: RevenueCurve) -> str:
    """Return how many accounts with ARR have no place in the order; empty for none."""
    if not curve.unordered.accounts:
        return ""
    return str(
        ngettext(
            "%(num)s account has no strength yet and is not in the order (ARR %(money)s).",
            "%(num)s accounts have no strength yet and are not in the order (ARR %(money)s).",
            curve.unordered.accounts,
            money=money_words(curve.unordered.arr) or short_money(0, curve.currency),
        )
    )


def heat_line(heat: HeatMap) -> str:
    """Return what the map says as a whole: its weakest and strongest cell, or that there is too little."""
    names = {side.key: side.name for side in heat.regions}
    tiers = {side.key: side.name for side in heat.tiers}
    cells = [
        (cell.mean, tiers[tier] or gettext("no tier"), names[region] or gettext("no region"))
        for (tier, region), cell in heat.cells.items()
        if tier and region and cell.mean is not None
    ]
    if len(cells) < 2:
        return str(gettext("Fewer than two cells have five measured accounts: too few to compare."))
    weakest, strongest = min(cells), max(cells)
    return str(
        gettext(
            "The weakest cell is %(weak_tier)s in %(weak_region)s with a mean of %(weak)s, the strongest "
            "%(tier)s in %(region)s with %(strong)s. Where their ranges overlap, chance may be all there is.",
            weak_tier=weakest[1],
            weak_region=weakest[2],
            weak=decimal(weakest[0]),
            tier=strongest[1],
            region=strongest[2],
            strong=decimal(strongest[0]),
        )
    )
