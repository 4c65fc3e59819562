"""Responses, quarantine and referrals, read only."""

from sqlalchemy import select

from vocapp.core.db import db
from vocapp.responses.models import Referral, Response, ResponseRevision


def response_of(invitation_id: int) -> Response | None:
    """Return what is kept of an invitation's answer, doubtful or not."""
    return db.session.scalar(select(Response).where(Response.invitation_id == invitation_id))


def counted_response_of(invitation_id: int) -> Response | None:
    """Return the answer that counts, or None."""
    response = response_of(invitation_id)
    return response if response is not None and response.quarantine_reason is None else None


def last_revision_of(response_id: int) -> ResponseRevision | None:
    """Return the form that was sent last, doubtful or not."""
    revisions = (
        select(ResponseRevision)
        .where(ResponseRevision.response_id == response_id)
        .order_by(ResponseRevision.number.desc())
        .limit(1)
    )
    return db.session.scalar(revisions)


def last_referral_of(invitation_id: int) -> Referral | None:
    """Return the last thing somebody told us about being the wrong person, or None."""
    referrals = select(Referral).where(Referral.invitation_id == invitation_id).order_by(Referral.id.desc())
    return db.session.scalar(referrals.limit(1))
