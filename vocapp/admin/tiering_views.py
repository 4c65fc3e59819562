"""Settings: rules that give accounts their tier and coverage model, with a preview of which would move."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from vocapp.accounts.models import Tier, TierRule
from vocapp.accounts.queries import tiers_by_rank
from vocapp.accounts.rules import CoverageModel
from vocapp.accounts.tier_rules import conditions_from
from vocapp.admin.profile_queries import known_currencies
from vocapp.admin.tiering import (
    apply_rules,
    delete_rule,
    move_rule,
    planned_moves,
    rules_in_order,
    save_rule,
    shadowed_rules,
)
from vocapp.admin.tiering_forms import RuleForm
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.web import list_page, requested_page
from vocapp.identity.guards import current_person
from vocapp.identity.telling import told

tiering = Blueprint("tiering", __name__, url_prefix="/settings/tier-rules")


@tiering.get("")
def rules() -> str:
    """Show the rules in the order in which they decide."""
    return render_template(
        "admin/tier_rules.html",
        rules=[(rule, conditions_from(rule.conditions)) for rule in rules_in_order()],
        shadowed=shadowed_rules(),
    )


@tiering.route("/new", methods=["GET", "POST"])
def new() -> ResponseReturnValue:
    """Add a rule behind all others."""
    form = RuleForm()
    form.offer(list(tiers_by_rank()), list(known_currencies()))
    if form.validate_on_submit() and is_saved(None, form):
        return redirect(url_for("tiering.rules"))
    return render_template("admin/tier_rule.html", form=form, rule=None)


@tiering.route("/<int:rule_id>", methods=["GET", "POST"])
def edit(rule_id: int) -> ResponseReturnValue:
    """Change a rule."""
    rule = db.session.get(TierRule, rule_id) or abort(404)
    form = RuleForm()
    if request.method == "GET":
        form.show(rule)
    form.offer(list(tiers_by_rank()), [*known_currencies(), conditions_from(rule.conditions).currency])
    if form.validate_on_submit() and is_saved(rule, form):
        return redirect(url_for("tiering.rules"))
    return render_template("admin/tier_rule.html", form=form, rule=rule)


@tiering.post("/<int:rule_id>/move")
def move(rule_id: int) -> ResponseReturnValue:
    """Let a rule decide earlier or later."""
    rule = db.session.get(TierRule, rule_id) or abort(404)
    with told():
        move_rule(rule, -1 if request.form.get("to") == "up" else 1, by=current_person())
    return redirect(url_for("tiering.rules"))


@tiering.post("/<int:rule_id>/delete")
def delete(rule_id: int) -> ResponseReturnValue:
    """Delete a rule; accounts stay where they are."""
    rule = db.session.get(TierRule, rule_id) or abort(404)
    with told():
        delete_rule(rule, by=current_person())
        flash(_("The rule was deleted; accounts stay where they are."), "success")
    return redirect(url_for("tiering.rules"))


@tiering.get("/preview")
def preview() -> str:
    """Show which accounts the rules would move, and why; nothing moves yet."""
    plan = planned_moves()
    return render_template(
        "admin/tier_preview.html",
        plan=plan,
        page=list_page(plan.lines, number=requested_page()),
        tiers={tier.id: tier.name for tier in tiers_by_rank()},
    )


@tiering.post("/apply")
def apply() -> ResponseReturnValue:
    """Move the accounts of the preview that was looked at."""
    with told():
        moved = apply_rules(seen=request.form.get("seen", ""), by=current_person())
        flash(ngettext("One account was moved.", "%(num)s accounts were moved.", moved), "success")
    return redirect(url_for("tiering.preview"))


def is_saved(rule: TierRule | None, form: RuleForm) -> bool:
    """Store a sent rule; when it makes no sense, write nothing and tell the reason at the form."""
    decided: dict[str, Any] = {
        "tier": db.session.get(Tier, form.tier_id.data) if form.tier_id.data else None,
        "coverage_model": CoverageModel(form.coverage_model.data) if form.coverage_model.data else None,
        "conditions": form.conditions(),
        "is_automatic": bool(form.is_automatic.data),
    }
    try:
        with transaction():
            save_rule(rule, name=form.name.data or "", by=current_person(), **decided)
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return False
    flash(_("Saved; look at the preview before you apply the rules."), "success")
    return True
