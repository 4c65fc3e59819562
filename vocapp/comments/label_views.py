"""Checking themes by hand: which are checked how far, and one comment at a time to judge."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.comments.labels import check_of_themes, comment_to_label, last_label_of
from vocapp.comments.rules import Verdict
from vocapp.comments.service import label_comment, take_back_label
from vocapp.core.clock import utcnow
from vocapp.core.errors import DomainError
from vocapp.core.web import row_id
from vocapp.identity.guards import current_person
from vocapp.identity.telling import told

labels = Blueprint("labels", __name__, url_prefix="/comments/labels")


@labels.get("")
def index() -> str:
    """Show how often each theme is right, as far as somebody has looked."""
    return render_template("comments/labels.html", check=check_of_themes(current_person()))


@labels.get("/<theme_key>")
def judge(theme_key: str) -> str:
    """Show the next comment of the draw with the question whether it is about a theme."""
    me = current_person()
    check = check_of_themes(me)
    theme = next((theme for theme in check.themes if theme.key == theme_key), None) or abort(404)
    return render_template(
        "comments/judge.html",
        theme=theme,
        check=check,
        comment=comment_to_label(me, theme_key),
        may_undo=last_label_of(me, theme_key) is not None,
    )


@labels.post("/<theme_key>")
def label(theme_key: str) -> ResponseReturnValue:
    """Keep a judgement and go on to the next comment."""
    with told():
        verdict, comment_id = sent_verdict(), request.form.get("comment", type=row_id) or 0
        label_comment(comment_id, theme_key, verdict, by=current_person(), now=utcnow())
    return redirect(url_for("labels.judge", theme_key=theme_key))


@labels.post("/<theme_key>/undo")
def undo(theme_key: str) -> ResponseReturnValue:
    """Take the last judgement back and show its comment again."""
    with told():
        take_back_label(theme_key, by=current_person())
    return redirect(url_for("labels.judge", theme_key=theme_key))


def sent_verdict() -> Verdict:
    """Return what was chosen. Raises `DomainError` when nothing was."""
    sent = request.form.get("verdict", "")
    if sent not in set(Verdict):
        raise DomainError(_("Say whether the comment is about the theme, or skip it."))
    return Verdict(sent)
