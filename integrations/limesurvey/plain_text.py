"""HTML as question texts hold it → plain text: no tag, no script, nothing left of the markup."""

import re
from html import unescape

# What stands between these tags is not for reading.
_UNREAD = ("script", "style", "template", "iframe", "object", "svg", "math", "head", "title", "noscript")
# These flow within a line; every other tag ends a word.
_INLINE_NAMES = (
    "a|abbr|b|bdi|bdo|big|cite|code|del|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup"
    "|tt|u|var"
)
_INLINE = re.compile(rf"</?(?:{_INLINE_NAMES})(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BLOCK = re.compile(rf"</?(?!(?:{'|'.join(_UNREAD)})\b)[A-Za-z][^<>]*>", re.IGNORECASE)
_NAME = re.compile(r"</?([A-Za-z][A-Za-z0-9]*)")
_LIKE_A_TAG = re.compile(r"<+(?=[A-Za-z/!?])")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")


def plain_text(markup: str) -> str:
    """Return what a reader sees, in one line, in time that grows with the length of the markup.

    Entities are read once, and nothing in what is returned looks like a tag.
    """
    text = markup
    if "<" in text:
        text = _without_tags(text)
    if "&" in text:
        text = unescape(text)
        # Markup that was escaped to be shown is markup again where somebody forgets to escape it.
        if "<" in text:
            text = _without_tags(text)
    text = _LIKE_A_TAG.sub("", text)
    return " ".join(_CONTROLS.sub(" ", text).split())


def _without_tags(markup: str) -> str:
    markup = _BLOCK.sub(" ", _INLINE.sub("", markup))
    kept: list[str] = []
    position = 0
    while (start := markup.find("<", position)) >= 0:
        kept.append(markup[position:start])
        if markup.startswith("<!--", start):
            end = markup.find("-->", start + 4)
            if end < 0:
                return "".join(kept)
            position = end + 3
            continue
        if not _LIKE_A_TAG.match(markup, start):
            kept.append("<")
            position = start + 1
            continue
        end = markup.find(">", start)
        if end < 0:
            position = start + 1
            break
        position = end + 1
        named = _NAME.match(markup, start)
        name = named[1].lower() if named else ""
        if name in _UNREAD and not markup.startswith("</", start):
            closing = re.compile(f"</{name}", re.IGNORECASE).search(markup, position)
            end = markup.find(">", closing.end()) if closing else -1
            if end < 0:
                return "".join(kept)
            position = end + 1
        kept.append(" ")
    kept.append(markup[position:])
    return "".join(kept)
