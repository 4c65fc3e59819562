"""`vocapp demo`: the demo company, in and out."""

import click

from vocapp.commands.base import within_app
from vocapp.core.clock import utcnow
from vocapp.demo.service import DEFAULT_ACCOUNTS, DEFAULT_SEED, demo_sign_ins, load_demo, remove_demo
from vocapp.identity.queries import has_users
from vocapp.identity.service import setup_url


@click.command()
@click.option("--accounts", default=DEFAULT_ACCOUNTS, show_default=True, help="How many customers.")
@click.option("--seed", default=DEFAULT_SEED, show_default=True, help="Another seed, another company.")
@click.option("--remove", is_flag=True, help="Take the demo company out again.")
@within_app
def demo(accounts: int, seed: int, remove: bool) -> None:
    """Put a believable company into the database, or take it out again.

    Example: vocapp demo --accounts 500
    """
    if remove:
        remove_demo()
        click.echo("The demo company is gone; your own accounts are as they were.")
        if not has_users():
            click.echo(f"Create your administrator (works once): {setup_url()}")
        return
    load_demo(now=utcnow(), accounts=accounts, seed=seed, tell=lambda step: click.echo(step, err=True))
    for person in demo_sign_ins():
        click.echo(f"{person.role:<10} {person.email}   password: {person.password}")
