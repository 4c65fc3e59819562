"""`vocapp score`: compute scores now and print them."""

import sys
from typing import Any

import click
from sqlalchemy import select
from tqdm import tqdm

from vocapp.accounts.models import Account
from vocapp.accounts.queries import account_by_key
from vocapp.accounts.rules import AccountStatus, comparable_id
from vocapp.commands.base import print_json, within_app
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading
from vocapp.core.errors import DomainError
from vocapp.relationship.models import AccountScore
from vocapp.relationship.queries import latest_scores
from vocapp.workflows.rescore import rescore_all, rescore_some

MEASURES = ("footprint", "engagement", "sentiment", "strength")


@click.command()
@click.option("--account", "key", metavar="KEY", help="Only the account with this external_id.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@within_app
def score(key: str | None, as_json: bool) -> None:
    """Compute the scores of all accounts, or of one, and print them; the weakest comes first.

    Example: vocapp score --account A-1001 --json
    """
    account_id = None if key is None else _account_id(key)
    if account_id is None:
        with tqdm(desc="Scoring", unit=" accounts", delay=2.0, disable=not sys.stderr.isatty()) as bar:
            rescore_all(now=utcnow(), on_scored=bar.update)
    else:
        rescore_some([account_id], now=utcnow())
    with reading():
        rows = _rows(account_id)
        if as_json:
            print_json([_document(external_id, found) for external_id, found in rows])
        else:
            _print_table(rows)


def _account_id(key: str) -> int:
    with reading():
        account = account_by_key(comparable_id(key))
        if account is None:
            raise DomainError(f"There is no account {key}; vocapp export accounts lists them all.")
        return account.id


def _rows(account_id: int | None) -> list[tuple[str, AccountScore]]:
    """Return (external_id, score), the weakest first and what was not measured last."""
    accounts = (
        select(Account.id, Account.external_id)
        .where(Account.status != AccountStatus.MERGED)
        .order_by(Account.name, Account.id)
    )
    if account_id is not None:
        accounts = accounts.where(Account.id == account_id)
    scores = latest_scores(None if account_id is None else [account_id])
    found = [(external_id, scores[id_]) for id_, external_id in db.session.execute(accounts) if id_ in scores]
    return sorted(found, key=lambda row: (row[1].strength is None, row[1].strength or 0.0))


def _document(external_id: str, found: AccountScore) -> dict[str, Any]:
    return {
        "account": external_id,
        **{name: found.measures[name] for name in MEASURES},
        "status": found.status,
        "confidence": found.confidence,
    }


def _print_table(rows: list[tuple[str, AccountScore]]) -> None:
    if not rows:
        click.echo("There are no accounts yet; import some: vocapp import accounts FILE")
        return
    width = max(len(external_id) for external_id, _ in rows)
    click.echo(f"{'account':<{width}}  strength  status  sure    why")
    for external_id, found in rows:
        strength = "       –" if found.strength is None else f"{found.strength:8.0f}"
        click.echo(
            f"{external_id:<{width}}  {strength}  {found.status:<6}  {found.confidence:<6}  "
            f"{found.measures['reason']}"
        )
