"""Which waves ask a survey, for the pages of surveys, read only."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import func, select

from vocapp.campaigns.models import Wave
from vocapp.campaigns.queries import visible_waves
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.questionnaires.models import Survey, SurveyVersion


def wave_counts() -> Mapping[str, int]:
    """Return how many waves ask each survey, by its key; surveys without a wave are left out."""
    counts = (
        select(Survey.key, func.count(Wave.id))
        .join(SurveyVersion, SurveyVersion.survey_id == Survey.id)
        .join(Wave, Wave.survey_version_id == SurveyVersion.id)
        .group_by(Survey.key)
    )
    rows = db.session.execute(counts).all()
    return {row[0]: row[1] for row in rows}


def waves_by_version(key: str, reader: User) -> Mapping[int, Sequence[Wave]]:
    """Return the waves of a survey a user may see, the newest first, by the id of the version they ask."""
    waves = (
        visible_waves(reader)
        .join(SurveyVersion, Wave.survey_version_id == SurveyVersion.id)
        .join(Survey, SurveyVersion.survey_id == Survey.id)
        .where(Survey.key == key)
        .order_by(Wave.created_at.desc(), Wave.id.desc())
    )
    found: dict[int, list[Wave]] = defaultdict(list)
    for wave in db.session.scalars(waves):
        found[wave.survey_version_id].append(wave)
    return found
