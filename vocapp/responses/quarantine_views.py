"""Links that a machine may have opened, for those who decide whether a person did."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.accounts.access import for_roles
from vocapp.core.clock import utcnow
from vocapp.core.machines import Decision
from vocapp.core.web import page_of, requested_page
from vocapp.identity.guards import current_person
from vocapp.identity.telling import told
from vocapp.responses.click_queries import doubtful_clicks, doubtfully_opened, held_doubtful_clicks
from vocapp.responses.clicks import decide_clicks
from vocapp.responses.views import DECIDERS, responses

__all__ = ["responses"]


@responses.get("/responses/opened-links")
@for_roles(*DECIDERS)
def opened_links() -> str:
    """List the doubtful clicks, one line per invitation: undecided, kept out, or released."""
    view = request.args.get("view", "")
    decision = Decision(view) if view in set(Decision) else None
    page = page_of(doubtfully_opened(current_person(), decision), number=requested_page())
    clicks = doubtful_clicks(page.items, decision)
    return render_template("responses/opened_links.html", page=page, clicks=clicks, decision=decision)


@responses.post("/responses/opened-links/<int:invitation_id>/release")
@for_roles(*DECIDERS)
def release_clicks(invitation_id: int) -> ResponseReturnValue:
    """Count doubtful clicks as a person's interest; never as an answer."""
    return _decide(invitation_id, Decision.RELEASED, _("Counted as a person's interest. It is no answer."))


@responses.post("/responses/opened-links/<int:invitation_id>/keep-out")
@for_roles(*DECIDERS)
def keep_out_clicks(invitation_id: int) -> ResponseReturnValue:
    """Agree that a machine opened the links."""
    return _decide(invitation_id, Decision.KEPT_OUT, _("Kept out. You find it under “Kept out”."))


@responses.post("/responses/opened-links/<int:invitation_id>/reopen")
@for_roles(*DECIDERS)
def reopen_clicks(invitation_id: int) -> ResponseReturnValue:
    """Take a decision back: the clicks are in doubt again."""
    return _decide(invitation_id, None, _("Taken back. It waits for a decision again."))


def _decide(invitation_id: int, decision: Decision | None, what_happened: str) -> ResponseReturnValue:
    with told():
        clicks = held_doubtful_clicks(current_person(), invitation_id)
        if not clicks:
            abort(404)
        decide_clicks(clicks, decision, now=utcnow(), by=current_person())
        flash(what_happened, "success")
    view = request.args.get("view")
    return redirect(url_for(".opened_links", view=view if view in set(Decision) else None))
