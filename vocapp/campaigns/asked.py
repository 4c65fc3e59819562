"""What people and accounts were asked already, and what the budget says of it; read only."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from surveys.definition import Occasion
from vocapp.accounts.models import Contact
from vocapp.campaigns.fatigue import Asked, Budget, Pace, Rest, lookback, rest_of
from vocapp.campaigns.models import FatigueRules, Invitation, SurveyPace, Wave, wave_accounts
from vocapp.campaigns.rules import MOST_CONTACTS, UNSENT, WAITING, InvitationState, WaveState, reminder_steps
from vocapp.core.db import db
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.questionnaires.queries import definition_of


@dataclass(frozen=True, slots=True)
class Asking:
    """What a wave or a trigger asks, as far as it matters for who rests; `mails` is what it may send anybody.

    `except_in` is the wave whose own invitations do not count.
    """

    survey_id: int
    occasion: Occasion
    budget: Budget
    pace: Pace
    mails: int
    except_in: int | None = None

    def rest_of(self, asked: Asked, *, now: datetime) -> Rest | None:
        """Return the rest somebody is in before this, None when they may be asked."""
        return rest_of(asked, self.occasion, budget=self.budget, pace=self.pace, mails=self.mails, now=now)


def budget_in_force() -> Budget:
    """Return how often anybody is asked here: what an administrator said, else the defaults."""
    row = db.session.scalar(select(FatigueRules).limit(1))
    return Budget(**{one.name: getattr(row, one.name) for one in fields(Budget)}) if row else Budget()


def pace_of(survey_id: int) -> Pace:
    """Return how often a survey asks."""
    row = db.session.get(SurveyPace, survey_id)
    return Pace() if row is None else _pace(row)


def paces_of_surveys() -> list[tuple[Survey, Pace]]:
    """Return every survey that can be asked with how often it asks, by name."""
    paces = {row.survey_id: _pace(row) for row in db.session.scalars(select(SurveyPace))}
    surveys = select(Survey).where(Survey.archived_at.is_(None)).order_by(Survey.name, Survey.id)
    return [(survey, paces.get(survey.id, Pace())) for survey in db.session.scalars(surveys)]


def _pace(row: SurveyPace) -> Pace:
    return Pace(row.rest_days, row.share)


def asking_of(version: SurveyVersion, *, mails: int, except_in: int | None = None) -> Asking:
    """Return what asking a version of a survey means for who rests."""
    return Asking(
        version.survey_id,
        definition_of(version).occasion,
        budget_in_force(),
        pace_of(version.survey_id),
        mails,
        except_in,
    )


def asking_of_wave(wave: Wave, *, except_in: int | None) -> Asking:
    """Return what a wave asks, with the mails it may send anybody."""
    steps = reminder_steps(wave.reminder_days, has_prenotice=wave.has_prenotice)
    mails = 1 + len(steps) + (wave.has_prenotice or wave.has_heads_up)
    return asking_of(wave.survey_version, mails=mails, except_in=except_in)


# The columns of `last_asked` in the order of `Asked`.
ASKED_COLUMNS = (
    "relationship_at",
    "transactional_at",
    "same_survey_at",
    "mails",
    "relationship_mails",
    "first_at",
    "first_relationship_at",
)


def asked_in(row: Any) -> Asked:
    """Return what a row with the columns of `last_asked` says; it is empty where nobody was asked."""
    return Asked(
        row.relationship_at,
        row.transactional_at,
        row.same_survey_at,
        row.mails or 0,
        row.relationship_mails or 0,
        row.first_at,
        row.first_relationship_at,
    )


def last_asked(
    asking: Asking, *, now: datetime, at_addresses_of: Collection[int] | None = None
) -> Select[*tuple[Any, ...]]:
    """Return address → what anybody there was asked, as far back as it matters (`ASKED_COLUMNS`).

    A mail that came back asked nobody, and neither did one that never left before its wave ended.
    `at_addresses_of` narrows it to the addresses of some contacts.
    """
    asked_at = func.coalesce(Invitation.sent_at, Invitation.created_at)
    # Read once: a version's document is large, and many waves share it.
    is_transactional = Wave.survey_version_id.in_(
        select(SurveyVersion.id).where(
            SurveyVersion.definition["occasion"].as_string() == Occasion.TRANSACTIONAL
        )
    )
    is_same = Wave.survey_version_id.in_(_versions_of(asking.survey_id))
    counts = asked_at > now - timedelta(days=asking.budget.person_days)
    is_open = Invitation.state.in_((*WAITING, InvitationState.PLANNED))
    mails = case((is_open, MOST_CONTACTS), else_=Invitation.reminders_sent + 1)
    of_relationship = and_(counts, ~is_transactional)
    lately = (
        select(
            Contact.email_key,
            func.max(case((is_transactional, None), else_=asked_at)).label("relationship_at"),
            func.max(case((is_transactional, asked_at))).label("transactional_at"),
            func.max(case((is_same, asked_at))).label("same_survey_at"),
            func.sum(case((counts, mails), else_=0)).label("mails"),
            func.sum(case((of_relationship, mails), else_=0)).label("relationship_mails"),
            func.min(case((counts, asked_at))).label("first_at"),
            func.min(case((of_relationship, asked_at))).label("first_relationship_at"),
        )
        .join(Invitation, Invitation.contact_id == Contact.id)
        .join(Wave, Wave.id == Invitation.wave_id)
        .where(asked_at > now - lookback(asking.budget, asking.pace), *_was_asked())
        .group_by(Contact.email_key)
    )
    if asking.except_in is not None:
        lately = lately.where(Invitation.wave_id != asking.except_in)
    if at_addresses_of is not None:
        addresses = select(Contact.email_key).where(Contact.id.in_(at_addresses_of))
        lately = lately.where(Contact.email_key.in_(addresses))
    return lately


def places_left(asking: Asking, account_ids: Iterable[int], *, now: datetime) -> dict[int, int] | None:
    """Return account id → how many more people there may be asked this survey; None: there is no limit."""
    most = asking.budget.account_people
    if most is None:
        return None
    asked_at = func.coalesce(Invitation.sent_at, Invitation.created_at)
    counts = (
        select(Invitation.account_id, func.count(Invitation.contact_id.distinct()))
        .join(Wave, Wave.id == Invitation.wave_id)
        .where(
            Wave.survey_version_id.in_(_versions_of(asking.survey_id)),
            asked_at > now - timedelta(days=asking.budget.account_days),
            *_was_asked(),
        )
        .group_by(Invitation.account_id)
    )
    used = {row[0]: row[1] for row in db.session.execute(counts)}
    return {account_id: max(0, most - used.get(account_id, 0)) for account_id in account_ids}


def relationship_waves_soon(
    account_ids: Collection[int], *, budget: Budget, now: datetime
) -> dict[int, datetime]:
    """Return account id → when a relationship wave begins that is planned there within the quiet days."""
    begins = (
        select(wave_accounts.c.account_id, func.min(Wave.launch_at))
        .join(Wave, Wave.id == wave_accounts.c.wave_id)
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .where(
            wave_accounts.c.account_id.in_(account_ids),
            Wave.state == WaveState.SCHEDULED,
            Wave.launch_at <= now + timedelta(days=budget.quiet_days),
            SurveyVersion.definition["occasion"].as_string() != Occasion.TRANSACTIONAL,
        )
        .group_by(wave_accounts.c.account_id)
    )
    return dict(db.session.execute(begins).all()) if budget.quiet_days else {}


def _versions_of(survey_id: int) -> Select[int]:
    return select(SurveyVersion.id).where(SurveyVersion.survey_id == survey_id)


def _was_asked() -> tuple[ColumnElement[bool], ...]:
    return (
        Invitation.state.not_in((InvitationState.BOUNCED, *UNSENT)),
        or_(Invitation.state != InvitationState.PLANNED, Wave.state == WaveState.OPEN),
        # Who was stopped before any mail left was not asked.
        or_(Invitation.stopped_at.is_(None), Invitation.sent_at.is_not(None)),
    )
