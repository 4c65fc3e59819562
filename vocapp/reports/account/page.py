"""The HTML of an account benchmark."""

from collections.abc import Mapping
from typing import Any

from vocapp.reports.account import doing, phrases
from vocapp.reports.account.charting import cohort_spec
from vocapp.reports.account.paper import lay_out
from vocapp.reports.paging import written


def account_page(snapshot: Mapping[str, Any]) -> str:
    """Return the HTML that is printed for an account snapshot."""
    return written(
        "pdf/account.html",
        snapshot,
        specs={"cohort": cohort_spec(snapshot)},
        paper=lay_out(snapshot),
        say=phrases,
        doing=doing,
    )
