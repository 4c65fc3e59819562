"""`vocapp mail`: mail that comes in, and what makes ours recognisably ours."""

import click

from vocapp.commands.mail_classify import classify_mail
from vocapp.commands.mail_identity import dkim_key, show_dns
from vocapp.commands.mail_poll import poll
from vocapp.commands.mail_receive import receive
from vocapp.commands.mail_serve import serve


@click.group()
def mail() -> None:
    """Mail: what comes back, and what makes ours recognisably ours.

    Example: vocapp mail dns
    """


mail.add_command(dkim_key)
mail.add_command(show_dns)
mail.add_command(receive)
mail.add_command(serve)
mail.add_command(poll)
mail.add_command(classify_mail)
