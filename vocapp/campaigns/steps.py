"""What the steps of a launch take from a request, and what they show beside it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select

from surveys.translation import phrase_book
from vocapp.campaigns.audience import Person
from vocapp.campaigns.choosing import FILTER_FIELDS, AccountFilter, choosable_accounts
from vocapp.campaigns.drafting import (
    add_accounts,
    choose_shown,
    plan_first_mails,
    plan_mails,
    plan_pilot,
    remove_accounts,
    write_note,
)
from vocapp.campaigns.forms import (
    EVERYBODY,
    LATER,
    LOOK,
    NUMBER,
    REMINDER_CHOICES,
    SHARE,
    THREE_AND_EIGHT,
    LaunchForm,
    NoteForm,
)
from vocapp.campaigns.launching import launch_wave, refuse_whole_pilot
from vocapp.campaigns.mail_words import missing_in
from vocapp.campaigns.models import Wave
from vocapp.campaigns.preview import mail_to
from vocapp.campaigns.progress import answers_to_expect
from vocapp.campaigns.rules import DEFAULT_LENGTH, Letter
from vocapp.campaigns.sendings import first_turn, readers_of_letter, sendings
from vocapp.campaigns.summary import (
    DraftSummary,
    concerns_of,
    draft_summary,
    mail_languages,
    reached_slots,
)
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import is_htmx, requested_text, row_id
from vocapp.core.workdays import end_of_day, moment_there
from vocapp.identity.telling import day_of, reader_zone
from vocapp.outbox.preflight import concerns_about_sender
from vocapp.rosters.models import RosterConfirmation
from vocapp.rosters.queries import current_confirmations

# So many people can be picked for a preview from one list; the search finds the others.
PREVIEW_CHOICES = 100
# What the form proposes for a pilot: percent or people, and the days after which the others follow.
USUAL_PILOT_SIZE, USUAL_PILOT_DAYS = 10, 3
MAIL_CHOICES = ("has_prenotice", "has_heads_up", "has_thanks", "is_any_hour")


def step_of(wave: Wave) -> dict[str, Any]:
    """Return what every step shows: the draft and its summary."""
    summary = draft_summary(wave, now=utcnow())
    return {"wave": wave, "summary": summary, "languages": phrase_book().languages}


def account_filter() -> AccountFilter:
    """Return the filter the address asks for."""
    given = ((field, requested_text(field)) for field in FILTER_FIELDS)
    return AccountFilter(
        text=requested_text("q"),
        values=tuple((field, value) for field, value in given if value),
        is_chosen_only=request.args.get("chosen") == "1",
    )


def choose_accounts(wave: Wave, matching: Select[Any]) -> ResponseReturnValue:
    """Keep what a posted page of accounts says: all that match, none of them, or its ticks."""
    choice = request.form.get("choice", "shown")
    with transaction():
        if choice == "all":
            add_accounts(wave, matching)
        elif choice == "none":
            remove_accounts(wave, matching)
        else:
            shown, ticked = (request.form.getlist(name, type=row_id) for name in ("shown", "account"))
            choose_shown(wave, choosable_accounts(wave.owner), shown=shown, ticked=ticked)
    if is_htmx():
        return render_template("campaigns/_summary.html", **step_of(wave))
    return redirect(url_for("drafts.people", wave_id=wave.id) if choice == "next" else request.full_path)


def same_list(endpoint: str, wave_id: int) -> str:
    """Return the address of a list with the filters and page it was left with."""
    query = request.query_string.decode()
    return url_for(endpoint, wave_id=wave_id) + (f"?{query}" if query else "")


def matching_people(listed: Sequence[Person]) -> Sequence[Person]:
    """Return those whose name, address or account holds the text the address asks for."""
    text = requested_text("q").casefold()
    if not text:
        return listed
    return [
        person
        for person in listed
        if text in f"{person.name} {person.email} {person.account_name}".casefold()
    ]


def rosters_of(account_ids: Iterable[int]) -> Mapping[int, RosterConfirmation]:
    """Return account id → the roster confirmation that holds today, of some accounts."""
    return current_confirmations(set(account_ids), on=utcnow().date())


def keep_note(wave: Wave, form: NoteForm) -> bool:
    """Keep a note; what is wrong with it stands beside the field, and what was typed stays."""
    try:
        with transaction():
            write_note(wave, form.note.data or "")
    except DomainError as refusal:
        form.note.errors = [str(refusal)]
        return False
    return True


def requested_letter() -> Letter:
    """Return which mail of a wave the address asks to see, the invitation without a word."""
    asked = request.args.get("kind", "")
    return Letter(asked) if asked in list(Letter) else Letter.INVITATION


def readers_of(wave: Wave, summary: DraftSummary) -> dict[str, Any]:
    """Return whose mail is previewed, and whose else could be: per language, or by name."""
    kind = requested_letter()
    asked = readers_of_letter(wave, summary.audience.asked, kind)
    speaks = mail_languages(wave, asked)
    first_of: dict[str, Person] = {}
    for person in asked:
        first_of.setdefault(speaks[person.language], person)
    wanted = request.args.get("person", type=int)
    reader = next((person for person in asked if person.contact_id == wanted), asked[0] if asked else None)
    found = matching_people(asked)
    return {
        "reader": reader,
        "reader_language": speaks[reader.language] if reader else "",
        "first_of": first_of,
        "spoken": Counter(speaks[person.language] for person in asked),
        "found": found[:PREVIEW_CHOICES],
        "kind": kind,
        "missing": missing_in(wave, summary.languages),
        "shown": mail_to(wave, reader.contact_id, now=utcnow(), kind=kind) if reader else None,
    }


def launch_defaults(wave: Wave, *, now: datetime) -> dict[str, Any]:
    """Return what the launch form says at first: what the draft holds, now, and the usual length."""
    size = wave.pilot_people or wave.pilot_percent
    days = ",".join(str(day) for day in wave.reminder_days)
    return {
        "when": "now",
        "closes_on": day_of(now + DEFAULT_LENGTH),
        "sends_until": day_of(wave.send_by),
        "pilot": NUMBER if wave.pilot_people else SHARE if wave.pilot_percent else EVERYBODY,
        "pilot_size": size or USUAL_PILOT_SIZE,
        "pilot_days": wave.pilot_days if size else USUAL_PILOT_DAYS,
        "reminders": days if days in dict(REMINDER_CHOICES) else THREE_AND_EIGHT,
        **{name: getattr(wave, name) for name in MAIL_CHOICES},
    }


def check_of(wave: Wave, form: LaunchForm, *, now: datetime) -> dict[str, Any]:
    """Return what a launch as the form says would mean: whom, when, how many answers, what to think about."""
    zone = reader_zone()
    at, closes_at = _times_told(form)
    begins = max(at or now, now)
    summary = draft_summary(wave, now=begins, closes_at=closes_at)
    asked = summary.audience.asked
    first = len(first_turn(wave, asked))
    follow = begins + timedelta(days=wave.pilot_days) if wave.pilot_days else None
    return {
        "concerns": concerns_of(wave, summary, at=begins),
        "expected": answers_to_expect(wave, summary.asked),
        "slots": reached_slots(summary, on=now.date()),
        "sender_concerns": concerns_about_sender(now),
        "sendings": sendings(wave, asked, zone=zone),
        "first": first,
        "others": len(asked) - first,
        "others_follow_at": follow,
        "begins": at,
        "form": form,
        "zone": str(zone),
        "wave": wave,
        "summary": summary,
        "languages": phrase_book().languages,
    }


def launched_as_told(wave: Wave, form: LaunchForm, *, now: datetime) -> bool:
    """Keep what a form says in the draft, and launch it unless somebody only wants to look.

    Return whether it was launched; what stands in the way is told above the form.
    """
    at, closes_at = _times_told(form)
    try:
        with transaction():
            _keep_plan(wave, form, now=now)
        if request.form.get("go") == LOOK:
            return False
        with transaction():
            roster = launch_wave(wave, at=at, closes_at=closes_at, now=now)
            refuse_whole_pilot(wave, roster)
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return False
    flash(_("The wave is on its way.") if at is None else _("The wave waits for its time."), "success")
    return True


def _keep_plan(wave: Wave, form: LaunchForm, *, now: datetime) -> None:
    plan_mails(
        wave,
        reminder_days=form.reminder_days(),
        has_prenotice=form.has_prenotice.data,
        has_heads_up=form.has_heads_up.data,
        has_thanks=form.has_thanks.data,
        is_any_hour=form.is_any_hour.data,
    )
    plan_pilot(wave, form.pilot_order())
    last = form.sends_until.data
    plan_first_mails(wave, until=end_of_day(last, reader_zone()) if last else None, now=now)


def _times_told(form: LaunchForm) -> tuple[datetime | None, datetime | None]:
    """Return when a form launches a wave (None: now) and when it ends (None: after the usual time)."""
    zone = reader_zone()
    at = moment_there(form.at.data, zone) if form.when.data == LATER and form.at.data else None
    return at, end_of_day(form.closes_on.data, zone) if form.closes_on.data else None
