"""Whose account is this? Views ask here before they show or change anything."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import abort
from flask.typing import ResponseReturnValue
from sqlalchemy import inspect, select

from vocapp.accounts.models import Account
from vocapp.accounts.queries import visible_accounts
from vocapp.core.db import Base, db
from vocapp.identity.guards import current_person
from vocapp.identity.rules import RoleName

Row = TypeVar("Row", bound=Base)
Parameters = ParamSpec("Parameters")


def visible_or_404(model: type[Row], row_id: int) -> Row:
    """Return an account, or a row that carries an `account_id`, if the signed-in user may see it.

    A row that is not theirs ends in the same 404 as one that does not exist.
    """
    columns = inspect(model).columns
    of_account: Any = columns.id if model is Account else columns.account_id
    visible = visible_accounts(current_person()).with_only_columns(Account.id)
    row = db.session.scalar(select(model).where(columns.id == row_id, of_account.in_(visible)))
    if row is None:
        abort(404)
    return row


def for_roles(
    *roles: RoleName,
) -> Callable[[Callable[Parameters, ResponseReturnValue]], Callable[Parameters, ResponseReturnValue]]:
    """Let only some roles into a view, beyond what its blueprint's guard asks; others get a 404."""

    def decorate(
        view: Callable[Parameters, ResponseReturnValue],
    ) -> Callable[Parameters, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> ResponseReturnValue:
            if current_person().role not in roles:
                abort(404)
            return view(*args, **kwargs)

        return guarded

    return decorate
