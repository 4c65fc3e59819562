"""What people answered, for those who look after them: the list, and forms in quarantine."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from surveys.scoring import RatingClass
from vocapp.accounts.access import for_roles
from vocapp.accounts.downloads import table_response
from vocapp.core.clock import utcnow
from vocapp.core.web import page_of, requested_id, requested_order, requested_page, requested_text
from vocapp.freshness.queries import count_open_suggestions
from vocapp.identity.guards import current_person
from vocapp.identity.rules import RoleName, may_write
from vocapp.identity.telling import told
from vocapp.responses.exporting import response_table
from vocapp.responses.listing import (
    RESPONSE_ORDERS,
    ResponseFilter,
    answered_waves,
    class_counts,
    count_of,
    doubtful_form,
    doubtful_forms,
    listed_responses,
)
from vocapp.responses.models import Response, ResponseRevision
from vocapp.responses.rules import ResponseSource
from vocapp.responses.scales import kinds_of_waves
from vocapp.responses.service import keep_out as agree_to_keep_out
from vocapp.responses.service import rating_and_comment
from vocapp.responses.service import release as count_after_all

responses = Blueprint("responses", __name__)

DECIDERS = (RoleName.ADMIN, RoleName.LEADER)


@responses.context_processor
def rights() -> dict[str, object]:
    """Tell templates what the signed-in user may do."""
    role = current_person().role
    decides = role in DECIDERS
    doubtful = count_of(doubtful_forms(current_person())) if decides else 0
    return {"may_change": may_write(role), "may_decide": decides, "doubtful_count": doubtful}


@responses.get("/responses")
def index() -> str:
    """List the answers this user may see, newest first."""
    me, wanted = current_person(), wanted_responses()
    order, column = requested_order(RESPONSE_ORDERS, default="-answered")
    listed = listed_responses(me, wanted)
    page = page_of(listed.order_by(column, Response.id.desc()), number=requested_page())
    return render_template(
        "responses/index.html",
        page=page,
        order=order,
        wanted=wanted,
        counts=class_counts(me, wanted),
        kinds=kinds_of_waves({response.wave_id for response in page.items}),
        waves=answered_waves(me),
        suggestions=count_open_suggestions(me),
    )


@responses.get("/responses/export.<any(csv, xlsx):file_format>")
def export(file_format: str) -> ResponseReturnValue:
    """Download the listed answers."""
    listed = listed_responses(current_person(), wanted_responses()).with_only_columns(Response.id)
    return table_response(response_table(listed), file_format)


@responses.get("/responses/quarantine")
@for_roles(*DECIDERS)
def quarantine() -> str:
    """List forms that may not come from a person."""
    is_kept_out = request.args.get("view") == "kept_out"
    forms = doubtful_forms(current_person(), is_kept_out=is_kept_out)
    page = page_of(forms, number=requested_page())
    said = {form.id: rating_and_comment(form) for form in page.items}
    kinds = kinds_of_waves({form.response.wave_id for form in page.items})
    return render_template(
        "responses/quarantine.html", page=page, said=said, kinds=kinds, is_kept_out=is_kept_out
    )


@responses.post("/responses/quarantine/<int:revision_id>/release")
@for_roles(*DECIDERS)
def release(revision_id: int) -> ResponseReturnValue:
    """Count a doubtful form after all."""
    with told():
        count_after_all(form_or_404(revision_id), now=utcnow(), by=current_person())
        flash(_("The answer counts now."), "success")
    return redirect(url_for(".quarantine"))


@responses.post("/responses/quarantine/<int:revision_id>/keep-out")
@for_roles(*DECIDERS)
def keep_out(revision_id: int) -> ResponseReturnValue:
    """Agree that a doubtful form is no answer."""
    with told():
        agree_to_keep_out(form_or_404(revision_id), now=utcnow(), by=current_person())
        flash(_("Kept out. You find it under “Kept out” and can still release it."), "success")
    return redirect(url_for(".quarantine"))


def form_or_404(revision_id: int) -> ResponseRevision:
    """Return a form in quarantine the signed-in user may decide on."""
    form = doubtful_form(current_person(), revision_id)
    if form is None:
        abort(404)
    return form


def wanted_responses() -> ResponseFilter:
    """Return the filter the address asks for; nonsense filters nothing."""
    rating_class, source = request.args.get("class", ""), request.args.get("source", "")
    return ResponseFilter(
        text=requested_text("q"),
        rating_class=rating_class if rating_class in set(RatingClass) else "",
        wave_id=requested_id("wave"),
        account_id=requested_id("account"),
        source=source if source in set(ResponseSource) else "",
    )
