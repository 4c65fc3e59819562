"""Taking what people wrote out of their answers, with themes and tone, so that it can be found."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select, update

from surveys.bands import band_of
from surveys.comments import ThemeFinder
from surveys.tone import tone_of
from vocapp.accounts.search_text import fold
from vocapp.campaigns.models import Invitation, Wave
from vocapp.comments.models import CommentLabel
from vocapp.comments.rules import lot_of
from vocapp.core.db import db, insert_new
from vocapp.questionnaires.models import SurveyVersion
from vocapp.questionnaires.queries import definition_of
from vocapp.responses.models import Response, WrittenComment
from vocapp.responses.queries import openly_given
from vocapp.responses.rules import themes_text
from vocapp.results.details import given_answers, questions_by_version
from vocapp.results.dictionary import active_themes
from vocapp.results.overview import Asked
from vocapp.results.tallies import Comment, comments_in

# Few enough that nobody who writes meanwhile waits for long.
ANSWERS_AT_ONCE = 200
Key = tuple[int, str]

# What changes when a comment is read again; themes may change without it, when the dictionary does.
_READ = (
    *("text", "language", "kind", "band", "themes", "said_at"),
    *("account_id", "contact_id", "wave_id", "persona_id"),
)


def read_answers(response_ids: Collection[int]) -> None:
    """Keep the comments of some answers as they are now; of answers that no longer count, none."""
    _keep(Response.id.in_(response_ids), response_ids, ThemeFinder(active_themes()))


def read_some_answers(*, after: int) -> int | None:
    """Keep the comments of the next answers behind an id; return the last one's id, None when all are read.

    Safe to run twice; what has not changed is not written again.
    """
    ids = db.session.scalars(
        select(Response.id).where(Response.id > after).order_by(Response.id).limit(ANSWERS_AT_ONCE)
    ).all()
    if not ids:
        return None
    read_answers(ids)
    return ids[-1]


def _keep(condition: ColumnElement[bool], response_ids: Collection[int], finder: ThemeFinder) -> None:
    answers = _counted_answers(condition)
    asked = _asked({row.survey_version_id for row in answers})
    around = {row.id: row for row in answers}
    known = {
        (comment.response_id, comment.question): comment
        for comment in db.session.execute(
            select(
                WrittenComment.id,
                WrittenComment.response_id,
                WrittenComment.question,
                WrittenComment.tone,
                *(getattr(WrittenComment, name) for name in _READ),
            ).where(WrittenComment.response_id.in_(response_ids))
        )
    }
    written = comments_in(given_answers(answers, asked), questions_by_version(asked))
    spoken = {one.version.id: one.definition.default_language for one in asked}
    found = dict(_found(written, spoken, around, finder))
    _forget([comment.id for key, comment in known.items() if key not in found])
    changed = [key for key in found.keys() & known.keys() if _differs(known[key], found[key])]
    _change([(known[key], found[key]) for key in changed])
    new = [_whole(key, found[key]) for key in found if key not in known]
    if new:
        # Another reader of the same answer may have been here a moment ago.
        db.session.execute(insert_new(WrittenComment).values(new).on_conflict_do_nothing())


def _counted_answers(condition: ColumnElement[bool]) -> Sequence[Row[*tuple[Any, ...]]]:
    columns = (
        Response.id,
        Response.contact_id,
        Response.account_id,
        Wave.survey_version_id,
        Response.rating,
        Response.answers,
        Response.language,
        Response.state,
        Response.changed_at,
        Response.wave_id,
        Invitation.persona_id,
    )
    counted = (condition, Response.quarantine_reason.is_(None), openly_given())
    return db.session.execute(
        select(*columns)
        .join(Wave, Wave.id == Response.wave_id)
        .join(Response.invitation)
        .where(*counted)
        .order_by(Response.id)
    ).all()


def _asked(version_ids: Collection[int]) -> list[Asked]:
    versions = db.session.scalars(select(SurveyVersion).where(SurveyVersion.id.in_(version_ids)))
    return [Asked(version, definition_of(version)) for version in versions]


def _found(
    written: Sequence[Comment],
    spoken: Mapping[int, str],
    around: Mapping[int, Row[*tuple[Any, ...]]],
    finder: ThemeFinder,
) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Yield what is kept of each comment, by answer and question."""
    for comment in written:
        answer = comment.answer
        text = comment.text.strip()
        language = answer.language or spoken[answer.version_id]
        band = band_of(answer.kind, answer.rating)
        yield (
            (answer.response, comment.question),
            {
                "text": text,
                "language": language,
                "kind": answer.kind.value,
                "band": band.value if band else "",
                "themes": themes_text(finder.find(text, language)),
                "said_at": around[answer.response].changed_at,
                "account_id": answer.account,
                "contact_id": answer.respondent,
                "wave_id": around[answer.response].wave_id,
                "persona_id": around[answer.response].persona_id,
            },
        )


def _differs(known: Row[*tuple[Any, ...]], found: Mapping[str, Any]) -> bool:
    return any(getattr(known, name) != found[name] for name in _READ)


def _whole(key: Key, found: Mapping[str, Any]) -> dict[str, Any]:
    return {"response_id": key[0], "question": key[1], "lot": lot_of(*key), **found, **_read_words(found)}


def _read_words(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"search_text": fold(found["text"]), "tone": tone_of(found["text"], found["language"])}


def _change(changed: Sequence[tuple[Row[*tuple[Any, ...]], Mapping[str, Any]]]) -> None:
    reworded: list[int] = []
    rows: list[dict[str, Any]] = []
    for known, found in changed:
        is_reworded = (known.text, known.language) != (found["text"], found["language"])
        rows.append({"id": known.id, **found})
        if is_reworded:
            reworded.append(known.id)
            db.session.execute(
                update(WrittenComment).where(WrittenComment.id == known.id).values(**_read_words(found))
            )
    if rows:
        db.session.execute(update(WrittenComment), rows)
    # They judged other words.
    db.session.execute(delete(CommentLabel).where(CommentLabel.comment_id.in_(reworded)))


def _forget(comment_ids: Sequence[int]) -> None:
    db.session.execute(delete(WrittenComment).where(WrittenComment.id.in_(comment_ids)))
