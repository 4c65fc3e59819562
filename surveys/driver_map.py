"""Importance against performance: where to look first, said only where the intervals allow it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from surveys.drivers import Driver
from surveys.measure import Measure


class Place(StrEnum):
    """A field of the map: important or not, performing above or below the middle of the drivers."""

    CONCENTRATE_HERE = "concentrate_here"
    KEEP_UP = "keep_up"
    LOW_PRIORITY = "low_priority"
    LESS_WOULD_DO = "less_would_do"


@dataclass(frozen=True, slots=True)
class MapPoint:
    """A driver on the map: the field its values lie in, and whether both intervals clear the axes.

    Only a sure point may be called by its field's name; of any other one can say where it lies, no more.
    """

    driver: Driver
    place: Place
    is_sure: bool

    @property
    def says_concentrate(self) -> bool:
        """Whether "concentrate here" may be said of it."""
        return self.is_sure and self.place is Place.CONCENTRATE_HERE


@dataclass(frozen=True, slots=True)
class DriverMap:
    """The drivers that have both values, and the axes: medians of importance and of performance."""

    points: tuple[MapPoint, ...]
    importance_axis: float | None
    performance_axis: float | None


def driver_map(drivers: Sequence[Driver]) -> DriverMap:
    """Place drivers by importance and performance (docs/method.md §7); axes are None without any.

    A driver that goes the other way (negative sign) is placed but never sure: to lower what people rate well
    is no advice.
    """
    known = [
        (driver, driver.importance.value, driver.performance.value)
        for driver in drivers
        if driver.importance.value is not None and driver.performance.value is not None
    ]
    if not known:
        return DriverMap((), None, None)
    importance = median(value for _, value, _ in known)
    performance = median(value for _, _, value in known)
    points = tuple(
        MapPoint(
            driver=driver,
            place=_place(weight >= importance, level >= performance),
            is_sure=driver.sign > 0
            and _clears(driver.importance, importance)
            and _clears(driver.performance, performance),
        )
        for driver, weight, level in known
    )
    return DriverMap(points, importance, performance)


def _place(is_important: bool, is_strong: bool) -> Place:
    if is_important:
        return Place.KEEP_UP if is_strong else Place.CONCENTRATE_HERE
    return Place.LESS_WOULD_DO if is_strong else Place.LOW_PRIORITY


def _clears(measure: Measure, axis: float) -> bool:
    return measure.ci is not None and not measure.ci[0] <= axis <= measure.ci[1]
