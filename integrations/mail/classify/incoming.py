"""Reading a mail that came in, broken as it may be: its headers, its parts, its text, its addresses."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.errors import MessageError
from email.message import Message
from html.parser import HTMLParser

from integrations.mail.reading import read_headers, readable_text

_LONGEST_TEXT = 200_000
_MOST_PARTS = 200
_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9.!#$%&'*+/=?^_`{|}~-])[A-Za-z0-9.!#$%&*+/=?^_`{|}~'-]{1,64}"
    r"@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}"
)
# Printable ASCII without <, > and @: what else a header holds can be nobody's, and cannot be looked up.
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]{1,400}@[!-;=?A-~]{1,400}>")
_BREAKING = {"p", "br", "div", "tr", "li", "h1", "h2", "h3", "table", "ul", "ol", "hr", "pre"}
_SKIPPED = {"style", "script", "title", "head"}
_QUOTE_MARK = re.compile(
    r"gmail_quote|divrplyfwdmsg|appendonsend|moz-cite-prefix|yahoo_quoted|protonmail_quote"
)
# HTML elements that have no end tag, so that they never open anything.
_VOID = {"br", "hr", "img", "meta", "link", "input", "col", "area", "base", "wbr"}


# What a stranger's mail can provoke in code that reads it: a mail that does is broken, and no fault of ours.
PROVOKED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    MessageError,
    RuntimeError,
    TypeError,
    ValueError,
)


@dataclass(frozen=True)
class Incoming:
    """A mail as far as it can be read.

    `headers` are (lower-case name, decoded value) in order; `parts` the leaves and reports outside enclosed
    mails, as (content type, part); `enclosed` the headers of mails enclosed, the returned original first.
    """

    headers: list[tuple[str, str]]
    parts: list[tuple[str, Message]]
    enclosed: list[dict[str, str]]
    report_type: str

    def header(self, name: str) -> str:
        """Return the first value of a header by lower-case name, empty when there is none."""
        return next((value for known, value in self.headers if known == name), "")

    def values(self, *names: str) -> list[str]:
        """Return all values of the headers named, in the order of the names."""
        return [value for name in names for known, value in self.headers if known == name]


def read(raw: bytes) -> Incoming:
    """Return what can be read of a raw mail. Raises RecursionError when it nests too deeply."""
    # compat32: the newer policies raise on some real mail (trust E11).
    message = message_from_bytes(raw, policy=policy.compat32)
    headers = [(name.lower(), value) for name, value in read_headers(raw)]
    parts: list[tuple[str, Message]] = []
    enclosed: list[dict[str, str]] = []
    for part in _outer_parts(message):
        kind = part.get_content_type()
        if kind in ("message/rfc822", "text/rfc822-headers", "message/global", "message/rfc822-headers"):
            enclosed.append(_enclosed_headers(part))
        else:
            parts.append((kind, part))
    report_type = _plain_parameter(message.get_param("report-type"))
    return Incoming(headers, parts, enclosed, report_type)


def _plain_parameter(value: str | tuple[str | None, str | None, str] | None) -> str:
    # A parameter in RFC 2231 form comes as charset, language and text.
    return (value[2] if isinstance(value, tuple) else value or "").lower()


def text_of(mail: Incoming, *, is_raw: bool = False) -> str:
    """Return the first text a person would read, from HTML when there is no plain one.

    Quoted mail that HTML marks as such is left out unless `is_raw`.
    """
    plain = next(
        (t for kind, part in mail.parts if kind == "text/plain" and (t := part_text(part)).strip()), ""
    )
    if plain:
        return plain[:_LONGEST_TEXT]
    html = next(
        (t for kind, part in mail.parts if kind == "text/html" and (t := part_text(part)).strip()), ""
    )
    return text_of_html(html[:_LONGEST_TEXT], is_raw=is_raw)


def all_text(mail: Incoming) -> str:
    """Return every text part one after the other, HTML as text, with quoted mail."""
    texts = []
    for kind, part in mail.parts:
        if kind == "text/html":
            texts.append(text_of_html(part_text(part)[:_LONGEST_TEXT], is_raw=True))
        elif kind.startswith("text/"):
            texts.append(part_text(part)[:_LONGEST_TEXT])
    return "\n".join(texts)[:_LONGEST_TEXT]


def part_text(part: Message) -> str:
    """Return the text of one part, in any charset or none."""
    return readable_text(part)


def addresses_in(text: str) -> list[str]:
    """Return the e-mail addresses in a text, each once, in order."""
    found = (match.rstrip(".-'").lstrip(".'`=") for match in _ADDRESS.findall(text[:_LONGEST_TEXT]))
    return list(dict.fromkeys(address for address in found if not address.startswith("@")))


def message_ids_in(values: list[str]) -> list[str]:
    """Return the Message-IDs in header values with their angle brackets, each once, in order."""
    return list(dict.fromkeys(found for value in values for found in _MESSAGE_ID.findall(value[:20_000])))


def text_of_html(html: str, *, is_raw: bool = False) -> str:
    """Return the text of HTML, block by block on lines; without what it marks as quoted unless `is_raw`."""
    reader = _TextOfHtml(is_raw=is_raw)
    try:
        reader.feed(html)
        reader.close()
    except (AssertionError, ValueError):
        # The stdlib's parser gives up on some malformed declarations; what it read so far stands.
        pass
    return "".join(reader.pieces)


class _TextOfHtml(HTMLParser):
    def __init__(self, *, is_raw: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._is_raw = is_raw
        self._skipping: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKING and not self._skipping:
            self.pieces.append("\n")
        if tag in _VOID:
            return
        if self._skipping:
            if tag == self._skipping[-1]:
                self._skipping.append(tag)
        elif tag in _SKIPPED or (not self._is_raw and self._is_quote(tag, attrs)):
            self._skipping.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._skipping and tag == self._skipping[-1]:
            self._skipping.pop()
        if tag in _BREAKING and not self._skipping:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.pieces.append(data)

    @staticmethod
    def _is_quote(tag: str, attrs: list[tuple[str, str | None]]) -> bool:
        if tag == "blockquote":
            return True
        marks = " ".join(value or "" for name, value in attrs if name in ("class", "id")).lower()
        return bool(_QUOTE_MARK.search(marks))


def _outer_parts(message: Message) -> Iterator[Message]:
    waiting = [message]
    seen = 0
    while waiting and seen < _MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        if part.get_content_maintype() == "multipart" and isinstance(part.get_payload(), list):
            waiting[:0] = [inner for inner in part.get_payload() if isinstance(inner, Message)]
        else:
            yield part


def _enclosed_headers(part: Message) -> dict[str, str]:
    payload = part.get_payload()
    if isinstance(payload, list) and payload and isinstance(payload[0], Message):
        inner = payload[0]
        return {name.lower(): str(value)[:20_000] for name, value in inner.items()}
    return {name.lower(): value for name, value in read_headers(part_text(part).encode("utf-8", "replace"))}
