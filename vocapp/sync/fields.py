"""Our fields that may travel: what they are, and which way they can go."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vocapp.sync.rules import Direction, Owner


class Entity(StrEnum):
    """What a record is here."""

    USER = "user"
    ACCOUNT = "account"
    CONTACT = "contact"
    OPPORTUNITY = "opportunity"
    ROLE = "role"
    CASE = "case"
    RESPONSE = "response"


class Kind(StrEnum):
    """What a field holds, which decides how it is read and written."""

    TEXT = "text"
    MONEY = "money"
    NUMBER = "number"
    CURRENCY = "currency"
    DAY = "day"
    MOMENT = "moment"
    TRUTH = "truth"
    ADDRESS = "address"
    LANGUAGE = "language"
    TIME_ZONE = "time_zone"
    ACCOUNT_STATUS = "account_status"
    CONTACT_STATUS = "contact_status"
    BAND = "band"
    DEGREE = "degree"
    TIER = "tier"
    PERSONAS = "personas"
    USER = "user"
    ACCOUNT = "account"
    CONTACT = "contact"
    URL = "url"


BOTH_WAYS = frozenset({Direction.IN, Direction.OUT, Direction.BOTH})
ONLY_IN = frozenset({Direction.IN})
ONLY_OUT = frozenset({Direction.OUT})


@dataclass(frozen=True, slots=True)
class OurField:
    """One field of ours. `most` bounds text; `owner` is the policy proposed for it."""

    name: str
    kind: Kind
    ways: frozenset[Direction] = BOTH_WAYS
    most: int = 0
    owner: Owner = Owner.SALESFORCE


def _by_name(*fields: OurField) -> Mapping[str, OurField]:
    return {field.name: field for field in fields}


ACCOUNT_FIELDS = _by_name(
    OurField("name", Kind.TEXT, most=200),
    OurField("owner", Kind.USER, ONLY_IN),
    OurField("parent", Kind.ACCOUNT, ONLY_IN),
    OurField("tier", Kind.TIER),
    OurField("segment", Kind.TEXT, most=80),
    OurField("industry", Kind.TEXT, most=80),
    OurField("region", Kind.TEXT, most=80),
    OurField("country", Kind.TEXT, most=80),
    OurField("product", Kind.TEXT, most=80),
    OurField("arr", Kind.MONEY),
    OurField("currency", Kind.CURRENCY),
    OurField("lifecycle_stage", Kind.TEXT, most=40),
    OurField("growth_potential", Kind.DEGREE),
    OurField("renewal_date", Kind.DAY),
    OurField("status", Kind.ACCOUNT_STATUS),
    OurField("strength", Kind.NUMBER, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("band", Kind.BAND, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("engagement", Kind.NUMBER, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("sentiment", Kind.NUMBER, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("answers", Kind.NUMBER, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("last_response_at", Kind.MOMENT, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("scored_at", Kind.MOMENT, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("profile_url", Kind.URL, ONLY_OUT, owner=Owner.VOCAPP),
)

CONTACT_FIELDS = _by_name(
    OurField("account", Kind.ACCOUNT, ONLY_IN),
    OurField("first_name", Kind.TEXT, most=120),
    OurField("last_name", Kind.TEXT, most=120),
    OurField("email", Kind.ADDRESS, owner=Owner.MANUAL),
    OurField("title", Kind.TEXT, most=200, owner=Owner.NEWEST),
    OurField("phone", Kind.TEXT, most=60, owner=Owner.NEWEST),
    OurField("language", Kind.LANGUAGE, most=16, owner=Owner.FILL_BLANK),
    OurField("time_zone", Kind.TIME_ZONE, most=64, owner=Owner.FILL_BLANK),
    OurField("personas", Kind.PERSONAS, owner=Owner.MANUAL),
    OurField("known_personas", Kind.PERSONAS, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("reports_to", Kind.CONTACT, ONLY_IN, owner=Owner.FILL_BLANK),
    OurField("has_left", Kind.TRUTH, ONLY_IN),
    OurField("is_opted_out", Kind.TRUTH, owner=Owner.STICKY),
    OurField("is_opted_out_there", Kind.TRUTH, ONLY_IN, owner=Owner.STICKY),
    OurField("status", Kind.CONTACT_STATUS, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("verified_on", Kind.DAY, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("replaced_by", Kind.CONTACT, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("person_id", Kind.TEXT, ONLY_OUT, most=64, owner=Owner.VOCAPP),
    OurField("strength", Kind.NUMBER, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("last_nps", Kind.NUMBER, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("last_response_at", Kind.MOMENT, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("profile_url", Kind.URL, ONLY_OUT, owner=Owner.VOCAPP),
)

RESPONSE_FIELDS = _by_name(
    OurField("account", Kind.ACCOUNT, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("contact", Kind.CONTACT, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("survey_name", Kind.TEXT, ONLY_OUT, most=80, owner=Owner.VOCAPP),
    OurField("responded_at", Kind.MOMENT, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("nps", Kind.NUMBER, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("csat", Kind.NUMBER, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("comment", Kind.TEXT, ONLY_OUT, most=32000, owner=Owner.VOCAPP),
    OurField("response_url", Kind.URL, ONLY_OUT, owner=Owner.VOCAPP),
    OurField("response_id", Kind.TEXT, ONLY_OUT, most=64, owner=Owner.VOCAPP),
)

USER_FIELDS = _by_name(
    OurField("name", Kind.TEXT, ONLY_IN, most=200),
    OurField("email", Kind.ADDRESS, ONLY_IN),
    OurField("is_active", Kind.TRUTH, ONLY_IN),
    OurField("federation_id", Kind.TEXT, ONLY_IN, most=200),
)

OPPORTUNITY_FIELDS = _by_name(
    OurField("account", Kind.ACCOUNT, ONLY_IN),
    OurField("name", Kind.TEXT, ONLY_IN, most=200),
    OurField("stage", Kind.TEXT, ONLY_IN, most=80),
    OurField("kind", Kind.TEXT, ONLY_IN, most=80),
    OurField("amount", Kind.MONEY, ONLY_IN),
    OurField("currency", Kind.CURRENCY, ONLY_IN),
    OurField("close_date", Kind.DAY, ONLY_IN),
    OurField("is_closed", Kind.TRUTH, ONLY_IN),
    OurField("is_won", Kind.TRUTH, ONLY_IN),
    OurField("owner_name", Kind.TEXT, ONLY_IN, most=200),
)

ROLE_FIELDS = _by_name(
    OurField("contact", Kind.CONTACT, ONLY_IN),
    OurField("role", Kind.TEXT, ONLY_IN, most=120),
)

CASE_FIELDS = _by_name(
    OurField("account", Kind.ACCOUNT, ONLY_IN),
    OurField("contact", Kind.CONTACT, ONLY_IN),
    OurField("title", Kind.TEXT, ONLY_IN, most=200),
    OurField("status", Kind.TEXT, ONLY_IN, most=80),
    OurField("priority", Kind.TEXT, ONLY_IN, most=40),
    OurField("is_closed", Kind.TRUTH, ONLY_IN),
    OurField("is_escalated", Kind.TRUTH, ONLY_IN),
    OurField("opened_at", Kind.MOMENT, ONLY_IN),
    OurField("closed_at", Kind.MOMENT, ONLY_IN),
)

FIELDS: Mapping[Entity, Mapping[str, OurField]] = {
    Entity.USER: USER_FIELDS,
    Entity.ACCOUNT: ACCOUNT_FIELDS,
    Entity.CONTACT: CONTACT_FIELDS,
    Entity.OPPORTUNITY: OPPORTUNITY_FIELDS,
    Entity.ROLE: ROLE_FIELDS,
    Entity.CASE: CASE_FIELDS,
    Entity.RESPONSE: RESPONSE_FIELDS,
}

# The order in which they come in: whoever is pointed at before whoever points.
PHASES = (Entity.USER, Entity.ACCOUNT, Entity.CONTACT, Entity.OPPORTUNITY, Entity.ROLE, Entity.CASE)
# What is compared field by field in both directions; the others only come in.
TWO_WAY = frozenset({Entity.ACCOUNT, Entity.CONTACT})
# To whom a record belongs: without them it cannot be here.
BELONGS_TO = frozenset({(Entity.CONTACT, "account")})
# What points at another record of the same kind, which may come in later; it is stored when both are here.
POINTERS = frozenset({"parent", "reports_to"})
# The field of ours that is our name of a record over there.
EXTERNAL_ID_OF: Mapping[Entity, str] = {Entity.CONTACT: "person_id", Entity.RESPONSE: "response_id"}
