"""Waves and invitations, as pure judgements."""

from enum import StrEnum


class WaveState(StrEnum):
    """Where a wave stands."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class InvitationState(StrEnum):
    """Where one contact's part in a wave stands."""

    PLANNED = "planned"
    SENT = "sent"
    DELIVERED = "delivered"
    STARTED = "started"
    COMPLETED = "completed"
    DECLINED = "declined"
    REFERRED = "referred"
    BOUNCED = "bounced"
    OPTED_OUT = "opted_out"
    SILENT = "silent"


class ExclusionReason(StrEnum):
    """Why a contact of a chosen account is not asked."""

    LEFT = "left"
    BOUNCED = "bounced"
    OPTED_OUT = "opted_out"
    ROLE_ADDRESS = "role_address"
    ASKED_RECENTLY = "asked_recently"
    NO_PERSONA = "no_persona"
    SAME_ADDRESS = "same_address"
    CHOSEN = "chosen"
