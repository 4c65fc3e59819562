"""Triggers, events and the job that brings them together."""

from datetime import datetime, timedelta
from typing import Any

import time_machine
from sqlalchemy import select

from tests.builders import NOW, a_survey_version, a_wave, an_invitation, save
from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db, transaction
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.signals.rules import EventFacts
from vocapp.signals.service import record_events
from vocapp.triggers.models import Trigger, TriggerFiring
from vocapp.workflows.fire_triggers import fire_triggers

# A Wednesday, ten in the morning in UTC; a case closed the day before is due.
YESTERDAY = NOW - timedelta(days=1, hours=1)


def a_transactional_survey(key: str = "ces-after") -> SurveyVersion:
    """A survey about something that happened, published."""
    found = db.session.scalar(select(SurveyVersion).join(Survey).where(Survey.key == key))
    if found:
        return found
    survey = save(Survey(key=key, name="How did it go"))
    document = {**a_survey_version().definition, "key": key, "occasion": "transactional"}
    return save(SurveyVersion(survey_id=survey.id, number=1, definition=document))


def a_trigger(**values: Any) -> Trigger:
    """A trigger that asks about cases a day after they were closed, on since last month."""
    defaults = {
        "name": "Case closed",
        "survey_id": a_transactional_survey().survey_id,
        "event_kind": "case",
        "delay_days": 1,
        "personas": [],
        "tiers": [],
        "products": [],
        "share": 100,
        "active_since": NOW - timedelta(days=30),
    }
    return save(Trigger(**{**defaults, **values}))


def an_event(
    account: Account, contact: Contact | None = None, *, key: str = "500", now: datetime = NOW, **values: Any
) -> None:
    """Tell of a case that was closed yesterday, or of something else."""
    defaults = {
        "kind": "case",
        "external_key": key,
        "account_id": account.id,
        "contact_id": contact.id if contact else None,
        "occurred_at": YESTERDAY - timedelta(days=3),
        "ended_at": YESTERDAY,
        "title": "Printer on fire",
    }
    with transaction():
        record_events([EventFacts(**{**defaults, **values})], source="crm:1", now=now)


def fire(now: datetime = NOW) -> None:
    """Run the job at a moment."""
    with time_machine.travel(now, tick=False):
        fire_triggers({})


def firings() -> list[TriggerFiring]:
    rows = select(TriggerFiring).order_by(TriggerFiring.id)
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def outcomes() -> list[tuple[str, str]]:
    """What each firing came to, and why."""
    return [(one.outcome, one.reason) for one in firings()]


def asked() -> list[Invitation]:
    return list(db.session.scalars(select(Invitation).order_by(Invitation.id)))


def asked_ids() -> list[int]:
    return [invitation.contact_id for invitation in asked()]


def an_earlier_ask(contact: Contact, days: int, *, is_transactional: bool) -> None:
    version = a_transactional_survey() if is_transactional else a_survey_version()
    wave = a_wave(survey_version_id=version.id, state=WaveState.CLOSED)
    an_invitation(wave, contact, sent_at=NOW - timedelta(days=days))


def change(row: Any, **values: Any) -> None:
    with transaction():
        for name, value in values.items():
            setattr(db.session.merge(row), name, value)
