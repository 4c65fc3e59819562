"""`vocapp mail poll`: mail out of a mailbox, now."""

import click

from integrations.errors import Rejected, Retryable
from vocapp.commands.base import within_app
from vocapp.core.errors import DomainError
from vocapp.core.gateways import gateways
from vocapp.workflows.poll_mail import take_mail_out


@click.command("poll")
@within_app
def poll() -> None:
    """Take what is new out of the mailbox of VOCAPP_IMAP_URL; the worker does so every minute.

    Example: vocapp mail poll
    """
    account = gateways().settings.inbound.imap
    if account is None:
        raise DomainError(
            "VOCAPP_IMAP_URL does not name a mailbox; set it, such as imaps://user:password@host."
        )
    try:
        done = take_mail_out(account)
    except (Retryable, Rejected) as trouble:
        raise DomainError(trouble.reason) from None
    click.echo(f"{done} new {'mail' if done == 1 else 'mails'} gone through.")
