"""The pages behind the links of a mail: answering, not being the right person, opting out."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from surveys.answers import parse_answers, preselected_rating
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.queries import invitation_by_token, sent_or_tried_at
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.outbox.link_pages import (
    SEEN_FIELD,
    SpokenPage,
    count_sent_form,
    count_wrong_link,
    doubt_about_form,
    guard_link_pages,
    next_address,
    wanted_languages,
)
from vocapp.questionnaires.queries import definition_of
from vocapp.responses.forms import NotMeForm, SomebodyElseForm
from vocapp.responses.opting_out import hold_before_opting_out
from vocapp.responses.opting_out import opt_out as stop_asking
from vocapp.responses.pages import (
    SCORE_FIELD,
    AnswerPage,
    answer_page,
    page_language,
    recorded_form,
    sent_form,
)
from vocapp.responses.queries import counted_response_of, last_referral_of, response_of
from vocapp.responses.referring import refer
from vocapp.responses.rules import ReferralReason, is_open
from vocapp.responses.service import Recorded, SentForm, record_response
from vocapp.rosters.champion_page import link_page
from vocapp.rosters.champion_queries import request_by_token
from vocapp.rosters.models import RosterRequest

public = Blueprint("public", __name__)
guard_link_pages(public)

CONFIRM_FIELD = "confirm"
ONE_CLICK = b"List-Unsubscribe=One-Click"
ONE_CLICK_FIELDS = {"List-Unsubscribe": ["One-Click"]}


@public.get("/s/<token>")
def answer(token: str) -> ResponseReturnValue:
    """Show the question, with the score of a mail's link chosen; nothing is recorded."""
    page = _page(_open_invitation(token), token)
    chosen = preselected_rating(page.definition, request.args.get(SCORE_FIELD))
    return render_template("responses/answer.html", page=page, form=recorded_form(page, chosen=chosen))


@public.post("/s/<token>")
def send_answer(token: str) -> ResponseReturnValue:
    """Record a sent form."""
    with transaction():
        invitation = _open_invitation(token, is_locked=True)
        form = _sent_form(invitation)
        recorded = record_response(invitation, form)
    if recorded in {Recorded.SAVED, Recorded.UNCHANGED, Recorded.DOUBTFUL}:
        return redirect(next_address(".thanks", token), 303)
    page = _page(_open_invitation(token), token)
    shown = sent_form(page, form.answers, recorded)
    return render_template("responses/answer.html", page=page, form=shown), 409 if shown.is_conflict else 422


@public.get("/s/<token>/thanks")
def thanks(token: str) -> ResponseReturnValue:
    """Say that the answer is saved, and what happens next."""
    invitation = _open_invitation(token)
    if response_of(invitation.id) is None:
        return redirect(url_for(".answer", token=token))
    return render_template("responses/thanks.html", page=_page(invitation, token))


@public.route("/s/<token>/not-me", methods=["GET", "POST"])
def not_me(token: str) -> ResponseReturnValue:
    """Let somebody say that the question reached the wrong person."""
    form = NotMeForm()
    if form.validate_on_submit():
        return _refer(token, ReferralReason(form.reason.data or ""))
    page = _page(_open_invitation(token), token)
    return render_template("responses/not_me.html", page=page, form=form), 422 if form.errors else 200


@public.route("/s/<token>/somebody-else", methods=["GET", "POST"])
def somebody_else(token: str) -> ResponseReturnValue:
    """Let somebody name the person to ask instead."""
    form = SomebodyElseForm()
    if form.validate_on_submit():
        named = {"name": form.name.data or "", "email": form.email.data or ""}
        return _refer(token, ReferralReason.SOMEBODY_ELSE, **named)
    page = _page(_open_invitation(token), token)
    return render_template("responses/somebody_else.html", page=page, form=form), 422 if form.errors else 200


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
    return _opt_out_page(token)


@public.post("/u/<token>")
def send_opt_out(token: str) -> ResponseReturnValue:
    """Opt out: at once for a mail program's one click (RFC 8058), and by the button of the page."""
    source = _opt_out_source()
    with transaction():
        hold_before_opting_out(token)
        asked = _asked(token, is_locked=True)
        if source is not None:
            stop_asking(asked, source=source, now=utcnow())
    return _opt_out_page(token), 200 if source else 400


def _invitation(token: str, *, is_locked: bool = False) -> Invitation:
    invitation = invitation_by_token(token, is_locked=is_locked)
    if invitation is None:
        count_wrong_link()
        abort(404)
    if is_locked:
        count_sent_form(invitation.token_hash)
    return invitation


def _open_invitation(token: str, *, is_locked: bool = False) -> Invitation:
    invitation = _invitation(token, is_locked=is_locked)
    if not is_open(invitation.wave.state, invitation.wave.closes_at, now=utcnow()):
        abort(410)
    return invitation


def _page(invitation: Invitation, token: str) -> AnswerPage:
    return answer_page(invitation, token, counted_response_of(invitation.id), **wanted_languages())


def _sent_form(invitation: Invitation) -> SentForm:
    definition = definition_of(invitation.wave.survey_version)
    fields = request.form.to_dict()
    if SCORE_FIELD in fields:
        fields[definition.rating_question.key] = fields[SCORE_FIELD]
    now = utcnow()
    return SentForm(
        parse_answers(definition, fields),
        language=page_language(invitation, **wanted_languages()).code,
        at=now,
        seen_revision=request.form.get(SEEN_FIELD, type=int),
        doubt=doubt_about_form(sent_or_tried_at(invitation), now),
    )


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
    return "page" if request.form.get(CONFIRM_FIELD) == "yes" else None


def _opt_out_page(token: str) -> str:
    asked = _asked(token)
    page: SpokenPage
    if isinstance(asked, Invitation):
        page = _page(asked, token)
    else:
        page = link_page(asked, token, **wanted_languages())
    is_done = asked.contact.status == ContactStatus.OPTED_OUT
    return render_template("responses/opt_out.html", page=page, is_done=is_done)


def _asked(token: str, *, is_locked: bool = False) -> Invitation | RosterRequest:
    """Return what a mail's opt-out link belongs to: a request to a champion, or an invitation."""
    request_to_champion = request_by_token(token, is_locked=is_locked)
    if request_to_champion is None:
        return _invitation(token, is_locked=is_locked)
    if is_locked:
        count_sent_form(request_to_champion.token_hash)
    return request_to_champion
