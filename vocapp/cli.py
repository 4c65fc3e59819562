"""The `vocapp` command."""

import sys

import click

from vocapp.commands.database import database
from vocapp.commands.demo import demo
from vocapp.commands.exchange import exchange
from vocapp.commands.imports import export_group, import_group
from vocapp.commands.mail import mail
from vocapp.commands.reports import report
from vocapp.commands.responses import export_responses
from vocapp.commands.salesforce import salesforce
from vocapp.commands.scores import score
from vocapp.commands.secrets import secrets
from vocapp.commands.serve import scheduler, up, web, worker
from vocapp.commands.users import user
from vocapp.commands.waves import wave
from vocapp.core.errors import DomainError

COMMANDS: tuple[click.Command, ...] = (
    up,
    web,
    worker,
    scheduler,
    database,
    demo,
    import_group,
    salesforce,
    export_group,
    exchange,
    mail,
    score,
    secrets,
    user,
    report,
    wave,
)


export_group.add_command(export_responses)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def vocapp() -> None:
    """Know how strong each customer relationship is, how sure you are, and what to do next.

    Example: vocapp up
    """


for command in COMMANDS:
    vocapp.add_command(command)


def main() -> None:
    """Run the command line; every failure a user can mend is one sentence on standard error."""
    try:
        vocapp.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as refusal:
        refusal.show()
        sys.exit(refusal.exit_code)
    except DomainError as refusal:
        click.echo(f"Error: {refusal}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
