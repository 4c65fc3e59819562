"""Waves: the list, how one is doing, and what can be done about it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.accounts.access import for_roles
from vocapp.campaigns.access import visible_wave_or_404
from vocapp.campaigns.afterwards import tell_what_came_of_it
from vocapp.campaigns.choosing import choosable_accounts, may_ask_anybody
from vocapp.campaigns.drafting import add_accounts, start_draft
from vocapp.campaigns.forms import DoneForm, SurveyForm
from vocapp.campaigns.models import Wave
from vocapp.campaigns.piloting import pilot_stage
from vocapp.campaigns.preview import said_preview
from vocapp.campaigns.progress import (
    PEOPLE,
    counts_of,
    counts_of_waves,
    first_mail_at,
    newest_answers,
    trouble_count,
    visible_people,
)
from vocapp.campaigns.queries import WAVE_ORDERS, listed_waves, visible_wave_counts
from vocapp.campaigns.rules import WaveState
from vocapp.campaigns.service import cancel_wave, close_wave, tell_what_was_done
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.web import page_of, requested_id, requested_order, requested_page, requested_text
from vocapp.identity.guards import current_person
from vocapp.identity.rules import RoleName
from vocapp.identity.telling import told
from vocapp.questionnaires.queries import listed_surveys, proposed_key

campaigns = Blueprint("campaigns", __name__)


@campaigns.get("/waves")
def index() -> str:
    """List the waves the user may see, newest first."""
    user = current_person()
    state = requested_text("state")
    order, column = requested_order(WAVE_ORDERS, default="-created")
    page = page_of(listed_waves(user, state=state).order_by(column, Wave.id.desc()), number=requested_page())
    return render_template(
        "campaigns/index.html",
        page=page,
        order=order,
        state=state,
        states=visible_wave_counts(user),
        counts=counts_of_waves([wave.id for wave in page.items]),
    )


@campaigns.route("/waves/new", methods=["GET", "POST"])
@for_roles(RoleName.ADMIN, RoleName.LEADER, RoleName.CSM)
def new() -> ResponseReturnValue:
    """Choose a survey: the first step of a launch, which makes the draft."""
    if request.method == "GET" and not may_ask_anybody(current_person()):
        return render_template("campaigns/nobody.html")
    surveys = listed_surveys()
    form = SurveyForm(surveys=surveys, survey=proposed_key(surveys), account=requested_id("account"))
    if form.validate_on_submit():
        asker = current_person()
        with transaction():
            wave = start_draft(asker, survey_key=form.survey.data, name=form.name.data or "", now=utcnow())
            add_accounts(wave, choosable_accounts(asker, only=[form.account.data or 0]))
        return redirect(url_for("drafts.accounts", wave_id=wave.id))
    return render_template("campaigns/survey.html", form=form, surveys=surveys, wave=None, summary=None)


@campaigns.get("/waves/<int:wave_id>")
def show(wave_id: int) -> ResponseReturnValue:
    """Show how a wave is doing; a draft leads to its steps."""
    wave = visible_wave_or_404(wave_id)
    if wave.state == WaveState.DRAFT:
        return redirect(url_for("drafts.accounts", wave_id=wave_id))
    view = requested_view(wave)
    return render_template(
        "campaigns/show.html",
        wave=wave,
        pilot=pilot_stage(wave),
        view=view,
        page=page_of(visible_people(wave, view, current_person()), number=requested_page(), scalars=False),
        **progress_of(wave),
        done=DoneForm(we_did=wave.we_did),
        said=said_preview(wave, now=utcnow()),
    )


def requested_view(wave: Wave) -> str:
    """Return which people of a wave to list; of an imported one only those who answered are known."""
    view = "answered" if wave.is_imported else request.args.get("view", "")
    return view if view in PEOPLE else "silent"


@campaigns.get("/waves/<int:wave_id>/progress")
def progress(wave_id: int) -> str:
    """Return the part of a wave's page that moves by itself."""
    wave = visible_wave_or_404(wave_id)
    return render_template("campaigns/_progress.html", wave=wave, **progress_of(wave))


def progress_of(wave: Wave) -> dict[str, Any]:
    """Return what moves by itself on a wave's page: the funnel, new answers, mails in trouble."""
    newest, counts = newest_answers(wave, current_person()), counts_of(wave)
    # What happens next is told until the first mail has left.
    leaves_at = None if counts.sent else first_mail_at(wave)
    return {"counts": counts, "newest": newest, "trouble": trouble_count(wave), "leaves_at": leaves_at}


@campaigns.post("/waves/<int:wave_id>/close")
def close(wave_id: int) -> ResponseReturnValue:
    """End an open wave now."""
    wave = visible_wave_or_404(wave_id)
    with told():
        if close_wave(wave.id, now=utcnow()):
            flash(_("The wave is closed. Whoever did not answer counts as silent."), "success")
    return redirect(url_for("campaigns.show", wave_id=wave_id))


@campaigns.post("/waves/<int:wave_id>/cancel")
def cancel(wave_id: int) -> ResponseReturnValue:
    """Call off a wave that waits for its launch."""
    wave = visible_wave_or_404(wave_id)
    with told():
        cancel_wave(wave)
        flash(_("The wave is cancelled; nobody was asked."), "success")
    return redirect(url_for("campaigns.show", wave_id=wave_id))


@campaigns.post("/waves/<int:wave_id>/done")
def done(wave_id: int) -> ResponseReturnValue:
    """Keep what was done after a wave, for the thank-you page of the next."""
    wave = visible_wave_or_404(wave_id)
    form = DoneForm()
    if form.validate_on_submit():
        with told():
            tell_what_was_done(wave, form.we_did.data or "")
            flash(_("Saved. Whoever answers your next wave reads it on the thank-you page."), "success")
    return redirect(url_for("campaigns.show", wave_id=wave_id))


@campaigns.post("/waves/<int:wave_id>/tell")
def tell(wave_id: int) -> ResponseReturnValue:
    """Tell whoever answered what was done, by mail and once."""
    wave = visible_wave_or_404(wave_id)
    with told():
        tell_what_came_of_it(wave, now=utcnow())
        flash(_("On its way, in working hours where each person is."), "success")
    return redirect(url_for("campaigns.show", wave_id=wave_id))
