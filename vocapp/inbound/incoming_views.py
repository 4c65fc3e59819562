"""Mail coming in: what arrived, what it was taken for, what followed, and what an administrator may do."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from integrations.mail.classify.verdict import MailKind, Reason
from vocapp.core.clock import utcnow
from vocapp.core.gateways import gateways
from vocapp.core.web import page_of, requested_page, requested_text
from vocapp.identity.guards import current_person
from vocapp.identity.telling import told
from vocapp.inbound.incoming_queries import (
    MailFilter,
    WholeMail,
    counts_by_state,
    listed_mails,
    raw_of,
    ways_in,
    whole_mail,
)
from vocapp.inbound.incoming_service import have_judged_again
from vocapp.inbound.rules import InboundState

incoming = Blueprint("incoming", __name__, url_prefix="/settings/mail-coming-in")


@incoming.get("")
def index() -> str:
    """List the mails that came in, newest first."""
    wanted, counts = wanted_mails(), counts_by_state()
    return render_template(
        "inbound/incoming.html",
        page=page_of(listed_mails(wanted), number=requested_page()),
        wanted=wanted,
        counts=counts,
        has_any=any(counts.values()),
        ways=ways_in(),
        states=list(InboundState),
        kinds=list(MailKind),
        reasons=list(Reason),
    )


@incoming.get("/<int:mail_id>")
def show(mail_id: int) -> str:
    """Show one mail: what it is, why, what followed, and what it says as text."""
    shown, days = mail_or_404(mail_id), gateways().settings.inbound.keep_days
    return render_template("inbound/incoming_mail.html", shown=shown, keep_days=days, now=utcnow())


@incoming.get("/<int:mail_id>/raw")
def download(mail_id: int) -> Response:
    """Download a mail as it arrived, as text that no browser opens."""
    shown = mail_or_404(mail_id)
    raw = None if shown.is_withheld else raw_of(mail_id)
    file = Response(raw if raw is not None else abort(404), mimetype="text/plain")
    file.headers["Content-Disposition"] = f'attachment; filename="mail-{mail_id}.txt"'
    file.headers["X-Content-Type-Options"] = "nosniff"
    return file


@incoming.post("/<int:mail_id>/judge-again")
def judge_again(mail_id: int) -> ResponseReturnValue:
    """Have a mail judged once more."""
    shown = mail_or_404(mail_id)
    with told():
        have_judged_again(shown.mail, by=current_person())
        flash(_("It is being judged again; look in a minute."), "success")
    return redirect(url_for(".show", mail_id=mail_id))


def mail_or_404(mail_id: int) -> WholeMail:
    """Return a mail that came in."""
    return whole_mail(mail_id) or abort(404)


def wanted_mails() -> MailFilter:
    """Return the filter the address asks for; nonsense filters nothing."""
    state, kind, reason = (request.args.get(name, "") for name in ("state", "kind", "reason"))
    return MailFilter(
        state=state if state in set(InboundState) else "",
        kind=kind if kind in set(MailKind) else "",
        reason=reason if reason in set(Reason) else "",
        sender=requested_text("q"),
    )
