"""Everything a paper shows, read once and kept as JSON: what is drawn later knows nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import case, func, select

from surveys.questions import QuestionKind
from surveys.redaction import redact
from vocapp.accounts.footprint import Footprint, PersonaFacts
from vocapp.accounts.footprint import StepKind as GapKind
from vocapp.accounts.models import Account, Contact, Persona
from vocapp.accounts.queries import account_people, footprint_of
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.benchmarks.queries import others_on, standings_of
from vocapp.benchmarks.rules import Compared, Peer, Standing
from vocapp.campaigns.models import Invitation, Wave
from vocapp.commitments.queries import commitments_of
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.engagement.queries import PersonVoice, voices
from vocapp.engagement.rules import DECISION_MAKER, Voice
from vocapp.method.queries import method_on, redefined_after
from vocapp.relationship.models import AccountScore
from vocapp.relationship.queries import score_history
from vocapp.reports.account.appendix import answers_behind
from vocapp.reports.account.customer import for_customers
from vocapp.reports.account.released import without_differences
from vocapp.reports.account.rules import (
    NAME_LENGTH,
    PERSONA_LENGTH,
    SILENT_WAVES_TO_ACT_ON,
    STEPS,
    WAVES,
    Comment,
    Step,
    StepKind,
    choose_quotes,
    drawn_values,
    order_steps,
    tally,
)
from vocapp.reports.rules import Audience, Order
from vocapp.reports.texts import shortened
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given
from vocapp.responses.scales import rated_as

# Of the documents of a score, those that the paper shows.
SHOWN = (
    "strength", "footprint", "engagement", "sentiment", "nps", "points_lost", "classes", "decision_maker",
)  # fmt: skip
COMMENT_WINDOW = timedelta(days=365)
MOST_ANSWERS_READ = 2000
COMMITMENTS, COMMITMENT_LENGTH = 4, 76


def account_facts(order: Order, now: datetime, today: date) -> dict[str, Any]:
    """Return what is known about an account at a moment, as JSON: everything its paper shows.

    Raises `DomainError` when the account is gone.
    """
    account = db.session.get(Account, order.account_id)
    if account is None:
        raise DomainError("This account is no longer here; ask for a report of another one.")
    people = account_people(account.id)
    heard = voices([account.id], until=now)
    footprint = footprint_of([account.id], today)[account.id]
    standings = standings_of(account.id)
    scores = score_history(account.id)
    waves = _waves(account.id, scores)
    facts = {
        "account": _account(account),
        "score": _score(scores[-1]) if scores else None,
        "footprint": _footprint(footprint),
        "standings": {measure.value: _standing(found) for measure, found in standings.items()},
        "place": _place_of(scores[-1]) if scores else None,
        "before": _place_before(waves, scores),
        "peers": _peers(account.id, standings[Compared.STRENGTH]),
        "people": [
            {"persona": persona, "outcomes": dict(counts)}
            for persona, counts in tally(_outcomes(people, heard)).items()
        ],
        "quotes": _quotes(account.id, people, now=now),
        "waves": waves,
        "redefined_on": _redefined_on(waves),
        "marks": _marks(today),
        "steps": _steps(account, footprint, people, heard),
        "commitments": _commitments(account.id),
    }
    if order.audience is not Audience.CUSTOMER:
        behind = {"answers": answers_behind(account.id, people, heard, now=now)} if order.has_appendix else {}
        return facts | behind
    return without_differences(for_customers(facts), people, scores, account_id=account.id, now=now)


def _commitments(account_id: int) -> list[dict[str, Any]]:
    return [
        {
            "text": shortened(one.text, COMMITMENT_LENGTH),
            "due_on": one.due_on.isoformat() if one.due_on else None,
            "state": one.state,
        }
        for one in commitments_of(account_id, most=COMMITMENTS)
    ]


def _account(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "external_id": account.external_id,
        "tier": shortened(account.tier.name, PERSONA_LENGTH) if account.tier else "",
        "industry": shortened(account.industry, NAME_LENGTH),
        "region": shortened(account.region, NAME_LENGTH),
        "arr": None if account.arr is None else float(account.arr),
        "currency": account.currency,
        "renewal_date": account.renewal_date.isoformat() if account.renewal_date else None,
        "owner": shortened(account.owner.name or account.owner.email, NAME_LENGTH) if account.owner else "",
        "is_churned": account.status == AccountStatus.CHURNED,
    }


def _score(score: AccountScore) -> dict[str, Any]:
    return {
        "as_of": score.as_of.isoformat(),
        "status": score.status,
        "confidence": score.confidence,
        "answers": score.answers,
        "measures": {name: score.measures[name] for name in SHOWN},
    }


def _footprint(footprint: Footprint) -> dict[str, Any]:
    return {
        "filled": footprint.filled,
        "required": footprint.required,
        "personas": [
            {"name": group.name, "filled": group.filled, "doubtful": group.doubtful, "empty": group.empty}
            for group in footprint.personas
        ],
    }


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "value": standing.value,
        "rung": standing.rung,
        "cohort": list(standing.cohort),
        "n": standing.n,
        "without_value": standing.without_value,
        "percentile": standing.percentile,
        "ci": None if standing.ci is None else list(standing.ci),
        "median": standing.median,
        "values": drawn_values(standing.values),
        "reason": standing.reason,
        "likely": None if standing.likely is None else [standing.likely.low, standing.likely.high],
    }


def _peers(account_id: int, standing: Standing) -> list[list[float]]:
    """Return (engagement, sentiment) of the others in the cohort, without names and in no telling order."""
    if standing.rung is None:
        return []
    pairs = sorted(
        (engagement, sentiment)
        for engagement, sentiment in map(_place, others_on(account_id, standing.rung))
        if engagement is not None and sentiment is not None
    )
    return [[round(engagement, 2), round(sentiment, 2)] for engagement, sentiment in pairs]


def _place(peer: Peer) -> tuple[float | None, float | None]:
    return peer.values[Compared.ENGAGEMENT], peer.values[Compared.SENTIMENT]


def _place_of(score: AccountScore) -> list[float] | None:
    """Return (engagement, sentiment) of the account, or None where one of them was not measured."""
    if score.engagement is None or score.sentiment is None:
        return None
    return [score.engagement, score.sentiment]


def _place_before(waves: Sequence[Mapping[str, Any]], scores: Sequence[AccountScore]) -> list[float] | None:
    """Return where the account stood a wave ago: at the end of the last one, or of the one before it."""
    closed = [wave["closed_on"] for wave in waves if wave["closed_on"]]
    ago = 1 if len(closed) < len(waves) else 2
    if len(closed) < ago:
        return None
    found = _score_on(scores, date.fromisoformat(closed[-ago]))
    return _place_of(found) if found and found.method_version == scores[-1].method_version else None


def _marks(today: date) -> list[float]:
    """Return the strengths below which an account can be red, and from which it can be green."""
    parameters = method_on(today).parameters
    return [parameters.red_below, parameters.green_from]


def _redefined_on(waves: Sequence[Mapping[str, Any]]) -> str | None:
    """Return since when another method makes strengths than after the first wave; None if the same one."""
    closed = [wave["closed_on"] for wave in waves if wave["closed_on"]]
    since = redefined_after(date.fromisoformat(closed[0])) if closed else None
    return since.isoformat() if since else None


def _outcomes(people: Iterable[Contact], heard: Mapping[int, PersonVoice]) -> list[tuple[str, str]]:
    """Return (persona, what we have from the person) of everybody still there, weighty personas first."""
    present = [person for person in people if person.status != ContactStatus.LEFT]
    ordered = sorted(present, key=lambda person: (_weight(person) * -1, _position(person), person.id))
    return [(_persona_name(person), _voice(person, heard)) for person in ordered]


def _voice(person: Contact, heard: Mapping[int, PersonVoice]) -> str:
    if person.status != ContactStatus.ACTIVE:
        return Voice.NOT_REACHED
    found = heard.get(person.id)
    return found.voice if found else Voice.NEVER_ASKED


def _persona(person: Contact) -> Persona | None:
    return max(person.personas, key=lambda persona: persona.weight, default=None)


def _persona_name(person: Contact) -> str:
    persona = _persona(person)
    return persona.name if persona else ""


def _weight(person: Contact) -> float:
    persona = _persona(person)
    return persona.weight if persona else 0.0


def _position(person: Contact) -> int:
    persona = _persona(person)
    return persona.position if persona else 0


def _quotes(account_id: int, people: Sequence[Contact], *, now: datetime) -> list[dict[str, Any]]:
    rows = db.session.execute(
        select(
            Response.contact_id,
            Response.comment,
            Response.rating,
            Response.language,
            Response.answered_at,
            Persona.name,
            Persona.key,
        )
        .join(Contact, Contact.id == Response.contact_id)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .outerjoin(Persona, Persona.id == Invitation.persona_id)
        .where(
            Response.account_id == account_id,
            Response.quarantine_reason.is_(None),
            Response.rating.is_not(None),
            rated_as(QuestionKind.NPS),
            openly_given(),
            Response.answered_at >= now - COMMENT_WINDOW,
            Contact.status == ContactStatus.ACTIVE,
        )
        .order_by(Response.answered_at.desc(), Response.id)
        .limit(MOST_ANSWERS_READ)
    )
    comments = [
        Comment(
            person=contact_id,
            text=text,
            rating=rating or 0,
            persona=persona or "",
            language=language,
            written=answered_at.isoformat(),
            is_decision_maker=key == DECISION_MAKER,
        )
        for contact_id, text, rating, language, answered_at, persona, key in rows
    ]
    names = [name for person in people for name in (person.first_name, person.last_name) if name]
    return [
        {
            "text": shortened(redact(comment.text, names)),
            "rating": comment.rating,
            "persona": shortened(comment.persona, PERSONA_LENGTH),
            "language": comment.language,
            "on": comment.written[:10],
        }
        for comment in choose_quotes(comments)
    ]


def _waves(account_id: int, scores: Sequence[AccountScore]) -> list[dict[str, Any]]:
    """Return the last waves that asked this account, oldest first, with strength as it stood at their end."""
    answered = case((Response.quarantine_reason.is_(None) & Response.id.is_not(None), 1), else_=0)
    rows = db.session.execute(
        select(
            Wave.launched_at,
            Wave.closed_at,
            func.count(),
            func.sum(answered),
        )
        .join(Invitation, Invitation.wave_id == Wave.id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(Invitation.account_id == account_id, Wave.launched_at.is_not(None))
        .group_by(Wave.id)
        .order_by(Wave.launched_at.desc(), Wave.id)
        .limit(WAVES)
    ).all()
    return [
        {
            "launched_on": launched_at.date().isoformat(),
            "closed_on": closed_at.date().isoformat() if closed_at else None,
            "asked": asked,
            "answered": int(answers),
            "strength": _strength_on(scores, closed_at.date()) if closed_at else None,
        }
        for launched_at, closed_at, asked, answers in reversed(rows)
    ]


def _strength_on(scores: Sequence[AccountScore], on: date) -> dict[str, Any] | None:
    """Return value and interval of the strength in force on a day; None before anything was measured.

    None also where another method than that of the latest score made it.
    """
    found = _score_on(scores, on)
    if found is None or found.strength is None or found.method_version != scores[-1].method_version:
        return None
    document = found.measures["strength"]
    said = {"value": found.strength, "ci": document["ci"], "state": document["state"]}
    return said | {"answers": found.answers}


def _score_on(scores: Sequence[AccountScore], on: date) -> AccountScore | None:
    return next((score for score in reversed(scores) if score.as_of <= on), None)


def _steps(
    account: Account, footprint: Footprint, people: Sequence[Contact], heard: Mapping[int, PersonVoice]
) -> dict[str, Any]:
    """Return the first steps, and how many there are in all; none once the account has gone."""
    if account.status == AccountStatus.CHURNED:
        return {"first": [], "total": 0}
    active = [person for person in people if person.status == ContactStatus.ACTIVE]
    found = [*_gaps(footprint), *_conversations(active, heard)]
    if not active and not footprint.steps:
        found.append(Step(StepKind.FIND_FIRST, count=0))
    if active and all(person.voice is Voice.NEVER_ASKED for person in heard.values()):
        found.append(Step(StepKind.ASK_ALL, count=len(active)))
    ordered = order_steps(found)
    return {"first": [_step(step) for step in ordered[:STEPS]], "total": len(ordered)}


def _step(step: Step) -> dict[str, Any]:
    return {
        "kind": step.kind,
        "persona": shortened(step.persona, PERSONA_LENGTH),
        "person": shortened(step.person, NAME_LENGTH),
        "count": step.count,
        "rating": step.rating,
        "silent_waves": step.silent_waves,
    }


def _gaps(footprint: Footprint) -> Iterable[Step]:
    for step in footprint.steps:
        persona: PersonaFacts = step.persona
        yield Step(
            kind=StepKind.CONFIRM if step.kind is GapKind.CONFIRM else StepKind(step.kind.value),
            persona=persona.name,
            person=step.person.name if step.person else "",
            count=step.missing,
            weight=persona.weight,
            is_decision_maker=persona.key == DECISION_MAKER,
        )


def _conversations(active: Iterable[Contact], heard: Mapping[int, PersonVoice]) -> Iterable[Step]:
    for person in active:
        found = heard.get(person.id)
        if found is None:
            continue
        is_unhappy = found.rating is not None and found.rating <= 6
        is_pressing = found.silent_streak >= SILENT_WAVES_TO_ACT_ON or (
            found.is_decision_maker and found.rating is None
        )
        is_silent = found.voice is Voice.SILENT and is_pressing
        if is_unhappy or is_silent:
            yield Step(
                kind=StepKind.REACH if is_silent else StepKind.TALK,
                persona=_persona_name(person),
                person=person.full_name,
                rating=found.rating,
                silent_waves=found.silent_streak,
                weight=_weight(person),
                is_decision_maker=found.is_decision_maker,
            )
