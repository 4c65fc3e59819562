"""What the steps of a launch take from a request, and what they show beside it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select

from surveys.translation import phrase_book
from vocapp.campaigns.audience import Person
from vocapp.campaigns.choosing import FILTER_FIELDS, AccountFilter, choosable_accounts
from vocapp.campaigns.drafting import add_accounts, choose_shown, plan_mails, remove_accounts, write_note
from vocapp.campaigns.forms import LATER, LaunchForm, NoteForm
from vocapp.campaigns.launching import launch_wave
from vocapp.campaigns.mail_words import missing_in
from vocapp.campaigns.models import Wave
from vocapp.campaigns.preview import mail_to
from vocapp.campaigns.progress import answers_to_expect
from vocapp.campaigns.rules import Letter
from vocapp.campaigns.summary import (
    DraftSummary,
    asking_times,
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
from vocapp.identity.telling import reader_zone
from vocapp.outbox.preflight import concerns_about_sender
from vocapp.rosters.models import RosterConfirmation
from vocapp.rosters.queries import current_confirmations

# So many people can be picked for a preview from one list; the search finds the others.
PREVIEW_CHOICES = 100


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


def matching_people(listed: list[Person]) -> list[Person]:
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
    asked = summary.audience.asked
    speaks = mail_languages(wave, asked)
    first_of: dict[str, Person] = {}
    for person in asked:
        first_of.setdefault(speaks[person.language], person)
    wanted = request.args.get("person", type=int)
    reader = next((person for person in asked if person.contact_id == wanted), asked[0] if asked else None)
    found = matching_people(asked)
    kind = requested_letter()
    return {
        "reader": reader,
        "reader_language": speaks[reader.language] if reader else "",
        "first_of": first_of,
        "found": found[:PREVIEW_CHOICES],
        "kind": kind,
        "missing": missing_in(wave, summary.languages),
        "shown": mail_to(wave, reader.contact_id, now=utcnow(), kind=kind) if reader else None,
    }


def prospects_of(wave: Wave, summary: DraftSummary, *, now: datetime) -> dict[str, Any]:
    """Return what a launch now would mean: answers to expect, slots reached, and what to think about."""
    return {
        "concerns": concerns_of(wave, summary, at=now),
        "expected": answers_to_expect(wave, summary.asked),
        "slots": reached_slots(summary, on=now.date()),
        "sender_concerns": concerns_about_sender(now),
        "hours": asking_times(summary.audience.asked, zone=reader_zone()),
    }


def launch_as_told(wave: Wave, form: LaunchForm, *, now: datetime) -> bool:
    """Launch when and for how long a form says; what stands in the way is told above it."""
    zone = reader_zone()
    at = moment_there(form.at.data, zone) if form.when.data == LATER and form.at.data else None
    closes_at = end_of_day(form.closes_on.data, zone) if form.closes_on.data else None
    try:
        with transaction():
            plan_mails(
                wave,
                reminder_days=form.reminder_days(),
                has_prenotice=form.has_prenotice.data,
                has_heads_up=form.has_heads_up.data,
                has_thanks=form.has_thanks.data,
                is_any_hour=form.is_any_hour.data,
            )
            launch_wave(wave, at=at, closes_at=closes_at, now=now)
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return False
    flash(_("The wave is on its way.") if at is None else _("The wave waits for its time."), "success")
    return True
