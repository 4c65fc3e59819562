"""From a letter to the mail a person reads: subject, text and HTML, by the templates of `templates/mail`."""

import re
import secrets
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

import mrml
from babel import Locale, UnknownLocaleError
from flask_babel import force_locale, gettext, ngettext
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import escape

from integrations.mail.message import BULK_MARKS, OutgoingMail, build, unsubscribe_headers
from integrations.mail.providers.marks import mark_headers
from surveys.translation import phrase
from vocapp.core.gateways import gateways
from vocapp.core.settings import PROJECT_ROOT
from vocapp.outbox.models import Message
from vocapp.outbox.return_path import opt_out_address_of, report_mark_of
from vocapp.outbox.rules import FormLetter, LetterContext

TEMPLATES = PROJECT_ROOT / "templates"

# What stands in a blank while a form is printed: nothing that anybody could have written themselves.
_MARK = f"blank{secrets.token_hex(8)}"
_MARKED = re.compile(f"({_MARK}a*z)")
# MJML's compiler writes the name of the mail as a programmer would read it: a combining accent as "\u{301}".
_SPOKEN_NAME = re.compile(r'(?<= aria-label=")[^"]*(?=" aria-roledescription="email")')


class UnreadableTemplate(ValueError):
    """A mail template is not MJML."""


@dataclass(frozen=True)
class RenderedMail:
    """What a mail says: subject on one line, text, and HTML of the same meaning."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True)
class PrintedForm:
    """A form letter whose blanks are still to be filled in: every second piece is the mark of one."""

    blanks: Mapping[str, str]
    subject: list[str]
    text: list[str]
    html: list[str]
    list_unsubscribe: list[str]

    def fill(self, words: Mapping[str, str]) -> tuple[RenderedMail, str | None]:
        """Return the mail of a reader, and the address that takes them off the list."""
        plain = {mark: words[name] for mark, name in self.blanks.items()}
        escaped = {mark: str(escape(word)) for mark, word in plain.items()}
        mail = RenderedMail(
            _filled(self.subject, plain), _filled(self.text, plain), _filled(self.html, escaped)
        )
        return mail, _filled(self.list_unsubscribe, plain) or None


# The forms printed so far, by template, form and which blanks are empty. Keep them no longer than what they
# were written from is sure to stay the same.
Forms = dict[Hashable, PrintedForm]


def render_letter(template: str, letter: LetterContext) -> RenderedMail:
    """Return the mail of `templates/mail/<template>` in the letter's language.

    Templates get the letter's values, `language`, `direction` (ltr or rtl), `_`, and `phrase(key, …)` for the
    words of the survey phrase book. Raises jinja2's TemplateError for a missing template or value,
    `UnreadableTemplate` for broken MJML.
    """
    locale = mail_locale(letter.language)
    values = {
        **letter.values,
        "language": letter.language,
        "direction": locale.text_direction,
        "phrase": lambda key, **fields: phrase(key, letter.language, **fields),
    }
    with force_locale(locale):
        subject = " ".join(_fill(f"{template}/subject.txt", values).split())
        text = _fill(f"{template}/body.txt", values).strip() + "\n"
        html = _html(_fill(f"{template}/body.mjml", {**values, "subject": subject}), subject)
    return RenderedMail(subject, text, html)


def render_form_letter(template: str, letter: FormLetter, forms: Forms) -> tuple[RenderedMail, str | None]:
    """Return what `render_letter` makes of the whole letter, and the address that takes off the list.

    A form is printed once and kept in `forms`. Whoever has words that might change what stands around them,
    such as two blanks in a row, gets a letter written for them alone.
    """
    if not all(_is_plain(words) for words in letter.blanks.values()):
        whole = letter.whole()
        return render_letter(template, whole), whole.list_unsubscribe
    filled = [name for name, words in letter.blanks.items() if words]
    key = (template, letter.form, *filled)
    if key not in forms:
        forms[key] = _printed(template, letter, filled)
    return forms[key].fill(letter.blanks)


def finish_mail(
    message: Message, letter: LetterContext | FormLetter, *, now: datetime, forms: Forms | None = None
) -> bytes:
    """Return the bytes of the mail that goes out now, signed when we have a key to sign with.

    `forms` spare the work for letters that differ in their blanks only; the bytes are the same without.
    Raises what `render_letter` and `integrations.mail.message.build` raise.
    """
    raw = build(write_mail(message, letter, now=now, forms=forms))
    signer = gateways().signer
    return signer.sign(raw, at=now.timestamp()) if signer else raw


def write_mail(
    message: Message, letter: LetterContext | FormLetter, *, now: datetime, forms: Forms | None = None
) -> OutgoingMail:
    """Return a message as the mail that goes out now."""
    if isinstance(letter, FormLetter):
        rendered, list_unsubscribe = render_form_letter(
            message.template, letter, {} if forms is None else forms
        )
    else:
        rendered, list_unsubscribe = render_letter(message.template, letter), letter.list_unsubscribe
    headers: dict[str, str] = {}
    if list_unsubscribe:
        headers |= unsubscribe_headers(list_unsubscribe, mailto=opt_out_address_of(message))
        if gateways().settings.mail.has_bulk_marks:
            headers |= BULK_MARKS
    if provider := gateways().settings.delivery.mail_events:
        headers |= mark_headers(provider, report_mark_of(message))
    return OutgoingMail(
        message_id=message.message_id,
        from_address=gateways().settings.mail_from,
        from_name=message.from_name,
        to_address=message.to_address,
        to_name=message.to_name,
        reply_to=message.reply_to or None,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        date=now,
        headers=headers,
    )


def mail_locale(language: str) -> Locale:
    """Return the locale of a language code such as "pt-BR"; English for one nobody knows."""
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale("en")


def _printed(template: str, letter: FormLetter, filled: Sequence[str]) -> PrintedForm:
    marks = {name: f"{_MARK}{'a' * place}z" for place, name in enumerate(filled)}
    context = letter.write({**letter.blanks, **marks})
    rendered = render_letter(template, context)
    pieces = (
        _MARKED.split(part)
        for part in (rendered.subject, rendered.text, rendered.html, context.list_unsubscribe or "")
    )
    return PrintedForm({mark: name for name, mark in marks.items()}, *pieces)


def _filled(pieces: Sequence[str], words: Mapping[str, str]) -> str:
    return "".join([words.get(piece, piece) for piece in pieces])


def _is_plain(words: str) -> bool:
    """Whether words stand on one line, evened out: then nothing around them depends on what they are."""
    return words == " ".join(words.split()) and words.isprintable()


def _fill(name: str, values: dict[str, object]) -> str:
    return _environment().get_template(f"mail/{name}").render(values)


def _html(source: str, name: str) -> str:
    try:
        # Without fonts of its own, mrml links to none: a mail fetches nothing from anywhere.
        html = str(mrml.to_html(source, render_options=mrml.RenderOptions(fonts={})).content)
    except OSError as problem:
        raise UnreadableTemplate(f"The mail template is not MJML: {problem}") from problem
    return _SPOKEN_NAME.sub(lambda _found: str(escape(name)), html, count=1)


@cache
def _environment() -> Environment:
    """The templates of mails: values are escaped in MJML and taken as they are in text."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["mjml"]),
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    return environment
