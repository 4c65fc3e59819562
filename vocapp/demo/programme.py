"""The demo company's campaign: every quarter each CSM asks their accounts; this quarter's waves are out."""

from sqlalchemy import delete, select

from vocapp.campaigns.models import Wave
from vocapp.core.db import db
from vocapp.demo.history import WaveDates
from vocapp.questionnaires.models import SurveyVersion
from vocapp.series.models import Campaign, CampaignPart, CampaignRun
from vocapp.series.rules import Cadence, RunState

# Rosters are due the Thursday before a Monday's launch.
CONFIRM_DAYS = 4


def start_programme(version: SurveyVersion, dates: WaveDates) -> None:
    """Make the waves that are open the first run of a quarterly campaign."""
    campaign = Campaign(
        name="Quarterly relationship check",
        survey_id=version.survey_id,
        cadence=Cadence.QUARTERLY,
        launch_on=dates.launched_at.date(),
        confirm_days=CONFIRM_DAYS,
        created_at=dates.launched_at,
        is_demo=True,
    )
    db.session.add(campaign)
    db.session.flush()
    run = CampaignRun(
        campaign_id=campaign.id,
        period=campaign.launch_on.isoformat(),
        launch_on=campaign.launch_on,
        state=RunState.LAUNCHED,
        opened_at=dates.launched_at,
        launched_at=dates.launched_at,
    )
    db.session.add(run)
    db.session.flush()
    out = select(Wave).where(Wave.is_demo, Wave.launched_at == dates.launched_at).order_by(Wave.id)
    for wave in db.session.scalars(out).unique().all():
        db.session.add(CampaignPart(run_id=run.id, owner_id=wave.owner_id, wave_id=wave.id, is_settled=True))
    db.session.flush()


def end_programme() -> None:
    """Forget the demo's campaign; its waves go with the demo itself."""
    db.session.execute(delete(Campaign).where(Campaign.is_demo))
