"""The page behind a report's link: looking records nothing, pressing the button is noted."""

from io import BytesIO

from flask import Blueprint, abort, render_template, send_file
from flask.typing import ResponseReturnValue

from surveys.translation import best_language, language, phrase_book
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.identity.queries import company
from vocapp.outbox.link_pages import SpokenPage, count_sent_form, count_wrong_link, guard_link_pages
from vocapp.reports.rules import file_name
from vocapp.reports.titles import note_of, title_of
from vocapp.sharing.following import replacement_of
from vocapp.sharing.models import ReportShare
from vocapp.sharing.queries import share_by_token
from vocapp.sharing.rules import ShareState
from vocapp.sharing.service import is_over, open_share

shared_reports = Blueprint("shared_reports", __name__)
guard_link_pages(shared_reports)


@shared_reports.get("/shared/<token>")
def show(token: str) -> str:
    """Show what the link brings; nothing is recorded."""
    share = _open_share(token)
    newer, theirs = replacement_of(share, now=utcnow())
    return render_template(
        "sharing/shared.html",
        page=_page(theirs or share),
        share=theirs or share,
        token=token,
        is_replaced=newer is not None,
        is_there=newer is None or theirs is not None,
        note=note_of(theirs.report) if theirs else "",
    )


@shared_reports.post("/shared/<token>")
def download(token: str) -> ResponseReturnValue:
    """Hand out the PDF, the newest that was approved for them, and note that it was taken."""
    share = _open_share(token)
    count_sent_form(share.token_hash)
    newer, theirs = replacement_of(share, now=utcnow())
    if newer is not None:
        share = theirs or abort(410)
    with transaction():
        open_share(share, now=utcnow())
    report = share.report
    name = file_name(title_of(report), report.created_at.date())
    answer = send_file(
        BytesIO(report.pdf or b""), mimetype="application/pdf", as_attachment=True, download_name=name
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _open_share(token: str) -> ReportShare:
    share = share_by_token(token)
    if share is None or share.state != ShareState.SENT or not share.is_for_customer:
        count_wrong_link()
        abort(404)
    if share.report.pdf is None or is_over(share, now=utcnow()):
        abort(410)
    return share


def _page(share: ReportShare) -> SpokenPage:
    ours = company()
    spoken = best_language([share.report.language], phrase_book().languages)
    values = {
        "sender": share.sender.name or share.sender.email,
        "company": ours.name if ours else "",
        "account": title_of(share.report),
    }
    return SpokenPage(language=language(spoken), values=values)
