"""Checking themes by hand: what to judge next, and what the judgements of everybody come to; read only."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from surveys.theme_quality import (
    Agreement,
    Label,
    ThemeQuality,
    agreement_of,
    label_counts,
    precision_of,
    theme_quality,
)
from vocapp.comments.models import CommentLabel
from vocapp.comments.queries import counted, has_theme
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.responses.models import WrittenComment
from vocapp.responses.rules import themes_of
from vocapp.results.dictionary import active_themes


@dataclass(frozen=True, slots=True)
class CheckedTheme:
    """A theme in use: in how many texts it was found, how many were judged, by me, and what came of it.

    Words that several people wrote alike are one text, and judged once.
    """

    key: str
    name: str
    found: int
    labelled: int
    mine: int
    quality: ThemeQuality


@dataclass(frozen=True, slots=True)
class Check:
    """How far every theme is checked, in the order of the dictionary, and how far two people agree."""

    themes: Sequence[CheckedTheme]
    agreement: Agreement

    @property
    def next_theme(self) -> CheckedTheme | None:
        """The theme I have judged least among those with comments left; None when I have judged all."""
        open_ones = [theme for theme in self.themes if theme.mine < theme.found]
        return min(open_ones, key=lambda theme: theme.mine, default=None)


def check_of_themes(user: User) -> Check:
    """Return how far every theme in use is checked, in a fixed number of statements."""
    labels = current_labels()
    agreement = agreement_of(labels)
    quality, labelled = theme_quality(labels), label_counts(labels)
    unknown = ThemeQuality(precision_of((), agreement), agreement)
    found, mine = _found(user), _judged_by(user)
    themes = [
        CheckedTheme(
            key=theme.key,
            name=theme.name_in("en"),
            found=found[theme.key],
            labelled=labelled.get(theme.key, 0),
            mine=mine[theme.key],
            quality=quality.get(theme.key, unknown),
        )
        for theme in active_themes()
    ]
    return Check(themes, agreement)


def current_labels() -> list[Label]:
    """Return every label of a theme that its comment still has: the dictionary may have changed since.

    Labels of the same words stand at the first comment that has them, one of each person: their last.
    """
    rows = db.session.execute(
        select(
            CommentLabel.comment_id,
            CommentLabel.theme,
            CommentLabel.user_id,
            CommentLabel.is_right,
            WrittenComment.themes,
            WrittenComment.text,
        )
        .join(WrittenComment, WrittenComment.id == CommentLabel.comment_id)
        .where(CommentLabel.is_right.is_not(None))
        .order_by(CommentLabel.id)
    )
    firsts: dict[str, int] = {}
    labels: dict[tuple[int, str, int], Label] = {}
    for comment, theme, coder, is_right, stored, text in rows:
        if theme in (themes_of(stored) or ()):
            first = firsts.setdefault(text, comment)
            labels[first, theme, coder] = Label(first, theme, coder, bool(is_right))
    return list(labels.values())


def comment_to_label(user: User, theme: str) -> WrittenComment | None:
    """Return the next comment of the draw with a theme in words that a user has not judged for it."""
    other = aliased(WrittenComment)
    judged = (
        select(other.text)
        .join(CommentLabel, CommentLabel.comment_id == other.id)
        .where(CommentLabel.theme == theme, CommentLabel.user_id == user.id, has_theme(theme, other))
    )
    return db.session.scalar(
        select(WrittenComment)
        .where(*counted(user), has_theme(theme), WrittenComment.text.not_in(judged))
        .order_by(WrittenComment.lot, WrittenComment.id)
        .limit(1)
    )


def labelled_comment(user: User, comment_id: int, theme: str) -> WrittenComment | None:
    """Return a comment a user may judge for a theme, None where it no longer has that theme or is gone."""
    return db.session.scalar(
        select(WrittenComment).where(WrittenComment.id == comment_id, *counted(user), has_theme(theme))
    )


def last_label_of(user: User, theme: str) -> CommentLabel | None:
    """Return what a user judged last about a theme, or None."""
    return db.session.scalar(
        select(CommentLabel)
        .where(CommentLabel.user_id == user.id, CommentLabel.theme == theme)
        .order_by(CommentLabel.labelled_at.desc(), CommentLabel.id.desc())
        .limit(1)
    )


def _found(user: User) -> Counter[str]:
    found = (
        select(WrittenComment.text, WrittenComment.themes)
        .where(*counted(user), WrittenComment.themes != "")
        .distinct()
        .subquery()
    )
    # The same words have other themes in another language: of each text, all it was found to be about.
    each = (
        select(func.aggregate_strings(found.c.themes, "").label("themes")).group_by(found.c.text).subquery()
    )
    counts: Counter[str] = Counter()
    for stored, count in db.session.execute(select(each.c.themes, func.count()).group_by(each.c.themes)):
        for key in set(themes_of(stored) or ()):
            counts[key] += count
    return counts


def _judged_by(user: User) -> Counter[str]:
    rows = db.session.execute(
        select(CommentLabel.theme, WrittenComment.themes, WrittenComment.text)
        .join(WrittenComment, WrittenComment.id == CommentLabel.comment_id)
        .where(CommentLabel.user_id == user.id)
    )
    judged = {(theme, text) for theme, stored, text in rows if theme in (themes_of(stored) or ())}
    return Counter(theme for theme, _text in judged)
