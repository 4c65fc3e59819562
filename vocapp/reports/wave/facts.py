"""Everything a wave report shows, read once through the queries of the pages and kept as JSON."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, case, exists, func, select
from sqlalchemy.orm import aliased

from surveys.measure import Measure
from surveys.redaction import redact
from vocapp.accounts.models import Contact
from vocapp.accounts.queries import visible_account_ids
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.progress import NEVER_ASKED, visible_people
from vocapp.campaigns.queries import visible_waves
from vocapp.campaigns.rules import UNSENT, WaveState
from vocapp.campaigns.summary import draft_summary
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.identity.rules import sees_all_accounts
from vocapp.reports.readers import reader_of
from vocapp.reports.rules import Order
from vocapp.reports.texts import shortened
from vocapp.reports.wave.rules import Said, choose_quotes, told_groups
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given
from vocapp.responses.scales import is_on_one_scale, is_unhappy
from vocapp.results.details import Details, FoundComment, details_of
from vocapp.results.in_confidence import ConfidentialResults, confidential_results
from vocapp.results.overview import Asked, asked_versions, overview_of
from vocapp.results.queries import Scope, names_at, wave_with_results
from vocapp.results.rules import RatingResult, ResultsFilter
from vocapp.results.saying import Sayer, staff_sayer
from vocapp.results.tallies import QuestionResult
from vocapp.results.turnout import compared, turnout_in
from vocapp.results.turnout_rules import Turnout

THEMES_SHOWN = 8
PROMPT_LENGTH, OPTION_LENGTH, DONE_LENGTH = 160, 70, 900
# Nobody has been asked yet, or ever will be.
UNASKED = frozenset({WaveState.DRAFT, WaveState.SCHEDULED, WaveState.CANCELLED})


def wave_facts(order: Order, now: datetime, _today: date) -> dict[str, Any]:
    """Return what is known about a wave at a moment, as its reader may see it: everything the report shows.

    Raises `DomainError` when the wave is gone or not for this reader.
    """
    reader = reader_of(order)
    wave = _wave_for(reader, order.wave_id)
    about: dict[str, Any] = {"wave": _about(wave), "sees_all": sees_all_accounts(reader.role)}
    if wave.state in UNASKED:
        return about | _NOTHING | _planned(wave, now=now)
    scope = Scope(wave.survey_version.survey, wave, reader)
    turnout = turnout_in(scope)
    return (
        about
        | {"funnel": _funnel(wave, reader, turnout), "excluded": _excluded(wave, reader)}
        | _who(turnout, is_confidential=scope.survey.is_confidential)
        | _results(scope)
        | {"change": _change(scope), "follow_up": _follow_up(scope)}
    )


_NOTHING: dict[str, Any] = {
    "rates": None, "personas": [], "bias": None, "early_late": None, "rating": None, "reason": "",
    "questions": [], "themes": {"found": [], "commented": 0, "not_analysed": 0, "people": False},
    "quotes": [], "change": None, "follow_up": None,
}  # fmt: skip


def _wave_for(reader: User, wave_id: int | None) -> Wave:
    found = None if wave_id is None else wave_with_results(reader, wave_id)
    if found is None and wave_id is not None:
        found = db.session.scalar(visible_waves(reader).where(Wave.id == wave_id))
    if found is None:
        raise DomainError("This wave is no longer here, or it is not among yours; choose another one.")
    return found


def _about(wave: Wave) -> dict[str, Any]:
    version = wave.survey_version
    return {
        "name": wave.name,
        "survey": version.survey.name,
        "owner": wave.owner.name or wave.owner.email,
        "state": str(wave.state),
        "is_confidential": version.survey.is_confidential,
        "is_imported": wave.is_imported,
        "launched_on": _day(wave.launched_at),
        "launch_on": _day(wave.launch_at),
        "closes_on": _day(wave.closes_at),
        "closed_on": _day(wave.closed_at),
        "we_did": shortened(wave.we_did, DONE_LENGTH),
        "told_on": _day(wave.told_at),
    }


def _day(moment: datetime | None) -> str | None:
    return moment.date().isoformat() if moment else None


def _planned(wave: Wave, *, now: datetime) -> dict[str, Any]:
    """Return whom a wave would ask that has not gone out."""
    if wave.state == WaveState.CANCELLED:
        return {"funnel": None, "excluded": []}
    summary = draft_summary(wave, now=now)
    reasons = summary.audience.reasons.items()
    return {
        "funnel": {"planned": summary.asked, "accounts": summary.accounts},
        "excluded": [{"reason": str(reason), "people": count} for reason, count in reasons],
    }


def _funnel(wave: Wave, reader: User, turnout: Turnout) -> dict[str, Any]:
    state = Invitation.state

    def many(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    planned, accounts, sent, delivered, unsent = db.session.execute(
        select(
            func.count(),
            func.count(Invitation.account_id.distinct()),
            many(Invitation.sent_at.is_not(None)),
            many(Invitation.delivered_at.is_not(None)),
            many(state.in_(UNSENT)),
        )
        .join(Contact, Contact.id == Invitation.contact_id)
        .where(
            Invitation.wave_id == wave.id,
            Invitation.account_id.in_(visible_account_ids(reader)),
            Contact.merged_into_id.is_(None),
            ~NEVER_ASKED,
        )
    ).one()
    counts = turnout.counts
    return {
        "planned": planned,
        "accounts": accounts,
        "sent": int(sent),
        "delivered": int(delivered),
        "unsent": int(unsent),
        "answered": counts.complete + counts.partial,
        "partial": counts.partial,
        "declined": counts.declined,
        "silent": counts.silent,
        "bounced": counts.bounced,
        "not_concerned": max(0, counts.ineligible - int(unsent)),
        "waiting": turnout.pending,
    }


def _excluded(wave: Wave, reader: User) -> list[dict[str, Any]]:
    rows = db.session.execute(visible_people(wave, "excluded", reader))
    counted = Counter(str(row.reason) for row in rows)
    return [{"reason": reason, "people": count} for reason, count in counted.most_common()]


def _who(turnout: Turnout, *, is_confidential: bool) -> dict[str, Any]:
    """Return how many answered, of which kind of people, and whether they speak for the others."""
    bias, pair = turnout.bias, turnout.early_late
    personas = [
        {"name": one.name, "asked": one.asked, "answered": one.answered, **_measure(one.rate)}
        for one in turnout.personas
    ]
    return {
        "rates": None
        if turnout.is_open or not turnout.counts.known_eligible
        else {"rr1": _measure(turnout.rates.rr1), "rr6": _measure(turnout.rates.rr6)},
        "personas": told_groups(personas, is_confidential=is_confidential),
        "bias": bias
        and {
            "raw": bias.raw,
            "weighted": bias.weighted,
            "ci": list(bias.ci) if bias.ci else None,
            "p_value": bias.p_value,
            "missing": list(bias.under_represented),
        },
        "early_late": pair and {"early": pair.early.nps, "late": pair.late.nps, "p_value": pair.p_value},
    }


def _measure(measure: Measure) -> dict[str, Any]:
    return {"value": measure.value, "n": measure.n, "ci": list(measure.ci) if measure.ci else None}


def _results(scope: Scope) -> dict[str, Any]:
    """Return what was said, from the layer that also fills the pages: confidential answers in groups only."""
    asked = asked_versions(scope)
    say = staff_sayer(asked[0].definition)
    if scope.survey.is_confidential:
        return _in_confidence(confidential_results(scope, asked[0], ResultsFilter(), page=1), say)
    found = details_of(scope, ResultsFilter(), asked, page=1)
    rating = overview_of(scope, ResultsFilter(), asked).ratings[0]
    return {
        "rating": _rating(rating),
        "reason": "",
        "questions": [_question(one, say) for one in found.questions],
        "themes": _themes(found),
        "quotes": _quotes(found, asked),
    }


def _in_confidence(found: ConfidentialResults, say: Sayer) -> dict[str, Any]:
    rows = found.themes.rows if found.themes else ()
    themes = [{"name": row.theme, "count": row.people} for row in rows]
    wrote = sum(found.themes.wrote.values()) if found.themes else 0
    return {
        "rating": None if found.rating is None else _rating(found.rating),
        "reason": str(found.reason),
        "questions": [_question(one, say) for one in found.questions],
        "themes": {"found": themes[:THEMES_SHOWN], "commented": wrote, "not_analysed": 0, "people": True},
        "quotes": [],
    }


def _rating(result: RatingResult) -> dict[str, Any]:
    return {
        "kind": result.kind.value,
        **_measure(result.score),
        "n": result.n,
        "mean": None if result.mean is None else _measure(result.mean),
        "counts": [[point, count] for point, count in result.counts],
        "bands": {band.value: count for band, count in result.bands.items()},
        "band_of": {str(point): str(result.band(point) or "") for point, _count in result.counts},
        "confidence": result.confidence.value,
    }


def _question(found: QuestionResult, say: Sayer) -> dict[str, Any]:
    question = found.question
    lines = [
        {
            "label": shortened(say.option(question, one.key), OPTION_LENGTH),
            "count": one.count,
            **_measure(one.share),
        }
        for one in found.choices
    ]
    means = [
        {"label": shortened(say.option(question, one.key), OPTION_LENGTH) if one.key else "", "count": None}
        | _measure(one.mean)
        for one in found.rows
    ]
    return {
        "prompt": shortened(say.question(question), PROMPT_LENGTH),
        "n": found.n,
        "is_hidden": found.is_hidden,
        "scale": [question.scale[0], question.scale[-1]] if means and question.scale else None,
        "lines": lines or means,
    }


def _themes(found: Details) -> dict[str, Any]:
    counted = [{"name": one.name, "count": one.count} for one in found.theme_counts[:THEMES_SHOWN]]
    return {
        "found": counted,
        "commented": found.commented,
        "not_analysed": found.not_analysed,
        "people": False,
    }


def _quotes(found: Details, asked: Sequence[Asked]) -> list[dict[str, Any]]:
    """Return a few comments with everybody's name taken out, of the newest that were written."""
    newest: list[FoundComment] = list(found.comments.items)
    names = names_at({one.comment.answer.account for one in newest})
    said = [
        Said(
            text=shortened(redact(comment.text, names.get(comment.answer.account, ()))),
            rating=comment.answer.rating,
            band=comment.answer.band.value if comment.answer.band else "",
            persona=found.people[comment.answer.response].persona or "",
        )
        for comment in (one.comment for one in newest)
        if comment.answer.kind is asked[0].kind and comment.answer.response in found.people
    ]
    return [
        {"text": one.text, "rating": one.rating, "band": one.band, "persona": one.persona}
        for one in choose_quotes(said)
    ]


def _change(scope: Scope) -> dict[str, Any]:
    """Return the wave beside the one before it; `is_real` None where nothing can be said."""
    found = compared(scope, None)
    comparison = found.comparison
    difference = (comparison.nps or comparison.share) if comparison else None
    if comparison is None or difference is None:
        return {
            "earlier": found.earlier.name if found.earlier else None,
            "is_early": found.is_early,
            "difference": None,
        }
    raw = comparison.nps.raw if comparison.nps else comparison.share and comparison.share.difference
    return {
        "earlier": found.earlier.name if found.earlier else None,
        "is_early": found.is_early,
        "before": _rating(comparison.earlier),
        "difference": raw,
        "ci": list(difference.ci),
        "p_value": difference.p_value,
        "is_real": comparison.is_real if difference.p_value is not None else None,
        "pairs": comparison.pairs,
        "moved_up": comparison.moved_up,
        "moved_down": comparison.moved_down,
    }


def _follow_up(scope: Scope) -> dict[str, Any] | None:
    """Return what became of the unhappy; in confidence nobody can be followed up."""
    if scope.survey.is_confidential or scope.wave is None:
        return None
    newer = aliased(Response)
    later = and_(
        newer.contact_id == Response.contact_id,
        newer.answered_at > Response.answered_at,
        newer.quarantine_reason.is_(None),
        openly_given(newer),
        is_on_one_scale(newer, Response),
    )
    rows = db.session.execute(
        select(Response.may_contact, exists().where(later), exists().where(later, ~is_unhappy(newer)))
        .join(Contact, Contact.id == Response.contact_id)
        .where(
            Response.wave_id == scope.wave.id,
            Response.account_id.in_(visible_account_ids(scope.user)),
            Response.quarantine_reason.is_(None),
            openly_given(),
            is_unhappy(),
            Contact.merged_into_id.is_(None),
        )
    ).all()
    return {
        "unhappy": len(rows),
        "wish": sum(bool(may_contact) for may_contact, _answered, _better in rows),
        "better": sum(bool(better) for _may_contact, _answered, better in rows),
        "open": sum(bool(may_contact) and not answered for may_contact, answered, _better in rows),
    }
