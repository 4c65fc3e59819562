"""What mails that come back say, in all the languages known here."""

from integrations.mail.classify.wording.english import ENGLISH
from integrations.mail.classify.wording.germanic import DANISH, DUTCH, GERMAN, SWEDISH
from integrations.mail.classify.wording.romance import CATALAN, FRENCH, ITALIAN, PORTUGUESE, ROMANIAN, SPANISH
from integrations.mail.classify.wording.wider import WIDER

_LANGUAGES = (
    *(ENGLISH, GERMAN, DUTCH, SWEDISH, DANISH, FRENCH, SPANISH, ITALIAN, PORTUGUESE, ROMANIAN, CATALAN),
    *WIDER,
)


def all_phrases(field: str) -> tuple[str, ...]:
    """Return the phrases of one kind, a field of Wording, in all languages."""
    return tuple(phrase for language in _LANGUAGES for phrase in getattr(language, field))
