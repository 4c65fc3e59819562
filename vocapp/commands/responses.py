"""`vocapp export responses`."""

from pathlib import Path

import click

from vocapp.commands.base import within_app
from vocapp.commands.imports import FORMAT, OUT, write_export
from vocapp.responses.exporting import response_table


@click.command(name="responses")
@FORMAT
@OUT
@within_app
def export_responses(file_format: str, out: Path | None) -> None:
    """Write all answers that count, in the columns that an import of history reads, and a few more.

    Example: vocapp export responses --format xlsx --out responses.xlsx
    """
    write_export(response_table, file_format, out)
