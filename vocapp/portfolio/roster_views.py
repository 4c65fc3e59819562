"""The roster of an account as a CSM confirms it, and how often people are left out for which reason."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.accounts.access import for_roles, visible_or_404
from vocapp.accounts.models import Account
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import requested_next
from vocapp.identity.guards import current_person
from vocapp.identity.rules import RoleName
from vocapp.portfolio.roster_page import roster_page
from vocapp.portfolio.roster_reasons import PERIODS, reasons_page
from vocapp.rosters.forms import RosterForm
from vocapp.rosters.models import RosterConfirmation
from vocapp.rosters.queries import people_to_confirm
from vocapp.rosters.service import RosterChanged, RosterProblems, confirm_roster

rosters = Blueprint("rosters", __name__)


@rosters.route("/accounts/<int:account_id>/roster", methods=["GET", "POST"])
def confirm(account_id: int) -> ResponseReturnValue:
    """Go through the people of an account before a wave: who stays, who goes and why, who is new."""
    account = visible_or_404(Account, account_id)
    back = requested_next(default=url_for("portfolio.account", account_id=account_id))
    form, changed = RosterForm(request.form) if request.method == "POST" else None, None
    if form is not None:
        is_stored, changed = try_to_confirm(account, form)
        if is_stored:
            return redirect(back)
    page = roster_page(account, now=utcnow(), typed=form, changed=changed)
    return render_template("rosters/confirm.html", shown=page, back=back)


def try_to_confirm(account: Account, form: RosterForm) -> tuple[bool, RosterConfirmation | None]:
    """Store a sent form, or say what is wrong beside its fields, or what somebody else confirmed since."""
    try:
        with transaction():
            plan = form.plan([contact.id for contact in people_to_confirm(account.id)])
            confirm_roster(account, plan, by=current_person(), now=utcnow())
    except RosterChanged as change:
        return False, change.latest
    except RosterProblems as refusal:
        form.problems = refusal.places
        return False, None
    except DomainError as refusal:
        form.problems = {"": str(refusal)}
        return False, None
    flash(_("The roster of %(account)s is confirmed.", account=account.name), "success")
    return True, None


@rosters.get("/rosters/reasons")
@for_roles(RoleName.ADMIN, RoleName.LEADER)
def reasons() -> ResponseReturnValue:
    """Show how many people each CSM leaves out, for which reasons, and how many of them were unhappy."""
    days = request.args.get("days", PERIODS[-1], type=int)
    page = reasons_page(days if days in PERIODS else PERIODS[-1], now=utcnow())
    return render_template("rosters/reasons.html", shown=page, periods=PERIODS)
