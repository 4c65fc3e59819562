"""Settings: what the mails of every wave say, and which parts no wave may change."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from surveys.translation import phrase_book
from vocapp.campaigns.mail_words import lock_parts, standard_wording, write_standard
from vocapp.campaigns.rules import Letter
from vocapp.campaigns.word_forms import LocksForm, WordsForm
from vocapp.campaigns.wording import ALWAYS_LOCKED, PARTS, Part, fields_of, lock_of
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.identity.guards import current_person
from vocapp.identity.telling import told

# Both forms of the page have a field for each part.
KEEP = "keep-"

mail_words = Blueprint("mail_words", __name__, url_prefix="/settings/mail-words")


@mail_words.route("", methods=["GET", "POST"])
def edit() -> ResponseReturnValue:
    """Show and change what a mail says in a language, wherever a wave has no words of its own."""
    step, language = requested_words()
    form = WordsForm(data=texts_of(step, language))
    if form.validate_on_submit() and is_kept(step, language, form):
        flash(_("Kept. Waves without words of their own say this from now on."), "success")
        return redirect(request.full_path)
    return render_template("campaigns/mail_words.html", form=form, **words_beside(step, language))


@mail_words.post("/locks")
def lock() -> ResponseReturnValue:
    """Say which parts of a mail no wave may change."""
    step, language = requested_words()
    form = LocksForm(prefix=KEEP)
    others = {name for name in standard_wording().locked if not name.startswith(f"{step}.")}
    chosen = {lock_of(step, part) for part in PARTS[step] if part.value in form and form[part.value].data}
    with told():
        lock_parts(others | chosen, by=current_person())
        flash(_("Kept. This holds for waves that are not launched yet, and for those that run."), "success")
    return redirect(url_for("mail_words.edit", step=step, language=language))


def requested_words() -> tuple[str, str]:
    """Return the mail and the language the address asks for; 404 for what is not there."""
    step = request.args.get("step", Letter.INVITATION.value)
    language = request.args.get("language", "en")
    if step not in PARTS or language not in phrase_book().languages:
        abort(404)
    return step, language


def texts_of(step: str, language: str) -> dict[str, str]:
    """Return the standard texts of a mail by the names of their fields."""
    wording = standard_wording()
    return {part.value: wording.standard_text(step, part, language) for part in PARTS[step]}


def is_kept(step: str, language: str, form: WordsForm) -> bool:
    """Keep the texts of a form; what is wrong with them is told above it, and what was typed stays."""
    try:
        with transaction():
            texts = form.texts(dict.fromkeys(PARTS[step], False))
            write_standard(step, language, texts, by=current_person())
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return False
    return True


def words_beside(step: str, language: str) -> dict[str, Any]:
    """Return what stands beside the form: which mails and languages there are, and what is locked."""
    wording = standard_wording()
    locked = {part.value: wording.is_locked(step, part) for part in PARTS[step]}
    return {
        "step": step,
        "language": language,
        "languages": phrase_book().languages,
        "parts_here": PARTS[step],
        "fields": fields_of(step),
        "locks": LocksForm(formdata=None, data=locked, prefix=KEEP),
        "lockable": [part for part in PARTS[step] if lock_of(step, Part(part)) != ALWAYS_LOCKED],
        "changed": {code for code in phrase_book().languages if is_changed(step, code)},
    }


def is_changed(step: str, language: str) -> bool:
    """Whether a mail says something else than what the product says."""
    kept = standard_wording().standard.get(step, {})
    return any(texts.get(language) for texts in kept.values())
