"""Small files of accounts and contacts, and the short way to import them."""

from io import BytesIO

from vocapp.accounts.columns import TableKind
from vocapp.accounts.importing import ImportOrder
from vocapp.accounts.tally import Tally
from vocapp.core.clock import utcnow
from vocapp.workflows.import_file import import_table


def import_text(
    kind: TableKind,
    text: str,
    *,
    is_dry_run: bool = False,
    creates_accounts: bool = False,
    mapping: dict[str, str] | None = None,
) -> Tally:
    order = ImportOrder(kind, mapping or {}, creates_accounts=creates_accounts, is_dry_run=is_dry_run)
    content = BytesIO(text.encode("utf-8", "surrogatepass"))
    return import_table(order, content, "file.csv", now=utcnow(), on_progress=lambda *_: None)


def import_accounts(text: str, **options: bool) -> Tally:
    return import_text(TableKind.ACCOUNTS, text, **options)


def import_contacts(text: str, **options: bool) -> Tally:
    return import_text(TableKind.CONTACTS, text, **options)


def counts(tally: Tally) -> tuple[int, int, int, int, int]:
    """Created, updated, unchanged, duplicates, errors."""
    return tally.created, tally.updated, tally.unchanged, tally.duplicates, len(tally.errors)


def reasons(tally: Tally) -> str:
    return "\n".join(finding.reason for finding in (*tally.errors, *tally.warnings))
