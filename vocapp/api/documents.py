"""What the documents of the API hold, field by field: what is not named here never leaves."""

from datetime import UTC, datetime
from typing import Any, cast

from apiflask import Schema, fields
from marshmallow import EXCLUDE, ValidationError
from marshmallow.validate import Length, OneOf, Range

from surveys.measure import MeasureState
from vocapp.accounts.rules import AccountStatus, ContactStatus
from vocapp.api.paging import LARGEST_PAGE, USUAL_PAGE
from vocapp.benchmarks.rules import Rung
from vocapp.core.typed_text import UNSTORABLE
from vocapp.core.web import LARGEST_ID

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2900, 1, 1, tzinfo=UTC)


def _storable(text: str) -> None:
    if UNSTORABLE.search(text):
        raise ValidationError("It holds characters that no database keeps.")


def text_in(most: int, *, least: int = 0, **options: Any) -> fields.String:
    """Return a field for a text that comes in."""
    return fields.String(validate=[Length(least, most), _storable], **options)


def id_in(**options: Any) -> fields.Integer:
    """Return a field for the id of a row that comes in; `strict` in a body, where numbers are numbers."""
    return fields.Integer(validate=Range(1, LARGEST_ID), **options)


def moment_in(**options: Any) -> fields.AwareDateTime:
    """Return a field for a time that comes in with its offset, in years that every database can hold."""
    return fields.AwareDateTime(validate=Range(EARLIEST, LATEST), **options)


def word_in(words: Any, **options: Any) -> fields.String:
    """Return a field for one of some words that comes in."""
    return fields.String(validate=OneOf([str(word) for word in words]), **options)


class Asked(Schema):
    """What comes in; fields that are not known are left aside."""

    class Meta:
        unknown = EXCLUDE


class PageQuery(Asked):
    """Which part of a list."""

    cursor = text_in(500, metadata={"description": "Where the list goes on; take it out of next."})
    limit = fields.Integer(validate=Range(1, LARGEST_PAGE), load_default=USUAL_PAGE)


class ChangedQuery(PageQuery):
    """Which part of a list, of what changed lately."""

    updated_since = moment_in(metadata={"description": "Changed at this moment or later."})


class AccountQuery(ChangedQuery):
    """Which accounts."""

    external_id = text_in(120)
    tier = text_in(60, metadata={"description": "The tier's name."})
    segment = text_in(80)
    owner = text_in(320, metadata={"description": "The owner's e-mail address."})
    status = word_in(one for one in AccountStatus if one is not AccountStatus.MERGED)


class ContactQuery(ChangedQuery):
    """Which contacts."""

    account_id = id_in()
    external_id = text_in(120)
    email = text_in(320)
    status = word_in(ContactStatus)


class MeasureOut(Schema):
    """A measure: `value` is null where nothing was measured, and `reason` says why."""

    value = fields.Float(required=True, allow_none=True)
    n = fields.Integer(required=True)
    n_eff = fields.Float(required=True, allow_none=True)
    ci = fields.List(fields.Float(), required=True, allow_none=True)
    state = fields.String(required=True, validate=OneOf([state.value for state in MeasureState]))
    reason = fields.String(required=True)


class ScoreOut(MeasureOut):
    """A measure of an account, as of a day, by a version of the method."""

    account_id = fields.Integer()
    as_of = fields.Date(allow_none=True)
    method_version = fields.Integer(allow_none=True)


class StrengthOut(ScoreOut):
    """Relationship strength with its colour."""

    status = fields.String()
    confidence = fields.String()


class PlaceOut(MeasureOut):
    """Where an account stands: `value` is a percentile among `n` others, `rung` what they share with it."""

    rung = fields.String(allow_none=True, validate=OneOf([rung.value for rung in Rung]))
    cohort = fields.List(fields.String())


class PlacesOut(Schema):
    """The standing by every measure that is compared."""

    strength = fields.Nested(PlaceOut)
    engagement = fields.Nested(PlaceOut)
    sentiment = fields.Nested(PlaceOut)
    footprint = fields.Nested(PlaceOut)


class BenchmarkOut(PlaceOut):
    """The standing by strength, and that by every measure."""

    account_id = fields.Integer()
    measures = fields.Nested(PlacesOut)


class AccountOut(Schema):
    """An account with its latest measures."""

    id = fields.Integer(required=True)
    external_id = fields.String(required=True)
    name = fields.String(required=True)
    tier = fields.String(allow_none=True)
    segment = fields.String()
    industry = fields.String()
    region = fields.String()
    country = fields.String()
    product = fields.String()
    arr = fields.String(allow_none=True, metadata={"description": "A decimal number."})
    currency = fields.String()
    lifecycle_stage = fields.String()
    renewal_date = fields.Date(allow_none=True)
    owner_email = fields.String()
    parent_id = fields.Integer(allow_none=True)
    status = fields.String()
    updated_at = fields.AwareDateTime()
    footprint = fields.Nested(MeasureOut)
    engagement = fields.Nested(MeasureOut)
    sentiment = fields.Nested(MeasureOut)
    strength = fields.Nested(MeasureOut)
    strength_status = fields.String()
    confidence = fields.String()


class ContactOut(Schema):
    """A person at an account."""

    id = fields.Integer(required=True)
    external_id = fields.String()
    account_id = fields.Integer(required=True)
    first_name = fields.String()
    last_name = fields.String()
    email = fields.String(required=True)
    title = fields.String()
    personas = fields.List(fields.Pluck("PersonaOut", "key"))
    language = fields.String()
    time_zone = fields.String()
    phone = fields.String()
    status = fields.String()
    verified_on = fields.Date(allow_none=True)
    updated_at = fields.AwareDateTime(attribute="changed_at")


class PersonaOut(Schema):
    """The part a contact plays."""

    key = fields.String()


def list_of(schema: type[Schema]) -> type[Schema]:
    """Return what a page of a list holds."""
    made = Schema.from_dict(
        {
            "items": fields.List(fields.Nested(schema), required=True),
            "next": fields.String(
                required=True,
                allow_none=True,
                metadata={"description": "The address of the next page; null on the last one."},
            ),
        },
        name=schema.__name__.removesuffix("Out") + "Page",
    )
    return cast(type[Schema], made)
