"""Marks that go out with a mail and come back in what its provider reports of it."""

import json
from collections.abc import Mapping

NAME = "vocapp"


def mark_headers(provider: str, mark: str) -> Mapping[str, str]:
    """Return the headers by which a provider reports a mail under a mark.

    `mark` is at most 80 letters, digits and dots. The providers take these headers out again; Postmark is
    also asked to leave our Message-ID, by which answers find back.
    """
    document = json.dumps({NAME: mark})
    found: Mapping[str, Mapping[str, str]] = {
        "postmark": {f"X-PM-Metadata-{NAME}": mark, "X-PM-KeepID": "true"},
        "ses": {"X-SES-MESSAGE-TAGS": f"{NAME}={as_tag(mark)}"},
        "sendgrid": {"X-SMTPAPI": json.dumps({"unique_args": {NAME: mark}})},
        "mailgun": {"X-Mailgun-Variables": document},
        "brevo": {"X-Mailin-custom": f"{NAME}:{mark}"},
    }
    return found[provider]


def as_tag(mark: str) -> str:
    """Return a mark as Amazon SES takes it: the values of its tags have no dots."""
    return mark.replace(".", "-")


def mark_in_tag(tag: str) -> str:
    """Return the mark of a tag of Amazon SES, written with or without dots."""
    return tag.replace("-", ".")
