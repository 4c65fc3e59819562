"""What the page of drivers reads and draws."""

from dataclasses import dataclass

from flask_babel import gettext as _

from surveys.driver_map import MapPoint, Place
from vocapp.charts.drivers import DriverDot, driver_chart
from vocapp.charts.frame import Spec
from vocapp.results.driver_rules import FoundDrivers, drivers_in, items_of
from vocapp.results.overview import asked_versions
from vocapp.results.queries import Scope, rated_answers
from vocapp.results.saying import Sayer, staff_sayer


@dataclass(frozen=True, slots=True)
class DriverPage:
    """What goes with the rating of a survey. `found` is None where no question could."""

    found: FoundDrivers | None
    names: dict[str, str]
    chart: Spec | None


def driver_page(scope: Scope) -> DriverPage:
    """Return what goes with the rating over all answers to a survey, at the accounts its reader may see."""
    newest = asked_versions(scope)[0]
    items = items_of(newest.definition)
    if not items:
        return DriverPage(None, {}, None)
    same_kind = {one.version.id for one in asked_versions(scope) if one.kind is newest.kind}
    answers = rated_answers(scope, same_kind)
    found, say = drivers_in(items, answers), staff_sayer(newest.definition)
    names = {key: _name(say, found, key) for key in found.items}
    return DriverPage(found, names, _chart(found, names))


def place_words(point: MapPoint) -> str:
    """Return where a driver lies, in words; only a sure one is called by its field's name."""
    sure = {
        Place.CONCENTRATE_HERE: _("Concentrate here"),
        Place.KEEP_UP: _("Keep it up"),
        Place.LOW_PRIORITY: _("Low priority"),
        Place.LESS_WOULD_DO: _("Less would do"),
    }
    unsure = {
        Place.CONCENTRATE_HERE: _("perhaps worth a look"),
        Place.KEEP_UP: _("important and good, perhaps"),
        Place.LOW_PRIORITY: _("less important, perhaps"),
        Place.LESS_WOULD_DO: _("good and less important, perhaps"),
    }
    return str((sure if point.is_sure else unsure)[point.place])


def _name(say: Sayer, found: FoundDrivers, key: str) -> str:
    item = found.items[key]
    return say.option(item.question, item.row) if item.row else say.question(item.question)


def _chart(found: FoundDrivers, names: dict[str, str]) -> Spec | None:
    place = found.map
    if place.importance_axis is None or place.performance_axis is None:
        return None
    dots = [
        DriverDot(
            name=names[point.driver.name],
            importance=point.driver.importance.value or 0.0,
            performance=point.driver.performance.value or 0.0,
            is_sure=point.is_sure,
            words=place_words(point),
        )
        for point in place.points
    ]
    return driver_chart(
        dots,
        axes=(place.importance_axis, place.performance_axis),
        titles=(_("How much of the rating it explains"), _("How it is rated")),
        description=_("Drivers by how much of the rating they explain and how they are rated"),
    )
