"""The data behind an account benchmark: the answers that count, one by one, for our own people."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from vocapp.accounts.models import Contact, Persona
from vocapp.campaigns.models import Invitation, Wave
from vocapp.core.db import db
from vocapp.engagement.queries import PersonVoice
from vocapp.reports.account.rules import NAME_LENGTH, PERSONA_LENGTH
from vocapp.reports.texts import shortened
from vocapp.responses.models import Response
from vocapp.responses.queries import openly_given

# Beyond this an appendix is read on the account's page.
MOST_ANSWERS = 200


def answers_behind(
    account_id: int, people: Sequence[Contact], heard: Mapping[int, PersonVoice], *, now: datetime
) -> dict[str, Any]:
    """Return the newest rating of everybody whose answer counts, the newest first, and how many there are.

    Nobody is named: their wave, the part they play, the day and the rating.
    """
    counted = {person for person, voice in heard.items() if voice.rating is not None}
    present = {person.id for person in people if person.status == "active"}
    rows = db.session.execute(
        select(Response.contact_id, Response.rating, Response.answered_at, Persona.name, Wave.name)
        .join(Invitation, Invitation.id == Response.invitation_id)
        .join(Wave, Wave.id == Invitation.wave_id)
        .outerjoin(Persona, Persona.id == Invitation.persona_id)
        .where(
            Response.account_id == account_id,
            Response.quarantine_reason.is_(None),
            Response.rating.is_not(None),
            Response.answered_at <= now,
            openly_given(),
        )
        .order_by(Response.answered_at.desc(), Response.id.desc())
    )
    newest: dict[int, dict[str, Any]] = {}
    for person, rating, answered_at, persona, wave in rows:
        if person in counted & present and heard[person].rating == rating and person not in newest:
            newest[person] = {
                "on": answered_at.date().isoformat(),
                "rating": rating,
                "persona": shortened(persona or "", PERSONA_LENGTH),
                "wave": shortened(wave, 2 * NAME_LENGTH),
            }
    return {"first": list(newest.values())[:MOST_ANSWERS], "total": len(newest)}
