"""Which questions may drive the rating, and their answers as columns of numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from surveys.bands import SCALES_OF_KINDS
from surveys.definition import SurveyDefinition
from surveys.driver_map import DriverMap, driver_map
from surveys.drivers import DriverItem, Drivers, find_drivers
from surveys.questions import Question, QuestionKind

WIDE_SCALE = 5


class Item(NamedTuple):
    """A rated question beside the main one, or one row of a matrix (`row`, else "")."""

    question: Question
    row: str

    @property
    def key(self) -> str:
        """What tells it from the others of a survey."""
        return f"{self.question.key}.{self.row}" if self.row else self.question.key


@dataclass(frozen=True, slots=True)
class FoundDrivers:
    """The items of a survey in its order, what each goes with the rating, and where each lies on the map."""

    items: Mapping[str, Item]
    drivers: Drivers
    map: DriverMap


def items_of(definition: SurveyDefinition) -> list[Item]:
    """Return the items of a survey that may drive its rating, in their order; the rating itself is none."""
    items: list[Item] = []
    for question in definition.questions:
        if question.key == definition.rating_question.key:
            continue
        if question.kind is QuestionKind.MATRIX:
            items += [Item(question, option.key) for option in question.options]
        elif question.is_rating:
            items.append(Item(question, ""))
    return items


def drivers_in(
    items: Sequence[Item], answers: Sequence[tuple[int, int | None, Mapping[str, Any]]]
) -> FoundDrivers:
    """Weigh items against the rating; `answers` are (account, rating, answers by question).

    An answer off the scale of today's question was given to another version, and counts as missing.
    """
    known = {item.key: item for item in items}
    ratings = np.array([np.nan if rating is None else float(rating) for _a, rating, _b in answers])
    accounts = np.array([account for account, _rating, _answers in answers], dtype=np.int64)
    table = np.array(_numbers(items, answers), dtype=float)
    found = find_drivers(
        ratings, table.reshape(len(answers), len(items)), accounts, [_described(item) for item in items]
    )
    return FoundDrivers(known, found, driver_map(found.drivers))


def _described(item: Item) -> DriverItem:
    scale = item.question.scale
    assert scale is not None, "items are rated"
    bands = SCALES_OF_KINDS.get(item.question.kind)
    # On a scale of their own, the two best of five or more are the top, as in CSAT.
    top = bands.good_from if bands else scale[-2 if len(scale) >= WIDE_SCALE else -1]
    return DriverItem(item.key, scale[0], scale[-1], top)


def _numbers(
    items: Sequence[Item], answers: Sequence[tuple[int, int | None, Mapping[str, Any]]]
) -> list[list[float]]:
    """Return what was answered to each item, row by row; NaN where nothing was, or not on its scale."""
    columns = [(item.question.key, item.row, frozenset(item.question.scale or ())) for item in items]
    table = []
    for _account, _rating, given in answers:
        row = []
        for key, part, scale in columns:
            value = given.get(key)
            if part:
                value = value.get(part) if isinstance(value, dict) else None
            # True is no 1.
            row.append(float(value) if type(value) is int and value in scale else np.nan)
        table.append(row)
    return table
