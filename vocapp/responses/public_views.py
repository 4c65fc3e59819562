"""The pages behind the links of a mail: answering, not being the right person, opting out."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from surveys.answers import SCORE_FIELD, preselected_rating
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.queries import invitation_by_token
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.outbox.link_pages import (
    SpokenPage,
    count_autosave,
    count_sent_form,
    count_wrong_link,
    doubt_about_form,
    guard_link_pages,
    is_sent_quickly,
    next_address,
    wanted_languages,
)
from vocapp.responses.answer_form import PAGE_FIELD, is_autosave, read_sent_form
from vocapp.responses.forms import NotMeForm, SomebodyElseForm
from vocapp.responses.openings import doubt_about_answer, note_opt_out_link, note_score_link
from vocapp.responses.opting_out import hold_before_opting_out
from vocapp.responses.opting_out import opt_out as stop_asking
from vocapp.responses.pages import AnswerPage, answer_page, opened_page, sent_page
from vocapp.responses.queries import counted_response_of, last_referral_of, response_of, what_was_done_for
from vocapp.responses.referring import refer
from vocapp.responses.rules import ReferralReason, is_open
from vocapp.responses.service import ACCEPTED, Recorded, SentForm, record_response
from vocapp.rosters.champion_page import link_page
from vocapp.rosters.champion_queries import request_by_token
from vocapp.rosters.champion_queries import sent_or_tried_at as request_sent_at
from vocapp.rosters.models import RosterRequest

public = Blueprint("public", __name__)
guard_link_pages(public)

CONFIRM_FIELD = "confirm"
AGAIN_FIELD = "again"
ONLY_FIELD = "only"
BUTTON = "page"
ONE_CLICK = b"List-Unsubscribe=One-Click"
ONE_CLICK_FIELDS = {"List-Unsubscribe": ["One-Click"]}


@public.get("/s/<token>")
def answer(token: str) -> ResponseReturnValue:
    """Show where somebody is, with the score of a mail's link chosen: noted as opened, and no answer."""
    invitation = _open_invitation(token)
    page = _page(invitation, token)
    chosen = preselected_rating(page.definition, request.args.get(SCORE_FIELD))
    note_score_link(invitation, chosen)
    asked_for, only = request.args.get(PAGE_FIELD), request.args.getlist(ONLY_FIELD)
    shown = opened_page(page, asked_for=asked_for, chosen=chosen, only=only)
    return render_template("responses/answer.html", page=page, shown=shown, is_conflict=False)


@public.post("/s/<token>")
def send_answer(token: str) -> ResponseReturnValue:
    """Record the form of one page."""
    with transaction():
        invitation = _open_invitation(token, is_locked=True)
        form = read_sent_form(invitation)
        recorded = record_response(invitation, form)
    if form.is_autosave:
        return "", 204
    if recorded is Recorded.DOUBTFUL:
        return redirect(next_address(".thanks", token), 303)
    if recorded in ACCEPTED and not form.answers.misplaced:
        return redirect(_address_after(token, form), 303)
    return _shown_again(token, form, recorded)


@public.get("/s/<token>/thanks")
def thanks(token: str) -> ResponseReturnValue:
    """Say that the answer is saved, and what happens next."""
    invitation = _open_invitation(token)
    if response_of(invitation.id) is None:
        return redirect(url_for(".answer", token=token))
    page, we_did = _page(invitation, token), what_was_done_for(invitation)
    return render_template("responses/thanks.html", page=page, we_did=we_did)


@public.route("/s/<token>/not-me", methods=["GET", "POST"])
def not_me(token: str) -> ResponseReturnValue:
    """Let somebody say that the question reached the wrong person."""
    form, invitation = NotMeForm(), _open_invitation(token)
    is_valid = form.validate_on_submit()
    is_doubtful = is_valid and _is_in_doubt(invitation)
    if is_valid and not is_doubtful:
        return _refer(token, ReferralReason(form.reason.data or ""))
    shown = {"page": _page(invitation, token), "form": form, "is_doubtful": is_doubtful}
    return render_template("responses/not_me.html", **shown), 422 if form.errors else 200


@public.route("/s/<token>/somebody-else", methods=["GET", "POST"])
def somebody_else(token: str) -> ResponseReturnValue:
    """Let somebody name the person to ask instead."""
    form, invitation = SomebodyElseForm(), _open_invitation(token)
    is_valid = form.validate_on_submit()
    is_doubtful = is_valid and _is_in_doubt(invitation)
    if is_valid and not is_doubtful:
        named = {"name": form.name.data or "", "email": form.email.data or ""}
        return _refer(token, ReferralReason.SOMEBODY_ELSE, **named)
    shown = {"page": _page(invitation, token), "form": form, "is_doubtful": is_doubtful}
    return render_template("responses/somebody_else.html", **shown), 422 if form.errors else 200


@public.get("/s/<token>/told")
def told(token: str) -> ResponseReturnValue:
    """Thank somebody who told us that another person is right."""
    invitation = _open_invitation(token)
    referral = last_referral_of(invitation.id)
    if referral is None:
        return redirect(url_for(".answer", token=token))
    return render_template("responses/told.html", page=_page(invitation, token), referral=referral)


@public.get("/u/<token>")
def opt_out(token: str) -> ResponseReturnValue:
    """Show the button that opts out, or that it is done."""
    asked = _asked(token)
    if isinstance(asked, Invitation):
        note_opt_out_link(asked)
    return _opt_out_page(asked, token)


@public.post("/u/<token>")
def send_opt_out(token: str) -> ResponseReturnValue:
    """Opt out: at once for a mail program's one click (RFC 8058), and by the button of the page.

    A press that may be a machine's shows the button again: no scanner presses twice.
    """
    source = _opt_out_source()
    with transaction():
        hold_before_opting_out(token)
        asked = _asked(token, is_locked=True)
        is_doubtful = source == BUTTON and _is_in_doubt(asked)
        if source is not None and not is_doubtful:
            stop_asking(asked, source=source, now=utcnow())
    return _opt_out_page(_asked(token), token, is_doubtful=is_doubtful), 200 if source else 400


def _invitation(token: str, *, is_locked: bool = False) -> Invitation:
    invitation = invitation_by_token(token, is_locked=is_locked)
    if invitation is None:
        count_wrong_link()
        abort(404)
    if is_locked:
        (count_autosave if is_autosave() else count_sent_form)(invitation.token_hash)
    return invitation


def _open_invitation(token: str, *, is_locked: bool = False) -> Invitation:
    invitation = _invitation(token, is_locked=is_locked)
    if not is_open(invitation.wave.state, invitation.wave.closes_at, now=utcnow()):
        abort(410)
    return invitation


def _page(invitation: Invitation, token: str) -> AnswerPage:
    return answer_page(invitation, token, counted_response_of(invitation.id), **wanted_languages())


def _address_after(token: str, form: SentForm) -> str:
    """Return where to go on after a page: to the next one, to questions that came up, or to the thanks."""
    sent = form.answers
    if sent.next_page is None:
        return next_address(".thanks", token)
    if not sent.unseen:
        return next_address(".answer", token, page=sent.next_page)
    new = {"only": sent.unseen, "_anchor": f"ask-{sent.unseen[0]}"}
    return next_address(".answer", token, page=sent.next_page, **new)


def _shown_again(token: str, form: SentForm, recorded: Recorded) -> ResponseReturnValue:
    is_conflict = recorded is Recorded.CONFLICT
    page = _page(_open_invitation(token), token)
    shown = sent_page(page, form, recorded)
    template = render_template("responses/answer.html", page=page, shown=shown, is_conflict=is_conflict)
    return template, 409 if is_conflict else 422


def _refer(token: str, reason: ReferralReason, **named: str) -> ResponseReturnValue:
    with transaction():
        refer(_open_invitation(token, is_locked=True), reason, now=utcnow(), **named)
    return redirect(next_address(".told", token), 303)


def _opt_out_source() -> str | None:
    # A mail program sends these words and nothing else, as a form of either kind (RFC 8058, section 3.2).
    if request.get_data().strip() == ONE_CLICK:
        return "one_click"
    if request.mimetype == "multipart/form-data" and request.form.to_dict(flat=False) == ONE_CLICK_FIELDS:
        return "one_click"
    return BUTTON if request.form.get(CONFIRM_FIELD) == "yes" else None


def _is_in_doubt(asked: Invitation | RosterRequest) -> bool:
    """Whether a button has to be pressed once more, because a machine may have pressed it.

    Pressing again costs a second, so being too quick to have read the page is enough.
    """
    if AGAIN_FIELD in request.form:
        return False
    if is_sent_quickly(utcnow()):
        return True
    if isinstance(asked, Invitation):
        return doubt_about_answer(asked, utcnow()) is not None
    return doubt_about_form(request_sent_at(asked), utcnow()) is not None


def _opt_out_page(asked: Invitation | RosterRequest, token: str, *, is_doubtful: bool = False) -> str:
    page: SpokenPage
    if isinstance(asked, Invitation):
        page = _page(asked, token)
    else:
        page = link_page(asked, token, **wanted_languages())
    is_done = asked.contact.status == ContactStatus.OPTED_OUT
    return render_template("responses/opt_out.html", page=page, is_done=is_done, is_doubtful=is_doubtful)


def _asked(token: str, *, is_locked: bool = False) -> Invitation | RosterRequest:
    """Return what a mail's opt-out link belongs to: a request to a champion, or an invitation."""
    request_to_champion = request_by_token(token, is_locked=is_locked)
    if request_to_champion is None:
        return _invitation(token, is_locked=is_locked)
    if is_locked:
        count_sent_form(request_to_champion.token_hash)
    return request_to_champion
