"""The pages behind an open link: at an event, and in a frame of somebody else's page. They know nobody."""

from flask import Blueprint, Response, abort, g, render_template, request
from flask.typing import ResponseReturnValue

from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.frames import allow_in_frames
from vocapp.core.limits import count_try, visitor_address
from vocapp.open_links.models import OpenLink
from vocapp.open_links.pages import (
    EARLIER_FIELD,
    OpenPage,
    earlier_open_page,
    next_open_page,
    open_page,
    opened_open_page,
    read_open_form,
    visit_of_request,
)
from vocapp.open_links.queries import answers_of_visit, open_link_by_token
from vocapp.open_links.rules import OpenLinkKind, is_open
from vocapp.open_links.service import OpenForm, hold_visit, keep_open_answer
from vocapp.outbox.link_pages import count_wrong_link, guard_link_pages

open_pages = Blueprint("open_pages", __name__)
guard_link_pages(open_pages)

# A whole hall may answer through one link and one address; a machine is quicker still.
FORMS_OF_A_LINK = "600 per minute; 10000 per hour"
FORMS_OF_A_VISITOR = "60 per minute; 600 per hour"


@open_pages.after_request
def allow_frames(response: Response) -> Response:
    """Let the pages of a link stand where it is allowed to, whatever they have to say."""
    return allow_in_frames(response, g.get("allowed_origins", ()))


@open_pages.get("/e/<token>")
def event(token: str) -> str:
    """Ask whoever follows an event's link; nothing is recorded."""
    return _asked(token, OpenLinkKind.EVENT)


@open_pages.post("/e/<token>")
def send_event(token: str) -> ResponseReturnValue:
    """Keep a page of answers given at an event, and go on."""
    return _sent(token, OpenLinkKind.EVENT)


@open_pages.get("/e/<token>/thanks")
def event_thanks(token: str) -> str:
    """Say that what was sent is saved."""
    return _thanks(_page(_open_link(token, OpenLinkKind.EVENT), token))


@open_pages.get("/embed/<token>")
def embed(token: str) -> str:
    """Ask whoever reads the page around the frame; nothing is recorded."""
    return _asked(token, OpenLinkKind.EMBED)


@open_pages.post("/embed/<token>")
def send_embed(token: str) -> ResponseReturnValue:
    """Keep a page of answers given in a frame, and go on."""
    return _sent(token, OpenLinkKind.EMBED)


@open_pages.get("/embed/<token>/thanks")
def embed_thanks(token: str) -> str:
    """Say in the frame that what was sent is saved."""
    return _thanks(_page(_open_link(token, OpenLinkKind.EMBED), token))


def _open_link(token: str, kind: OpenLinkKind) -> OpenLink:
    link = open_link_by_token(token, kind)
    if link is None:
        count_wrong_link()
        abort(404)
    g.allowed_origins = link.allowed_origins
    if not is_open(link.closes_at, link.closed_at, now=utcnow()):
        abort(410)
    return link


def _page(link: OpenLink, token: str) -> OpenPage:
    return open_page(link, token, visit=visit_of_request())


def _asked(token: str, kind: OpenLinkKind) -> str:
    page = _page(_open_link(token, kind), token)
    return render_template("open_links/ask.html", page=page, shown=opened_open_page(page))


def _sent(token: str, kind: OpenLinkKind) -> ResponseReturnValue:
    if EARLIER_FIELD in request.form:
        return _earlier(token, kind)
    with transaction():
        link = _open_link(token, kind)
        _count_form(link)
        page = _page(link, token)
        held = hold_visit(link, page.visit, language=page.language.code, now=utcnow())
        form = read_open_form(page, held)
        keep_open_answer(held, form)
    return _after(page, form)


def _earlier(token: str, kind: OpenLinkKind) -> str:
    """Show a page of this visit again; nothing is recorded, and no address leads here."""
    link = _open_link(token, kind)
    _count_form(link)
    page = _page(link, token)
    shown = earlier_open_page(page, answers_of_visit(link, page.visit))
    return render_template("open_links/ask.html", page=page, shown=shown)


def _count_form(link: OpenLink) -> None:
    count_try(FORMS_OF_A_LINK, what="open_form", who=link.token_hash)
    count_try(FORMS_OF_A_VISITOR, what="open_form_of", who=f"{link.token_hash}:{visitor_address()}")


def _after(page: OpenPage, form: OpenForm) -> ResponseReturnValue:
    # Where a machine sent the form, it learns no more than a person would.
    shown = next_open_page(page, form)
    if shown is None:
        return _thanks(page, can_change=True)
    is_wrong = form.is_stale or not form.answers.is_valid
    return render_template("open_links/ask.html", page=page, shown=shown), 422 if is_wrong else 200


def _thanks(page: OpenPage, *, can_change: bool = False) -> str:
    return render_template("open_links/thanks.html", page=page, can_change=can_change)
