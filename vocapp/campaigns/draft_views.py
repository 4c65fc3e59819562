"""The steps of a launch: survey, accounts and people, message, check. Each keeps what it is told at once."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.campaigns.access import draft_or_leave, visible_wave_or_404
from vocapp.campaigns.choosing import (
    ACCOUNT_ORDERS,
    FILTER_FIELDS,
    account_rows,
    chosen_among,
    field_choices,
    matching_accounts,
    roster_rows,
)
from vocapp.campaigns.drafting import ask_after_all, ask_only, change_draft, discard_draft, leave_out
from vocapp.campaigns.forms import LaunchForm, LeaveOutForm, NoteForm, OnlyForm, SurveyForm
from vocapp.campaigns.preview import mail_to
from vocapp.campaigns.steps import (
    account_filter,
    check_of,
    choose_accounts,
    keep_note,
    launch_defaults,
    launched_as_told,
    matching_people,
    readers_of,
    requested_letter,
    rosters_of,
    same_list,
    step_of,
)
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.frames import framed_mail
from vocapp.core.web import list_page, page_of, requested_order, requested_page, row_id
from vocapp.identity.telling import told
from vocapp.questionnaires.queries import listed_surveys

drafts = Blueprint("drafts", __name__)


@drafts.route("/waves/<int:wave_id>/survey", methods=["GET", "POST"])
def survey(wave_id: int) -> ResponseReturnValue:
    """Step 1, again: choose another survey or name."""
    wave = draft_or_leave(wave_id)
    surveys = listed_surveys()
    form = SurveyForm(surveys=surveys, survey=wave.survey_version.survey.key, name=wave.name)
    if form.validate_on_submit():
        with transaction():
            change_draft(wave, survey_key=form.survey.data, name=form.name.data or "")
        return redirect(url_for("drafts.accounts", wave_id=wave_id))
    return render_template("campaigns/survey.html", form=form, surveys=surveys, **step_of(wave))


@drafts.route("/waves/<int:wave_id>/accounts", methods=["GET", "POST"])
def accounts(wave_id: int) -> ResponseReturnValue:
    """Step 2a: choose accounts."""
    wave = draft_or_leave(wave_id)
    wanted = account_filter()
    matching = matching_accounts(wave.owner, wanted, wave_id=wave.id)
    if request.method == "POST":
        return choose_accounts(wave, matching)
    order, columns = requested_order(ACCOUNT_ORDERS, default="name")
    rows = account_rows(matching).order_by(columns, ACCOUNT_ORDERS["id"])
    page = page_of(rows, number=requested_page(), scalars=False)
    choices = {field: field_choices(wave.owner, field) for field in FILTER_FIELDS}
    chosen = chosen_among(wave, [row.id for row in page.items])
    found = {"page": page, "order": order, "wanted": wanted, "choices": choices, "chosen": chosen}
    return render_template("campaigns/accounts.html", **found, **step_of(wave))


@drafts.get("/waves/<int:wave_id>/people")
def people(wave_id: int) -> ResponseReturnValue:
    """Step 2b: who is asked, and who is not and why."""
    step = step_of(draft_or_leave(wave_id))
    view = "excluded" if request.args.get("view") == "excluded" else "asked"
    listed = getattr(step["summary"].audience, view)
    page = list_page(matching_people(listed), number=requested_page())
    rosters = rosters_of(person.account_id for person in page.items)
    return render_template(
        "campaigns/people.html",
        page=page,
        view=view,
        form=LeaveOutForm(),
        only=OnlyForm(obj=step["wave"]),
        rosters=rosters,
        **step,
    )


@drafts.post("/waves/<int:wave_id>/people/only")
def only_some(wave_id: int) -> ResponseReturnValue:
    """Ask only people who were verified lately, or in their own language."""
    wave = draft_or_leave(wave_id)
    form = OnlyForm()
    with told():
        ask_only(
            wave,
            is_for_verified=bool(form.is_for_verified.data),
            is_in_own_language=bool(form.is_in_own_language.data),
        )
    return redirect(same_list("drafts.people", wave_id))


@drafts.get("/waves/<int:wave_id>/rosters")
def rosters(wave_id: int) -> ResponseReturnValue:
    """Step 2c: which accounts' rosters were confirmed, those that were not first."""
    wave = draft_or_leave(wave_id)
    page = page_of(roster_rows(wave), number=requested_page(), scalars=False)
    confirmed = rosters_of(row.id for row in page.items)
    return render_template("campaigns/rosters.html", page=page, rosters=confirmed, **step_of(wave))


@drafts.post("/waves/<int:wave_id>/people/leave-out")
def leave_out_person(wave_id: int) -> ResponseReturnValue:
    """Leave one person out, for a reason."""
    wave = draft_or_leave(wave_id)
    form = LeaveOutForm()
    with told():
        leave_out(wave, request.form.get("contact", 0, type=row_id), reason=form.reason.data or "")
    return redirect(same_list("drafts.people", wave_id))


@drafts.post("/waves/<int:wave_id>/people/<int:contact_id>/ask")
def ask_person(wave_id: int, contact_id: int) -> ResponseReturnValue:
    """Ask somebody after all who was left out."""
    wave = draft_or_leave(wave_id)
    with told():
        ask_after_all(wave, contact_id)
    return redirect(same_list("drafts.people", wave_id))


@drafts.route("/waves/<int:wave_id>/message", methods=["GET", "POST"])
def message(wave_id: int) -> ResponseReturnValue:
    """Step 3: the CSM's own words, and the mail as each person will see it."""
    wave = draft_or_leave(wave_id)
    form = NoteForm(data={"note": wave.personal_note})
    if form.validate_on_submit() and keep_note(wave, form):
        is_done = request.form.get("go") == "next"
        return redirect(url_for("drafts.check", wave_id=wave_id) if is_done else request.full_path)
    step = step_of(wave)
    return render_template("campaigns/message.html", form=form, **readers_of(wave, step["summary"]), **step)


@drafts.get("/waves/<int:wave_id>/message/<int:contact_id>")
def mail(wave_id: int, contact_id: int) -> ResponseReturnValue:
    """Show the mail to one person, for a frame."""
    wave = visible_wave_or_404(wave_id)
    shown = mail_to(wave, contact_id, now=utcnow(), kind=requested_letter()) or abort(404)
    return framed_mail(shown.mail.html)


@drafts.route("/waves/<int:wave_id>/check", methods=["GET", "POST"])
def check(wave_id: int) -> ResponseReturnValue:
    """Step 4: the numbers, what to think about, and the launch."""
    wave = draft_or_leave(wave_id)
    now = utcnow()
    form = LaunchForm(data=launch_defaults(wave, now=now))
    if form.validate_on_submit() and launched_as_told(wave, form, now=now):
        return redirect(url_for("campaigns.show", wave_id=wave_id))
    return render_template("campaigns/check.html", **check_of(wave, form, now=now))


@drafts.post("/waves/<int:wave_id>/discard")
def discard(wave_id: int) -> ResponseReturnValue:
    """Forget a draft."""
    wave = draft_or_leave(wave_id)
    with transaction():
        discard_draft(wave)
    flash(_("The draft is gone."), "success")
    return redirect(url_for("campaigns.index"))
