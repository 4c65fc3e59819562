"""Schedules, and reports on their way."""

from typing import Any

from tests.builders import NOW, save
from vocapp.accounts.models import Account, Contact
from vocapp.identity.models import User
from vocapp.reports.models import Report
from vocapp.reports.rules import Audience, ReportState
from vocapp.sharing.models import ReportSchedule, ReportShare, ScheduleRecipient
from vocapp.sharing.rules import ShareState


def a_schedule(account: Account, owner: User, **values: Any) -> ReportSchedule:
    """The benchmark of an account, monthly, for whoever made it."""
    made = {"kind": "account", "account_id": account.id, "owner_id": owner.id, "created_at": NOW}
    recipients = [ScheduleRecipient(user_id=owner.id)]
    return save(ReportSchedule(**{**made, "recipients": recipients, **values}))


def a_share(report: Report, sender: User, contact: Contact, **values: Any) -> ReportShare:
    """A report that waits for approval."""
    made = {
        "report_id": report.id,
        "contact_id": contact.id,
        "sender_id": sender.id,
        "state": ShareState.TO_APPROVE,
        "nonce": f"nonce {contact.id}",
        "token_hash": f"hash {report.id} {contact.id}",
    }
    return save(ReportShare(**{**made, **values}))


def a_paper(account: Account, owner: User, **values: Any) -> Report:
    """A finished benchmark in the edition for customers."""
    made = {
        "kind": "account",
        "account_id": account.id,
        "requested_by": owner.id,
        "audience": Audience.CUSTOMER,
        "state": ReportState.READY,
        "pdf": b"%PDF-1.7 a paper",
        "snapshot": {},
        "snapshot_id": "0123456789ab",
    }
    return save(Report(**{**made, **values}))
