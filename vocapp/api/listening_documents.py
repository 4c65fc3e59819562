"""What the API tells of surveys, waves, invitations, answers, outcomes and events."""

from apiflask import Schema, fields

from vocapp.api.documents import ChangedQuery, PageQuery, id_in, text_in, word_in
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.renewals.rules import Outcome
from vocapp.signals.rules import EventKind


class SurveyQuery(PageQuery):
    """Which surveys."""

    key = text_in(60)


class WaveQuery(PageQuery):
    """Which waves."""

    state = word_in(WaveState)
    survey = text_in(60)


class InvitationQuery(PageQuery):
    """Which invitations."""

    wave_id = id_in()
    account_id = id_in()
    contact_id = id_in()
    state = word_in(InvitationState)


class ResponseQuery(ChangedQuery):
    """Which answers."""

    wave_id = id_in()
    account_id = id_in()
    contact_id = id_in()


class OutcomeQuery(PageQuery):
    """Which outcomes."""

    account_id = id_in()
    outcome = word_in(Outcome)


class EventQuery(PageQuery):
    """Which events."""

    account_id = id_in()
    kind = word_in(EventKind)


class SurveyOut(Schema):
    """A survey with its newest version; `definition` is what it asks, in every language."""

    id = fields.Integer(required=True)
    key = fields.String(required=True)
    name = fields.String()
    is_confidential = fields.Boolean()
    is_archived = fields.Boolean()
    version = fields.Integer()
    published_at = fields.AwareDateTime()
    rating_kind = fields.String()
    definition = fields.Dict()


class WaveOut(Schema):
    """One sending of a survey."""

    id = fields.Integer(required=True)
    name = fields.String(required=True)
    state = fields.String(required=True)
    survey = fields.String()
    survey_version = fields.Integer()
    is_confidential = fields.Boolean()
    is_imported = fields.Boolean()
    owner_email = fields.String()
    launch_at = fields.AwareDateTime(allow_none=True)
    launched_at = fields.AwareDateTime(allow_none=True)
    closes_at = fields.AwareDateTime(allow_none=True)
    closed_at = fields.AwareDateTime(allow_none=True)


class InvitationOut(Schema):
    """One contact's part in one wave; `persona` is the part they played when asked."""

    id = fields.Integer(required=True)
    wave_id = fields.Integer(required=True)
    account_id = fields.Integer(required=True)
    contact_id = fields.Integer(required=True)
    persona = fields.Pluck("PersonaOut", "key", allow_none=True)
    state = fields.String(required=True)
    language = fields.String()
    sent_at = fields.AwareDateTime(allow_none=True)
    delivered_at = fields.AwareDateTime(allow_none=True)
    settled_at = fields.AwareDateTime(allow_none=True)
    reminders_sent = fields.Integer()


class ResponseOut(Schema):
    """What a contact answered; `rating` stands on the scale of `rating_kind`."""

    id = fields.Integer(required=True)
    invitation_id = fields.Integer(required=True)
    wave_id = fields.Integer(required=True)
    account_id = fields.Integer(required=True)
    contact_id = fields.Integer(required=True)
    survey = fields.String()
    survey_version = fields.Integer()
    rating_kind = fields.String()
    rating = fields.Integer(allow_none=True)
    comment = fields.String()
    may_contact = fields.Boolean(allow_none=True)
    answers = fields.Dict()
    language = fields.String()
    state = fields.String()
    source = fields.String()
    answered_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()


class OutcomeOut(Schema):
    """How a renewal ended, and who said so."""

    id = fields.Integer(required=True)
    account_id = fields.Integer(required=True)
    renewal_date = fields.Date(required=True)
    outcome = fields.String(required=True)
    amount = fields.String(allow_none=True, metadata={"description": "A decimal number."})
    source = fields.String()


class EventOut(Schema):
    """What another system told of an account."""

    id = fields.Integer(required=True)
    kind = fields.String(required=True)
    source = fields.String()
    external_id = fields.String(attribute="external_key")
    account_id = fields.Integer(required=True)
    contact_id = fields.Integer(allow_none=True)
    title = fields.String()
    occurred_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    value = fields.String(allow_none=True, metadata={"description": "A decimal number."})
    is_urgent = fields.Boolean()
