"""What every template may call: number formats, drawings, assets, navigation and form controls."""

from flask import Flask
from jinja2 import StrictUndefined

from surveys.bands import band_of
from surveys.questions import QuestionKind
from vocapp.core import formats, marks, navigation
from vocapp.core.assets import asset_url, icon
from vocapp.core.forms import control_attributes, control_kind
from vocapp.core.languages import language_name
from vocapp.core.machines import signals_in


def band(rating: int, kind: str) -> str:
    """Return the class of a rating on the scale of its kind: good, middle or bad."""
    return band_of(QuestionKind(kind), rating) or ""


FILTERS = (
    band,
    formats.ago,
    formats.answers,
    formats.clock,
    formats.day,
    formats.decimal,
    formats.interval,
    formats.share_interval,
    formats.moment,
    formats.money,
    formats.percent,
    formats.plus_minus,
    formats.points,
    formats.short_money,
    formats.signed,
    formats.signed_percent,
    language_name,
    marks.segments,
    marks.spark_lines,
)
FUNCTIONS = (
    asset_url,
    control_attributes,
    control_kind,
    icon,
    navigation.address_with,
    navigation.is_known,
    navigation.navigation,
    navigation.navigation_aside,
    navigation.search_url,
    navigation.toggled_order,
    signals_in,
)


def init_templates(app: Flask) -> None:
    """Set Jinja up: undefined names fail, and the product's filters and functions are known."""
    environment = app.jinja_env
    environment.undefined = StrictUndefined
    environment.trim_blocks = environment.lstrip_blocks = True
    environment.filters.update({function.__name__: function for function in FILTERS})
    environment.globals.update({function.__name__: function for function in FUNCTIONS})
