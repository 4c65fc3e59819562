"""Fixes which answers count in a confidential wave, once, when it closes."""

from sqlalchemy import insert, literal, select

from vocapp.accounts.models import Contact
from vocapp.campaigns.models import Invitation, Wave, wave_accounts
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.responses.models import Response
from vocapp.results.models import ClosedAnswer


def fix_closed_answers(wave_id: int) -> bool:
    """Fix what counts in a confidential wave that has closed; False for any other, and when it is fixed.

    The wave is held meanwhile, so that the first to come fixes it for good.
    """
    held = (
        select(Wave.id)
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .join(Survey, Survey.id == SurveyVersion.survey_id)
        .where(Wave.id == wave_id, Wave.state == WaveState.CLOSED, Survey.is_confidential)
        .with_for_update(of=Wave, key_share=True)
    )
    if db.session.scalar(held) is None or is_fixed(wave_id):
        return False
    kept = (wave_accounts.c.wave_id == Response.wave_id) & (wave_accounts.c.account_id == Response.account_id)
    counted = (
        select(
            literal(wave_id),
            Response.id,
            Response.account_id,
            wave_accounts.c.owner_id,
            Invitation.persona_id,
            Response.language,
        )
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(Contact, Contact.id == Response.contact_id)
        .outerjoin(wave_accounts, kept)
        .where(
            Response.wave_id == wave_id,
            Response.quarantine_reason.is_(None),
            Contact.merged_into_id.is_(None),
        )
    )
    columns = ("wave_id", "response", "account", "owner", "persona", "language")
    db.session.execute(insert(ClosedAnswer).from_select(columns, counted))
    return True


def is_fixed(wave_id: int) -> bool:
    """Whether it is fixed what counts in a wave; one that nobody answered never is, and needs not be."""
    return (
        db.session.scalar(select(ClosedAnswer.response).where(ClosedAnswer.wave_id == wave_id).limit(1))
        is not None
    )
