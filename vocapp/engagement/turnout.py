"""Whether invitations were answered, and by whom, in conditions that indexes answer past the rows."""

from sqlalchemy import ColumnElement, and_, or_, select

from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.responses.models import Response


def has_counted_answer() -> ColumnElement[bool]:
    """Return what joins invitations with the answers that count: a doubtful one is none."""
    return and_(Response.invitation_id == Invitation.id, Response.quarantine_reason.is_(None))


def is_answered() -> ColumnElement[bool]:
    """Whether an invitation, outer joined by `has_counted_answer`, was answered."""
    return Response.id.is_not(None)


def is_reached() -> ColumnElement[bool]:
    """Whether an invitation, outer joined likewise, reached somebody whose silence would be theirs."""
    # The silence of somebody who has left is nobody's.
    gone = select(Contact.id).where(Contact.status == ContactStatus.LEFT)
    return or_(
        is_answered(),
        Invitation.state == InvitationState.DECLINED,
        and_(Invitation.state == InvitationState.SILENT, Invitation.contact_id.not_in(gone)),
    )


def is_of_one_person() -> ColumnElement[bool]:
    """Whether an invitation counts for its person: of two records of one, those of the other do not."""
    merged = select(Contact.id).where(Contact.merged_into_id.is_not(None))
    return Invitation.contact_id.not_in(merged)
