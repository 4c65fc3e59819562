"""Step 3 of a launch in detail: what each mail says, language by language, and tests to oneself."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.campaigns.access import draft_or_leave
from vocapp.campaigns.mail_words import use_standard_where_missing
from vocapp.campaigns.rules import Letter
from vocapp.campaigns.steps import step_of
from vocapp.campaigns.testing import send_tests
from vocapp.campaigns.word_steps import (
    keep_words,
    mail_as_typed,
    requested_editing,
    words_form,
    words_shown,
)
from vocapp.core.clock import utcnow
from vocapp.core.frames import framed_mail
from vocapp.identity.guards import current_person
from vocapp.identity.telling import told

wave_words = Blueprint("wave_words", __name__, url_prefix="/waves/<int:wave_id>/words")


@wave_words.route("", methods=["GET", "POST"])
def edit(wave_id: int) -> ResponseReturnValue:
    """Word a mail in a language, with the mail beside it; `go=keep` keeps the words, otherwise one looks."""
    wave = draft_or_leave(wave_id)
    editing = requested_editing(wave)
    form = words_form(wave, editing)
    is_kept = form.validate_on_submit() and request.form.get("go") == "keep"
    if is_kept and keep_words(wave, editing, form):
        flash(_("Kept. The launch sends these words."), "success")
        return redirect(request.full_path)
    return render_template("campaigns/wave_words.html", form=form, **words_shown(wave, editing, form))


@wave_words.route("/look", methods=["GET", "POST"])
def look(wave_id: int) -> ResponseReturnValue:
    """Show the mail for a frame, with the words that hold, or those that are sent and not kept yet."""
    wave = draft_or_leave(wave_id)
    editing = requested_editing(wave)
    return framed_mail(mail_as_typed(wave, editing, words_form(wave, editing)).html)


@wave_words.post("/standard")
def use_standard(wave_id: int) -> ResponseReturnValue:
    """Say the standard wherever the wave's own words lack a language."""
    wave = draft_or_leave(wave_id)
    languages = list(step_of(wave)["summary"].languages)
    with told():
        use_standard_where_missing(wave, languages)
        flash(_("Where your own words are missing, the standard stands."), "success")
    return redirect(url_for("wave_words.edit", wave_id=wave_id))


@wave_words.post("/test")
def test(wave_id: int) -> ResponseReturnValue:
    """Send some mails of the wave to oneself."""
    wave = draft_or_leave(wave_id)
    chosen = [Letter(name) for name in request.form.getlist("letters") if name in list(Letter)]
    me, language = current_person(), request.form.get("language", "")
    with told():
        send_tests(wave, chosen, language=language, to=me, now=utcnow())
        flash(
            _("On its way to %(address)s. Its links lead to a trial that keeps nothing.", address=me.email),
            "success",
        )
    return redirect(url_for("wave_words.edit", wave_id=wave_id))
