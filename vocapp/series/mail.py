"""The mails that ask CSMs to confirm their rosters: when a run opens, and shortly before they are due."""

from datetime import datetime
from typing import Any

from vocapp.core.db import db
from vocapp.core.formats import day
from vocapp.core.web import absolute_url
from vocapp.core.workdays import next_polite_moment, place_of
from vocapp.identity.queries import company
from vocapp.outbox.models import Message
from vocapp.outbox.rules import LetterContext
from vocapp.outbox.service import queue_message
from vocapp.series.models import CampaignPart
from vocapp.series.queries import confirmed_of_part
from vocapp.series.rules import CampaignState, RunState

TEMPLATE = SUBJECT = "roster_due"


def queue_roster_mail(part: CampaignPart, *, is_reminder: bool, now: datetime) -> Message | None:
    """Put a mail about rosters on its way to a part's CSM, in their working hours; each is queued once.

    None when the run asks nobody to confirm anything.
    """
    if part.run.confirm_by is None or not part.owner.active:
        return None
    ours = company()
    place = place_of(part.owner.time_zone, company_zone=ours.time_zone if ours else "")
    return queue_message(
        key=f"{TEMPLATE}:{part.id}:{2 if is_reminder else 1}",
        template=TEMPLATE,
        context={"is_reminder": is_reminder},
        subject_kind=SUBJECT,
        subject_id=part.id,
        to_address=part.owner.email,
        to_name=part.owner.name,
        send_at=next_polite_moment(now, place),
    )


def roster_due_letter(message: Message) -> LetterContext | None:
    """Return the mail as things are now; None when nothing is left to confirm, or the run is past that."""
    part = db.session.get(CampaignPart, message.subject_id)
    if part is None or not part.owner.active or part.run.confirm_by is None:
        return None
    run, campaign = part.run, part.run.campaign
    if run.state != RunState.GATHERING or campaign.state != CampaignState.RUNNING:
        return None
    accounts, confirmed = confirmed_of_part(part)
    if accounts <= len(confirmed):
        return None
    values: dict[str, Any] = {
        "name": part.owner.name,
        "campaign": campaign.name,
        "survey": campaign.survey.name,
        "count": accounts - len(confirmed),
        "confirm_by": day(run.confirm_by),
        "launch_on": day(run.launch_on),
        "is_reminder": bool(message.context.get("is_reminder")),
        "leaves_out": campaign.unconfirmed == "leave_out",
        "rosters_url": absolute_url("series.rosters", campaign_id=campaign.id),
    }
    return LetterContext(values)
