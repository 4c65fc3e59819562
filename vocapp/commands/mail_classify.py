"""`vocapp mail classify`: what a mail is and what would follow from it, changing nothing."""

import sys
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import click

from integrations.errors import Retryable
from integrations.mail.classify.safely import classify_safely
from integrations.mail.classify.verdict import MailKind, Verdict
from integrations.mail.reading import read_headers
from vocapp.commands.base import print_json
from vocapp.core.errors import DomainError


@click.command("classify")
@click.argument("files", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document; a list for many files.")
def classify_mail(files: tuple[str, ...], as_json: bool) -> None:
    """Say of raw mails (FILE, or - for standard input) what each is and what would follow; change nothing.

    Days without a year are read from the mail's own date.

    Example: vocapp mail classify reply.eml --json
    """
    judged = [(file, _judged(file)) for file in files]
    documents = [_document(file, verdict) for file, verdict in judged]
    if as_json:
        print_json(documents[0] if len(documents) == 1 else documents)
    else:
        for document in documents:
            click.echo(_line(document))
    if any(verdict.kind is MailKind.UNREADABLE for _, verdict in judged):
        sys.exit(1)


def _judged(file: str) -> Verdict:
    try:
        raw = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as failure:
        click.echo(f"Error: {file} cannot be read ({failure.strerror}); check its name and rights.", err=True)
        return Verdict(kind=MailKind.UNREADABLE, reason="broken")
    try:
        verdict = classify_safely(raw, received_on=_sent_on(raw))
    except Retryable as trouble:
        raise DomainError(trouble.reason) from None
    if verdict.kind is MailKind.UNREADABLE:
        words = verdict.reason.replace("_", " ")
        click.echo(f"Error: {file} is no mail that can be read ({words}); look at it by hand.", err=True)
    return verdict


def _sent_on(raw: bytes) -> date:
    told = next((value for name, value in read_headers(raw) if name.lower() == "date"), "")
    try:
        return parsedate_to_datetime(told).date()
    except (ValueError, TypeError, OverflowError, IndexError):
        return datetime.now(UTC).date()


def _document(file: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "file": file,
        "kind": verdict.kind,
        "reason": verdict.reason,
        "recipient": verdict.recipient,
        "suppress": verdict.suppress,
        "return_date": verdict.return_date.isoformat() if verdict.return_date else None,
        "replacement": verdict.replacement,
        "freshness": verdict.freshness,
    }


def _line(document: dict[str, Any]) -> str:
    told = [
        f"{name.replace('_', ' ')} {document[name]}"
        for name in ("recipient", "return_date", "replacement", "freshness")
        if document[name]
    ]
    if document["suppress"]:
        told.append("nothing more would be sent there")
    head = f"{document['file']}: {document['kind']}, {document['reason'].replace('_', ' ')}"
    return "; ".join([head, *told])
