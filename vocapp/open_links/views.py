"""Open links for those who make them: the list, a new one, and how one is doing."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.web import absolute_url, page_of, requested_page
from vocapp.core.workdays import end_of_day
from vocapp.identity.guards import current_person
from vocapp.identity.telling import reader_zone, told
from vocapp.open_links.codes import code_of
from vocapp.open_links.forms import OpenLinkForm
from vocapp.open_links.models import OpenLink, OpenResponse
from vocapp.open_links.queries import (
    OpenCounts,
    asked_by,
    counts_of_links,
    doubtful_answer,
    doubtful_answers,
    latest_answers,
    listed_links,
    surveys_for_anybody,
    token_of,
)
from vocapp.open_links.rules import OpenLinkKind, is_open
from vocapp.open_links.service import (
    close_open_link,
    create_open_link,
    keep_open_answer_out,
    release_open_answer,
    reopen_open_link,
)

open_links = Blueprint("open_links", __name__)


@open_links.get("/open-links")
def index() -> str:
    """List the links that belong to nobody, newest first."""
    links = listed_links()
    counts, now = counts_of_links([link.id for link in links]), utcnow()
    rows = [(link, is_taking(link), counts.get(link.id, OpenCounts())) for link in links]
    return render_template("open_links/index.html", rows=rows, now=now)


@open_links.route("/open-links/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Make a link."""
    form = OpenLinkForm(surveys=surveys_for_anybody())
    if form.validate_on_submit():
        made: list[OpenLink] = []
        with told():
            made.append(link_from(form))
        if made:
            return redirect(url_for(".show", link_id=made[0].id))
    return render_template("open_links/new.html", form=form), 422 if form.errors else 200


@open_links.get("/open-links/<int:link_id>")
def show(link_id: int) -> str:
    """Show a link: its address, its code or its snippet, and how many answered."""
    link = link_or_404(link_id)
    return render_template(
        "open_links/show.html",
        link=link,
        address=address_of(link),
        is_taking=is_taking(link),
        kind=asked_by(link).kind,
        script=absolute_url("static", filename="js/embed.js"),
        counts=counts_of_links([link.id]).get(link.id, OpenCounts()),
        latest=latest_answers(link),
        page=page_of(doubtful_answers(link), number=requested_page()),
    )


@open_links.get("/open-links/<int:link_id>/code.svg")
def code(link_id: int) -> Response:
    """Return an event's code, to show and to print."""
    link = link_or_404(link_id)
    if link.kind != OpenLinkKind.EVENT:
        abort(404)
    headers = {"Content-Disposition": f'attachment; filename="link-{link.id}.svg"'}
    return Response(code_of(address_of(link)), mimetype="image/svg+xml", headers=headers)


@open_links.post("/open-links/<int:link_id>/close")
def close(link_id: int) -> ResponseReturnValue:
    """Take no more answers through a link."""
    with told():
        close_open_link(link_or_404(link_id), now=utcnow(), by=current_person())
        flash(_("The link is closed; whoever opens it is told so."), "success")
    return redirect(url_for(".show", link_id=link_id))


@open_links.post("/open-links/<int:link_id>/reopen")
def reopen(link_id: int) -> ResponseReturnValue:
    """Take answers through a link again."""
    with told():
        reopen_open_link(link_or_404(link_id), now=utcnow(), by=current_person())
        flash(_("The link takes answers again."), "success")
    return redirect(url_for(".show", link_id=link_id))


@open_links.post("/open-links/<int:link_id>/answers/<int:answer_id>/release")
def release(link_id: int, answer_id: int) -> ResponseReturnValue:
    """Count a doubtful form after all."""
    with told():
        release_open_answer(answer_or_404(link_id, answer_id), now=utcnow(), by=current_person())
        flash(_("The answer counts now."), "success")
    return redirect(url_for(".show", link_id=link_id))


@open_links.post("/open-links/<int:link_id>/answers/<int:answer_id>/keep-out")
def keep_out(link_id: int, answer_id: int) -> ResponseReturnValue:
    """Agree that a doubtful form is no answer."""
    with told():
        keep_open_answer_out(answer_or_404(link_id, answer_id), now=utcnow(), by=current_person())
        flash(_("Kept out; you can still release it."), "success")
    return redirect(url_for(".show", link_id=link_id))


def link_from(form: OpenLinkForm) -> OpenLink:
    """Return the link a valid form describes."""
    closes_on = form.closes_on.data
    return create_open_link(
        OpenLinkKind(form.kind.data),
        name=(form.name.data or "").strip(),
        survey_key=form.survey.data,
        allowed_origins=form.allowed_origins,
        closes_at=end_of_day(closes_on, reader_zone()) if closes_on else None,
        by=current_person(),
        now=utcnow(),
    )


def link_or_404(link_id: int) -> OpenLink:
    """Return a link."""
    return db.session.get(OpenLink, link_id) or abort(404)


def answer_or_404(link_id: int, answer_id: int) -> OpenResponse:
    """Return a doubtful form that came in through a link."""
    return doubtful_answer(link_or_404(link_id), answer_id) or abort(404)


def is_taking(link: OpenLink) -> bool:
    """Whether a link takes answers now."""
    return is_open(link.closes_at, link.closed_at, now=utcnow())


def address_of(link: OpenLink) -> str:
    """Return the address to hand out."""
    return absolute_url(f"open_pages.{link.kind}", token=token_of(link))
