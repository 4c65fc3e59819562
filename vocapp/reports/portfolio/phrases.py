"""A portfolio review in sentences."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from surveys.intervals import wilson_interval
from vocapp.core.formats import day, decimal, percent, share_interval, short_money
from vocapp.reports.portfolio.rules import Reason
from vocapp.reports.texts import clauses, day_of, gettext, listed, ngettext, quarter, signed

Snapshot = Mapping[str, Any]


def verdict(snapshot: Snapshot) -> str:
    """Return where the portfolio stands, in one sentence."""
    total, measured = snapshot["accounts"], snapshot["measured"]
    if not total:
        return gettext("There are no accounts yet, so there is nothing to review.")
    if not measured:
        return ngettext(
            "%(num)s account, not measured yet: nobody has been asked.",
            "%(num)s accounts, none of them measured yet: nobody has been asked.",
            total,
        )
    counts = {one["status"]: one["accounts"] for one in snapshot["shares"]}
    said = ngettext(
        "%(green)s of %(num)s account is strong",
        "%(green)s of %(num)s accounts are strong",
        total,
        green=decimal(counts.get("green", 0)),
    )
    red, near = counts.get("red", 0), snapshot["near_renewal"]["accounts"]
    if not red:
        return gettext("%(said)s, and none is at risk.", said=said)
    risk = ngettext("%(num)s is at risk", "%(num)s are at risk", red)
    if not near:
        return gettext("%(said)s and %(risk)s; none of those renews within 90 days.", said=said, risk=risk)
    renews = ngettext("%(num)s of them renews within 90 days", "%(num)s of them renew within 90 days", near)
    return gettext("%(said)s, %(risk)s, and %(renews)s.", said=said, risk=risk, renews=renews)


def status_word(status: str) -> str:
    """Return a status in a word."""
    return {"green": gettext("Strong"), "amber": gettext("Watch"), "red": gettext("At risk")}.get(
        status, gettext("Not known yet")
    )


def worth_words(worth: Mapping[str, Any]) -> str:
    """Return revenue per currency, never added; a dash for none known."""
    sums = [short_money(amount, currency) for currency, amount in sorted(worth["arr"].items()) if amount]
    return " + ".join(sums) or "–"


def strengths_line(snapshot: Snapshot) -> str:
    """Return how the strengths are spread, in a sentence."""
    quartiles = snapshot["spread"]["quartiles"]
    if quartiles is None:
        return gettext("Not enough answers to say: nothing is measured yet.")
    low, middle, high = (decimal(value) for value in quartiles)
    return ngettext(
        "One account is measured, at %(middle)s.",
        "Half of %(num)s measured accounts lie between %(low)s and %(high)s, the middle one at %(middle)s.",
        snapshot["measured"],
        low=low,
        high=high,
        middle=middle,
    )


def sureness_line(snapshot: Snapshot) -> str:
    """Return how sure the strengths are, in a sentence."""
    if not snapshot["measured"]:
        return ""
    weak = snapshot["spread"]["confidences"].get("low", 0)
    if not weak:
        return gettext("No strength rests on a hint only.")
    return ngettext(
        "%(num)s strength is a hint only, because few have answered.",
        "%(num)s strengths are hints only, because few have answered.",
        weak,
    )


def chart_line(snapshot: Snapshot) -> str:
    """Return how the chart is read and what it leaves out."""
    chart = snapshot["chart"]
    said = [gettext("Size is ARR in the account’s own currency; tails lead from before the latest wave.")]
    if chart["unplaced"]:
        said.append(
            ngettext(
                "%(num)s account has no place here, because one of the two is not measured.",
                "%(num)s accounts have no place here, because one of the two is not measured.",
                chart["unplaced"],
            )
        )
    if chart["left_out"]:
        said.append(
            ngettext(
                "%(num)s smaller account is left out for want of room.",
                "%(num)s smaller accounts are left out for want of room.",
                chart["left_out"],
            )
        )
    return " ".join(said)


def reason_line(topic: Mapping[str, Any]) -> str:
    """Return why an account is to be talked about, in a sentence."""
    text = clauses(_reason(Reason(reason), topic) for reason in topic["reasons"])
    return f"{text[:1].upper()}{text[1:]}"


def _reason(reason: Reason, topic: Mapping[str, Any]) -> str:
    match reason:
        case Reason.AT_RISK:
            return gettext("at risk with a strength of %(strength)s", strength=decimal(topic["strength"]))
        case Reason.FELL:
            fell = round(topic["fell"])
            return ngettext("really fell by %(num)s point", "really fell by %(num)s points", fell)
        case Reason.SILENT:
            return ngettext(
                "nobody answered the latest wave",
                "nobody answered the latest %(num)s waves",
                topic["silent_waves"],
            )
        case Reason.DECIDER_SILENT:
            return ngettext(
                "no decision maker answered the latest wave",
                "no decision maker answered the latest %(num)s waves",
                topic["decider_silent_waves"],
            )
        case Reason.RENEWAL:
            return ngettext("renews in %(num)s day", "renews in %(num)s days", topic["days_to_renewal"])
        case Reason.NEVER_MEASURED:
            return gettext("too little is measured to judge it")


def moved_line(snapshot: Snapshot) -> str:
    """Return since when accounts moved and how that is judged, in a sentence."""
    moved = snapshot["movements"]
    if moved["since"] is None:
        return gettext("No wave has closed yet, so nothing can have moved.")
    since = day(day_of(moved["since"]))
    if not (moved["fallen"] or moved["risen"]):
        return gettext("Nothing has moved by a point since %(day)s.", day=since)
    if moved["redefined_on"]:
        other = day(day_of(moved["redefined_on"]))
        return gettext(
            "Since %(day)s; another definition makes strengths since %(other)s, so compare with care.",
            day=since,
            other=other,
        )
    return gettext(
        "Since %(day)s; “real” is more than chance explains, all of them judged together.", day=since
    )


def real_word(is_real: bool | None) -> str:
    """Return whether a movement is more than chance."""
    if is_real is None:
        return gettext("cannot be tested")
    return gettext("real") if is_real else gettext("may be chance")


def change(one: Mapping[str, Any]) -> str:
    """Return points gained or lost, signed."""
    return signed(one["after"] - one["before"])


def silence_line(snapshot: Snapshot) -> str:
    """Return how many accounts are silent and what they are worth, in a sentence."""
    found = snapshot["silence"]
    if not found["reached"]:
        return gettext("No closed wave has reached anybody, so nobody can be called silent.")
    if not (found["silent"] or found["deciders"]):
        return gettext("Somebody answered the latest wave at every account that was asked.")
    said = ngettext(
        "At %(num)s of %(reached)s asked accounts nobody answered the latest wave",
        "At %(num)s of %(reached)s asked accounts nobody answered the latest wave",
        found["silent"],
        reached=decimal(found["reached"]),
    )
    worth = gettext("together worth %(worth)s", worth=worth_words(found["worth"]))
    if not found["deciders"]:
        return clauses([listed([said, worth])])
    more = ngettext(
        "at %(num)s more no decision maker did", "at %(num)s more no decision maker did", found["deciders"]
    )
    return clauses([listed([said, more, worth])])


def how_silent(one: Mapping[str, Any]) -> str:
    """Return who is silent since when."""
    if one["waves"]:
        return ngettext("everybody, %(num)s wave", "everybody, %(num)s waves", one["waves"])
    return ngettext("decision makers, %(num)s wave", "decision makers, %(num)s waves", one["decider_waves"])


def rate(answered: int, asked: int) -> str:
    """Return a share that answered with its interval; a dash where nobody was asked."""
    if not asked:
        return "–"
    likely = share_interval(wilson_interval(answered, asked))
    return gettext("%(rate)s, likely %(interval)s", rate=percent(answered / asked), interval=likely)


def answering_line(snapshot: Snapshot) -> str:
    """Return who answers on the whole, in a sentence."""
    whole = snapshot["answering"]["whole"]
    if not whole["asked"]:
        return gettext("Nobody has been asked in a wave that has closed.")
    return gettext(
        "%(answered)s of %(asked)s invitations were answered: %(rate)s.",
        answered=decimal(whole["answered"]),
        asked=decimal(whole["asked"]),
        rate=rate(whole["answered"], whole["asked"]),
    )


def themes_line(snapshot: Snapshot) -> str:
    """Return what the themes rest on, in a sentence."""
    themes = snapshot["themes"]
    if not themes["written"]:
        return gettext("Nobody has written a comment yet.")
    said = ngettext(
        "Of %(num)s comment, found by a list of words",
        "Of %(num)s comments, found by a list of words",
        themes["written"],
    )
    if not themes["not_analysed"]:
        return clauses([said])
    rest = ngettext(
        "%(num)s is in a language the list does not read",
        "%(num)s are in languages the list does not read",
        themes["not_analysed"],
    )
    return clauses([said, rest])


def lift_line(snapshot: Snapshot) -> str:
    """Return what silence went with on the own data, in a sentence."""
    lift = snapshot["lift"]
    if lift is None:
        return gettext("No wave has closed yet; once renewals have come, this says what silence went with.")
    said = _lift_said(lift)
    if not lift.get("quarter"):
        return said
    year, number = lift["quarter"].split("-Q")
    when = quarter(date(int(year), 3 * int(number) - 2, 1))
    return gettext("After the waves of %(quarter)s: %(said)s", quarter=when, said=said)


def _lift_said(lift: Mapping[str, Any]) -> str:
    if lift["ready_on"]:
        return gettext("Too early to say before %(day)s.", day=day(day_of(lift["ready_on"])))
    counts = gettext(
        "%(left)s of %(silent)s silent accounts left within %(months)s months, %(also)s of %(others)s others",
        left=decimal(lift["silent"][0]),
        silent=decimal(lift["silent"][1]),
        months=lift["months"],
        also=decimal(lift["others"][0]),
        others=decimal(lift["others"][1]),
    )
    if lift["verdict"] == "too_few":
        return gettext("%(counts)s: too few to say anything.", counts=counts)
    if lift["verdict"] == "nothing":
        return gettext("%(counts)s: your data show no difference that chance would not make.", counts=counts)
    if lift["ratio"] is None or lift["limits"] is None:
        return clauses([counts])
    low, high = (decimal(limit, 1) for limit in lift["limits"])
    return gettext(
        "%(counts)s: %(ratio)s times as often, and it may be %(low)s to %(high)s times.",
        counts=counts,
        ratio=decimal(lift["ratio"], 1),
        low=low,
        high=high,
    )


def bins_title(counts: Sequence[int]) -> str:
    """Return the drawing of strengths in a sentence."""
    said = listed(decimal(count) for count in counts)
    return gettext("Accounts by strength in steps of ten, from 0 to 100: %(counts)s.", counts=said)
