"""Every survey there is, as the list of surveys and the page of one show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from surveys.definition import SurveyDefinition
from surveys.differences import Change, changes
from surveys.lengths import Length, length_of
from vocapp.core.errors import DomainError
from vocapp.questionnaires.drafting import copy_of, empty_survey, key_for
from vocapp.questionnaires.models import SurveyDraft, SurveyVersion
from vocapp.questionnaires.queries import (
    definition_of,
    definition_of_draft,
    drafts_by_key,
    latest_version,
    listed_surveys,
)


@dataclass(frozen=True)
class Card:
    """A survey: what it asks now or, before its first version, in its draft."""

    key: str
    definition: SurveyDefinition
    version: SurveyVersion | None
    draft: SurveyDraft | None
    is_ready: bool
    is_standard: bool
    is_archived: bool

    @property
    def name(self) -> str:
        """The survey's name in its default language, or its key while it has none."""
        return self.definition.name or self.key

    @property
    def length(self) -> Length:
        """How long answering takes in its default language."""
        return length_of(self.definition, self.definition.default_language)


def survey_cards() -> list[Card]:
    """Return every survey by name: published, ready-made, and those that are drafts only."""
    drafts = drafts_by_key()
    cards = {
        listed.key: Card(
            key=listed.key,
            definition=listed.definition,
            version=listed.version,
            draft=drafts.get(listed.key),
            is_ready=listed.version is None,
            is_standard=listed.is_standard,
            is_archived=listed.is_archived,
        )
        for listed in listed_surveys(with_archived=True)
    }
    for key, draft in drafts.items():
        if key not in cards:
            cards[key] = Card(
                key=key,
                definition=definition_of_draft(draft),
                version=None,
                draft=draft,
                is_ready=False,
                is_standard=not draft.document.get("is_custom", False),
                is_archived=False,
            )
    return sorted(cards.values(), key=lambda card: (card.name.casefold(), card.key))


def survey_card(key: str) -> Card | None:
    """Return one survey, or None for an unknown key."""
    return next((card for card in survey_cards() if card.key == key), None)


def sources() -> list[tuple[str, str]]:
    """Return what a new survey can begin with, as (key, name)."""
    return [(card.key, card.name) for card in survey_cards()]


def new_definition(source: str, *, key: str, name: str, language: str) -> SurveyDefinition:
    """Return what a new survey begins with: another survey's newest words, or without a source nothing.

    Raises `DomainError` when no key can be made of the name.
    """
    wanted = key or key_for(name)
    if not wanted:
        raise DomainError("No key can be made of this name; write one yourself, such as survey-2.")
    if not source:
        return empty_survey(wanted, name, language)
    card = survey_card(source)
    if card is None:
        raise DomainError("The survey to begin with is gone; choose another one.")
    return copy_of(card.definition, wanted, name)


def changes_since(draft: SurveyDraft) -> Sequence[Change]:
    """Return what changed since the newest version, what changes the meaning first."""
    newest = latest_version(draft.survey.key)
    return changes(definition_of(newest), definition_of_draft(draft)) if newest else ()
