"""The pages of the built-in mailbox."""

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue

from vocapp.core.frames import framed_mail_with_links
from vocapp.core.web import requested_page
from vocapp.outbox.mailbox import readable_mail_or_404, readable_mails

outbox = Blueprint("outbox", __name__, url_prefix="/mailbox")

SIDES = ("html", "text", "headers")


@outbox.get("")
def mailbox() -> str:
    """Show the mails this person may read, newest first."""
    search = request.args.get("q", "").strip()
    page = readable_mails(number=requested_page(), search=search)
    return render_template("outbox/mailbox.html", page=page, search=search)


@outbox.get("/<key>")
def mail(key: str) -> str:
    """Show one mail from the side the address asks for: as it looks, its text, or its headers."""
    side = request.args.get("side", "html")
    return render_template(
        "outbox/mail.html",
        mail=readable_mail_or_404(key),
        side=side if side in SIDES else "html",
        is_narrow=request.args.get("width") == "phone",
    )


@outbox.get("/<key>/html")
def mail_html(key: str) -> ResponseReturnValue:
    """Show a mail's HTML for the frame of its page."""
    return framed_mail_with_links(readable_mail_or_404(key).content.html or abort(404))


@outbox.get("/<key>/raw")
def mail_raw(key: str) -> ResponseReturnValue:
    """Download a mail as it was sent."""
    headers = {"Content-Disposition": f'attachment; filename="mail-{key}.eml"'}
    return Response(readable_mail_or_404(key).raw, mimetype="message/rfc822", headers=headers)
