"""Keeping spreadsheets from running the cells we write (trust V11)."""

_STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n")


def guard(text: str) -> str:
    """Return the text with an apostrophe in front when a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_STARTERS) else text


def unguard(text: str) -> str:
    """Return the text without the apostrophe that `guard` put in front: an export reads back the same."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_STARTERS) else text
