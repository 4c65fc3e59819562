"""What pages say of a trigger: its names for a sentence, and the lists of its form."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vocapp.accounts.queries import personas_in_order, tiers_by_rank
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.questionnaires.queries import listed_surveys
from vocapp.triggers.queries import known_products, people_a_month, senders
from vocapp.triggers.rules import TriggerOrder


@dataclass(frozen=True)
class Spelled:
    """A trigger's order with names for its numbers; `people` is how many it asks a month, about."""

    order: TriggerOrder
    survey: str
    tiers: Sequence[str]
    personas: Sequence[str]
    sender: str
    people: float


def spelled_out(order: TriggerOrder, *, now: datetime) -> Spelled:
    """Return an order as a sentence needs it; names are those of today."""
    sender = db.session.get(User, order.sender_id) if order.sender_id is not None else None
    names = {survey.key: survey.name for survey in listed_surveys()}
    return Spelled(
        order=order,
        survey=names.get(order.survey_key, order.survey_key),
        tiers=[tier.name for tier in tiers_by_rank() if tier.id in order.tiers],
        personas=[persona.name for persona in personas_in_order() if persona.id in order.personas],
        sender=(sender.name or sender.email) if sender else "",
        people=people_a_month(order, now=now),
    )


def choices() -> dict[str, Any]:
    """Return what the form of a trigger offers."""
    return {
        "surveys": listed_surveys(),
        "personas": personas_in_order(),
        "tiers": tiers_by_rank(),
        "products": known_products(),
        "senders": senders(),
    }
