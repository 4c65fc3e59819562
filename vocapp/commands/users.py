"""`vocapp user`: people who sign in."""

import click

from vocapp.accounts.service import link_owner
from vocapp.commands.base import within_app
from vocapp.core.audit import record_act
from vocapp.core.db import transaction
from vocapp.identity.queries import administrators
from vocapp.identity.rules import RoleName
from vocapp.identity.service import add_user


@click.group()
def user() -> None:
    """People who sign in.

    Example: vocapp user add ana@example.com --role csm
    """


@user.command()
@click.argument("email")
@click.option(
    "--role", type=click.Choice([role.value for role in RoleName]), required=True, help="What they may do."
)
@click.option("--name", default="", help="Their name as customers read it.")
@click.option(
    "--password", envvar="PASSWORD", help="At least 15 characters; without it they set one by reset mail."
)
@within_app
def add(email: str, role: str, name: str, password: str | None) -> None:
    """Add a user, and give them the accounts that name their address as owner.

    Example: vocapp user add ana@example.com --role csm --name "Ana García"
    """
    with transaction():
        added = add_user(email, role=RoleName(role), name=name, password=password)
        accounts = link_owner(added)
        record_act(
            "user_added", actor_id=None, subject_kind="user", subject_id=added.id, details={"role": role}
        )
        click.echo(f"Added {added.email} as {role}; they own {accounts} accounts.")
        if password is None:
            click.echo("They choose a password through “Forgot your password?” on the sign-in page.")
        if not administrators():
            click.echo(
                "Nobody is administrator yet, and the link that makes one is spent once there is a user: "
                "run “vocapp user add EMAIL --role admin --password …”."
            )
