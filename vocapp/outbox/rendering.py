"""From a letter to the mail a person reads: subject, text and HTML, by the templates of `templates/mail`."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

import mrml
from babel import Locale, UnknownLocaleError
from flask_babel import force_locale, gettext, ngettext
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from integrations.mail.message import BULK_MARKS, OutgoingMail, build, unsubscribe_headers
from integrations.mail.providers.marks import mark_headers
from surveys.translation import phrase
from vocapp.core.gateways import gateways
from vocapp.core.settings import PROJECT_ROOT
from vocapp.outbox.models import Message
from vocapp.outbox.return_path import opt_out_address_of, report_mark_of
from vocapp.outbox.rules import LetterContext

TEMPLATES = PROJECT_ROOT / "templates"


class UnreadableTemplate(ValueError):
    """A mail template is not MJML."""


@dataclass(frozen=True)
class RenderedMail:
    """What a mail says: subject on one line, text, and HTML of the same meaning."""

    subject: str
    text: str
    html: str


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
        html = _html(_fill(f"{template}/body.mjml", {**values, "subject": subject}))
    return RenderedMail(subject, text, html)


def finish_mail(message: Message, letter: LetterContext, *, now: datetime) -> bytes:
    """Return the bytes of the mail that goes out now, signed when we have a key to sign with.

    Raises what `render_letter` and `integrations.mail.message.build` raise.
    """
    raw = build(write_mail(message, letter, now=now))
    signer = gateways().signer
    return signer.sign(raw, at=now.timestamp()) if signer else raw


def write_mail(message: Message, letter: LetterContext, *, now: datetime) -> OutgoingMail:
    """Return a message as the mail that goes out now."""
    rendered = render_letter(message.template, letter)
    headers: dict[str, str] = {}
    if letter.list_unsubscribe:
        headers |= unsubscribe_headers(letter.list_unsubscribe, mailto=opt_out_address_of(message))
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


def _fill(name: str, values: dict[str, object]) -> str:
    return _environment().get_template(f"mail/{name}").render(values)


def _html(source: str) -> str:
    try:
        # Without fonts of its own, mrml links to none: a mail fetches nothing from anywhere.
        return str(mrml.to_html(source, render_options=mrml.RenderOptions(fonts={})).content)
    except OSError as problem:
        raise UnreadableTemplate(f"The mail template is not MJML: {problem}") from problem


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
