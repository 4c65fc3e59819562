"""Saying how often people, accounts and surveys may be asked."""

from dataclasses import asdict

from sqlalchemy import select

from vocapp.campaigns.asked import budget_in_force, pace_of
from vocapp.campaigns.fatigue import MAILS_OF_A_SURVEY, Budget, Pace, kept_for_relationship
from vocapp.campaigns.models import FatigueRules, SurveyPace
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.questionnaires.models import Survey

MOST_DAYS = 730
MOST_PEOPLE = 10_000
MOST_MAILS = 200


def change_budget(budget: Budget, *, by: User) -> None:
    """Say how often anybody is asked from now on. Raises `DomainError` for what makes no sense."""
    _check(budget)
    before, after = asdict(budget_in_force()), asdict(budget)
    row = db.session.scalar(select(FatigueRules).limit(1).with_for_update())
    if row is None:
        db.session.add(FatigueRules(**after))
    else:
        for name, number in after.items():
            setattr(row, name, number)
    db.session.flush()
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    record_act("budget_changed", actor_id=by.id, subject_kind="budget", details=changed)


def change_pace(survey: Survey, pace: Pace, *, by: User) -> None:
    """Say how often one survey asks from now on. Raises `DomainError` for what makes no sense."""
    if pace.rest_days is not None and not 1 <= pace.rest_days <= MOST_DAYS:
        raise DomainError(f"Let people rest for 1 to {MOST_DAYS} days, or leave it empty.")
    if not 1 <= pace.share <= 100:
        raise DomainError("Ask about at least 1 and at most 100 percent of the events.")
    before = asdict(pace_of(survey.id))
    row = db.session.get(SurveyPace, survey.id)
    if row is None:
        row = SurveyPace(survey_id=survey.id)
        db.session.add(row)
    row.rest_days, row.share = pace.rest_days, pace.share
    db.session.flush()
    details = {"before": before, "after": asdict(pace)}
    record_act("pace_changed", actor_id=by.id, subject_kind="survey", subject_id=survey.id, details=details)


def _check(budget: Budget) -> None:
    for name, number in asdict(budget).items():
        if not name.endswith("_days"):
            continue
        least = 0 if name in {"tolerance_days", "quiet_days", "answer_days"} else 1
        if not least <= number <= MOST_DAYS:
            raise DomainError(f"A number of days lies between {least} and {MOST_DAYS}; correct it.")
    if budget.tolerance_days >= budget.relationship_rest_days:
        raise DomainError("The days forgiven leave no rest between relationship surveys; forgive fewer.")
    if budget.account_people is not None and not 1 <= budget.account_people <= MOST_PEOPLE:
        raise DomainError(f"Ask 1 to {MOST_PEOPLE:,} people of an account, or leave it empty.")
    least_mails = kept_for_relationship(budget) + MAILS_OF_A_SURVEY
    if not least_mails <= budget.person_mails <= MOST_MAILS:
        raise DomainError(
            f"With these days a person's mails lie between {least_mails} and {MOST_MAILS}: the relationship"
            f" survey and one about an event need up to {MAILS_OF_A_SURVEY} each."
        )
