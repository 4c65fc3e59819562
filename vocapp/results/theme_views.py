"""Settings: the themes that comments are sorted by, with their words in every language."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from surveys.translation import phrase_book
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.identity.guards import current_person
from vocapp.identity.telling import told
from vocapp.results.dictionary import is_default_dictionary, listed_theme, listed_themes
from vocapp.results.forms import ThemeForm
from vocapp.results.service import add_theme, change_theme, reset_themes, switch_theme

themes = Blueprint("themes", __name__, url_prefix="/settings/themes")


@themes.get("")
def index() -> str:
    """List the themes in the order in which they are looked for."""
    return render_template(
        "results/themes.html",
        themes=listed_themes(),
        is_default=is_default_dictionary(),
        languages=phrase_book().languages,
    )


@themes.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Add a theme behind all others."""
    form = ThemeForm()
    if form.validate_on_submit() and is_saved(None, form):
        flash(_("The theme was added."), "success")
        return redirect(url_for("themes.index"))
    return render_template("results/theme.html", form=form, theme=None, languages=phrase_book().languages)


@themes.route("/<theme_key>", methods=["GET", "POST"])
def edit(theme_key: str) -> ResponseReturnValue:
    """Change the names and words of a theme."""
    theme = listed_theme(theme_key) or abort(404)
    form = ThemeForm()
    if request.method == "GET":
        form.show(theme.theme)
    if form.validate_on_submit() and is_saved(theme_key, form):
        flash(_("The theme was changed. Comments are sorted by it from now on, earlier ones too."), "success")
        return redirect(url_for("themes.index"))
    return render_template("results/theme.html", form=form, theme=theme, languages=phrase_book().languages)


@themes.post("/<theme_key>/switch")
def switch(theme_key: str) -> ResponseReturnValue:
    """Sort comments by a theme, or no longer."""
    theme = listed_theme(theme_key) or abort(404)
    with told():
        switch_theme(theme_key, is_active=not theme.is_active, by=current_person())
        flash(_("No comment is sorted by it now.") if theme.is_active else _("It is in use."), "success")
    return redirect(url_for("themes.index"))


@themes.post("/reset")
def reset() -> ResponseReturnValue:
    """Go back to the dictionary that comes along."""
    with told():
        reset_themes(by=current_person())
        flash(_("The dictionary is the one that came along."), "success")
    return redirect(url_for("themes.index"))


def is_saved(key: str | None, form: ThemeForm) -> bool:
    """Store a sent theme; when it makes no sense, write nothing and tell the reason at the form."""
    names, words, me = form.names(), form.words(), current_person()
    try:
        with transaction():
            if key is None:
                add_theme(names=names, words=words, by=me)
            else:
                change_theme(key, names=names, words=words, by=me)
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return False
    return True
