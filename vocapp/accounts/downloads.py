"""Tables as downloads."""

from collections.abc import Iterator
from tempfile import TemporaryFile

from flask import Response, stream_with_context

from integrations.tables.writing import csv_chunks
from vocapp.accounts.exporting import MIME_TYPES, ExportTable, write_table

CHUNK_BYTES = 1 << 16


def table_response(table: ExportTable, file_format: str) -> Response:
    """Return a table as a file to save, sent while it is read; a workbook is written to disk first."""
    if file_format == "csv":
        chunks = csv_chunks(table.header, table.rows, has_byte_order_mark=True)
    else:
        chunks = _written(table, file_format)
    response = Response(stream_with_context(chunks), mimetype=MIME_TYPES[file_format])
    response.headers.set("Content-Disposition", "attachment", filename=f"{table.name}.{file_format}")
    return response


def _written(table: ExportTable, file_format: str) -> Iterator[bytes]:
    with TemporaryFile() as file:
        write_table(table, file_format, file)
        file.seek(0)
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
