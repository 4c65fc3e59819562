"""What a report is called, on pages and as a file."""

from flask_babel import force_locale, gettext

from vocapp.reports.editions import edition_note
from vocapp.reports.models import Report


def title_of(report: Report) -> str:
    """Return the name of what a report is about."""
    if report.account is not None:
        return report.account.name
    if report.wave is not None:
        return report.wave.name
    if report.subject is not None:
        return report.subject.name or report.subject.email
    return str(gettext("Portfolio"))


def note_of(report: Report) -> str:
    """Return which edition a report replaces and what has changed, in its language; "" of a first one."""
    with force_locale(report.language):
        return edition_note(report.snapshot or {})
