"""The way in: the bytes of a file somebody uploaded → the survey it holds, or the reason it is refused."""

import codecs
import re
from collections.abc import Iterator
from io import BytesIO, TextIOWrapper
from pathlib import PurePath

from integrations.limesurvey import structure_tabs, structure_xml
from integrations.limesurvey.limits import MOST_BYTES
from integrations.limesurvey.records import LimeSurveyFile, LimeSurveyRefused

_CHUNK = 1 << 16
_START = 2_000
_DECLARED = re.compile(r"""<\?xml\b[^>]{0,200}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_ENCODINGS = {"utf-8", "ascii", "cp1252", "iso8859-1", "iso8859-15", "utf-16", "utf-16-le", "utf-16-be"}
_WINDOWS = "The file is not UTF-8 and was read as Windows-1252; check words with accents."


def read_limesurvey(content: bytes, filename: str) -> LimeSurveyFile:
    """Return the survey in the bytes of an `.lss` or tab-separated structure file.

    What it is follows from the content; the name only sharpens the sentence of a refusal. Raises
    LimeSurveyRefused, and nothing else, for every file that is not such a survey.
    """
    if len(content) > MOST_BYTES:
        raise LimeSurveyRefused(f"The file is larger than {MOST_BYTES // 1_000_000} MB; no survey is.")
    if content.startswith(b"PK\x03\x04"):
        raise LimeSurveyRefused("The file is an archive; export the survey structure alone, as .lss.")
    encoding, notes = _encoding(content)
    start = content[:_START].decode(encoding, errors="replace").lstrip("\ufeff").lstrip()
    if not start:
        raise LimeSurveyRefused("The file is empty.")
    if start.startswith("<"):
        return structure_xml.read_structure(_pieces(content, encoding), notes)
    if PurePath(filename).suffix.lower() in (".lss", ".xml"):
        raise LimeSurveyRefused("The file is not XML; export the survey structure from LimeSurvey again.")
    if not structure_tabs.is_header(start.splitlines()[0]):
        raise LimeSurveyRefused("The file is no LimeSurvey survey; export its structure as .lss or .txt.")
    with TextIOWrapper(BytesIO(content), encoding, newline="") as file:
        return structure_tabs.read_structure(file, notes)


def _encoding(content: bytes) -> tuple[str, list[str]]:
    """Return how the bytes are to be read, and what to say about that."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _checked(content, "utf-16"), []
    if content.startswith(codecs.BOM_UTF8):
        return _checked(content, "utf-8-sig"), []
    if len(content) > 1 and 0 in content[:2] and content[:2] != b"\0\0":
        return _checked(content, "utf-16-le" if content[1] == 0 else "utf-16-be"), []
    declared = _declared(content)
    if declared not in ("utf-8", "ascii"):
        return _checked(content, declared), []
    if _is_decodable(content, "utf-8"):
        return "utf-8", []
    return _checked(content, "cp1252"), [_WINDOWS]


def _declared(content: bytes) -> str:
    found = _DECLARED.match(content[:_START].decode("latin-1").lstrip())
    if found is None:
        return "utf-8"
    try:
        name = codecs.lookup(found[1]).name
    except LookupError:
        name = ""
    if name not in _ENCODINGS or name.startswith("utf-16"):
        raise LimeSurveyRefused(f'The encoding "{found[1]}" is not read here; save the file as UTF-8.')
    return name


def _checked(content: bytes, encoding: str) -> str:
    if not _is_decodable(content, encoding):
        raise LimeSurveyRefused("The file holds bytes that are no text; save it as UTF-8.")
    return encoding


def _is_decodable(content: bytes, encoding: str) -> bool:
    try:
        for _ in _pieces(content, encoding):
            pass
    except UnicodeError:
        return False
    return True


def _pieces(content: bytes, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)()
    view = memoryview(content)
    for position in range(0, len(content), _CHUNK):
        yield decoder.decode(view[position : position + _CHUNK])
    yield decoder.decode(b"", final=True)
