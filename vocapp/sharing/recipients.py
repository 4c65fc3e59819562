"""Who may get a report, and what is kept of one on its way to them."""

from datetime import datetime

from sqlalchemy import select

from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways
from vocapp.core.tokens import derive_token, hash_token, new_nonce
from vocapp.identity.models import User
from vocapp.outbox.queries import is_suppressed
from vocapp.reports.models import Report
from vocapp.reports.rules import Audience
from vocapp.sharing.models import ReportShare
from vocapp.sharing.queries import may_read

PURPOSE = "report"


def token_of(share: ReportShare) -> str:
    """Return the secret of a share's link."""
    return derive_token(gateways().settings.secret_key, PURPOSE, share.nonce)


def problem_with(contact: Contact | None, account_id: int | None) -> str | None:
    """Return why a report of an account cannot go to somebody there, in a sentence; None when it can.

    To be asked anew at every step: people move between accounts, and no other customer gets the report.
    """
    if contact is None or contact.status != ContactStatus.ACTIVE or contact.merged_into_id is not None:
        return "This person is no longer at the account; choose another one."
    if contact.account_id != account_id:
        return "This person is no longer at the account; choose another one."
    if not contact.email:
        return f"{contact.full_name} has no address; add it, or choose another one."
    if is_suppressed(contact.email):
        who = contact.full_name or contact.email
        return f"{who} wants no mail from us, or the address is dead; choose another one."
    return None


def new_share(
    report: Report,
    sender: User,
    note: str,
    now: datetime,
    *,
    user: User | None = None,
    contact: Contact | None = None,
) -> ReportShare | None:
    """Return a report on its way to one person, or None when they have it already.

    Raises `DomainError` for somebody who must not get it.
    """
    if contact is not None:
        _check_customer(report, contact)
    elif user is None or not user.active or not may_read(user, report):
        raise DomainError("A report goes only to colleagues who may read it here; choose others.")
    is_theirs = ReportShare.user_id == user.id if user else ReportShare.contact_id == _id(contact)
    if db.session.scalar(select(ReportShare.id).where(ReportShare.report_id == report.id, is_theirs)):
        return None
    share = ReportShare(
        report_id=report.id,
        user_id=user.id if user else None,
        contact_id=_id(contact),
        sender_id=sender.id,
        note=note,
        nonce=new_nonce(),
        created_at=now,
    )
    share.token_hash = hash_token(token_of(share))
    return share


def _id(contact: Contact | None) -> int | None:
    return contact.id if contact else None


def _check_customer(report: Report, contact: Contact) -> None:
    if report.audience != Audience.CUSTOMER:
        raise DomainError("Customers get the edition made for them; ask for that one, then share it.")
    if contact.account_id != report.account_id:
        raise DomainError("This report is about another account; choose people of that one.")
    problem = problem_with(contact, report.account_id)
    if problem:
        raise DomainError(problem)
