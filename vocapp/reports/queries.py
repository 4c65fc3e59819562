"""Reports, read only."""

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager

from vocapp.accounts.models import Account
from vocapp.accounts.queries import visible_account_ids
from vocapp.identity.models import User
from vocapp.reports.models import Report


def visible_reports(user: User) -> Select[Report]:
    """Return the reports a user may read: those of the accounts they see, newest first."""
    return (
        select(Report)
        .join(Account, Account.id == Report.account_id)
        .where(Report.account_id.in_(visible_account_ids(user)))
        .options(contains_eager(Report.account))
        .order_by(Report.created_at.desc(), Report.id.desc())
    )
