"""How one person takes part, read for their page."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from surveys.rates import Participation
from vocapp.accounts.models import Contact
from vocapp.campaigns.models import Invitation, Wave
from vocapp.core.db import db
from vocapp.engagement.queries import participations
from vocapp.engagement.rules import DISPOSITIONS, outcome_of
from vocapp.method.queries import method_on
from vocapp.people.part_rules import AskedOnce, TakingPart, taking_part
from vocapp.relationship.queries import priors
from vocapp.relationship.rules import prior_for
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given
from vocapp.responses.rules import ResponseSource

WAVES_SHOWN = 24
# A call brings an answer without a mail; what another tool sent is not known.
BROUGHT_BY_MAIL = (ResponseSource.LINK, ResponseSource.REPLY)
SECONDS_PER_DAY = 86_400


def part_of(person: Contact, *, now: datetime) -> TakingPart:
    """Return how a person takes part, in a fixed number of statements."""
    method = method_on(now.date()).parameters
    prior = prior_for(person.account.tier_id, priors(), method)
    return taking_part(
        _participations(person, now),
        [_asked(row) for row in db.session.execute(_waves(person.id))],
        cohort_mean=prior.engagement_mean,
        parameters=method.engagement(),
    )


def _participations(person: Contact, now: datetime) -> Sequence[Participation]:
    rows = participations([person.account_id], until=now)
    own = rows.counted & (rows.contact == person.id)
    columns = (rows.disposition[own], rows.weight[own], rows.age_months[own])
    return [
        Participation(DISPOSITIONS[disposition], weight, age)
        for disposition, weight, age in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _waves(contact_id: int) -> Any:
    """Return the latest waves that asked a person; who took part is told of confidential ones too."""
    return (
        select(
            Wave.name,
            Wave.launched_at,
            Invitation.state,
            Invitation.sent_at,
            Invitation.reminders_sent,
            Contact.status,
            Response.state.label("answer"),
            Response.quarantine_reason,
            Response.answered_at,
            Response.source,
            openly_given().label("is_open"),
        )
        .select_from(Invitation)
        .join(Wave, Wave.id == Invitation.wave_id)
        .join(Contact, Contact.id == Invitation.contact_id)
        .outerjoin(Response, Response.invitation_id == Invitation.id)
        .where(Invitation.contact_id == contact_id, Wave.launched_at.is_not(None))
        .order_by(Wave.launched_at.desc(), Invitation.id.desc())
        .limit(WAVES_SHOWN)
    )


def _asked(row: Row[Any]) -> AskedOnce:
    outcome = outcome_of(row.state, row.status, row.answer, row.quarantine_reason)
    is_told = outcome in ("answered", "partial") and row.is_open and row.source in BROUGHT_BY_MAIL
    if not is_told or row.sent_at is None or row.answered_at is None:
        return AskedOnce(row.name, row.launched_at, outcome, None, None)
    waited = (row.answered_at - row.sent_at).total_seconds()
    day = max(0, int(waited // SECONDS_PER_DAY))
    return AskedOnce(row.name, row.launched_at, outcome, row.reminders_sent + 1, day)
