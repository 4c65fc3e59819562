"""`vocapp mail dkim-key` and `vocapp mail dns`: making our mail recognisably ours."""

import os
from dataclasses import asdict
from pathlib import Path

import click

from integrations.mail.dkim import Signer, new_private_key, read_private_key
from vocapp.commands.base import print_json, within_app
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.settings import read_environment
from vocapp.outbox.preflight import check_sender, current_sender
from vocapp.outbox.sender_rules import DnsRecord, Finding, Severity, records_to_publish, stopping

MARKS = {
    Severity.STOPS: "STOPS",
    Severity.WARNS: "warns",
    Severity.TELLS: "note",
    Severity.GOOD: "good",
}


@click.command("dkim-key")
@click.option("--out", "out", required=True, type=click.Path(path_type=Path), help="The file to write it to.")
@click.option("--domain", "domain", default="", help="Who signs; that of VOCAPP_MAIL_FROM if not given.")
@click.option("--selector", "selector", default="voice1", show_default=True, help="The name it gets there.")
def dkim_key(out: Path, domain: str, selector: str) -> None:
    """Make a key to sign mail with, and say what to set and which record to publish.

    Example: vocapp mail dkim-key --out /etc/vocapp/dkim.pem
    """
    domain = domain or read_environment().get("VOCAPP_MAIL_FROM", "").rpartition("@")[2]
    if not domain:
        raise DomainError("Nobody knows yet who signs; set VOCAPP_MAIL_FROM, or give --domain example.com.")
    pem = new_private_key()
    _write_secret(out, pem)
    signer = Signer(domain.lower(), selector.lower(), read_private_key(pem))
    click.echo(f"The key is in {out}. Publish its public half:\n")
    click.echo(f"  {DnsRecord(signer.record_name, 'TXT', signer.record).line}\n")
    click.echo("Then set, restart, and look with “vocapp mail dns”:\n")
    click.echo(f"  VOCAPP_DKIM_DOMAIN={signer.domain}")
    click.echo(f"  VOCAPP_DKIM_SELECTOR={signer.selector}")
    click.echo(f"  VOCAPP_DKIM_PRIVATE_KEY_FILE={out.resolve()}")


@click.command("dns")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@within_app
def show_dns(as_json: bool) -> None:
    """Print every DNS record our mail needs, and how what is published now is judged.

    Ends with an error while something stops waves from being launched.

    Example: vocapp mail dns
    """
    sender = current_sender()
    if sender is None:
        raise DomainError("Mail goes to the built-in mailbox, which needs no records; set VOCAPP_MAIL_URL.")
    with transaction():
        findings = check_sender(utcnow(), is_anew=True)
    records = records_to_publish(sender)
    if as_json:
        print_json(
            {"records": [asdict(record) for record in records], "findings": list(map(asdict, findings))}
        )
    else:
        _print(records, findings)
    stops = len(stopping(findings))
    if stops:
        raise DomainError(
            f"{stops} {'thing stops' if stops == 1 else 'things stop'} waves from being launched; see above."
        )


def _print(records: list[DnsRecord], findings: list[Finding]) -> None:
    click.echo("Records to publish (in an SPF record that exists already, add what is missing):\n")
    for record in records:
        click.echo(f"  {record.line}\n")
    click.echo("What is published now:\n")
    for finding in findings:
        click.echo(f"  {MARKS[finding.severity]:>5}  {finding.what}")
        if finding.fix:
            click.echo(f"         {finding.fix}")


def _write_secret(path: Path, content: bytes) -> None:
    try:
        # Created for its owner alone from the start, and never over another key.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise DomainError(f"{path} is there already; name a new file: its key may be in use.") from None
    except OSError as fault:
        raise DomainError(f"{path} cannot be written: {fault.strerror}.") from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
