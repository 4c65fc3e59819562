"""Marks that go out with a mail and come back in what its provider reports of it."""

import json
from collections.abc import Mapping

NAME = "vocapp"


def mark_headers(provider: str, mark: str) -> Mapping[str, str]:
    """Return the headers by which a provider reports a mail under a mark.

    `mark` is at most 80 letters, digits, dots, hyphens and underscores. The providers take these headers out
    again; Postmark is also asked to leave our Message-ID, by which answers find back.
    """
    document = json.dumps({NAME: mark})
    found: Mapping[str, Mapping[str, str]] = {
        "postmark": {f"X-PM-Metadata-{NAME}": mark, "X-PM-KeepID": "true"},
        "ses": {"X-SES-MESSAGE-TAGS": f"{NAME}={mark}"},
        "sendgrid": {"X-SMTPAPI": json.dumps({"unique_args": {NAME: mark}})},
        "mailgun": {"X-Mailgun-Variables": document},
        "brevo": {"X-Mailin-custom": f"{NAME}:{mark}"},
    }
    return found[provider]
