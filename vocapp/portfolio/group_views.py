"""The page of an account's group: the accounts below it, and their numbers taken together."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Account
from vocapp.core.clock import utcnow
from vocapp.core.web import requested_order, requested_page
from vocapp.identity.guards import current_person
from vocapp.identity.rules import may_write
from vocapp.portfolio.groups import ORDERS, group_page

groups = Blueprint("groups", __name__)


@groups.get("/accounts/<int:account_id>/group")
def show(account_id: int) -> ResponseReturnValue:
    """Show an account with everybody below it, each with its own numbers, and all taken together."""
    account, me = visible_or_404(Account, account_id), current_person()
    order, column = requested_order(ORDERS, default="standing")
    page = group_page(account, me, order=column, page_number=requested_page(), now=utcnow())
    return render_template("portfolio/group.html", shown=page, order=order, may_change=may_write(me.role))
