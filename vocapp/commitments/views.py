"""What we promised an account."""

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Account
from vocapp.commitments.forms import PromiseForm
from vocapp.commitments.models import Commitment
from vocapp.commitments.queries import commitments_of
from vocapp.commitments.rules import CommitmentState, is_late
from vocapp.commitments.service import promise, settle
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.identity.guards import current_person
from vocapp.identity.rules import may_write

commitments = Blueprint("commitments", __name__)


@commitments.get("/accounts/<int:account_id>/commitments")
def index(account_id: int) -> str:
    """Show what was promised and what became of it."""
    return _page(visible_or_404(Account, account_id), PromiseForm())


@commitments.post("/accounts/<int:account_id>/commitments")
def add(account_id: int) -> ResponseReturnValue:
    """Note a promise."""
    account, form = visible_or_404(Account, account_id), PromiseForm()
    if not form.validate_on_submit():
        return _page(account, form), 422
    try:
        with transaction():
            promise(account, form.text.data or "", due_on=form.due_on.data, by=current_person(), now=utcnow())
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return _page(account, form), 422
    return redirect(url_for("commitments.index", account_id=account_id), code=303)


@commitments.post("/commitments/<int:commitment_id>/<any(open, kept, dropped):state>")
def change(commitment_id: int, state: str) -> ResponseReturnValue:
    """Say what became of a promise."""
    found = visible_or_404(Commitment, commitment_id)
    with transaction():
        settle(found, CommitmentState(state), by=current_person(), now=utcnow())
    return redirect(url_for("commitments.index", account_id=found.account_id), code=303)


def _page(account: Account, form: PromiseForm) -> str:
    return render_template(
        "commitments/index.html",
        account=account,
        form=form,
        promised=commitments_of(account.id),
        is_late=is_late,
        today=utcnow().date(),
        may_write=may_write(current_person().role),
    )
