"""The steps of a launch: survey, accounts and people, message, check. Each keeps what it is told at once."""

from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select

from surveys.translation import phrase_book
from vocapp.campaigns.access import draft_or_leave, visible_wave_or_404
from vocapp.campaigns.audience import Person
from vocapp.campaigns.choosing import (
    ACCOUNT_ORDERS,
    FILTER_FIELDS,
    AccountFilter,
    account_rows,
    choosable_accounts,
    chosen_among,
    field_choices,
    matching_accounts,
)
from vocapp.campaigns.drafting import (
    add_accounts,
    ask_after_all,
    change_draft,
    choose_shown,
    discard_draft,
    leave_out,
    remove_accounts,
    write_note,
)
from vocapp.campaigns.forms import LATER, LaunchForm, LeaveOutForm, NoteForm, SurveyForm
from vocapp.campaigns.launching import launch_wave
from vocapp.campaigns.models import Wave
from vocapp.campaigns.preview import mail_to
from vocapp.campaigns.progress import answers_to_expect
from vocapp.campaigns.rules import DEFAULT_LENGTH
from vocapp.campaigns.summary import DraftSummary, concerns_of, draft_summary, mail_languages, reached_slots
from vocapp.campaigns.telling import day_of, reader_zone, told
from vocapp.campaigns.workdays import end_of_day, moment_there
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.frames import framed_mail
from vocapp.core.web import is_htmx, list_page, page_of, requested_order, requested_page
from vocapp.questionnaires.queries import listed_surveys

drafts = Blueprint("drafts", __name__)

# So many people can be picked for a preview from one list; the search finds the others.
PREVIEW_CHOICES = 100


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
    return render_template("campaigns/survey.html", form=form, surveys=surveys, **_step(wave))


@drafts.route("/waves/<int:wave_id>/accounts", methods=["GET", "POST"])
def accounts(wave_id: int) -> ResponseReturnValue:
    """Step 2a: choose accounts."""
    wave = draft_or_leave(wave_id)
    wanted = _account_filter()
    matching = matching_accounts(wave.owner, wanted, wave_id=wave.id)
    if request.method == "POST":
        return _choose_accounts(wave, matching)
    order, columns = requested_order(ACCOUNT_ORDERS, default="name")
    rows = account_rows(matching).order_by(columns, ACCOUNT_ORDERS["id"])
    page = page_of(rows, number=requested_page(), scalars=False)
    choices = {field: field_choices(wave.owner, field) for field in FILTER_FIELDS}
    chosen = chosen_among(wave, [row.id for row in page.items])
    found = {"page": page, "order": order, "wanted": wanted, "choices": choices, "chosen": chosen}
    return render_template("campaigns/accounts.html", **found, **_step(wave))


@drafts.get("/waves/<int:wave_id>/people")
def people(wave_id: int) -> ResponseReturnValue:
    """Step 2b: who is asked, and who is not and why."""
    step = _step(draft_or_leave(wave_id))
    view = "excluded" if request.args.get("view") == "excluded" else "asked"
    listed = getattr(step["summary"].audience, view)
    page = list_page(_matching_people(listed), number=requested_page())
    return render_template("campaigns/people.html", page=page, view=view, form=LeaveOutForm(), **step)


@drafts.post("/waves/<int:wave_id>/people/leave-out")
def leave_out_person(wave_id: int) -> ResponseReturnValue:
    """Leave one person out, for a reason."""
    wave = draft_or_leave(wave_id)
    form = LeaveOutForm()
    with told():
        leave_out(wave, form.contact.data or 0, reason=form.reason.data or "")
    return redirect(_same_list("drafts.people", wave_id))


@drafts.post("/waves/<int:wave_id>/people/<int:contact_id>/ask")
def ask_person(wave_id: int, contact_id: int) -> ResponseReturnValue:
    """Ask somebody after all who was left out."""
    wave = draft_or_leave(wave_id)
    with told():
        ask_after_all(wave, contact_id)
    return redirect(_same_list("drafts.people", wave_id))


@drafts.route("/waves/<int:wave_id>/message", methods=["GET", "POST"])
def message(wave_id: int) -> ResponseReturnValue:
    """Step 3: the CSM's own words, and the mail as each person will see it."""
    wave = draft_or_leave(wave_id)
    form = NoteForm(data={"note": wave.personal_note})
    if form.validate_on_submit() and _keep_note(wave, form):
        is_done = request.form.get("go") == "next"
        return redirect(url_for("drafts.check", wave_id=wave_id) if is_done else request.full_path)
    step = _step(wave)
    return render_template("campaigns/message.html", form=form, **_readers(wave, step["summary"]), **step)


@drafts.get("/waves/<int:wave_id>/message/<int:contact_id>")
def mail(wave_id: int, contact_id: int) -> ResponseReturnValue:
    """Show the mail to one person, for a frame."""
    wave = visible_wave_or_404(wave_id)
    is_reminder = request.args.get("kind") == "reminder"
    shown = mail_to(wave, contact_id, now=utcnow(), is_reminder=is_reminder) or abort(404)
    return framed_mail(shown.mail.html)


@drafts.route("/waves/<int:wave_id>/check", methods=["GET", "POST"])
def check(wave_id: int) -> ResponseReturnValue:
    """Step 4: the numbers, what to think about, and the launch."""
    wave = draft_or_leave(wave_id)
    now = utcnow()
    form = LaunchForm(data={"when": "now", "closes_on": day_of(now + DEFAULT_LENGTH)})
    if form.validate_on_submit() and _launch(wave, form, now=now):
        return redirect(url_for("campaigns.show", wave_id=wave_id))
    step = _step(wave)
    summary: DraftSummary = step["summary"]
    return render_template(
        "campaigns/check.html",
        form=form,
        zone=str(reader_zone()),
        concerns=concerns_of(wave, summary, at=now),
        expected=answers_to_expect(wave, summary.asked),
        slots=reached_slots(summary, on=now.date()),
        **step,
    )


@drafts.post("/waves/<int:wave_id>/discard")
def discard(wave_id: int) -> ResponseReturnValue:
    """Forget a draft."""
    wave = draft_or_leave(wave_id)
    with transaction():
        discard_draft(wave)
    flash(_("The draft is gone."), "success")
    return redirect(url_for("campaigns.index"))


def _step(wave: Wave) -> dict[str, Any]:
    summary = draft_summary(wave, now=utcnow())
    return {"wave": wave, "summary": summary, "languages": phrase_book().languages}


def _account_filter() -> AccountFilter:
    given = ((field, request.args.get(field, "").strip()) for field in FILTER_FIELDS)
    return AccountFilter(
        text=request.args.get("q", "").strip(),
        values=tuple((field, value) for field, value in given if value),
        is_chosen_only=request.args.get("chosen") == "1",
    )


def _choose_accounts(wave: Wave, matching: Select[Any]) -> ResponseReturnValue:
    choice = request.form.get("choice", "shown")
    with transaction():
        if choice == "all":
            add_accounts(wave, matching)
        elif choice == "none":
            remove_accounts(wave, matching)
        else:
            shown, ticked = (request.form.getlist(name, type=int) for name in ("shown", "account"))
            choose_shown(wave, choosable_accounts(wave.owner), shown=shown, ticked=ticked)
    if is_htmx():
        return render_template("campaigns/_summary.html", **_step(wave))
    return redirect(url_for("drafts.people", wave_id=wave.id) if choice == "next" else request.full_path)


def _same_list(endpoint: str, wave_id: int) -> str:
    """Return the address of a list with the filters and page it was left with."""
    query = request.query_string.decode()
    return url_for(endpoint, wave_id=wave_id) + (f"?{query}" if query else "")


def _matching_people(listed: list[Person]) -> list[Person]:
    text = request.args.get("q", "").strip().casefold()
    if not text:
        return listed
    return [
        person
        for person in listed
        if text in f"{person.name} {person.email} {person.account_name}".casefold()
    ]


def _keep_note(wave: Wave, form: NoteForm) -> bool:
    try:
        with transaction():
            write_note(wave, form.note.data or "")
    except DomainError as refusal:
        form.note.errors = [str(refusal)]
        return False
    return True


def _readers(wave: Wave, summary: DraftSummary) -> dict[str, Any]:
    """Return whose mail is previewed, and whose else could be: per language, or by name."""
    asked = summary.audience.asked
    speaks = mail_languages(wave, asked)
    first_of: dict[str, Person] = {}
    for person in asked:
        first_of.setdefault(speaks[person.language], person)
    wanted = request.args.get("person", type=int)
    reader = next((person for person in asked if person.contact_id == wanted), asked[0] if asked else None)
    found = _matching_people(asked)
    is_reminder = request.args.get("kind") == "reminder"
    return {
        "reader": reader,
        "reader_language": speaks[reader.language] if reader else "",
        "first_of": first_of,
        "found": found[:PREVIEW_CHOICES],
        "is_reminder": is_reminder,
        "shown": mail_to(wave, reader.contact_id, now=utcnow(), is_reminder=is_reminder) if reader else None,
    }


def _launch(wave: Wave, form: LaunchForm, *, now: datetime) -> bool:
    zone = reader_zone()
    at = moment_there(form.at.data, zone) if form.when.data == LATER and form.at.data else None
    closes_at = end_of_day(form.closes_on.data, zone) if form.closes_on.data else None
    try:
        with transaction():
            launch_wave(wave, at=at, closes_at=closes_at, now=now)
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return False
    flash(_("The wave is on its way.") if at is None else _("The wave waits for its time."), "success")
    return True
