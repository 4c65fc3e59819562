"""`vocapp exchange`: cohort figures given to partners and taken from them, as signed files."""

from pathlib import Path

import click

from vocapp.commands.base import within_app
from vocapp.core.clock import utcnow
from vocapp.core.db import reading, transaction
from vocapp.core.errors import DomainError
from vocapp.exchange import queries, service
from vocapp.exchange.document import read_fingerprint
from vocapp.exchange.reading import MOST_BYTES
from vocapp.exchange.rules import Trait, fingerprint_in_groups


@click.group()
def exchange() -> None:
    """Exchange benchmarks with partners, as signed files without names.

    Example: vocapp exchange export benchmarks.json
    """


@exchange.command()
@within_app
def key() -> None:
    """Print our public key and its fingerprint, which partners need; makes the key the first time.

    Example: vocapp exchange key
    """
    with transaction():
        ours = service.ensure_key(by=None, now=utcnow())
        public, fingerprint = ours.public_key, ours.fingerprint
    click.echo(f"public key   {public}\nfingerprint  {fingerprint_in_groups(fingerprint)}")
    click.echo("Tell partners the fingerprint another way than the file goes, such as by phone.", err=True)


@exchange.command(name="export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--source", default="", help="What the file calls us; nothing names nobody.")
@click.option(
    "--first",
    type=click.Choice([trait.value for trait in Trait]),
    default=Trait.TIER.value,
    show_default=True,
    help="By what cohorts are told most finely.",
)
@within_app
def export_file(file: Path, source: str, first: str) -> None:
    """Write every cohort that may be told to a signed file.

    Example: vocapp exchange export benchmarks.json --source "Kestrel Cloud"
    """
    draft = file.with_name(f".{file.name}.draft")
    try:
        # Told is what reached the file: neither is there without the other.
        with transaction():
            made = service.export_file(source=source, first=Trait(first), by=None, now=utcnow())
            draft.write_bytes(made.content)
            draft.replace(file)
            ours = queries.our_key()
            fingerprint = ours.fingerprint if ours else ""
    except OSError as problem:
        raise DomainError(f"{file} cannot be written ({problem.strerror}); choose another name.") from None
    finally:
        draft.unlink(missing_ok=True)
    click.echo(f"{made.cells} figures of cohorts are in {file}.")
    click.echo(f"Signed with our key {fingerprint_in_groups(fingerprint)}.")


@exchange.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@within_app
def import_file(file: Path) -> None:
    """Take in the file of a partner whose key is trusted.

    Example: vocapp exchange import theirs.json
    """
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
    except OSError as problem:
        raise DomainError(f"{file} cannot be read ({problem.strerror}); check the name.") from None
    with transaction():
        taken = service.import_file(content, by=None, now=utcnow())
        name, number, cells = taken.name, taken.id, queries.cells_by_import()[taken.id]
    click.echo(f"{cells} figures of {name} came in; vocapp exchange remove {number} takes them out again.")


@exchange.command()
@click.argument("fingerprint")
@click.option("--name", default="", help="Whose key it is; the fingerprint without.")
@within_app
def trust(fingerprint: str, name: str) -> None:
    """Trust files signed with the key of this fingerprint, as its owner told it to you.

    Example: vocapp exchange trust "12ab 34cd 56ef 7890 12ab 34cd 56ef 7890" --name "Harrier Software"
    """
    with transaction():
        partner = service.trust(fingerprint, name=name or fingerprint[:80], by=None, now=utcnow())
        called, trusted = partner.name, partner.fingerprint
    click.echo(f"Files of {called} ({fingerprint_in_groups(trusted)}) can come in now.")


@exchange.command(name="list")
@within_app
def list_all() -> None:
    """List whose keys are trusted, and what came in.

    Example: vocapp exchange list
    """
    with reading():
        for partner in queries.partners():
            click.echo(f"trusted  {fingerprint_in_groups(partner.fingerprint)}  {partner.name}")
        for one in queries.imports():
            click.echo(f"import {one.id}  {one.made_on}  {one.name}")


@exchange.command()
@click.argument("number", type=int)
@within_app
def remove(number: int) -> None:
    """Take an import out again, as a whole.

    Example: vocapp exchange remove 3
    """
    with transaction():
        if not service.remove_import(number, by=None):
            raise DomainError(f"There is no import {number}; vocapp exchange list shows them.")
    click.echo(f"Import {number} is gone with all its figures.")


@exchange.command()
@click.argument("fingerprint")
@within_app
def distrust(fingerprint: str) -> None:
    """Trust a key no more; what came in with it stays, and counts nowhere.

    Example: vocapp exchange distrust "12ab 34cd 56ef 7890 12ab 34cd 56ef 7890"
    """
    with transaction():
        partner = queries.partner_with(read_fingerprint(fingerprint))
        if partner is None:
            raise DomainError("This key is not trusted; vocapp exchange list shows those that are.")
        service.distrust(partner.id, by=None)
    click.echo("The key is not trusted any more.")
