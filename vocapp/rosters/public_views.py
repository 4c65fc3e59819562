"""The page behind a champion's link: looking records nothing, sending is understood and passed on."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.outbox.link_pages import (
    SEEN_FIELD,
    count_sent_form,
    count_wrong_link,
    doubt_about_form,
    guard_link_pages,
    next_address,
    wanted_languages,
)
from vocapp.rosters.champion_answers import Kept, SentRoster, record_answer
from vocapp.rosters.champion_form import read_form
from vocapp.rosters.champion_page import RosterPage, ShownForm, recorded_form, roster_page
from vocapp.rosters.champion_queries import (
    form_facts,
    has_forms,
    hold_roster_of,
    is_open,
    request_by_token,
    sent_or_tried_at,
)
from vocapp.rosters.champion_rules import ChampionAnswer
from vocapp.rosters.models import RosterRequest

roster_page_views = Blueprint("roster_page", __name__)
guard_link_pages(roster_page_views)


@roster_page_views.get("/r/<token>")
def show(token: str) -> ResponseReturnValue:
    """Show whom we know and whom we miss; nothing is recorded."""
    asked = _open_request(token)
    return render_template("rosters/champion_page.html", page=_page(asked, token), form=recorded_form(asked))


@roster_page_views.post("/r/<token>")
def send(token: str) -> ResponseReturnValue:
    """Keep a sent form, and show it again with what is wrong with it."""
    with transaction():
        hold_roster_of(token)
        asked = _open_request(token, is_locked=True)
        form = read_form(request.form.to_dict(), form_facts(asked))
        kept = None if form.errors else record_answer(asked, _sent(asked, form.answer))
    if kept in {Kept.SAVED, Kept.UNCHANGED, Kept.DOUBTFUL}:
        return redirect(next_address(".thanks", token), 303)
    asked = _open_request(token)
    shown = ShownForm(form.given, form.errors, asked.revision, is_conflict=kept is Kept.CONFLICT)
    page = render_template("rosters/champion_page.html", page=_page(asked, token), form=shown)
    return page, 409 if shown.is_conflict else 422


@roster_page_views.get("/r/<token>/thanks")
def thanks(token: str) -> ResponseReturnValue:
    """Say that the answer is saved, and what happens next."""
    asked = _open_request(token)
    if not has_forms(asked.id):
        return redirect(url_for(".show", token=token))
    return render_template("rosters/champion_thanks.html", page=_page(asked, token))


def _open_request(token: str, *, is_locked: bool = False) -> RosterRequest:
    asked = request_by_token(token, is_locked=is_locked)
    if asked is None:
        count_wrong_link()
        abort(404)
    if is_locked:
        count_sent_form(asked.token_hash)
    if not is_open(asked, now=utcnow()):
        abort(410)
    return asked


def _page(asked: RosterRequest, token: str) -> RosterPage:
    return roster_page(asked, token, **wanted_languages(), on=utcnow().date())


def _sent(asked: RosterRequest, answer: ChampionAnswer) -> SentRoster:
    now = utcnow()
    return SentRoster(
        answer,
        at=now,
        seen_revision=request.form.get(SEEN_FIELD, type=int),
        doubt=doubt_about_form(sent_or_tried_at(asked), now),
    )
