"""Roles and what they may do, as pure judgements."""

from enum import StrEnum

MINIMUM_PASSWORD_LENGTH = 15


class RoleName(StrEnum):
    """The four roles; a user has exactly one."""

    ADMIN = "admin"
    LEADER = "leader"
    CSM = "csm"
    EXECUTIVE = "executive"


def sees_all_accounts(role: RoleName) -> bool:
    """Whether a role sees every account, not only those it owns."""
    return role is not RoleName.CSM


def may_write(role: RoleName) -> bool:
    """Whether a role may change anything; executives read."""
    return role is not RoleName.EXECUTIVE
