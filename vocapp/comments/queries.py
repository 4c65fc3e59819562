"""Comments as one user may see them: searched, filtered, counted, against revenue and personas; read only.

Everything leaves out what was said in confidence, answers in quarantine, the lesser of two answers one person
gave in one wave, and accounts the user has nothing to do with.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, String, and_, case, cast, func, select

from surveys.bands import Band
from surveys.comments import Theme, ThemeFinder
from surveys.theme_tables import Mentions
from surveys.translation import phrase_book
from vocapp.accounts.listing import visible_regions
from vocapp.accounts.models import Account, Contact, Persona
from vocapp.accounts.queries import personas_in_order, tiers_by_rank, visible_account_ids
from vocapp.accounts.rules import AccountStatus
from vocapp.campaigns.models import Wave
from vocapp.comments.rules import (
    UNRATED,
    Analysed,
    CommentFilter,
    CommentOrder,
    excerpt,
    marked,
    searched_words,
)
from vocapp.core.db import db
from vocapp.core.web import LARGEST_ID, Page, page_of
from vocapp.identity.models import User
from vocapp.identity.rules import sees_all_accounts
from vocapp.responses.models import Response, WrittenComment
from vocapp.responses.queries import openly_given
from vocapp.responses.rules import THEME_MARK, themes_of
from vocapp.results.dictionary import active_themes, listed_themes

COMMENTS_AT_ONCE = 25

# The lowest ratings first; what came without one may be just as urgent.
_URGENCY = {Band.BAD.value: 0, "": 1, Band.MIDDLE.value: 2, Band.GOOD.value: 3}


@dataclass(frozen=True, slots=True)
class ListedComment:
    """One comment on a page: its row, its text in pieces with the searched words marked, its themes.

    `beginning` is what a list shows of a long text, around the first mark; otherwise it is all of it.
    `themes` has the word each theme was found by, by key; None where nothing was analysed.
    """

    row: Row[*tuple[Any, ...]]
    pieces: Sequence[tuple[str, bool]]
    beginning: Sequence[tuple[str, bool]]
    themes: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class ThemeCount:
    """How many of the comments asked for are about a theme, and of which classes they are."""

    key: str
    name: str
    count: int
    by_band: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Found:
    """What was asked for: a page of `ListedComment`, and how all of it spreads over the themes.

    `theme_counts`, `written` and `not_analysed` leave the wanted theme aside.
    """

    page: Page
    theme_counts: Sequence[ThemeCount]
    written: int
    not_analysed: int


@dataclass(frozen=True, slots=True)
class Choices:
    """What comments can be filtered by, as (value, text)."""

    themes: Sequence[tuple[str, str]]
    waves: Sequence[tuple[int, str]]
    personas: Sequence[tuple[int, str]]
    tiers: Sequence[tuple[int, str]]
    regions: Sequence[tuple[str, str]]
    languages: Sequence[tuple[str, str]]


def found_comments(user: User, wanted: CommentFilter, order: CommentOrder, *, page: int) -> Found:
    """Return one page of comments in an order, and what they are about, in a fixed number of statements."""
    themes = active_themes()
    spread = _spread(user, replace(wanted, theme=""))
    total = sum(count for stored, _band, count in spread if _is_about(stored, wanted.theme))
    # Chosen in one table first, and only these looked up in all others.
    chosen = comment_ids(user, wanted).order_by(*_ordered(order))
    listed = page_of(chosen, number=page, size=COMMENTS_AT_ONCE, total=total)
    rows = {row.id: row for row in db.session.execute(detailed_comments(listed.items))}
    shown = [rows[comment_id] for comment_id in listed.items if comment_id in rows]
    return Found(
        page=replace(listed, items=_shown(shown, searched_words(wanted.text), themes)),
        theme_counts=_theme_counts(spread, themes),
        written=sum(count for _stored, _band, count in spread),
        not_analysed=sum(count for stored, _band, count in spread if stored is None),
    )


def comment_ids(user: User, wanted: CommentFilter) -> Select[int]:
    """Return a select of the ids of the comments asked for, in no order yet."""
    return select(WrittenComment.id).where(*_conditions(user, wanted))


def detailed_comments(ids: Any) -> Any:
    """Return a select of some comments, by a list or a select of ids, as `ListedComment.row` has them."""
    columns = (
        WrittenComment.id,
        WrittenComment.text,
        WrittenComment.language,
        WrittenComment.kind,
        WrittenComment.tone,
        WrittenComment.themes,
        WrittenComment.said_at,
        Response.rating,
        Response.source,
        Response.contact_id,
        Response.account_id,
        Contact.first_name,
        Contact.last_name,
        Contact.email,
        Account.name.label("account_name"),
        Persona.name.label("persona"),
        Wave.name.label("wave"),
    )
    return (
        select(*columns)
        .join(Response, Response.id == WrittenComment.response_id)
        .join(Contact, Contact.id == Response.contact_id)
        .join(Account, Account.id == Response.account_id)
        .join(Wave, Wave.id == Response.wave_id)
        .outerjoin(Persona, Persona.id == WrittenComment.persona_id)
        .where(WrittenComment.id.in_(ids), openly_given())
    )


def choices_for(user: User) -> Choices:
    """Return what the comments a user may see can be filtered by."""
    spoken = phrase_book().languages
    languages = db.session.scalars(select(WrittenComment.language).distinct())
    return Choices(
        themes=[(listed.key, listed.theme.name_in("en")) for listed in listed_themes() if listed.is_active],
        waves=_waves_for(user),
        personas=[(persona.id, persona.name) for persona in personas_in_order()],
        tiers=[(tier.id, tier.name) for tier in tiers_by_rank()],
        regions=[(region, region) for region in visible_regions(user)],
        languages=[(code, spoken[code].name if code in spoken else code) for code in sorted(languages)],
    )


def mentions(user: User, wanted: CommentFilter) -> Mentions:
    """Return every comment asked for as `surveys.theme_tables` counts them."""
    comment = WrittenComment
    # A row per comment would take longest of all; these lists are read at once.
    pair = cast(comment.contact_id, String) + "," + cast(comment.account_id, String)
    groups = (
        select(comment.themes, comment.persona_id, func.aggregate_strings(pair, ","))
        .where(*_conditions(user, wanted))
        .group_by(comment.themes, comment.persona_id)
    )
    worth = select(Account.id, Account.arr, Account.currency).where(Account.id.in_(visible_account_ids(user)))
    return Mentions.gathered(
        [(themes, persona, pairs) for themes, persona, pairs in db.session.execute(groups)],
        themes_of=themes_of,
        worth={account: (arr, currency) for account, arr, currency in db.session.execute(worth)},
    )


def counted(user: User) -> list[ColumnElement[bool]]:
    """Return which comments count and may be seen by a user."""
    # Short lists of what is left out, where nearly all is seen, let the table be read in its own order.
    merged = select(Contact.id).where(Contact.merged_into_id.is_not(None))
    gone = select(Account.id).where(Account.status == AccountStatus.MERGED)
    account = WrittenComment.account_id
    seen = account.not_in(gone) if sees_all_accounts(user.role) else account.in_(visible_account_ids(user))
    return [seen, WrittenComment.contact_id.not_in(merged)]


def has_theme(theme: str, comment: type[WrittenComment] = WrittenComment) -> ColumnElement[bool]:
    """Whether a theme was found in a comment, none at all, or nothing was analysed."""
    if theme == Analysed.NOT_READ:
        return comment.themes.is_(None)
    if theme == Analysed.NONE_FOUND:
        return comment.themes == ""
    return comment.themes.contains(f"{THEME_MARK}{theme}{THEME_MARK}", autoescape=True)


def _conditions(user: User, wanted: CommentFilter) -> list[ColumnElement[bool]]:
    conditions = counted(user)
    conditions += [
        WrittenComment.search_text.contains(word, autoescape=True) for word in searched_words(wanted.text)
    ]
    if wanted.theme:
        conditions.append(has_theme(wanted.theme))
    if wanted.band:
        conditions.append(WrittenComment.band == ("" if wanted.band == UNRATED else wanted.band))
    of_account = [
        column == wish
        for column, wish in ((Account.tier_id, wanted.tier_id), (Account.region, wanted.region or None))
        if wish is not None
    ]
    if of_account:
        conditions.append(WrittenComment.account_id.in_(select(Account.id).where(and_(*of_account))))
    wishes: tuple[tuple[Any, object], ...] = (
        (WrittenComment.account_id, wanted.account_id),
        (WrittenComment.persona_id, wanted.persona_id),
        (WrittenComment.language, wanted.language or None),
        (WrittenComment.wave_id, wanted.wave_id),
    )
    return [*conditions, *(column == wish for column, wish in wishes if wish is not None)]


def _waves_for(user: User) -> Sequence[tuple[int, str]]:
    """Return id and name of the waves somebody wrote in, newest first."""
    written = select(WrittenComment.wave_id)
    if not sees_all_accounts(user.role):
        written = written.where(*counted(user))
    waves = select(Wave.id, Wave.name).where(Wave.id.in_(written.distinct()))
    newest_first = (Wave.created_at.desc(), Wave.id)
    return [(wave_id, name) for wave_id, name in db.session.execute(waves.order_by(*newest_first))]


def _ordered(order: CommentOrder) -> tuple[Any, ...]:
    newest_first = (WrittenComment.said_at.desc(), WrittenComment.id.desc())
    if order is CommentOrder.NEWEST:
        return newest_first
    # The rating goes first: where there is one, nobody's words are judged by a machine.
    urgency = case(_URGENCY, value=WrittenComment.band, else_=1)
    return (urgency, WrittenComment.tone.asc().nulls_last(), *newest_first)


def _spread(user: User, wanted: CommentFilter) -> Sequence[tuple[str | None, str, int]]:
    """Return how many comments have which themes and class."""
    chosen = select(WrittenComment.themes, WrittenComment.band).where(*_conditions(user, wanted))
    if wanted.text:
        # Words are found in the order of the table; without a limit they are looked up in that of the groups.
        chosen = chosen.limit(LARGEST_ID)
    found = chosen.subquery()
    grouped = select(found.c.themes, found.c.band, func.count()).group_by(found.c.themes, found.c.band)
    return [(stored, band, count) for stored, band, count in db.session.execute(grouped)]


def _is_about(stored: str | None, theme: str) -> bool:
    if theme == Analysed.NOT_READ:
        return stored is None
    if theme == Analysed.NONE_FOUND:
        return stored == ""
    return not theme or f"{THEME_MARK}{theme}{THEME_MARK}" in (stored or "")


def _theme_counts(spread: Iterable[tuple[str | None, str, int]], themes: Iterable[Theme]) -> list[ThemeCount]:
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for stored, band, count in spread:
        for key in themes_of(stored) or ():
            counts[key][band] += count
    listed = [
        ThemeCount(theme.key, theme.name_in("en"), counts[theme.key].total(), counts[theme.key])
        for theme in themes
        if theme.key in counts
    ]
    return sorted(listed, key=lambda one: -one.count)


def _shown(
    rows: Sequence[Row[*tuple[Any, ...]]], words: Sequence[str], themes: Sequence[Theme]
) -> list[ListedComment]:
    finder = ThemeFinder(themes)
    shown = []
    for row in rows:
        pieces = marked(row.text, words)
        # Read again for the word each theme was found by; a page holds few.
        shown.append(ListedComment(row, pieces, excerpt(pieces), finder.find(row.text, row.language)))
    return shown
