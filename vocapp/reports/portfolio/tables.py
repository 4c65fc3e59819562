"""The tables of a portfolio review as sheets of a workbook: numbers as numbers, from the frozen snapshot."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from integrations.tables.writing import Cell, write_workbook
from vocapp.reports.portfolio import phrases
from vocapp.reports.rules import snapshot_id
from vocapp.reports.texts import gettext


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table: its name, its columns and its rows."""

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def portfolio_workbook(snapshot: Mapping[str, Any]) -> bytes:
    """Return every table of a review as one workbook. Call it under the snapshot's locale."""
    book = BytesIO()
    write_workbook(book, [(sheet.title, sheet.header, sheet.rows) for sheet in sheets_of(snapshot)])
    return book.getvalue()


def sheets_of(snapshot: Mapping[str, Any]) -> list[Sheet]:
    """Return the sheets: what it is first, then each table of the review."""
    return [
        _about(snapshot),
        _accounts(snapshot),
        _topics(snapshot),
        _movements(snapshot),
        _silent(snapshot),
        _answering(snapshot),
        _waves(snapshot),
        _themes(snapshot),
    ]


def _about(snapshot: Mapping[str, Any]) -> Sheet:
    facts: list[tuple[str, Cell]] = [
        (gettext("Company"), snapshot["company"]),
        (gettext("As of"), snapshot["as_of"]),
        (gettext("Snapshot"), snapshot_id(snapshot)),
        (gettext("Method version"), snapshot["method"]["version"]),
        (gettext("Accounts"), snapshot["accounts"]),
        (gettext("Measured"), snapshot["measured"]),
        (gettext("In a sentence"), phrases.verdict(snapshot)),
        (gettext("What silence has gone with"), phrases.lift_line(snapshot)),
    ]
    return Sheet(gettext("About"), [gettext("What"), gettext("Value")], facts)


def _accounts(snapshot: Mapping[str, Any]) -> Sheet:
    told = ("name", "tier", "owner", "status", "strength", "footprint", "engagement", "sentiment", "answers")
    columns = (*told, "arr", "currency", "days_to_renewal")
    header = [
        gettext("Account"),
        gettext("Tier"),
        gettext("CSM"),
        gettext("Status"),
        gettext("Strength"),
        gettext("Footprint"),
        gettext("Engagement"),
        gettext("Sentiment"),
        gettext("Answers"),
        gettext("ARR"),
        gettext("Currency"),
        gettext("Days to renewal"),
    ]
    return Sheet(gettext("Accounts"), header, _picked(snapshot["rows"], columns))


def _topics(snapshot: Mapping[str, Any]) -> Sheet:
    rows = [
        (
            one["name"],
            one["tier"],
            one["owner"],
            one["strength"],
            one["arr"],
            one["currency"],
            phrases.reason_line(one),
        )
        for one in snapshot["topics"]
    ]
    header = [
        gettext("Account"),
        gettext("Tier"),
        gettext("CSM"),
        gettext("Strength"),
        gettext("ARR"),
        gettext("Currency"),
        gettext("Why"),
    ]
    return Sheet(gettext("Accounts to talk about"), header, rows)


def _movements(snapshot: Mapping[str, Any]) -> Sheet:
    moved = [*snapshot["movements"]["fallen"], *snapshot["movements"]["risen"]]
    rows = [
        (one["name"], one["tier"], one["before"], one["after"], phrases.real_word(one["is_real"]))
        for one in moved
    ]
    header = [
        gettext("Account"),
        gettext("Tier"),
        gettext("Before"),
        gettext("Strength"),
        gettext("Is it real?"),
    ]
    return Sheet(gettext("What moved"), header, rows)


def _silent(snapshot: Mapping[str, Any]) -> Sheet:
    columns = ("name", "tier", "owner", "waves", "decider_waves", "last_heard", "arr", "currency", "renewal")
    header = [
        gettext("Account"),
        gettext("Tier"),
        gettext("CSM"),
        gettext("Waves nobody answered"),
        gettext("Waves no decision maker answered"),
        gettext("Last heard"),
        gettext("ARR"),
        gettext("Currency"),
        gettext("Renewal"),
    ]
    return Sheet(gettext("Who went silent"), header, _picked(snapshot["silence"]["accounts"], columns))


def _answering(snapshot: Mapping[str, Any]) -> Sheet:
    rows = [
        (one["name"], one["asked"], one["answered"], one["rate"], *(one["ci"] or (None, None)))
        for one in snapshot["answering"]["personas"]
    ]
    header = [
        gettext("Persona"),
        gettext("Asked"),
        gettext("Answered"),
        gettext("Share"),
        gettext("Likely from"),
        gettext("Likely to"),
    ]
    return Sheet(gettext("How well we are answered"), header, rows)


def _waves(snapshot: Mapping[str, Any]) -> Sheet:
    header = [gettext("Wave"), gettext("Closed"), gettext("Asked"), gettext("Answered")]
    return Sheet(
        gettext("The latest waves"),
        header,
        _picked(snapshot["waves"], ("name", "closed_on", "asked", "answered")),
    )


def _themes(snapshot: Mapping[str, Any]) -> Sheet:
    currencies = sorted({currency for theme in snapshot["themes"]["found"] for currency in theme["arr"]})
    rows = [
        (
            theme["name"],
            theme["accounts"],
            theme["people"],
            theme["comments"],
            *(theme["arr"].get(currency) for currency in currencies),
        )
        for theme in snapshot["themes"]["found"]
    ]
    header = [gettext("Theme"), gettext("Accounts"), gettext("People"), gettext("Comments")]
    behind = [gettext("ARR behind it, %(currency)s", currency=currency or "–") for currency in currencies]
    return Sheet(gettext("Themes"), [*header, *behind], rows)


def _picked(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> list[tuple[Cell, ...]]:
    return [tuple(row[column] for column in columns) for row in rows]
