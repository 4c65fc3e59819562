"""What the API takes in, and what it tells of reports."""

from apiflask import Schema, fields
from marshmallow.validate import Range

from surveys.translation import phrase_book
from vocapp.api.documents import Asked, PageQuery, id_in, moment_in, text_in, word_in
from vocapp.renewals.rules import Outcome
from vocapp.reports.rules import Audience, PaperSize, ReportKind, ReportState
from vocapp.signals.rules import EventKind

MOST_MONEY = 10**12
MOST_VALUE = 10**14


class ReportIn(Asked):
    """A report that is asked for: of an account, of a wave, of a CSM's book, or of the portfolio."""

    kind = word_in(ReportKind, required=True)
    account_id = id_in(strict=True)
    account_external_id = text_in(120, least=1)
    wave_id = id_in(strict=True)
    csm_email = text_in(320)
    audience = word_in(Audience, load_default=Audience.INTERNAL.value)
    language = word_in(phrase_book().languages, load_default="en")
    paper = word_in(PaperSize, load_default=PaperSize.A4.value)
    has_appendix = fields.Boolean(load_default=False)


class ReportQuery(PageQuery):
    """Which reports."""

    kind = word_in(ReportKind)
    state = word_in(ReportState)
    account_id = id_in()


class LinksOut(Schema):
    """Where a report and its files are; a file is named once it is there."""

    self = fields.String(required=True)
    pdf = fields.String()
    pptx = fields.String()
    xlsx = fields.String()


class ReportOut(Schema):
    """A report and how far it is, from 0 to 1; `snapshot_id` names what it shows."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True)
    state = fields.String(required=True)
    progress = fields.Float(required=True)
    edition = fields.Integer()
    previous_id = fields.Integer(allow_none=True)
    snapshot_id = fields.String(allow_none=True)
    account_id = fields.Integer(allow_none=True)
    wave_id = fields.Integer(allow_none=True)
    csm_email = fields.String(allow_none=True)
    audience = fields.String()
    language = fields.String()
    paper = fields.String()
    has_appendix = fields.Boolean()
    failure = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)
    links = fields.Nested(LinksOut, required=True)


class OutcomeIn(Asked):
    """How a renewal ended; a date that is known already is corrected."""

    account_id = id_in(strict=True)
    account_external_id = text_in(120, least=1)
    renewal_date = fields.Date(required=True)
    outcome = word_in(Outcome, required=True)
    amount = fields.Decimal(
        allow_nan=False,
        validate=Range(0, MOST_MONEY, max_inclusive=False),
        metadata={"description": "What it goes on with, a year."},
    )


class EventIn(Asked):
    """Something that happened, or was counted; one with an external_id that is known is corrected."""

    account_id = id_in(strict=True)
    account_external_id = text_in(120, least=1)
    kind = word_in(EventKind, required=True)
    external_id = text_in(120, least=1, required=True)
    occurred_at = moment_in(required=True)
    ended_at = moment_in()
    contact_email = text_in(320, least=1)
    title = text_in(300)
    value = fields.Decimal(
        allow_nan=False,
        validate=Range(-MOST_VALUE, MOST_VALUE, min_inclusive=False, max_inclusive=False),
        metadata={"description": "What was counted."},
    )
    is_urgent = fields.Boolean()
