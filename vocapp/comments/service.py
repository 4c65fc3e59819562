"""Judging themes by hand."""

from datetime import datetime

from vocapp.comments.labels import labelled_comment, last_label_of
from vocapp.comments.models import CommentLabel
from vocapp.comments.rules import Verdict
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.identity.models import User


def label_comment(comment_id: int, theme: str, verdict: Verdict, *, by: User, now: datetime) -> None:
    """Keep whether a theme found in a comment is right; said again, the last word counts.

    Raises `DomainError` when the comment is not there any more, or no longer has the theme.
    """
    if labelled_comment(by, comment_id, theme) is None:
        raise DomainError("This comment has changed or is gone; here is the next one.")
    said = {"is_right": None if verdict is Verdict.SKIPPED else verdict is Verdict.RIGHT, "labelled_at": now}
    label = insert_new(CommentLabel).values(comment_id=comment_id, theme=theme, user_id=by.id, **said)
    whose = ["user_id", "comment_id", "theme"]
    db.session.execute(label.on_conflict_do_update(index_elements=whose, set_=said))


def take_back_label(theme: str, *, by: User) -> None:
    """Forget what somebody judged last about a theme. Raises `DomainError` when there is nothing."""
    label = last_label_of(by, theme)
    if label is None:
        raise DomainError("There is nothing to take back.")
    db.session.delete(label)
