"""The CSV of bulk jobs: written from our values, read without losing a line break or an accent."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from io import StringIO

from integrations.crm.records import Batch, Operation, Refusal, Value
from integrations.crm.salesforce import soql
from integrations.crm.salesforce.writing import record_key

LARGEST = 100_000_000
_CLEARED = "#N/A"
_FIELDS = re.compile(r":(?P<fields>[\w., ]*)--\s*$", re.ASCII)


def render(batch: Batch) -> bytes:
    """Return the rows of a batch as UTF-8 CSV; a value that a row does not change is an empty cell."""
    key = "Id" if batch.operation is Operation.UPDATE else soql.name(batch.external_id_field)
    names = {soql.name(field) for one in batch.writes for field in one.values}
    columns = [key, *sorted(names - {key})]
    text = StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for one in batch.writes:
        cells = (_cell(one.values[name]) if name in one.values else "" for name in columns[1:])
        writer.writerow([record_key(batch, one), *cells])
    return text.getvalue().encode("utf-8")


def read(content: bytes) -> Iterator[Mapping[str, str]]:
    """Yield the rows of a result by column; line breaks within a cell stay as they are."""
    # newline="" leaves the breaks to the CSV reader, which knows the ones within quotes.
    rows = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""))
    columns = next(rows, [])
    return (dict(zip(columns, row, strict=False)) for row in rows if row)


def read_refusal(text: str) -> Refusal:
    """Return the parts of "CODE:message:FIELD, FIELD --", as a failed row says it."""
    code, _, message = text.partition(":")
    if not re.fullmatch(r"[A-Z][A-Z0-9_]+", code):
        return Refusal("UNKNOWN_EXCEPTION", text.strip())
    fields: Sequence[str] = ()
    found = _FIELDS.search(message)
    if found:
        message = message[: found.start()]
        fields = [name for name in re.split(r"[,\s]+", found["fields"]) if name]
    return Refusal(code, message.strip(), tuple(fields))


def _cell(value: Value) -> str:
    if value is None or value == "":
        # An empty cell would leave the field as it is.
        return _CLEARED
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    # The same four characters as a text would clear the field; there is no way to write them.
    return "N/A" if text == _CLEARED else text
