"""The steps of a draft: where it stands among them, read only."""

from collections.abc import Sequence

from sqlalchemy import select

from vocapp.core.db import db
from vocapp.questionnaires.models import SurveyDraft, SurveyDraftStep


def steps_around(draft: SurveyDraft) -> tuple[SurveyDraftStep | None, SurveyDraftStep | None]:
    """Return the steps that undo and redo lead to: the one before the draft's, and the one after it."""
    steps = select(SurveyDraftStep).where(SurveyDraftStep.draft_id == draft.id).limit(1)
    before = steps.where(SurveyDraftStep.number < draft.step).order_by(SurveyDraftStep.number.desc())
    after = steps.where(SurveyDraftStep.number > draft.step).order_by(SurveyDraftStep.number)
    return db.session.scalar(before), db.session.scalar(after)


def step_of(draft: SurveyDraft) -> SurveyDraftStep | None:
    """Return the step whose document the draft shows."""
    return db.session.scalar(
        select(SurveyDraftStep).where(
            SurveyDraftStep.draft_id == draft.id, SurveyDraftStep.number == draft.step
        )
    )


def steps_between(draft: SurveyDraft, low: int, high: int) -> Sequence[SurveyDraftStep]:
    """Return the steps with a number above `low` and up to `high`, the earliest first."""
    return db.session.scalars(
        select(SurveyDraftStep)
        .where(
            SurveyDraftStep.draft_id == draft.id,
            SurveyDraftStep.number > low,
            SurveyDraftStep.number <= high,
        )
        .order_by(SurveyDraftStep.number)
    ).all()
