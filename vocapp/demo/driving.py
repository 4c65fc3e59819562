"""The demo company's look at what goes with the rating: a survey of its own, answered once, elsewhere.

Its one wave is marked as imported, so it tells of nobody's taking part, and its rating is no sentiment: no
score knows of it.
"""

import random
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select

from surveys.definition import SurveyDefinition
from surveys.documents import parse_definition
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.campaigns.models import Invitation, Wave, wave_accounts
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import Base, db
from vocapp.core.gateways import gateways
from vocapp.core.tokens import derive_token, hash_token, new_nonce
from vocapp.demo.stories import STORY_NAMES
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.questionnaires.queries import latest_version
from vocapp.questionnaires.service import publish
from vocapp.responses.models import Response, ResponseRevision
from vocapp.responses.rules import ResponseSource

KEY = "demo-drivers"
NAME = "What matters to you"
WAVE_NAME = "Drivers, from an earlier tool"
# Between two quarterly waves, so that it stands in nobody's way.
DAYS_AGO = 150
DAYS_LONG = 12
PER_ACCOUNT = 2
# A larger company is for looking at size, not at what drives it.
MOST_ACCOUNTS = 150
POINTS = 5
ENDS = {"low": "Very dissatisfied", "high": "Very satisfied"}


@dataclass(frozen=True, slots=True)
class Told:
    """A driver: its words, how much of it is the rating's, and how far it lies above or below that."""

    key: str
    words: str
    share: float
    above: float
    noise: float


DRIVERS = (
    Told("support", "How fast support helps", 0.7, 0.3, 0.7),
    Told("reliability", "How reliably it runs", 0.5, 0.2, 0.8),
    Told("price", "Value for the price", 1.0, -1.0, 0.3),
    Told("ease", "How easy it is to use", 0.35, 0.4, 0.8),
    Told("training", "Training for new people", 0.15, -0.7, 0.9),
)
MIDDLE = 3.6


def ask_for_drivers(*, draw: random.Random, now: datetime, most_accounts: int = MOST_ACCOUNTS) -> None:
    """Add the survey and its one closed wave; nothing where somebody has a survey of that key already."""
    people = _asked(most_accounts)
    if not people or latest_version(KEY) is not None:
        return
    version = publish(survey())
    began = (now - timedelta(days=DAYS_AGO)).replace(hour=9, minute=0, second=0, microsecond=0)
    wave = Wave(
        name=WAVE_NAME,
        survey_version_id=version.id,
        owner_id=people[0].owner_id,
        state=WaveState.CLOSED,
        closed_at=began + timedelta(days=DAYS_LONG),
        created_at=began,
        is_demo=True,
        is_imported=True,
    )
    db.session.add(wave)
    db.session.flush()
    accounts = dict.fromkeys(person.account_id for person in people)
    db.session.execute(insert(wave_accounts), [{"wave_id": wave.id, "account_id": one} for one in accounts])
    for person in people:
        _answer(wave, person, began + timedelta(hours=draw.randint(1, DAYS_LONG * 24 - 1)), draw)
    db.session.flush()


def survey() -> SurveyDefinition:
    """Return what it asks: how satisfied somebody is, and with what."""
    rating = {"prompt": "All in all, how satisfied are you with {{company}}?", **ENDS}
    parts = {"prompt": "How satisfied are you with each of these?", **ENDS}
    rows = [{"key": one.key, "texts": {"en": one.words}} for one in DRIVERS]
    matrix = {"key": "parts", "kind": "matrix", "required": False, "points": POINTS, "options": rows}
    questions = [
        {"key": "rating", "kind": "csat", "required": True, "texts": {"en": rating}},
        {**matrix, "texts": {"en": parts}},
    ]
    return parse_definition(
        {
            "format": 2,
            "key": KEY,
            "occasion": "transactional",
            "is_custom": True,
            "default_language": "en",
            "languages": {"en": {"name": NAME, "needs_review": False}},
            "pages": [{"key": "start", "questions": questions}],
        }
    )


def _asked(most_accounts: int) -> Sequence[Any]:
    """Return some people of every account without a story, with what they think of us on average."""
    rows = db.session.execute(
        select(Contact.id, Contact.account_id, Account.owner_id, func.avg(Response.rating).label("mean"))
        .join(Account, Account.id == Contact.account_id)
        .join(Response, Response.contact_id == Contact.id)
        .where(
            Account.is_demo,
            Account.status == AccountStatus.ACTIVE,
            Account.name.not_in(STORY_NAMES.values()),
            Contact.status == ContactStatus.ACTIVE,
        )
        .group_by(Contact.id, Contact.account_id, Account.owner_id)
        .order_by(Contact.account_id, Contact.id)
    ).all()
    taken: Counter[int] = Counter()
    found = []
    for row in rows:
        if taken[row.account_id] < PER_ACCOUNT and (row.account_id in taken or len(taken) < most_accounts):
            taken[row.account_id] += 1
            found.append(row)
    return found


def _answer(wave: Wave, person: Any, at: datetime, draw: random.Random) -> None:
    feeling = 1 + float(person.mean) * (POINTS - 1) / 10 + draw.gauss(0, 0.5)
    said: dict[str, Any] = {"rating": _on_scale(feeling)}
    said["parts"] = {
        one.key: _on_scale(
            one.share * feeling + (1 - one.share) * MIDDLE + one.above + draw.gauss(0, one.noise)
        )
        for one in DRIVERS
    }
    nonce = new_nonce()
    whose = {"wave_id": wave.id, "account_id": person.account_id, "contact_id": person.id}
    invitation = Invitation(
        **whose,
        nonce=nonce,
        token_hash=hash_token(derive_token(gateways().settings.secret_key, "answer", nonce)),
        state=InvitationState.COMPLETED,
        settled_at=at,
        created_at=at,
    )
    times = {"answered_at": at, "changed_at": at, "completed_at": at}
    response = Response(
        **whose,
        **times,
        invitation=invitation,
        rating=said["rating"],
        answers=said,
        source=ResponseSource.IMPORT,
    )
    db.session.add(response)
    db.session.add(
        ResponseRevision(response=response, number=1, answers=said, at=at, source=ResponseSource.IMPORT)
    )


def _on_scale(value: float) -> int:
    return min(max(round(value), 1), POINTS)


def surveys_of_the_demo() -> Sequence[int]:
    """Return the id of the demo's own survey, while its wave is here."""
    asked = (
        select(SurveyVersion.survey_id)
        .join(Wave, Wave.survey_version_id == SurveyVersion.id)
        .join(Survey, Survey.id == SurveyVersion.survey_id)
        .where(Wave.is_demo, Survey.key == KEY)
    )
    return db.session.scalars(asked.distinct()).all()


def forget_surveys(survey_ids: Collection[int]) -> None:
    """Take the demo's own survey out once its wave is gone, unless somebody made it theirs."""
    for survey_id in survey_ids:
        versions = select(SurveyVersion).where(SurveyVersion.survey_id == survey_id)
        found = db.session.scalars(versions).all()
        if any(version.published_by_id for version in found):
            continue
        if not _is_named([survey_id], Survey) and not _is_named([one.id for one in found], SurveyVersion):
            db.session.execute(delete(Survey).where(Survey.id == survey_id))


def _is_named(ids: Iterable[int], whom: type[Base]) -> bool:
    """Whether a row names one of these that does not go with it by itself."""
    keys = (
        key
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column is whom.__table__.c.id and key.parent.table is not SurveyVersion.__table__
    )
    wanted = list(ids)
    return any(db.session.scalar(select(func.count()).where(key.parent.in_(wanted))) for key in keys)
