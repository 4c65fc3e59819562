"""What tests of the respondent's pages start from."""

from datetime import datetime
from typing import Any

from tests.builders import (
    NOW,
    a_company,
    a_contact,
    a_survey_version,
    a_user,
    a_wave,
    an_account,
    an_invitation,
    token_of,
)
from tests.vocapp.responses.surveys import SURVEYS, published
from vocapp.campaigns.models import Invitation

BROWSER = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/124.0 Mobile Safari/537.36"


def a_link(
    *,
    closes_at: datetime | None = None,
    contact: dict[str, Any] | None = None,
    wave: dict[str, Any] | None = None,
    survey: str | dict[str, Any] = "nps",
    **values: Any,
) -> tuple[Invitation, str]:
    """An invitation of Zenobia Quist at Acme, asked by Ana Silva of Vendor, and the token of its link.

    `survey` is a document, or the key of one of ours or of the library.
    """
    a_company()
    document = SURVEYS.get(survey) if isinstance(survey, str) else survey
    version = published(document) if document else a_survey_version(str(survey))
    csm = a_user(name="Ana Silva")
    person = a_contact(
        an_account(name="Acme", owner_id=csm.id),
        **{"first_name": "Zenobia", "last_name": "Quist", **(contact or {})},
    )
    ends = {"closes_at": closes_at} if closes_at else {}
    asked = a_wave(csm, **{"survey_version_id": version.id, **ends, **(wave or {})})
    invitation = an_invitation(asked, person, **values)
    return invitation, token_of(invitation)


__all__ = ["BROWSER", "NOW", "a_link"]
