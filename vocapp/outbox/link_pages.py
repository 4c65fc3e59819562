"""What every page behind a link in a mail shares: its words, its limits, and errors that name nobody.

Nothing here reads or sets a cookie. The token in the address is the whole authority, so a form on another
site could do no more than its author, who must know the token, could do anyway: no CSRF token is asked for.
"""

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
from vocapp.core.limits import count_try, visitor_address
from vocapp.core.machines import Doubt, judge_sending

# Only links that lead nowhere are counted, so an office behind one address answers undisturbed.
WRONG_LINKS = "30 per minute; 300 per hour"
SENT_FORMS = "60 per minute; 300 per hour"

TRAP_FIELD = "website"
SEEN_FIELD = "seen"
LANGUAGE_FIELD = "lang"
LARGEST_FORM = 1024 * 1024

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


def wanted_languages() -> dict[str, Any]:
    """Return the language chosen on the page, and those the browser accepts, the best first."""
    chosen = request.form.get(LANGUAGE_FIELD) or request.args.get(LANGUAGE_FIELD)
    return {"chosen": chosen, "accepted": list(request.accept_languages.values())}


def doubt_about_form(sent_at: datetime | None, now: datetime) -> Doubt | None:
    """Return why the form of this request may be a machine's; `sent_at` is when its mail was taken."""
    return judge_sending(
        has_trap_value=bool(request.form.get(TRAP_FIELD)),
        user_agent=request.user_agent.string,
        sent_at=sent_at,
        now=now,
    )


def next_address(endpoint: str, token: str) -> str:
    """Return the address of the page after a sent form, in the language of that form."""
    return url_for(endpoint, token=token, lang=request.form.get(LANGUAGE_FIELD) or None)
