"""What evidence does to a contact, as pure judgements."""

from enum import StrEnum


class EvidenceKind(StrEnum):
    """What was seen or said about a contact; the source is another matter."""

    CONFIRMED = "confirmed"
    ANSWERED = "answered"
    BOUNCED = "bounced"
    SAID_LEFT = "said_left"
    SAID_MOVED = "said_moved"
    NOT_ME = "not_me"
    REFERRED = "referred"
    CHANGED_ELSEWHERE = "changed_elsewhere"
    SILENT = "silent"


class EvidenceSource(StrEnum):
    """Where evidence came from; with its number it is told once."""

    CSM = "csm"
    IMPORT = "import"
    ANSWER_PAGE = "answer_page"
    CHAMPION_PAGE = "champion_page"
    MAIL = "mail"
    CRM = "crm"
    WAVE = "wave"


class SuggestionKind(StrEnum):
    """What somebody proposes; nothing changes until the CSM decides."""

    NEW_PERSON = "new_person"
    CORRECTION = "correction"
    LEFT = "left"


class SuggestionDecision(StrEnum):
    """What the CSM decided."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
