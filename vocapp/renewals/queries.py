"""Renewals and their outcomes, read only."""

from datetime import date, timedelta

from sqlalchemy import select

from vocapp.core.db import db
from vocapp.renewals.models import Opportunity
from vocapp.renewals.rules import OpportunityKind

# A night on which no worker ran is made up for within so many days.
LOOK_BACK = timedelta(days=7)


def accounts_whose_renewal_came(on: date) -> list[int]:
    """Return accounts with a closed renewal whose day was lately: one signed ahead counts from then."""
    rows = select(Opportunity.account_id).where(
        Opportunity.kind == OpportunityKind.RENEWAL,
        Opportunity.is_closed,
        Opportunity.is_deleted.is_(False),
        Opportunity.close_date > on - LOOK_BACK,
        Opportunity.close_date <= on,
    )
    return sorted(set(db.session.scalars(rows)))
