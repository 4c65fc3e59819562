"""Accounts and contacts, as pure judgements."""

from enum import StrEnum


class ContactStatus(StrEnum):
    """Whether a contact can be asked."""

    ACTIVE = "active"
    LEFT = "left"
    BOUNCED = "bounced"
    OPTED_OUT = "opted_out"


class AccountStatus(StrEnum):
    """Whether an account is a customer."""

    ACTIVE = "active"
    CHURNED = "churned"
