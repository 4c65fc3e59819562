"""Reading what a file of others says: strictly, since it comes from outside and numbers stand on it."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn

from surveys.disclosure import CellSize
from vocapp.core.errors import DomainError
from vocapp.core.typed_text import UNSTORABLE
from vocapp.exchange.rules import CUTS, PARAMETERS, Cell, Cohort, Exchanged, Summary, Trait, quantile_levels

MOST_BYTES = 2 * 1024 * 1024
MOST_CELLS = 5000
# Three for each figure, and room for brackets in names: more would only cost time.
_MOST_PARTS = 10 * MOST_CELLS
MOST_NAME = 120
MOST_SOURCE = 80
_MOST_PEOPLE = 10**7
_DIGITS = 9
# Breaks, and marks that turn writing around: a name could show as another one.
TURNING = re.compile("[\t\n\r\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DATE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTENT = {"source", "made_on", "from", "to", "method_version", "parameters", "demo", "cells"}
_CELL = {"measure", "cohort", "accounts", "respondents", "mean", "quantiles"}


class FileRefused(DomainError):
    """The file cannot be taken; the message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a file says: whose figures (as they call themselves), of when, made how.

    `parameters` are those of the method that decide about comparing, in thousandths. `is_demo`: of a made-up
    company.
    """

    source: str
    made_on: date
    from_on: date
    to_on: date
    method_version: int
    parameters: Mapping[str, int]
    is_demo: bool
    cells: Sequence[Cell]


def parse(content: bytes) -> Any:
    """Return the JSON of a file; only whole numbers, no key twice, of limited size and depth."""
    if len(content) > MOST_BYTES:
        raise FileRefused(
            f"The file is larger than {MOST_BYTES // 1024**2} MB; ask for one with fewer cohorts."
        )
    if content.count(b"{") + content.count(b"[") > _MOST_PARTS:
        raise FileRefused("The file has far more parts than one of ours can have; ask for it again.")
    try:
        return json.loads(
            content.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_no_fraction,
            parse_int=_whole,
            parse_constant=_no_fraction,
        )
    except RecursionError:
        raise FileRefused("The file is nested too deeply to be one of ours; ask for it again.") from None
    except ValueError:
        raise FileRefused("The file is no JSON in UTF-8; choose the one your partner exported.") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise FileRefused("The file says something twice, so it could be read in two ways; ask for it again.")
    return found


def _no_fraction(text: str) -> NoReturn:
    raise FileRefused(
        f"The file holds {text[:20]}; its numbers have to be whole, so ask for it again, unchanged."
    )


def _whole(text: str) -> int:
    if len(text) > _DIGITS + 1:
        raise FileRefused("The file holds a number that is far too large; ask for it again.")
    return int(text)


def read_content(said: Any, *, today: date) -> Content:
    """Return the content of a file whose signature fits; raises `FileRefused` at the first thing wrong."""
    if not isinstance(said, dict) or set(said) != _CONTENT:
        _ill("its content lacks something or has more than version 1 knows")
    made_on, from_on, to_on = (_day(said, name) for name in ("made_on", "from", "to"))
    if made_on > today or to_on > today:
        raise FileRefused("The file has a date that lies ahead; check the clocks of both installations.")
    if not from_on <= to_on <= made_on:
        _ill("its dates are in no order that can be")
    parameters = said["parameters"]
    if not isinstance(parameters, dict) or set(parameters) != set(PARAMETERS):
        _ill("the parameters of its method are not those of version 1")
    if not isinstance(said["demo"], bool):
        _ill('"demo" is neither true nor false')
    return Content(
        source=_text(said["source"], "source", MOST_SOURCE),
        made_on=made_on,
        from_on=from_on,
        to_on=to_on,
        method_version=_number(said["method_version"], "method_version", 0, 10**6),
        parameters={name: _number(parameters[name], name, 0, 10**8) for name in PARAMETERS},
        is_demo=said["demo"],
        cells=_cells(said["cells"]),
    )


def _cells(said: Any) -> Sequence[Cell]:
    if not isinstance(said, list) or not 0 < len(said) <= MOST_CELLS:
        _ill(f"it has no cohorts, or more than {MOST_CELLS}")
    cells = tuple(_cell(one, number) for number, one in enumerate(said, start=1))
    if len({(cell.measure, cell.cohort.key) for cell in cells}) < len(cells):
        _ill("a cohort stands in it twice")
    return cells


def _cell(said: Any, number: int) -> Cell:
    where = f"figure {number}"
    if not isinstance(said, dict) or set(said) != _CELL:
        _ill(f"{where} lacks something or has more than version 1 knows")
    if said["measure"] not in list(Exchanged):
        _ill(f"{where} is of no measure of version 1")
    measure = Exchanged(said["measure"])
    accounts, respondents = (
        _number(said[name], f"{name} of {where}", 0, _MOST_PEOPLE) for name in ("accounts", "respondents")
    )
    if not CellSize(respondents, accounts).is_enough:
        raise FileRefused(
            f"{where.capitalize()} rests on fewer than 5 people or 3 accounts, and somebody could be "
            "recognised; ask for a file without it."
        )

    def points(value: Any) -> int:
        return _number(value, f"a value of {where}", measure.lowest, measure.highest)

    quantiles = said["quantiles"]
    levels = quantile_levels(accounts)
    if not isinstance(quantiles, dict) or set(quantiles) != {str(level) for level in levels}:
        _ill(f"{where} tells other quantiles than {accounts} accounts may")
    told = {level: points(quantiles[str(level)]) for level in levels}
    if list(told.values()) != sorted(told.values()):
        _ill(f"the quantiles of {where} do not rise")
    return Cell(
        measure, _cohort(said["cohort"], where), Summary(accounts, respondents, points(said["mean"]), told)
    )


def _cohort(said: Any, where: str) -> Cohort:
    if not isinstance(said, dict) or set(said) - set(Trait):
        _ill(f"the cohort of {where} is not one of version 1")
    names = {trait: _text(name, f"{trait} of {where}", MOST_NAME) for trait, name in said.items()}
    cohort = Cohort(**names)
    if not all(names.values()) or cohort.cut not in CUTS:
        _ill(f"the cohort of {where} is not one of version 1")
    return cohort


def _number(value: Any, what: str, lowest: int, highest: int) -> int:
    if type(value) is not int or not lowest <= value <= highest:
        _ill(f"{what} is no whole number from {lowest} to {highest}")
    return value


def _text(value: Any, what: str, most: int) -> str:
    if not isinstance(value, str) or len(value) > most or value != value.strip():
        _ill(f"{what} is no text of up to {most} letters")
    if UNSTORABLE.search(value) or TURNING.search(value):
        _ill(f"{what} holds signs that cannot be shown")
    return value


def _day(said: Mapping[str, Any], name: str) -> date:
    text = said[name]
    try:
        # Python reads other ways of writing a date as well.
        return date.fromisoformat(text if _DATE.fullmatch(text) else "")
    except (TypeError, ValueError):
        _ill(f'"{name}" is no date such as 2026-03-31')


def _ill(what: str) -> NoReturn:
    raise FileRefused(
        f"The file does not hold what it should: {what}; tell your partner, and ask for a new one."
    )
