"""The API on what we know: accounts with their measures, and people."""

from typing import Any

from apiflask import APIBlueprint
from flask import abort

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.models import Account, Contact
from vocapp.api.accounts import (
    account_document,
    account_documents,
    accounts_matching,
    benchmark_document,
    score_document,
)
from vocapp.api.documents import (
    AccountOut,
    AccountQuery,
    BenchmarkOut,
    ContactOut,
    ContactQuery,
    ScoreOut,
    StrengthOut,
    list_of,
)
from vocapp.api.guard import finish, needs
from vocapp.api.paging import page_after, single
from vocapp.api.people import contacts_matching
from vocapp.api.rules import Scope
from vocapp.identity.guards import current_person

api_accounts = APIBlueprint("api_accounts", __name__, url_prefix="/api/v1", tag="Accounts and people")
api_accounts.after_request(finish)


@api_accounts.get("/accounts")
@needs(Scope.ACCOUNTS_READ)
@api_accounts.input(AccountQuery, location="query", arg_name="wanted")
@api_accounts.output(list_of(AccountOut))
def accounts(wanted: dict[str, Any]) -> dict[str, Any]:
    """List accounts."""
    page = page_after(accounts_matching(current_person(), wanted), Account.id)
    return {**page, "items": account_documents(page["items"])}


@api_accounts.get("/accounts/<int:account_id>")
@needs(Scope.ACCOUNTS_READ)
@api_accounts.output(AccountOut)
def account(account_id: int) -> dict[str, Any]:
    """Read an account."""
    return account_document(visible_or_404(Account, account_id))


@api_accounts.get("/accounts/<int:account_id>/footprint")
@needs(Scope.ACCOUNTS_READ)
@api_accounts.output(ScoreOut)
def footprint(account_id: int) -> dict[str, Any]:
    """Read whether the people who matter are known, 0 to 1."""
    return score_document(visible_or_404(Account, account_id), "footprint")


@api_accounts.get("/accounts/<int:account_id>/engagement")
@needs(Scope.ACCOUNTS_READ)
@api_accounts.output(ScoreOut)
def engagement(account_id: int) -> dict[str, Any]:
    """Read whether they take part, 0 to 1."""
    return score_document(visible_or_404(Account, account_id), "engagement")


@api_accounts.get("/accounts/<int:account_id>/sentiment")
@needs(Scope.ACCOUNTS_READ)
@api_accounts.output(ScoreOut)
def sentiment(account_id: int) -> dict[str, Any]:
    """Read what they think of us, 0 to 1."""
    return score_document(visible_or_404(Account, account_id), "sentiment")


@api_accounts.get("/accounts/<int:account_id>/strength")
@needs(Scope.ACCOUNTS_READ)
@api_accounts.output(StrengthOut)
def strength(account_id: int) -> dict[str, Any]:
    """Read relationship strength, 0 to 100, with its colour."""
    return score_document(visible_or_404(Account, account_id), "strength")


@api_accounts.get("/accounts/<int:account_id>/benchmark")
@needs(Scope.ACCOUNTS_READ, is_heavy=True)
@api_accounts.output(BenchmarkOut)
def benchmark(account_id: int) -> dict[str, Any]:
    """Read where the account stands among others like it, in percentiles."""
    return benchmark_document(visible_or_404(Account, account_id))


@api_accounts.get("/contacts")
@needs(Scope.CONTACTS_READ)
@api_accounts.input(ContactQuery, location="query", arg_name="wanted")
@api_accounts.output(list_of(ContactOut))
def contacts(wanted: dict[str, Any]) -> dict[str, Any]:
    """List people."""
    return page_after(contacts_matching(current_person(), wanted), Contact.id)


@api_accounts.get("/contacts/<int:contact_id>")
@needs(Scope.CONTACTS_READ)
@api_accounts.output(ContactOut)
def contact(contact_id: int) -> Any:
    """Read a person."""
    return single(contacts_matching(current_person(), {}), Contact.id, contact_id) or abort(404)
