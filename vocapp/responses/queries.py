"""Responses, quarantine and referrals, read only."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload, lazyload

from vocapp.campaigns.models import Invitation, Wave
from vocapp.core.db import db
from vocapp.core.tokens import hash_token
from vocapp.identity.models import User
from vocapp.responses.models import Referral, Response, ResponseRevision


def invitation_of_link(token: str, *, is_locked: bool = False) -> Invitation | None:
    """Return the invitation of a link with all that its page shows, or None; one statement either way.

    `is_locked` holds it until the end of the transaction, so that forms sent at once are read one by one.
    """
    invitation = select(Invitation).where(Invitation.token_hash == hash_token(token))
    wave = joinedload(Invitation.wave)
    invitation = invitation.options(
        wave.joinedload(Wave.survey_version),
        wave.joinedload(Wave.owner).options(lazyload(User.roles)),
        joinedload(Invitation.account),
        joinedload(Invitation.contact),
    )
    if is_locked:
        # Read again what somebody else may have changed while we waited for the lock.
        invitation = invitation.with_for_update(of=Invitation).execution_options(populate_existing=True)
    return db.session.scalar(invitation)


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
