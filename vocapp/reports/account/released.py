"""What customers have been told already: no two editions, and no two waves in one, may differ by a handful.

Whoever has a mean of five answers and one of six knows the sixth. So what people think is told anew only once
the answers behind it are the same as behind every figure told before, or differ by at least five people;
until then an edition repeats what the one before said, with its day (docs/method.md §6).
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.core.gateways import gateways
from vocapp.core.tokens import derive_token
from vocapp.engagement.queries import voices
from vocapp.relationship.models import AccountScore
from vocapp.relationship.queries import end_of_day
from vocapp.reports.account.customer import LEAST, WITHHELD
from vocapp.reports.models import Report
from vocapp.reports.rules import Audience, ReportKind

# As with cohorts that leave the house: what was told so long ago binds nobody any more.
BINDING = timedelta(days=365)
PURPOSE = "answer behind a report"
REPEATED = ("score", "standings", "place", "before", "peers", "quotes")

# Person → their answer, both as marks that say neither who nor what.
Answers = Mapping[str, str]


def without_differences(
    facts: Mapping[str, Any],
    people: Sequence[Contact],
    scores: Sequence[AccountScore],
    *,
    account_id: int,
    now: datetime,
) -> dict[str, Any]:
    """Return the facts of a customer's edition from which, beside those before, no answer can be told."""
    score = facts["score"]
    if score is None or score["measures"]["strength"]["state"] == WITHHELD:
        return {**facts, "heard": [], "opinions_of": None}
    earlier = _earlier(account_id, now=now)
    told = [answers for snapshot in earlier for answers in snapshot["heard"]]
    active = {person.id for person in people if person.status == ContactStatus.ACTIVE}
    heard = _answers(account_id, scores[-1], active)
    if any(tells_a_handful(heard, other) for other in told):
        return _repeated(facts, earlier[0])
    facts = {**facts, "quotes": _quotes(facts, heard, earlier)}
    own = [heard]
    waves = []
    for wave in reversed(facts["waves"]):
        if wave["strength"] is not None:
            # Nobody notes when somebody left, so both with them and without it has to be safe.
            then = _score_on(scores, date.fromisoformat(wave["closed_on"]))
            ways = [_answers(account_id, then, active), _answers(account_id, then, None)]
            if any(tells_a_handful(way, other) for way in ways for other in (*told, *own)):
                wave = {**wave, "strength": None}
            else:
                own += [way for way in ways if way not in own]
        waves.append(wave)
    waves.reverse()
    closed = [wave for wave in waves if wave["closed_on"]]
    before = None if any(wave["strength"] is None for wave in closed[-2:]) else facts["before"]
    return {**facts, "waves": waves, "before": before, "heard": own, "opinions_of": None}


def tells_a_handful(one: Answers, other: Answers) -> bool:
    """Whether the difference of figures over two sets of answers is about one to four people."""
    differing = sum(one.get(person) != other.get(person) for person in one.keys() | other.keys())
    return 0 < differing < LEAST


def _earlier(account_id: int, *, now: datetime) -> list[Mapping[str, Any]]:
    """Return the snapshots of an account that its people may have, of those that say what people think."""
    found = db.session.scalars(
        select(Report.snapshot)
        .where(
            Report.kind == ReportKind.ACCOUNT,
            Report.account_id == account_id,
            Report.audience == Audience.CUSTOMER,
            Report.snapshot.is_not(None),
            Report.created_at >= now - BINDING,
        )
        .order_by(Report.created_at.desc(), Report.id.desc())
    )
    return [snapshot for snapshot in found if snapshot and snapshot.get("heard")]


def _answers(account_id: int, score: AccountScore, active: set[int] | None) -> dict[str, str]:
    """Return the answers a score was made of; `active` are the people whose answers count, None for all."""
    until = min(score.computed_at, end_of_day(score.as_of))
    return {
        _mark(f"{person}"): _mark(f"{person}:{voice.rating}")
        for person, voice in voices([account_id], until=until).items()
        if voice.rating is not None and (active is None or person in active)
    }


def _mark(text: str) -> str:
    return derive_token(gateways().settings.secret_key, PURPOSE, text)[:16]


def _score_on(scores: Sequence[AccountScore], on: date) -> AccountScore:
    return next(score for score in reversed(scores) if score.as_of <= on)


def _quotes(
    facts: Mapping[str, Any], heard: Answers, earlier: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return what is quoted: beside the same answers the same words, as a new quote would be one person's."""
    same = (snapshot["quotes"] for snapshot in earlier if snapshot["heard"][0] == heard)
    return next(same, facts["quotes"])


def _repeated(facts: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts with what people think as an earlier edition told it."""
    strengths = {wave["launched_on"]: wave["strength"] for wave in before["waves"]}
    waves = [{**wave, "strength": strengths.get(wave["launched_on"])} for wave in facts["waves"]]
    return {
        **facts,
        **{name: before[name] for name in REPEATED},
        "waves": waves,
        "heard": before["heard"],
        "opinions_of": before["opinions_of"] or before["as_of"],
    }
