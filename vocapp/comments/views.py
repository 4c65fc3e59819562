"""What customers write: the pages that find comments, and what themes stand for."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.downloads import table_response
from vocapp.accounts.models import Account
from vocapp.accounts.queries import personas_in_order
from vocapp.comments.labels import check_of_themes
from vocapp.comments.passing_on import table_to_pass_on
from vocapp.comments.queries import choices_for, found_comments, mentions
from vocapp.comments.rules import CLASSES, CommentFilter, CommentOrder
from vocapp.comments.standing import themes_standing
from vocapp.core.web import requested_id, requested_page, requested_text
from vocapp.identity.guards import current_person
from vocapp.identity.rules import sees_all_accounts

comments = Blueprint("comments", __name__)


@comments.get("/comments")
def index() -> str:
    """Find comments by word, theme, class, persona, tier, region, language and wave."""
    return shown(wanted_comments(requested_id("account")), None)


@comments.get("/accounts/<int:account_id>/comments")
def of_account(account_id: int) -> str:
    """Find what the people of one account wrote."""
    return shown(wanted_comments(account_id), visible_or_404(Account, account_id))


@comments.get("/comments/export.<any(csv, xlsx):file_format>")
def export(file_format: str) -> ResponseReturnValue:
    """Download the comments asked for with people taken out of the words, to pass on."""
    wanted = wanted_comments(requested_id("account"))
    return table_response(table_to_pass_on(current_person(), wanted), file_format)


@comments.get("/comments/themes")
def standing() -> str:
    """Show who speaks about what, and what their business is worth."""
    me, wanted = current_person(), wanted_comments(requested_id("account"))
    return render_template(
        "comments/themes.html",
        wanted=wanted,
        choices=choices_for(me),
        shown=themes_standing(mentions(me, wanted)),
        personas={persona.id: persona.name for persona in personas_in_order()},
        check=check_of_themes(me),
    )


def shown(wanted: CommentFilter, account: Account | None) -> str:
    """Return the page of the comments asked for."""
    me, order = current_person(), wanted_order()
    return render_template(
        "comments/index.html",
        account=account,
        wanted=wanted,
        order=order,
        found=found_comments(me, wanted, order, page=requested_page()),
        choices=choices_for(me),
        check=check_of_themes(me),
        may_label=sees_all_accounts(me.role),
    )


def wanted_order() -> CommentOrder:
    """Return the order the address asks for, else the newest first."""
    wanted = request.args.get("sort", "")
    return CommentOrder(wanted) if wanted in set(CommentOrder) else CommentOrder.NEWEST


def wanted_comments(account_id: int | None) -> CommentFilter:
    """Return the filter the address asks for; nonsense filters nothing."""
    band = request.args.get("class", "")
    return CommentFilter(
        account_id=account_id,
        text=requested_text("q"),
        theme=requested_text("theme"),
        band=band if band in CLASSES else "",
        persona_id=requested_id("persona"),
        tier_id=requested_id("tier"),
        region=requested_text("region"),
        language=requested_text("language"),
        wave_id=requested_id("wave"),
    )
