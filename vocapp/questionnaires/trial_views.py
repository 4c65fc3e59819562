"""The page behind the link of a test mail: a survey as its respondents meet it, which keeps nothing."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from vocapp.outbox.link_pages import count_wrong_link, guard_link_pages
from vocapp.questionnaires.trial import read_trial_token, trial_page

trials = Blueprint("trials", __name__)
guard_link_pages(trials)


@trials.get("/try/<token>")
def show(token: str) -> ResponseReturnValue:
    """Show a page of the survey; what was chosen travels in the address and is forgotten with it."""
    found = read_trial_token(token)
    page = trial_page(found[0], request.args.to_dict(flat=False), sender=found[1]) if found else None
    if page is None:
        count_wrong_link()
        abort(404)
    return render_template("questionnaires/trial.html", page=page)
