"""Lists as somebody wants to see them again: a name for the filters in an address."""

from collections.abc import Sequence
from urllib.parse import parse_qsl, urlencode

from flask_babel import gettext as _
from sqlalchemy import or_, select

from vocapp.accounts.models import SavedFilter
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User

# The list's endpoint by the name that is stored.
PLACES = {
    "accounts": "accounts.index",
    "people": "accounts.people",
    "gaps": "coverage.gaps",
    "portfolio": "overviews.accounts",
    "silent": "overviews.silent",
}
MOST_PER_PERSON = 50
LONGEST_QUERY = 1000
# What is not part of a filter: which page of it was open, and single rows.
_PASSING = frozenset({"page", "id"})


def saved_filters(user: User, place: str) -> Sequence[SavedFilter]:
    """Return a user's own filters of a list, then those others share, by name."""
    mine = SavedFilter.user_id == user.id
    found = select(SavedFilter).where(SavedFilter.place == place, or_(mine, SavedFilter.is_shared))
    return db.session.scalars(found.order_by(mine.desc(), SavedFilter.name, SavedFilter.id)).all()


def save_filter(user: User, *, place: str, name: str, query: str, is_shared: bool) -> SavedFilter:
    """Keep a filter under a name; a name used before gets the new filter.

    Raises `DomainError` without a name, for a filter that filters nothing, and for one filter too many.
    """
    name, query = " ".join(name.split()), clean_query(query)
    if not name or len(name) > 80:
        raise DomainError(_("Give the filter a name of at most 80 characters."))
    if place not in PLACES or not query:
        raise DomainError(_("Filter or sort the list first; then the result can be saved."))
    if len(query) > LONGEST_QUERY:
        raise DomainError(_("This filter is too long to be saved; use fewer conditions."))
    mine = [saved for saved in saved_filters(user, place) if saved.user_id == user.id]
    saved = next((one for one in mine if one.name.casefold() == name.casefold()), None)
    if saved is None:
        if len(mine) >= MOST_PER_PERSON:
            raise DomainError(
                _("You have %(most)s saved filters already; remove one first.", most=MOST_PER_PERSON)
            )
        saved = SavedFilter(user_id=user.id, place=place)
        db.session.add(saved)
    saved.name, saved.query, saved.is_shared = name, query, is_shared
    db.session.flush()
    return saved


def clean_query(query: str) -> str:
    """Return an address's query string with only what filters and sorts."""
    pairs = parse_qsl(query.lstrip("?"))
    return urlencode(
        [(key, value) for key, value in pairs if key not in _PASSING and value and value.isprintable()]
    )


def own_filter(user: User, filter_id: int) -> SavedFilter | None:
    """Return a filter this user saved, or None."""
    return db.session.scalar(
        select(SavedFilter).where(SavedFilter.id == filter_id, SavedFilter.user_id == user.id)
    )
