"""What is wrong with one field of a package, beyond what the schema says."""

import re
from collections.abc import Iterator, Mapping
from xml.etree.ElementTree import Element

# The two ways in which the schema lets something be true.
TRUE = frozenset({"true", "1"})

_LONGEST_NAME = 40
_LONGEST_LABEL = 40
_LONGEST_DESCRIPTION = 1_000
_LONGEST_HELP = 255
# Letters, digits and single underscores; no underscore at the end.
_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*__c")
_RELATIONSHIP = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")
_MOST_DIGITS = 18
_LONGEST_TEXT = 255
_LONG_TEXT = range(256, 131_073)
# Kinds that may be external ids.
_KEYS = frozenset({"Text", "Number", "Email"})


def field_findings(path: str, parts: Mapping[str, Element]) -> Iterator[str]:
    """Yield one sentence for everything wrong with a field; `parts` are its elements by name."""
    texts = {name: part.text or "" for name, part in parts.items()}
    name = texts.get("fullName", "")
    if not _NAME.fullmatch(name):
        yield f"{path} has a field called “{name}”; use letters, digits and single underscores, then __c."
    if len(name) > _LONGEST_NAME:
        yield f"{path} has a field name of {len(name)} characters, {name}; use {_LONGEST_NAME} at most."
    if not texts.get("label"):
        yield f"{path} gives the field {name} no label; add one."
    for part, words, most in (
        ("label", "label", _LONGEST_LABEL),
        ("description", "description", _LONGEST_DESCRIPTION),
        ("inlineHelpText", "help text", _LONGEST_HELP),
    ):
        if len(texts.get(part, "")) > most:
            yield f"{path} gives the field {name} a {words} of over {most} characters; shorten it."
    if texts.get("required") in TRUE:
        yield f"{path} makes the field {name} required, which stops people from saving; make it optional."
    kind = texts.get("type", "")
    yield from _kind_findings(f"{path} has the field {name}", kind, texts)
    if kind == "Picklist":
        yield from _picklist_findings(f"{path} has the picklist {name}", parts)
    if texts.get("externalId") in TRUE:
        yield from _key_findings(f"{path} has the external id {name}", kind, texts)


def _kind_findings(subject: str, kind: str, texts: Mapping[str, str]) -> Iterator[str]:
    if not kind:
        yield f"{subject} without a type; add one."
    elif kind == "Text" and not 1 <= _whole(texts, "length") <= _LONGEST_TEXT:
        yield f"{subject} of type Text without a length from 1 to {_LONGEST_TEXT}; give it one."
    elif kind == "LongTextArea" and _whole(texts, "length") not in _LONG_TEXT:
        yield f"{subject} of long text without a length from 256 to 131,072; give it one."
    elif kind == "LongTextArea" and _whole(texts, "visibleLines") < 2:
        yield f"{subject} of long text without visible lines; give it two or more."
    elif kind == "Number" and not (
        1 <= _whole(texts, "precision") <= _MOST_DIGITS
        and 0 <= _whole(texts, "scale") <= _whole(texts, "precision")
    ):
        yield f"{subject} of type Number without fitting digits; give it 1 to {_MOST_DIGITS} digits in all."
    elif kind == "Checkbox" and texts.get("defaultValue") not in {"true", "false"}:
        yield f"{subject} of type Checkbox without a default; say false."
    elif kind == "Lookup":
        yield from _lookup_findings(subject, texts)


def _lookup_findings(subject: str, texts: Mapping[str, str]) -> Iterator[str]:
    if not texts.get("referenceTo"):
        yield f"{subject} that looks at nothing; name an object."
    relationship = texts.get("relationshipName", "")
    if len(relationship) > _LONGEST_NAME or not _RELATIONSHIP.fullmatch(relationship):
        yield f"{subject} with the relationship “{relationship}”; use letters, digits and single underscores."
    if texts.get("deleteConstraint") != "SetNull":
        yield f"{subject} that gets in the way of deleting what it looks at; say SetNull."


def _picklist_findings(subject: str, parts: Mapping[str, Element]) -> Iterator[str]:
    values = parts.get("valueSet")
    if values is None:
        yield f"{subject} without values; list them."
        return
    texts = [(part.tag.rpartition("}")[2], part.text or "") for part in values.iter()]
    names = [text for tag, text in texts if tag == "fullName"]
    if not any(tag == "restricted" and text in TRUE for tag, text in texts):
        yield f"{subject} that takes any value; make it restricted."
    if not names:
        yield f"{subject} without values; list them."
    if len({name.casefold() for name in names}) < len(names) or "" in names:
        yield f"{subject} with an empty value or one twice; list each once."


def _key_findings(subject: str, kind: str, texts: Mapping[str, str]) -> Iterator[str]:
    if kind not in _KEYS:
        yield f"{subject} of type {kind}, which cannot be one; make it Text."
    if texts.get("unique") not in TRUE:
        yield f"{subject} that is not unique; make it unique."


def _whole(texts: Mapping[str, str], name: str) -> int:
    # The schema has seen to it that there is a whole number, where there is anything.
    return int(texts.get(name) or 0)
