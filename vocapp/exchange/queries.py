"""Accounts as they may be exchanged, and what others gave us, read only."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from surveys.bands import SCALES_OF_KINDS
from surveys.questions import QuestionKind
from vocapp.accounts.models import Account, Contact, Tier
from vocapp.accounts.rules import AccountStatus
from vocapp.campaigns.models import Wave
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.typed_text import UNSTORABLE
from vocapp.engagement.queries import custom_worded_accounts
from vocapp.exchange.models import (
    ExchangeCell,
    ExchangeExport,
    ExchangeImport,
    ExchangeKey,
    ExchangePartner,
)
from vocapp.exchange.reading import TURNING
from vocapp.exchange.rules import Cohort, Exchanged, Subject
from vocapp.exchange.suppression import Ledger, Told
from vocapp.identity.queries import company
from vocapp.method.queries import method_on
from vocapp.questionnaires.models import SurveyVersion
from vocapp.questionnaires.queries import rating_kind
from vocapp.relationship.models import AccountScore
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given

# What changes with the words of the question: answers to words of our own compare with nobody's.
_FROM_WORDS = frozenset({Exchanged.STRENGTH, Exchanged.SENTIMENT, Exchanged.NPS})
_SCORED = {
    Exchanged.STRENGTH: AccountScore.strength,
    Exchanged.FOOTPRINT: AccountScore.footprint,
    Exchanged.ENGAGEMENT: AccountScore.engagement,
    Exchanged.SENTIMENT: AccountScore.sentiment,
    Exchanged.NPS: AccountScore.nps,
}
_KINDS = {QuestionKind.CSAT: Exchanged.CSAT, QuestionKind.CES: Exchanged.CES}


def our_key() -> ExchangeKey | None:
    """Return the key this installation signs with, None before it is made."""
    return db.session.get(ExchangeKey, 1)


def partners() -> Sequence[ExchangePartner]:
    """Return whose keys are trusted, by name."""
    return db.session.scalars(
        select(ExchangePartner).order_by(ExchangePartner.name, ExchangePartner.id)
    ).all()


def partner_with(fingerprint: str) -> ExchangePartner | None:
    """Return whose key this is, None where nobody trusts it."""
    return db.session.scalar(select(ExchangePartner).where(ExchangePartner.fingerprint == fingerprint))


def imports() -> Sequence[ExchangeImport]:
    """Return the files of others, newest first."""
    newest = (ExchangeImport.made_on.desc(), ExchangeImport.id.desc())
    return db.session.scalars(select(ExchangeImport).order_by(*newest)).all()


def newest_imports() -> Sequence[ExchangeImport]:
    """Return the newest file of each key: older ones are about the same accounts."""
    found: dict[str, ExchangeImport] = {}
    for one in imports():
        found.setdefault(one.fingerprint, one)
    return list(found.values())


def cells_by_import() -> Mapping[int, int]:
    """Return import → how many figures came with it."""
    counted = select(ExchangeCell.import_id, func.count()).group_by(ExchangeCell.import_id)
    return dict(db.session.execute(counted).all())


def exports() -> Sequence[Any]:
    """Return when files were given out, under which name and with how many figures, newest first."""
    columns = (ExchangeExport.made_at, ExchangeExport.source, ExchangeExport.cells)
    return db.session.execute(select(*columns).order_by(ExchangeExport.id.desc()).limit(20)).all()


def told_so_far() -> Ledger:
    """Return every number that stood in a total we gave out."""
    newest = select(ExchangeExport.ledger).order_by(ExchangeExport.id.desc()).limit(1)
    stored: dict[str, Any] = db.session.scalar(newest) or {}
    return {Exchanged(measure): [_as_told(*row) for row in rows] for measure, rows in stored.items()}


def _as_told(account_id: int, points: int, respondents: int, part: int, on: int) -> Told:
    return Told(account_id, points, respondents, part, date.fromordinal(on))


def has_only_demo() -> bool:
    """Whether all customers here are made up."""
    real = select(Account.id).where(_is_customer(), Account.is_demo.is_(False)).limit(1)
    return db.session.scalar(real) is None


def subjects(*, now: datetime | None = None) -> Sequence[Subject]:
    """Return every customer with what may be compared of it, in points; made-up ones only among themselves.

    A trait that says who an account is (the name of an account or of our company) is left out.
    """
    now = now or utcnow()
    since = now - method_on(now.date()).parameters.sentiment_window
    rows = db.session.execute(
        select(
            Account.id,
            Account.name,
            Tier.name,
            Account.industry,
            Account.region,
            AccountScore.answers,
            *_SCORED.values(),
        )
        .outerjoin(Tier, Tier.id == Account.tier_id)
        .outerjoin(AccountScore, (AccountScore.account_id == Account.id) & AccountScore.is_latest)
        .where(_is_customer(), Account.is_demo.is_(has_only_demo()))
        .order_by(Account.id)
    ).all()
    ours = company()
    names = {row[1].strip().casefold() for row in rows} | ({ours.name.casefold()} if ours else set())
    spelled = _spellings([row[2:5] for row in rows], names)
    custom = custom_worded_accounts(since=since)
    rated = _rated(since)
    found = []
    for account, _name, tier, industry, region, answers, *scores in rows:
        values, people = {}, {}
        for measure, score in zip(_SCORED, scores, strict=True):
            if score is not None and not (account in custom and measure in _FROM_WORDS):
                values[measure] = score if measure is Exchanged.STRENGTH else 100 * score
                people[measure] = answers or 0
        for measure, ratings in rated.get(account, {}).items():
            values[measure], people[measure] = 100 * sum(ratings) / len(ratings), len(ratings)
        traits = Cohort(*(spelled.get(_folded(name), "") for name in (tier, industry, region)))
        found.append(Subject(account, traits, values, people))
    return found


def _is_customer() -> Any:
    return Account.status == AccountStatus.ACTIVE


def _spellings(traits: Sequence[Sequence[str | None]], names: set[str]) -> Mapping[str, str]:
    """Return each trait in the way it is written most often: "EMEA" and "emea" are one cohort."""
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for name in (name for row in traits for name in row):
        if _folded(name) and _folded(name) not in names:
            written[_folded(name)][_shown(name)] += 1
    return {folded: min(ways, key=lambda way: (-ways[way], way)) for folded, ways in written.items()}


def _shown(name: str | None) -> str:
    return " ".join(TURNING.sub(" ", UNSTORABLE.sub("", name or "")).split())


def _folded(name: str | None) -> str:
    return _shown(name).casefold()


def _rated(since: datetime) -> Mapping[int, Mapping[Exchanged, Sequence[bool]]]:
    """Return account → measure → whether the last answer of each person was good, in standard words."""
    # Read once: a version's document is large, and many answers share it.
    versions = select(SurveyVersion.id, rating_kind()).where(
        SurveyVersion.is_standard, rating_kind().in_([kind.value for kind in _KINDS])
    )
    kinds = {version: QuestionKind(kind) for version, kind in db.session.execute(versions)}
    rows = db.session.execute(
        select(Response.account_id, Response.contact_id, Wave.survey_version_id, Response.rating)
        .join(Wave, Wave.id == Response.wave_id)
        .join(Contact, Contact.id == Response.contact_id)
        .where(
            Wave.survey_version_id.in_(kinds),
            openly_given(),
            Response.rating.is_not(None),
            Response.quarantine_reason.is_(None),
            Response.answered_at >= since,
            Contact.merged_into_id.is_(None),
        )
        .order_by(Response.answered_at, Response.id)
    )
    last: dict[int, dict[Exchanged, dict[int, bool]]] = {}
    for account, contact, version, rating in rows:
        kind = kinds[version]
        people = last.setdefault(account, {}).setdefault(_KINDS[kind], {})
        people[contact] = rating is not None and rating >= SCALES_OF_KINDS[kind].good_from
    return {
        account: {measure: list(good.values()) for measure, good in measures.items()}
        for account, measures in last.items()
    }
