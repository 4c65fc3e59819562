"""Pages about people who are on record twice: found, compared, merged, and taken apart again."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Account, Contact
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import page_of, requested_id, requested_page
from vocapp.duplicates.comparing import comparison_of, proposed_order
from vocapp.duplicates.forms import MergeForm
from vocapp.duplicates.models import ContactMerge
from vocapp.duplicates.queries import found_pairs
from vocapp.duplicates.service import dismiss_pair, merge_contacts, unmerge
from vocapp.identity.guards import current_person
from vocapp.identity.rules import may_write

duplicates = Blueprint("duplicates", __name__)

PAIRS_ON_A_PAGE = 20


@duplicates.get("/duplicates")
def index() -> str:
    """List the pairs of contacts that may be one person, at the accounts this user may see."""
    me, account_id = current_person(), requested_id("account")
    account = visible_or_404(Account, account_id) if account_id else None
    pairs = found_pairs(me, account_id=account_id)
    page = page_of(pairs, number=requested_page(), size=PAIRS_ON_A_PAGE)
    return render_template(
        "duplicates/index.html",
        page=page,
        account=account,
        found=[(pair, proposed_order(pair)) for pair in page.items],
        may_change=may_write(me.role),
    )


@duplicates.route("/people/<int:contact_id>/merge/<int:other_id>", methods=["GET", "POST"])
def compare(contact_id: int, other_id: int) -> ResponseReturnValue:
    """Show two contacts side by side, and make one of them."""
    kept, other = visible_or_404(Contact, contact_id), visible_or_404(Contact, other_id)
    merged = next((one for one in (other, kept) if one.merged_into_id is not None), None)
    if merged is not None and request.method == "GET":
        return redirect(url_for("people.show", contact_id=merged.id))
    comparison = comparison_of(kept, other)
    form = MergeForm(request.form if request.method == "POST" else None, data=comparison.proposed)
    if form.validate_on_submit() and try_to_merge(kept, other, form):
        return redirect(url_for("people.show", contact_id=contact_id))
    may_change = may_write(current_person().role)
    shown = {"kept": kept, "other": other, "comparison": comparison, "form": form}
    return render_template("duplicates/compare.html", **shown, may_change=may_change)


@duplicates.post("/people/<int:contact_id>/not-the-same/<int:other_id>")
def dismiss(contact_id: int, other_id: int) -> ResponseReturnValue:
    """Remember that two contacts are two people."""
    one, other = visible_or_404(Contact, contact_id), visible_or_404(Contact, other_id)
    with transaction():
        dismiss_pair(one, other, by=current_person(), now=utcnow())
    flash(
        _("%(one)s and %(other)s stay two people.", one=one.full_name, other=other.full_name),
        "success",
    )
    return redirect(url_for("duplicates.index", account=requested_id("account")))


@duplicates.post("/merges/<int:merge_id>/undo")
def undo(merge_id: int) -> ResponseReturnValue:
    """Take a merge apart again."""
    merge = visible_or_404(ContactMerge, merge_id)
    kept_id, merged_id = merge.kept_id, merge.merged_id
    is_undone = try_to_undo(merge)
    return redirect(url_for("people.show", contact_id=merged_id if is_undone else kept_id))


def try_to_merge(kept: Contact, other: Contact, form: MergeForm) -> bool:
    """Merge two contacts as a sent form says, or say why not."""
    name = other.full_name
    try:
        with transaction():
            merge_contacts(kept, other, chosen=form.chosen(), by=current_person(), now=utcnow())
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return False
    flash(_("%(name)s is now one person with one history.", name=name), "success")
    return True


def try_to_undo(merge: ContactMerge) -> bool:
    """Undo a merge and tell what stayed, or say why not."""
    try:
        with transaction():
            left = unmerge(merge, by=current_person(), now=utcnow())
    except DomainError as refusal:
        flash(str(refusal), "error")
        return False
    flash(_("They are two people again."), "success")
    if left:
        flash(kept_values_words(len(left)), "warning")
    return True


def kept_values_words(count: int) -> str:
    """Return the sentence about values that changed since a merge and so stay as they are."""
    return str(
        ngettext(
            "%(num)s value has changed since the merge and stays as it is now.",
            "%(num)s values have changed since the merge and stay as they are now.",
            count,
        )
    )
