"""CSV as Bulk 2 reads and writes it."""

import csv
import io
from collections.abc import Iterable, Sequence

DELIMITERS = {"COMMA": ",", "SEMICOLON": ";", "TAB": "\t", "PIPE": "|", "CARET": "^", "BACKQUOTE": "`"}
ENDINGS = {"LF": "\n", "CRLF": "\r\n"}


class BadCsv(Exception):
    """The text is not what the job said it would be."""


def read_csv(content: bytes, *, delimiter: str, ending: str) -> tuple[list[str], list[list[str]]]:
    """Return header and rows. Raises `BadCsv` with Salesforce's words for it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadCsv("ClientInputError : Failed to read query. Error: data is not UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=DELIMITERS[delimiter], strict=True)
    try:
        lines = [line for line in reader if line]
    except csv.Error as error:
        raise BadCsv(f"ClientInputError : Failed to parse CSV: {error}") from None
    if not lines:
        raise BadCsv("InvalidBatch : Failed to parse CSV header: empty data")
    found = "CRLF" if "\r\n" in text[: text.find("\n") + 1] else "LF"
    if "\n" in text and found != ending:
        raise BadCsv(
            f"ClientInputError : LineEnding is invalid on user data. Current LineEnding setting is {ending}"
        )
    header = lines[0]
    if len({name.lower() for name in header}) != len(header):
        raise BadCsv("InvalidBatch : Duplicate field name in the header")
    for line in lines[1:]:
        if len(line) != len(header):
            word = "many" if len(line) > len(header) else "few"
            raise BadCsv(f"InvalidBatch : Too {word} columns in a row: {len(line)} instead of {len(header)}")
    return header, lines[1:]


def write_csv(rows: Iterable[Sequence[str]], *, delimiter: str, ending: str) -> bytes:
    """Return rows as quoted CSV."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(
        buffer, delimiter=DELIMITERS[delimiter], lineterminator=ENDINGS[ending], quoting=csv.QUOTE_ALL
    )
    writer.writerows(rows)
    return buffer.getvalue().encode()
