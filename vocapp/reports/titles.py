"""What a report is called, on pages and as a file."""

from flask_babel import gettext

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
