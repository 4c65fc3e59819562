"""A wave report in sentences."""

from collections.abc import Mapping
from typing import Any

from vocapp.core.formats import day, decimal, interval, percent, points, share_interval
from vocapp.reports.texts import clauses, day_of, gettext, listed, ngettext
from vocapp.reports.wave.rules import LEAST_ANSWERS, is_enough

Snapshot = Mapping[str, Any]


def verdict(snapshot: Snapshot) -> str:
    """Return what came of the wave, in one sentence."""
    wave, funnel = snapshot["wave"], snapshot["funnel"]
    if wave["state"] == "cancelled":
        return gettext("This wave was cancelled; it asked nobody.")
    if wave["state"] in {"draft", "scheduled"}:
        return _not_sent(wave, funnel)
    if not funnel["planned"]:
        return gettext("This wave asked nobody.")
    if wave["state"] == "open":
        return gettext(
            "Still open until %(day)s: %(answered)s of %(asked)s people have answered so far.",
            day=_day(wave["closes_on"]),
            answered=decimal(funnel["answered"]),
            asked=decimal(funnel["planned"]),
        )
    if not funnel["answered"]:
        return ngettext(
            "The %(num)s person who was asked did not answer.",
            "None of the %(num)s people who were asked answered.",
            funnel["planned"],
        )
    said = gettext(
        "%(answered)s of %(asked)s people answered",
        answered=decimal(funnel["answered"]),
        asked=decimal(funnel["planned"]),
    )
    return clauses([listed([said, _score_clause(snapshot)]), _change_clause(snapshot["change"])])


def _not_sent(wave: Mapping[str, Any], funnel: Mapping[str, Any]) -> str:
    people = ngettext("%(num)s person", "%(num)s people", funnel["planned"])
    accounts = ngettext("%(num)s account", "%(num)s accounts", funnel["accounts"])
    if wave["state"] == "scheduled":
        return gettext(
            "Not sent yet: on %(day)s it asks %(people)s at %(accounts)s.",
            day=_day(wave["launch_on"]),
            people=people,
            accounts=accounts,
        )
    return gettext(
        "A draft, not sent yet: today it would ask %(people)s at %(accounts)s.",
        people=people,
        accounts=accounts,
    )


def _score_clause(snapshot: Snapshot) -> str:
    rating = snapshot["rating"]
    if rating is None:
        return gettext("what they said in confidence cannot be shown")
    if not is_enough(rating):
        return gettext("which is not enough to say how they feel")
    return gettext("with %(score)s", score=score_words(rating))


def _change_clause(change: Mapping[str, Any] | None) -> str:
    if change is None or change["difference"] is None or change["is_real"] is None:
        return ""
    if not change["is_real"]:
        return gettext("the difference from the wave before may be chance")
    if change["difference"] > 0:
        return gettext("really better than the wave before")
    return gettext("really worse than the wave before")


def score_words(rating: Mapping[str, Any]) -> str:
    """Return a score with its name: "NPS +32", "72% satisfied"."""
    if rating["kind"] == "nps":
        return gettext("an NPS of %(nps)s", nps=points(rating["value"]))
    share = percent(rating["value"])
    if rating["kind"] == "csat":
        return gettext("%(share)s satisfied", share=share)
    return gettext("%(share)s who had it easy", share=share)


def band_word(kind: str, band: str) -> str:
    """Return what a class of ratings is called."""
    words = {
        "nps": (gettext("promoters"), gettext("passives"), gettext("detractors")),
        "csat": (gettext("satisfied"), gettext("neither"), gettext("dissatisfied")),
        "ces": (gettext("easy"), gettext("neither"), gettext("hard")),
    }[kind]
    return words[("good", "middle", "bad").index(band)]


def outcomes(funnel: Mapping[str, Any]) -> list[tuple[str, int]]:
    """Return how far people got, step by step."""
    return [
        (gettext("to be asked"), funnel["planned"]),
        (gettext("mail sent"), funnel["sent"]),
        (gettext("mail arrived"), funnel["delivered"]),
        (gettext("answered"), funnel["answered"]),
    ]


def other_ends(funnel: Mapping[str, Any]) -> str:
    """Return what became of those who did not answer, in a sentence."""
    counted = (
        ("silent", gettext("%(count)s silent", count=decimal(funnel["silent"]))),
        ("declined", gettext("%(count)s said no", count=decimal(funnel["declined"]))),
        ("bounced", ngettext("%(num)s mail came back", "%(num)s mails came back", funnel["bounced"])),
        (
            "not_concerned",
            gettext("%(count)s had left or were the wrong person", count=decimal(funnel["not_concerned"])),
        ),
        ("unsent", gettext("%(count)s never got a mail", count=decimal(funnel["unsent"]))),
        ("waiting", gettext("%(count)s can still answer", count=decimal(funnel["waiting"]))),
    )
    return clauses([listed(words for name, words in counted if funnel[name])])


def funnel_title(funnel: Mapping[str, Any]) -> str:
    """Return the drawing of the funnel in a sentence."""
    said = listed(f"{word} {decimal(count)}" for word, count in outcomes(funnel))
    return gettext("How far people got: %(counts)s.", counts=said)


def excluded_line(snapshot: Snapshot) -> str:
    """Return how many people of the chosen accounts were not asked and why, in a sentence."""
    found = snapshot["excluded"]
    if not found:
        return gettext("Nobody at the chosen accounts was left out.")
    said = ngettext(
        "%(num)s person was left out", "%(num)s people were left out", sum(one["people"] for one in found)
    )
    reasons = listed(f"{exclusion_word(one['reason'])} ({decimal(one['people'])})" for one in found)
    return gettext("%(said)s: %(reasons)s.", said=said, reasons=reasons)


def exclusion_word(reason: str) -> str:
    """Return why somebody is not asked, in a few words."""
    return {
        "account_churned": gettext("no longer a customer"),
        "left": gettext("has left the company"),
        "bounced": gettext("address that comes back"),
        "opted_out": gettext("does not want to be asked"),
        "suppressed": gettext("address that must not be written to"),
        "role_address": gettext("shared mailbox"),
        "off_roster": gettext("off the roster"),
        "chosen": gettext("left out by hand"),
        "not_verified": gettext("not confirmed lately"),
        "no_language": gettext("survey not in their language"),
        "asked_recently": gettext("asked lately"),
        "survey_rest": gettext("asked this survey lately"),
        "mail_budget": gettext("enough mails lately"),
        "account_budget": gettext("enough people of the account asked"),
        "wave_soon": gettext("a relationship survey comes soon"),
        "absent": gettext("away"),
        "too_late": gettext("no working hours before the end"),
        "same_address": gettext("asked under another record"),
        "stopped": gettext("stopped before the mail left"),
    }.get(reason, reason)


def rates_line(snapshot: Snapshot) -> str:
    """Return both response rates with what they may be, in a sentence."""
    rates = snapshot["rates"]
    if rates is None and snapshot["wave"]["state"] == "open":
        return gettext("Who stays silent is known once the wave has closed; until then there is no rate.")
    if rates is None or rates["rr6"]["value"] is None:
        return gettext("Nobody got the question, so there is no rate.")
    return gettext(
        "%(rr6)s of those the mail reached rated us (RR6), likely %(likely)s; of everybody we wrote to, "
        "%(rr1)s finished (RR1), likely %(less)s.",
        rr6=percent(rates["rr6"]["value"]),
        likely=share_interval(rates["rr6"]["ci"]),
        rr1=percent(rates["rr1"]["value"]),
        less=share_interval(rates["rr1"]["ci"]),
    )


def bias_line(snapshot: Snapshot) -> str:
    """Return whether those who answered speak for the others, in a sentence or two."""
    bias = snapshot["bias"]
    if snapshot["wave"]["state"] == "open":
        return gettext("Whether they speak for the others is judged once the wave has closed.")
    if bias is None:
        return gettext("For this survey only shares are told: what kinds of people said stays together.")
    if bias["weighted"] is None or not is_enough(snapshot["rating"]):
        return gettext("Not enough answers to say whether they speak for the others.")
    said = gettext(
        "Had every persona answered alike, the NPS would be %(weighted)s (likely %(likely)s), not %(raw)s.",
        weighted=points(bias["weighted"]),
        likely=interval(bias["ci"], 100),
        raw=points(bias["raw"]),
    )
    missing = listed(name or gettext("no persona") for name in bias["missing"])
    if not missing:
        return said
    warning = gettext("Answers are missing from: %(names)s; read the score with care.", names=missing)
    return f"{said} {warning}"


def early_line(snapshot: Snapshot) -> str:
    """Return early beside late answers, in a sentence; nothing where there are too few."""
    pair = snapshot["early_late"]
    if pair is None:
        return ""
    values = {"early": points(pair["early"]), "late": points(pair["late"])}
    if pair["p_value"] < 0.05:
        return gettext(
            "The first third of the answers has %(early)s, the last %(late)s: more than chance, "
            "a hint that the silent differ, too.",
            **values,
        )
    return gettext(
        "The first third of the answers has %(early)s, the last %(late)s: no more than chance.", **values
    )


def rating_line(snapshot: Snapshot) -> str:
    """Return the score with what it may be and how sure that is, in a sentence."""
    rating = snapshot["rating"]
    if rating is None:
        return hidden_line(snapshot["reason"])
    if not rating["n"]:
        return gettext("Not enough answers to say: nobody has rated us.")
    if not is_enough(rating):
        return ngettext(
            "Not enough answers to say: %(num)s person rated us, and it takes %(least)s.",
            "Not enough answers to say: %(num)s people rated us, and it takes %(least)s.",
            rating["n"],
            least=LEAST_ANSWERS,
        )
    said = gettext(
        "From %(n)s ratings %(score)s, likely %(likely)s: %(sure)s.",
        n=decimal(rating["n"]),
        score=score_words(rating),
        likely=likely(rating),
        sure=sureness(rating["confidence"]),
    )
    if snapshot["wave"]["state"] != "open":
        return said
    early = gettext("Those who answer first are not like those who answer last.")
    return f"{said} {early}"


def likely(measure: Mapping[str, Any]) -> str:
    """Return the range a score most likely lies in; shares as percent."""
    is_nps = measure.get("kind") == "nps"
    return interval(measure["ci"], 100) if is_nps else share_interval(measure["ci"])


def sureness(confidence: str) -> str:
    """Return how sure a score is."""
    words = {"high": gettext("sure"), "medium": gettext("fairly sure"), "low": gettext("a hint only")}
    return words.get(confidence, gettext("a hint only"))


def hidden_line(reason: str) -> str:
    """Return why nothing may be shown of what was said in confidence."""
    return {
        "open": gettext("What is said in confidence is told once the wave has closed."),
        "not_fixed": gettext("The wave has just closed; what was said is told in a few minutes."),
        "gone": gettext(
            "An answer has been deleted since; nothing more is told, so that nobody is found out."
        ),
    }.get(reason, gettext("Too few answered to tell anything without giving somebody away."))


def bands_line(rating: Mapping[str, Any]) -> str:
    """Return how many are of each class."""
    return listed(
        f"{decimal(rating['bands'].get(band, 0))} {band_word(rating['kind'], band)}"
        for band in ("good", "middle", "bad")
    )


def columns_title(rating: Mapping[str, Any]) -> str:
    """Return the drawing of the ratings in a sentence."""
    said = listed(f"{decimal(point)}: {decimal(count)}" for point, count in rating["counts"])
    return gettext("How many chose each point of the scale: %(counts)s.", counts=said)


def change_line(snapshot: Snapshot) -> str:
    """Return whether the wave differs from the one before by more than chance, in a sentence or two."""
    change = snapshot["change"]
    if change is None or change["earlier"] is None:
        return gettext("This is the first wave of its survey; there is nothing to compare with.")
    if change["is_early"]:
        return gettext("The two waves are compared once both have closed.")
    if change["difference"] is None:
        return gettext(
            "The two waves cannot be compared: too little of them may be told, or their scales differ."
        )
    if change["is_real"] is None or not is_enough(change["before"]):
        return gettext("Too few answers to say: it takes %(least)s in both waves.", least=LEAST_ANSWERS)
    is_nps = change["before"]["kind"] == "nps"
    moved = interval(change["ci"], 100)
    values = {
        "before": points(change["before"]["value"]) if is_nps else percent(change["before"]["value"]),
        "n": decimal(change["before"]["n"]),
        "points": points(change["difference"]),
        "likely": moved,
    }
    if change["is_real"]:
        said = gettext(
            "Real: %(points)s points (likely %(likely)s) since %(before)s from %(n)s answers.", **values
        )
    else:
        said = gettext(
            "Not proven: %(points)s points (likely %(likely)s) since %(before)s from %(n)s answers "
            "can be chance.",
            **values,
        )
    return f"{said} {_pairs(change)}".strip()


def _pairs(change: Mapping[str, Any]) -> str:
    if not change["pairs"]:
        return ""
    return ngettext(
        "%(num)s person rated in both: %(up)s in a better class now, %(down)s in a worse one.",
        "%(num)s people rated in both: %(up)s in a better class now, %(down)s in a worse one.",
        change["pairs"],
        up=decimal(change["moved_up"]),
        down=decimal(change["moved_down"]),
    )


def follow_up_line(snapshot: Snapshot) -> str:
    """Return what became of the unhappy, in a sentence or two."""
    found = snapshot["follow_up"]
    if found is None:
        return gettext("What was said in confidence is followed up with nobody.")
    if not found["unhappy"]:
        return gettext("Nobody who answered was unhappy.")
    said = ngettext("%(num)s unhappy person", "%(num)s unhappy people", found["unhappy"])
    counted = (
        gettext("%(count)s may be contacted", count=decimal(found["wish"])),
        gettext("%(count)s of these still open", count=decimal(found["open"])),
        gettext("%(count)s answered better since", count=decimal(found["better"])),
    )
    return gettext("%(said)s: %(counts)s.", said=said, counts=listed(counted))


def told_line(wave: Mapping[str, Any]) -> str:
    """Return whether those who answered know what was done, in a sentence."""
    if not wave["we_did"]:
        return gettext("What was done about it has not been written down yet.")
    if wave["told_on"] is None:
        return gettext("Those who answered have not been told yet.")
    return gettext("Those who answered were told on %(day)s.", day=_day(wave["told_on"]))


def _day(text: str | None) -> str:
    return day(day_of(text)) if text else "–"
