"""What every page behind a link in a mail shares: its words, its limits, and errors that name nobody.

Nothing here reads or sets a cookie. The token in the address is the whole authority, so a form on another
site could do no more than its author, who must know the token, could do anyway: no CSRF token is asked for.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from babel.dates import format_date
from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from surveys.merging import merge_fields_in
from surveys.translation import Language, best_language, language, phrase, phrase_book
from vocapp.core.clock import utcnow
from vocapp.core.limits import count_try, visitor_address
from vocapp.core.machines import Doubt, Signal, doubt_of, is_quick, visit_signals
from vocapp.core.opened import OPENED_FIELD, opened_at, opened_mark

# Only links that lead nowhere are counted, so an office behind one address answers undisturbed.
WRONG_LINKS = "30 per minute; 300 per hour"
SENT_FORMS = "60 per minute; 300 per hour"
# What a page saves by itself must never use up the sending of its form.
SAVED_IN_PASSING = "30 per minute; 600 per hour"

TRAP_FIELD = "website"
SEEN_FIELD = "seen"
LANGUAGE_FIELD = "lang"
LARGEST_FORM = 1024 * 1024

# Browsers say under several names that they fetch a page nobody has asked for yet.
PURPOSES = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
AHEAD_OF_TIME = re.compile("prefetch|prerender|preview", re.IGNORECASE)

EXPLAINED = {404: "unknown", 410: "closed", 429: "too_many"}


@dataclass(frozen=True, kw_only=True)
class SpokenPage:
    """A page in one language; `values` fill the merge fields of its phrases."""

    language: Language
    values: Mapping[str, str] = field(default_factory=dict)

    def say(self, key: str, **more: str) -> str:
        """Return a phrase with its fields filled, as plain text."""
        values = {**self.values, **more}
        fields = merge_fields_in(phrase_book().phrases[key][self.language.code])
        return phrase(key, self.language.code, **{name: self._set_apart(values[name]) for name in fields})

    @property
    def opened_mark(self) -> str:
        """Say when this page was made, for the hidden field `opened` of its forms."""
        return opened_mark(utcnow())

    def _set_apart(self, value: str) -> str:
        # A Latin name in an Arabic sentence would drag the full stop behind it to its own side.
        if self.language.direction != "rtl":
            return value
        return f"\N{FIRST STRONG ISOLATE}{value}\N{POP DIRECTIONAL ISOLATE}"

    def day(self, when: date) -> str:
        """Return a date in words."""
        return format_date(when, "long", locale=self.language.code)


def plain_page(wanted: Iterable[str | None]) -> SpokenPage:
    """Return a page that names nobody, in the first language wanted that we speak."""
    return SpokenPage(language=language(best_language(tuple(wanted), phrase_book().languages)))


def guard_link_pages(pages: Blueprint) -> None:
    """Limit what may be sent to the pages of a blueprint, and explain what goes wrong there politely."""
    pages.before_request(_limit_size)
    pages.errorhandler(HTTPException)(_explain)


def _limit_size() -> None:
    # Everything somebody can type fits many times over; files have no business here.
    request.max_content_length = LARGEST_FORM


def _explain(error: HTTPException) -> ResponseReturnValue:
    """Explain an error in the visitor's language, without naming anybody."""
    if error.code is None or error.code < 400:
        return error
    page = plain_page((request.args.get(LANGUAGE_FIELD), *request.accept_languages.values()))
    shown = render_template("layout/explained.html", page=page, about=EXPLAINED.get(error.code, "trouble"))
    return shown, error.code, error.get_headers()


def count_wrong_link() -> None:
    """Count a link that leads nowhere; ends in a 429 for whoever guesses."""
    count_try(WRONG_LINKS, what="wrong_link", who=visitor_address())


def count_sent_form(token_hash: str) -> None:
    """Count a form sent through a link; ends in a 429 for a link that is hammered."""
    count_try(SENT_FORMS, what="sent_form", who=token_hash)


def count_autosave(token_hash: str) -> None:
    """Count what a page saved by itself; ends in a 429 that only a script sees."""
    count_try(SAVED_IN_PASSING, what="autosave", who=token_hash)


def wanted_languages() -> dict[str, Any]:
    """Return the language chosen on the page, and those the browser accepts, the best first."""
    chosen = request.form.get(LANGUAGE_FIELD) or request.args.get(LANGUAGE_FIELD)
    return {"chosen": chosen, "accepted": list(request.accept_languages.values())}


def is_opened_by_visitor() -> bool:
    """Whether this request opens a page for somebody to see: not HEAD, and nothing fetched ahead of time."""
    purposes = (request.headers.get(name, "") for name in PURPOSES)
    return request.method == "GET" and not any(AHEAD_OF_TIME.search(purpose) for purpose in purposes)


def signals_of_visit(sent_at: datetime | None, now: datetime) -> frozenset[Signal]:
    """Return what speaks against this visitor; `sent_at` is when the mail with the link was taken."""
    return visit_signals(user_agent=request.user_agent.string, sent_at=sent_at, now=now)


def form_opened_at() -> datetime | None:
    """Return when the page was opened that the form of this request comes from, None for unknown."""
    return opened_at(request.form.get(OPENED_FIELD))


def is_sent_quickly(now: datetime) -> bool:
    """Whether the form of this request came sooner after its page was opened than anybody reads."""
    return is_quick(form_opened_at(), now=now)


def doubt_about_form(
    sent_at: datetime | None, now: datetime, *, heard: Iterable[Signal] = ()
) -> Doubt | None:
    """Return why the form of this request may be a machine's; `sent_at` is when its mail was taken.

    `heard` is what else speaks against its sender.
    """
    signals = {*heard, *signals_of_visit(sent_at, now)}
    if is_sent_quickly(now):
        signals.add(Signal.QUICK)
    if request.form.get(TRAP_FIELD):
        signals.add(Signal.TRAP_FIELD)
    return doubt_of(signals)


def next_address(endpoint: str, token: str, **more: Any) -> str:
    """Return the address of the page after a sent form, in the language of that form."""
    return url_for(endpoint, token=token, lang=request.form.get(LANGUAGE_FIELD) or None, **more)
