"""Judgements of a paper as sentences."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from surveys.trend import Direction, WaveChange
from vocapp.core.formats import answers, day, decimal, points
from vocapp.reports.account.customer import PLAIN
from vocapp.reports.account.paper import Measure, Paper, PersonaRow, Seats
from vocapp.reports.account.rules import (
    Movement,
    Place,
    costliest,
    judge_place,
)
from vocapp.reports.account.withheld import repeated_line as repeated_line
from vocapp.reports.account.withheld import too_few, withheld_line
from vocapp.reports.reasons import reason
from vocapp.reports.texts import clauses, gettext, kept_together, listed, month, ngettext, signed

Snapshot = Mapping[str, Any]


def verdict(snapshot: Snapshot) -> str:
    """Return where an account stands, in one sentence."""
    account, score = snapshot["account"], snapshot["score"]
    measured = score is not None and score["measures"]["strength"]["value"] is not None
    if account["is_churned"]:
        return _farewell(score) if measured else gettext("No longer a customer, and never measured.")
    if not measured:
        found = score["measures"]["strength"]["reason"] if score else ""
        why = reason(found) if found else gettext("no scores have been computed")
        return gettext("There is nothing to judge yet: %(reason)s.", reason=why)
    said = [_standing_clause(score["status"], snapshot["standings"]["strength"]["ci"])]
    if score["answers"] == 1:
        said.append(gettext("one answer is a hint, not a picture"))
    else:
        said.append(_cost_clause(score))
    waves = score["measures"]["decision_maker"]["silent_waves"]
    if waves >= 2:
        said.append(gettext("the decision maker has not answered for %(count)s waves", count=waves))
    sentence = clauses(said)
    return kept_together(f"{sentence[:1].upper()}{sentence[1:]}")


def _farewell(score: Mapping[str, Any]) -> str:
    if score["status"] == PLAIN:
        return gettext("The account has left; there is nothing to ask of it.")
    said = {
        "green": gettext("No longer a customer, although the relationship last looked strong."),
        "red": gettext("No longer a customer; the relationship was at risk when last measured."),
    }
    return said.get(
        score["status"],
        gettext("No longer a customer; the relationship was to be watched when last measured."),
    )


def _standing_clause(status: str, ci: Sequence[float] | None) -> str:
    head = {
        "green": gettext("A strong relationship"),
        "amber": gettext("A relationship to watch"),
        "red": gettext("A relationship at risk"),
    }.get(status, gettext("A relationship we cannot judge yet"))
    place = {
        Place.ABOVE: gettext("stronger than most accounts like it"),
        Place.LEVEL: gettext("level with accounts like it"),
        Place.BELOW: gettext("weaker than most accounts like it"),
        Place.UNKNOWN: "",
    }[judge_place(ci)]
    # The edition for customers has no word for how it stands.
    return place if status == PLAIN else listed([head, place])


def _cost_clause(score: Mapping[str, Any]) -> str:
    cause = costliest(score["measures"]["points_lost"])
    if cause is None:
        return gettext("nothing costs it more than three points")
    if score["status"] in {"green", PLAIN}:
        return {
            "footprint": gettext("most is to be gained from people we do not know yet"),
            "engagement": gettext("most is to be gained from those who stay silent"),
            "sentiment": gettext("most is to be gained from what people say"),
        }[cause]
    return {
        "footprint": gettext("people we do not know cost it most"),
        "engagement": gettext("silence costs it most"),
        "sentiment": gettext("what people say costs it most"),
    }[cause]


def status_word(status: str) -> str:
    """Return a status in a word, as pages say it."""
    return {"green": gettext("Strong"), "amber": gettext("Watch"), "red": gettext("At risk")}.get(
        status, gettext("Not known yet")
    )


def sureness(score: Mapping[str, Any]) -> str:
    """Return how sure a score is, in words, with the number of answers behind it."""
    if score["answers"] == 1:
        return gettext("one answer: treat as a hint")
    words = {"high": gettext("sure"), "medium": gettext("fairly sure"), "low": gettext("a hint only")}
    said = words.get(score["confidence"])
    return listed([said or "", answers(score["answers"])])


def measure_word(key: str) -> str:
    """Return the name of a measure inside a sentence."""
    return {
        "footprint": gettext("footprint"),
        "engagement": gettext("engagement"),
        "sentiment": gettext("sentiment"),
    }[key]


def meaning(key: str) -> str:
    """Return what a measure tells, in a few words."""
    return {
        "footprint": gettext("do we know the people who matter"),
        "engagement": gettext("do they take part when we ask"),
        "sentiment": gettext("how those who answer feel"),
    }[key]


def basis(measure: Measure, snapshot: Snapshot) -> str:
    """Return what a measure rests on: seats, invitations or answers."""
    n = measure.document["n"]
    if measure.key == "footprint":
        return gettext(
            "%(filled)s of %(required)s seats",
            filled=snapshot["footprint"]["filled"],
            required=snapshot["footprint"]["required"],
        )
    if measure.key == "engagement":
        return ngettext("%(num)s invitation", "%(num)s invitations", n)
    if n == 1:
        return gettext("one answer: treat as a hint")
    return gettext(
        "NPS %(nps)s, %(answers)s",
        nps=points(snapshot["score"]["measures"]["nps"]["value"]),
        answers=answers(n),
    )


def missing(measure: Measure) -> str:
    """Return why a measure has no value."""
    found = measure.document["reason"]
    return reason(found) if found else gettext("not measured yet")


def no_percentile(measure: Measure) -> str:
    """Return why a measure has no percentile."""
    return gettext("No percentile: %(reason)s.", reason=reason(measure.standing["reason"]))


def line_title(name: str, measure: Measure) -> str:
    """Return what a line of dots shows, in words."""
    standing = measure.standing
    own = gettext("not measured") if measure.value is None else decimal(measure.value)
    if standing["rung"] is None:
        return gettext(
            "%(name)s on a scale of 0 to 100: %(own)s. Nobody to compare with.", name=name, own=own
        )
    scale = 1 if measure.key == "strength" else 100
    return gettext(
        "%(name)s on a scale of 0 to 100: %(own)s; the middle of %(cohort)s is %(median)s.",
        name=name,
        own=own,
        cohort=cohort_line(standing),
        median=decimal(standing["median"] * scale),
    )


def persona_name(name: str, others: int) -> str:
    """Return a persona's name, or how many personas share a line."""
    if others:
        return ngettext("%(num)s other persona", "%(num)s other personas", others)
    return name or gettext("no persona")


def seats_line(seats: Seats) -> str:
    """Return the seats of a persona in words."""
    return gettext(
        "%(persona)s: %(filled)s filled, %(doubtful)s in doubt, %(empty)s empty",
        persona=persona_name(seats.name, seats.others),
        filled=seats.filled,
        doubtful=seats.doubtful,
        empty=seats.empty,
    )


def lost_line(paper: Paper) -> str:
    """Return the points reached and lost in words."""
    parts = [gettext("%(points)s reached", points=decimal(paper.strength.value))]
    parts += [
        gettext("%(points)s lost to %(measure)s", points=decimal(lost), measure=measure_word(cause))
        for cause, lost in paper.lost
    ]
    return listed(parts)


def voices_line(snapshot: Snapshot) -> str:
    """Return how many said what, silence among them."""
    if withheld := withheld_line(snapshot):
        return withheld
    score = snapshot["score"]
    classes = score["measures"]["classes"] if score else {}
    heard = sum(classes.get(name, 0) for name in ("promoters", "passives", "detractors"))
    silent = classes.get("silent", 0)
    if not heard and not silent:
        return gettext("Nobody has answered or been silent yet.")
    counted = (
        (classes["promoters"], ngettext("%(num)s promoter", "%(num)s promoters", classes["promoters"])),
        (classes["passives"], ngettext("%(num)s passive", "%(num)s passives", classes["passives"])),
        (classes["detractors"], ngettext("%(num)s detractor", "%(num)s detractors", classes["detractors"])),
        (silent, gettext("%(count)s silent", count=silent)),
    )
    said = listed(words for count, words in counted if count)
    return clauses([said, gettext("one answer: treat as a hint") if heard == 1 else ""])


def part_line(row: PersonaRow, outcomes: Sequence[tuple[str, str]]) -> str:
    """Return how the people of a persona take part, in words."""
    said = listed(
        gettext("%(count)s %(outcome)s", count=row.counts[key], outcome=word)
        for key, word in outcomes
        if row.counts[key]
    )
    return gettext("%(persona)s: %(counts)s", persona=persona_name(row.persona, row.others), counts=said)


def no_people(snapshot: Snapshot) -> str:
    """Return why nobody is counted."""
    is_withheld = snapshot.get("people_withheld", False)
    return too_few() if is_withheld else gettext("No people are known at this account yet.")


def people_line(paper: Paper) -> str:
    """Return how many people are known."""
    return ngettext("%(num)s person", "%(num)s people", sum(row.total for row in paper.rows))


def trend_title(paper: Paper) -> str:
    """Return the strengths over the waves, in words."""
    said = listed(
        f"{month(point.day)}: {decimal(point.value)}" for point in paper.trend if point.value is not None
    )
    return gettext("Strength over the waves: %(values)s", values=said)


def chart_title(snapshot: Snapshot) -> str:
    """Return what the bubble chart shows, in words."""
    engagement, sentiment = snapshot["place"]
    return gettext(
        "%(account)s among %(cohort)s: engagement %(engagement)s, sentiment %(sentiment)s of 100",
        account=snapshot["account"]["name"],
        cohort=cohort_line(snapshot["standings"]["strength"]),
        engagement=decimal(engagement * 100),
        sentiment=decimal(sentiment * 100),
    )


def no_chart(snapshot: Snapshot) -> str:
    """Return why there is no bubble chart."""
    if not (snapshot["peers"] or withheld_line(snapshot)):
        return gettext("There are not ten other accounts to compare with.")
    return gettext("Not enough answers to say.")


def cohort_line(standing: Mapping[str, Any]) -> str:
    """Return with whom an account is compared: "11 other accounts of Tier 1, DACH"."""
    if standing["rung"] is None:
        return gettext("no cohort of ten others")
    if standing.get("is_unnamed") and not standing["cohort"]:
        return ngettext("%(num)s other account", "%(num)s other accounts", standing["n"])
    if not standing["cohort"]:
        return ngettext("the one other account", "all %(num)s other accounts", standing["n"])
    return ngettext(
        "%(num)s other account of %(cohort)s",
        "%(num)s other accounts of %(cohort)s",
        standing["n"],
        cohort=listed(standing["cohort"]),
    )


def cohort_note(measure: Measure) -> str:
    """Return with whom an account is compared, who is left out and how they are drawn, as a sentence."""
    standing, without = measure.standing, measure.standing["without_value"]
    left_out = gettext("%(count)s without a value left out", count=decimal(without)) if without else ""
    several = gettext("each dot stands for several") if measure.line.stand_for_several else ""
    return clauses([listed([cohort_line(standing), left_out]), several])


def series_line(snapshot: Mapping[str, Any]) -> str:
    """Return since when another definition makes strengths, in a sentence; nothing while it is one."""
    since = snapshot.get("redefined_on")
    if since is None:
        return ""
    return gettext(
        "Made by another definition since %(day)s; earlier waves are not compared.",
        day=day(date.fromisoformat(since)),
    )


def trend_line(movement: Movement) -> str:
    """Return whether the waves show a trend, in a sentence."""
    if movement.waves == 0:
        return gettext("No wave has been measured yet, so there is nothing to compare.")
    if movement.direction is Direction.TOO_FEW_WAVES:
        return ngettext(
            "%(num)s wave measured; nothing can be called a trend before the fifth.",
            "%(num)s waves measured; nothing can be called a trend before the fifth.",
            movement.waves,
        )
    if movement.direction is Direction.NO_TREND:
        return gettext(
            "No trend: over %(count)s waves the order is no better than chance.", count=movement.waves
        )
    slope = signed(movement.slope or 0.0)
    if movement.direction is Direction.RISING:
        return gettext("Rising, and really so: about %(slope)s points a wave.", slope=slope)
    return gettext("Falling, and really so: about %(slope)s points a wave.", slope=slope)


def change_line(change: WaveChange | None) -> str:
    """Return whether the latest change is more than chance, in a sentence; nothing without one."""
    if change is None:
        return ""
    if round(change.change) == 0:
        return gettext("The latest wave changed nothing.")
    values = {"change": signed(change.change), "threshold": decimal(change.threshold)}
    if change.is_real:
        return gettext(
            "The latest change, %(change)s points, is real: chance alone explains up to %(threshold)s.",
            **values,
        )
    return gettext(
        "The latest change, %(change)s points, may be chance, which explains up to %(threshold)s.", **values
    )
