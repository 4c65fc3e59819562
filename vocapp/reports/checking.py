"""Whether what was asked for can be made."""

from vocapp.core.errors import DomainError
from vocapp.reports.rules import FOR_CUSTOMERS, Audience, Order, ReportKind

_SUBJECT = {ReportKind.ACCOUNT: "account_id", ReportKind.WAVE: "wave_id", ReportKind.BOOK: "user_id"}


def checked_order(order: Order) -> Order:
    """Return an order that can be carried out; raises `DomainError` that says why one cannot."""
    subjects = {name for name in _SUBJECT.values() if getattr(order, name) is not None}
    if subjects != {_SUBJECT[order.kind]} if order.kind in _SUBJECT else subjects:
        raise DomainError("Name just what the report is about: one account, one wave or one CSM.")
    if order.audience is Audience.CUSTOMER and order.kind not in FOR_CUSTOMERS:
        raise DomainError("Only the account benchmark has an edition for customers; choose the inner one.")
    return order
