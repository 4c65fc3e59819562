"""Settings: how reports look, with the head of one as it would be."""

from contextlib import closing

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from vocapp.admin.forms import AccentForm, LogoForm
from vocapp.admin.service import change_accent, change_logo
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.identity.branding import LARGEST_FILE, brand_of, read_logo
from vocapp.identity.guards import current_person
from vocapp.identity.models import Company
from vocapp.identity.queries import company

report_look = Blueprint("report_look", __name__, url_prefix="/settings/look")


@report_look.get("")
def show() -> ResponseReturnValue:
    """Show the logo and the accent colour that reports carry."""
    return look_page(company() or abort(404))


@report_look.get("/logo.png")
def logo_file() -> Response:
    """Answer with the logo alone."""
    ours = company()
    return Response((ours and ours.logo) or abort(404), mimetype="image/png")


@report_look.route("/logo", methods=["GET", "POST"])
def logo() -> ResponseReturnValue:
    """Take a logo in."""
    ours = company() or abort(404)
    form = LogoForm()
    if form.validate_on_submit() and try_to_take(ours, form):
        return redirect(url_for("report_look.show"))
    return look_page(ours, logo_form=form)


@report_look.post("/logo/remove")
def remove_logo() -> ResponseReturnValue:
    """Let reports do without a logo."""
    ours = company() or abort(404)
    with transaction():
        is_changed = change_logo(ours, None, by=current_person())
    flash(_("The logo is gone.") if is_changed else _("There is no logo."), "success")
    return redirect(url_for("report_look.show"))


@report_look.route("/accent", methods=["GET", "POST"])
def accent() -> ResponseReturnValue:
    """Choose the accent colour, or look at one first."""
    ours = company() or abort(404)
    form = AccentForm(accent=ours.accent)
    if form.validate_on_submit() and "look_first" not in request.form:
        with transaction():
            is_changed = change_accent(ours, form.accent.data or "", by=current_person())
        flash(_("Saved.") if is_changed else _("Nothing changed."), "success")
        return redirect(url_for("report_look.show"))
    return look_page(ours, accent_form=form)


@report_look.errorhandler(RequestEntityTooLarge)
def explain_size(_error: RequestEntityTooLarge) -> ResponseReturnValue:
    """Say how large a logo may be: whoever sends a larger one has nothing to split."""
    reason = _("A logo may have 2 MB at most; save it as a smaller picture and choose that one.")
    return render_template("layout/error.html", code=413, reason=reason), 413


def try_to_take(ours: Company, form: LogoForm) -> bool:
    """Take a logo in, or put the reason at the file."""
    with closing(form.logo.data) as file:
        # One byte more than may be says that there are too many.
        content = file.read(LARGEST_FILE + 1)
    try:
        with transaction():
            is_changed = change_logo(ours, read_logo(content), by=current_person())
    except DomainError as refusal:
        form.logo.errors = [str(refusal)]
        return False
    flash(_("Reports carry this logo from now on.") if is_changed else _("Nothing changed."), "success")
    return True


def look_page(
    ours: Company, *, logo_form: LogoForm | None = None, accent_form: AccentForm | None = None
) -> ResponseReturnValue:
    """Return the page, with what somebody just sent where that is not saved."""
    logo_form = logo_form or LogoForm(formdata=None)
    accent_form = accent_form or AccentForm(formdata=None, accent=ours.accent)
    page = render_template(
        "admin/look.html",
        brand=brand_of(ours),
        company=ours,
        logo_form=logo_form,
        accent_form=accent_form,
        accent=ours.accent if accent_form.errors else accent_form.accent.data,
        now=utcnow(),
    )
    return page, 422 if logo_form.errors or accent_form.errors else 200
