"""Opening a zip package with XML inside without trusting either."""

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from defusedxml.common import DefusedXmlException
from defusedxml.expatreader import create_parser

from integrations.tables.rows import Limits, TableRefused

_CHUNK = 1 << 16
_MOST_ENTRIES = 1_000
_DIRECTORY_MARK = b"PK\x01\x02"
# Sheets of real tables shrink to a tenth or a thirtieth; only repetition without end shrinks further.
_LARGEST_RATIO = 150
_RATIO_MATTERS_FROM = 1_000_000
_ESCAPING = re.compile(r"^/|^[A-Za-z]:|(^|/)\.\.(/|$)|[\\\0]")
# A tag or comment that does not end within so many chunks is not there to be read.
_PATIENCE = 16
_DEEPEST = 50

DAMAGED = "The workbook is damaged; save it again as .xlsx or as CSV."
TOO_LARGE = "The workbook unpacks to far more than a table needs; save only the table itself."
_ODD = "The workbook is put together in a way no spreadsheet does; save it again."
_PROTECTED = "The workbook is protected by a password; save it without one."


class XmlEvents(ContentHandler):
    """What happens while a part is read: elements by local name, and text. Override what is of interest."""

    def opened(self, kind: str, attributes: AttributesImpl, /) -> None:
        """An element has begun."""

    def closed(self, kind: str, /) -> None:
        """An element has ended."""

    _depth = 0

    # The two names are the stdlib's.
    def startElement(self, name: str, attrs: AttributesImpl) -> None:  # noqa: N802
        self._depth += 1
        if self._depth > _DEEPEST:
            raise TableRefused(DAMAGED)
        self.opened(name.rpartition(":")[2] if ":" in name else name, attrs)

    def endElement(self, name: str) -> None:  # noqa: N802
        self._depth -= 1
        self.closed(name.rpartition(":")[2] if ":" in name else name)


class Package:
    """A zip file whose list of entries has been checked. Raises TableRefused for one that is not plain."""

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        _count_entries(file)
        try:
            self._zip = ZipFile(file)
        except (BadZipFile, ValueError, NotImplementedError, OSError, struct.error) as error:
            raise TableRefused(DAMAGED) from error
        entries = self._zip.infolist()
        self._sizes = {entry.filename: entry.file_size for entry in entries}
        if len({name.lower() for name in self._sizes}) != len(entries):
            raise TableRefused(_ODD)
        if sum(self._sizes.values()) > limits.unpacked_bytes:
            raise TableRefused(TOO_LARGE)
        for entry in entries:
            if entry.flag_bits & 0x1:
                raise TableRefused(_PROTECTED)
            if _ESCAPING.search(entry.orig_filename) or entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
                raise TableRefused(_ODD)
            is_large = entry.file_size > _RATIO_MATTERS_FROM
            if is_large and entry.file_size > _LARGEST_RATIO * entry.compress_size:
                raise TableRefused(TOO_LARGE)

    def __contains__(self, name: str) -> bool:
        return name in self._sizes

    def size(self, name: str) -> int:
        """Return the unpacked size of a part in bytes."""
        return self._sizes[name]

    def parse(self, name: str, events: XmlEvents, *, at_most: int) -> None:
        """Feed a whole part to `events`. A part that is missing or larger than `at_most` bytes is refused."""
        if self._sizes.get(name, 0) > at_most:
            raise TableRefused(TOO_LARGE)
        for _ in self.parse_stepwise(name, events):
            pass

    def parse_stepwise(self, name: str, events: XmlEvents) -> Iterator[int]:
        """Feed a part to `events` piece by piece and yield how many bytes were fed so far.

        Raises TableRefused for document types, entities and anything that is not well-formed.
        """
        if name not in self._sizes:
            raise TableRefused(DAMAGED)
        parser = create_parser(forbid_dtd=True)
        parser.setContentHandler(events)
        fed, waits, last_position = 0, 0, (-1, -1)
        with _refusing(), self._zip.open(name) as part:
            while chunk := part.read(_CHUNK):
                parser.feed(chunk)
                fed += len(chunk)
                position = (parser.getLineNumber() or 0, parser.getColumnNumber() or 0)
                waits = waits + 1 if position == last_position else 0
                last_position = position
                if waits > _PATIENCE:
                    raise TableRefused(DAMAGED)
                yield fed
            parser.close()

    def close(self) -> None:
        """Let go of the package; the file stays open."""
        self._zip.close()


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except DefusedXmlException as error:
        raise TableRefused("The workbook defines XML entities, which no spreadsheet does.") from error
    except SAXException as error:
        raise TableRefused(DAMAGED) from error
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, LookupError, ValueError) as error:
        raise TableRefused(DAMAGED) from error


def _count_entries(file: BinaryIO) -> None:
    """Refuse a zip file of very many entries before `zipfile` makes an object of each."""
    file.seek(0)
    found, tail = 0, b""
    while chunk := file.read(_CHUNK):
        found += (tail + chunk).count(_DIRECTORY_MARK)
        tail = chunk[-3:]
    if found > _MOST_ENTRIES:
        raise TableRefused(_ODD)
