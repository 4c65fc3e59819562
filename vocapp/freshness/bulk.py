"""Deciding about several suggestions at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.freshness.accepting import person_meant
from vocapp.freshness.models import Suggestion
from vocapp.freshness.queries import address_key
from vocapp.freshness.rules import SuggestionDecision, SuggestionKind
from vocapp.freshness.service import accept_suggestion, dismiss_suggestion, hold_suggestions
from vocapp.identity.models import User


@dataclass(frozen=True, slots=True)
class Decided:
    """How many of some suggestions were decided, and why the others were not."""

    count: int
    refusals: Sequence[str]


def decide_suggestions(
    suggestions: Sequence[Suggestion], decision: SuggestionDecision, *, by: User, now: datetime
) -> Decided:
    """Accept or dismiss several suggestions; one that cannot be accepted waits on and holds up no other."""
    # All of them at once: one after another would hold up, and be held up by, whoever decides about others.
    try:
        hold_suggestions(suggestions)
    except DomainError as refusal:
        return Decided(0, [str(refusal)])
    count, refusals = 0, []
    for suggestion in suggestions:
        if suggestion.decision is not None:
            continue
        try:
            with db.session.begin_nested():
                if decision is SuggestionDecision.DISMISSED:
                    dismiss_suggestion(suggestion, by=by, now=now)
                else:
                    _check_is_plain(suggestion)
                    accept_suggestion(suggestion, by=by, now=now)
            count += 1
        except DomainError as refusal:
            refusals.append(str(refusal))
    return Decided(count, list(dict.fromkeys(refusals)))


def _check_is_plain(suggestion: Suggestion) -> None:
    known = person_meant(suggestion) if suggestion.kind == SuggestionKind.NEW_PERSON else None
    if known is not None and known.email_key != address_key(suggestion.values.get("email", "")):
        raise DomainError(
            f"Somebody called {known.full_name} is known already; decide about them one by one."
        )
