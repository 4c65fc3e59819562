"""A survey to look at before anybody is asked: in every language, as each persona, on every width."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from surveys.definition import SurveyDefinition
from surveys.translation import Language, phrase_book
from vocapp.accounts.models import Persona
from vocapp.accounts.queries import personas_in_order
from vocapp.questionnaires.trial import TrialOrder, definition_to_try


class Width(StrEnum):
    """How wide the frame is in which a survey is looked at."""

    PHONE = "phone"
    DESKTOP = "desktop"


@dataclass(frozen=True)
class Look:
    """What is looked at, and everything else one may choose to look at."""

    definition: SurveyDefinition
    order: TrialOrder
    width: Width
    languages: Sequence[Language]
    personas: Sequence[Persona]


def look_at(order: TrialOrder, width: str) -> Look | None:
    """Return what there is to look at; None without such a survey, version or draft."""
    definition = definition_to_try(order)
    if definition is None:
        return None
    known = phrase_book().languages
    return Look(
        definition=definition,
        order=order,
        width=Width(width) if width in set(Width) else Width.PHONE,
        languages=[known[code] for code in definition.languages if code in known],
        personas=[persona for persona in personas_in_order() if persona.retired_on is None],
    )
