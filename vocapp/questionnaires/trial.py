"""Trying a survey out: which survey, as whom, in which language, and what the page shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from itsdangerous import BadSignature, URLSafeTimedSerializer

from surveys.conditions import Respondent
from surveys.definition import DefinitionError, SurveyDefinition
from surveys.documents import parse_definition
from surveys.translation import best_language, language, phrase_book
from surveys.trying import Trial, continue_trial, open_trial
from surveys.wording import Spoken
from vocapp.core.gateways import gateways
from vocapp.core.web import row_id
from vocapp.identity.models import User
from vocapp.identity.queries import company
from vocapp.outbox.link_pages import SpokenPage
from vocapp.questionnaires.models import SurveyVersion
from vocapp.questionnaires.queries import definition_of, draft_of, listed_survey, version_of

# How long the link of a test mail works.
LINK_SECONDS = 14 * 24 * 3600
DRAFT = "draft"
ORDER_FIELDS = ("version", "lang", "persona", "tier")
_SALT = "survey-trial"


@dataclass(frozen=True)
class TrialOrder:
    """What to try: a survey by its key, "draft", a version's number, or "" for what would be asked today.

    `persona` and `tier` are keys, "" for nobody in particular.
    """

    key: str
    which: str = ""
    language: str = ""
    persona: str = ""
    tier: str = ""


@dataclass(frozen=True, kw_only=True)
class TrialPage(SpokenPage):
    """A screen of a trial with all its words; `order_fields` say in the next form what is tried."""

    order: TrialOrder
    definition: SurveyDefinition
    trial: Trial
    order_fields: Mapping[str, str]

    @property
    def title(self) -> str:
        """The survey's name in this language, or in its own."""
        named = self.definition.languages.get(self.language.code)
        return (named.name if named else "") or self.definition.name or self.definition.key


def definition_to_try(order: TrialOrder) -> SurveyDefinition | None:
    """Return the survey of an order, or None when there is no such survey, version or draft."""
    if order.which == DRAFT:
        draft = draft_of(order.key)
        return _parsed(draft.document) if draft else None
    if order.which:
        version = _numbered(order)
        return definition_of(version) if version else None
    listed = listed_survey(order.key)
    return listed.definition if listed else None


def _numbered(order: TrialOrder) -> SurveyVersion | None:
    try:
        return version_of(order.key, row_id(order.which))
    except ValueError:
        return None


def trial_page(
    order: TrialOrder,
    fields: Mapping[str, Sequence[str]],
    *,
    sender: str,
    order_fields: Mapping[str, str] | None = None,
) -> TrialPage | None:
    """Return the screen that follows from the fields of a trial's form, None without such a survey.

    A form that was sent brings `page` and `sent`; otherwise `page` says where to begin.
    """
    definition = definition_to_try(order)
    if definition is None:
        return None
    spoken = [code for code in definition.languages if code in phrase_book().languages]
    code = best_language([order.language], spoken or ["en"], default=definition.default_language)
    ours = company()
    values = {
        "sender": sender,
        "company": ours.name if ours else "…",
        "first_name": sender.split(" ")[0],
    }
    who = Respondent(personas=frozenset({order.persona} - {""}), tier=order.tier, language=code)
    speaking = Spoken(code, definition.default_language, who.personas, values)
    page = next(iter(fields.get("page", ())), "")
    if "sent" in fields:
        offered = fields["shown"][0].split() if "shown" in fields else None
        trial = continue_trial(definition, fields, page=page, offered=offered, who=who, speaking=speaking)
    else:
        trial = open_trial(definition, fields, page=page, who=who, speaking=speaking)
    return TrialPage(
        language=language(code),
        values=values,
        order=order,
        definition=definition,
        trial=trial,
        order_fields=order_fields or {},
    )


def wanted_trial(key: str, fields: Mapping[str, Sequence[str]]) -> TrialOrder:
    """Return what the address of a preview asks for; `ORDER_FIELDS` are its names."""
    said = {name: next(iter(fields.get(name, ())), "") for name in ORDER_FIELDS}
    return TrialOrder(
        key, which=said["version"], language=said["lang"], persona=said["persona"], tier=said["tier"]
    )


def trial_token(order: TrialOrder, *, by: User) -> str:
    """Return the signed link of a trial, which shows a survey to whoever has it and keeps nothing."""
    return _signer().dumps(
        [order.key, order.which, order.language, order.persona, order.tier, by.name or by.email]
    )


def read_trial_token(token: str) -> tuple[TrialOrder, str] | None:
    """Return the order of a trial's link and who sent it, or None for one that is wrong or too old."""
    try:
        said: Any = _signer().loads(token, max_age=LINK_SECONDS)
    except BadSignature:
        return None
    *order, sender = said
    return TrialOrder(*order), sender


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(gateways().settings.secret_key, salt=_SALT)


def _parsed(document: object) -> SurveyDefinition | None:
    try:
        return parse_definition(document)
    except DefinitionError:
        return None
