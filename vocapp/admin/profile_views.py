"""Settings: personas, tiers with their profiles, overrides, and how long knowledge stays good."""

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from vocapp.accounts.models import Persona, ProfileOverride, Tier
from vocapp.accounts.personas import (
    add_persona,
    change_persona,
    forget_weight,
    keep_persona,
    move_persona,
    retire_persona,
    weigh_persona,
    weights_of,
)
from vocapp.accounts.profiles import (
    add_override,
    add_tier,
    change_house_rules,
    delete_tier,
    move_tier,
    rename_tier,
    withdraw_override,
)
from vocapp.accounts.queries import house_rules, personas_in_order, personas_on, tiers_by_rank
from vocapp.accounts.rules import OverrideScope
from vocapp.admin.profile_forms import (
    HouseRulesForm,
    NewPersonaForm,
    OverrideForm,
    PersonaForm,
    ProfilesForm,
    RetireForm,
    TierForm,
    WeightForm,
    WithdrawForm,
)
from vocapp.admin.profile_queries import (
    coming_weights,
    known_places,
    overrides_in_order,
    profile_dates,
)
from vocapp.admin.queries import accounts_per_tier, contacts_per_persona, customers_per_tier
from vocapp.admin.service import change_profiles, grid_mark, profile_grid, read_grid
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.forms import Form
from vocapp.core.web import page_of, requested_page
from vocapp.identity.guards import current_person
from vocapp.identity.telling import told

profiles = Blueprint("profiles", __name__, url_prefix="/settings")


@profiles.route("/tiers", methods=["GET", "POST"])
def tiers() -> ResponseReturnValue:
    """Show and change how many contacts of each persona accounts of a tier should have, from a date on."""
    form = ProfilesForm(effective_from=request.args.get("on", today(), type=date.fromisoformat))
    if form.validate_on_submit() and is_done(form, lambda: save_profiles(form)):
        return redirect(url_for("profiles.tiers", on=form.effective_from.data))
    on = form.effective_from.data or today()
    grid = profile_grid(on)
    if request.method == "GET":
        form.seen.data = grid_mark(grid)
    shown = {"on": on, "today": today(), "later": profile_dates(today()), "in_tier": customers_per_tier()}
    shown |= {"tiers": tiers_by_rank(), "personas": personas_on(on), "grid": grid}
    return render_template("admin/tiers.html", form=form, tier_form=TierForm(formdata=None), **shown)


@profiles.post("/tiers/new")
def new_tier() -> ResponseReturnValue:
    """Add a tier below all others."""
    with told():
        add_tier(TierForm().name.data or "", by=current_person())
        flash(_("The tier was added; say now whom its accounts should have."), "success")
    return redirect(url_for("profiles.tiers"))


@profiles.route("/tiers/<int:tier_id>", methods=["GET", "POST"])
def tier(tier_id: int) -> ResponseReturnValue:
    """Rename a tier."""
    found = db.session.get(Tier, tier_id) or abort(404)
    form = TierForm(obj=found)
    if form.validate_on_submit() and is_done(
        form, lambda: rename_tier(found, form.name.data or "", by=current_person())
    ):
        flash(_("Saved."), "success")
        return redirect(url_for("profiles.tiers"))
    return render_template("admin/tier.html", form=form, tier=found, accounts=accounts_per_tier())


@profiles.post("/tiers/<int:tier_id>/move")
def move(tier_id: int) -> ResponseReturnValue:
    """Move a tier up or down."""
    found = db.session.get(Tier, tier_id) or abort(404)
    with told():
        move_tier(found, places_asked(), by=current_person())
    return redirect(url_for("profiles.tiers"))


@profiles.post("/tiers/<int:tier_id>/delete")
def delete(tier_id: int) -> ResponseReturnValue:
    """Delete a tier that nobody is in."""
    found = db.session.get(Tier, tier_id) or abort(404)
    with told():
        delete_tier(found, by=current_person())
        flash(_("The tier was deleted."), "success")
    return redirect(url_for("profiles.tiers"))


@profiles.route("/personas", methods=["GET", "POST"])
def personas() -> ResponseReturnValue:
    """Show all personas, and add one."""
    form = NewPersonaForm()
    if form.validate_on_submit() and is_done(form, lambda: save_new_persona(form)):
        flash(_("The persona was added; the tier profiles say how many of it an account should have."))
        return redirect(url_for("profiles.personas"))
    shown = {"personas": personas_in_order(), "playing": contacts_per_persona(), "today": today()}
    return render_template("admin/personas.html", form=form, coming=coming_weights(today()), **shown)


@profiles.route("/personas/<int:persona_id>", methods=["GET", "POST"])
def persona(persona_id: int) -> ResponseReturnValue:
    """Rename or describe a persona; its weight and retirement have forms of their own on the page."""
    found = db.session.get(Persona, persona_id) or abort(404)
    form = PersonaForm(obj=found)
    if form.validate_on_submit() and is_done(form, lambda: save_persona(found, form)):
        flash(_("Saved."), "success")
        return redirect(url_for("profiles.personas"))
    return persona_page(found, form=form)


@profiles.post("/personas/<int:persona_id>/weight")
def weigh(persona_id: int) -> ResponseReturnValue:
    """Say how much a persona weighs from a date on."""
    found = db.session.get(Persona, persona_id) or abort(404)
    form = WeightForm(prefix="w")
    if form.validate() and is_done(form, lambda: save_weight(found, form)):
        flash(_("Saved."), "success")
        return redirect(url_for("profiles.persona", persona_id=persona_id))
    return persona_page(found, weight_form=form)


@profiles.post("/personas/<int:persona_id>/weight/forget")
def forget(persona_id: int) -> ResponseReturnValue:
    """Take back a weight that begins later."""
    found = db.session.get(Persona, persona_id) or abort(404)
    begins = request.form.get("on", date.min, type=date.fromisoformat)
    with told():
        forget_weight(found, begins, by=current_person(), today=today())
    return redirect(url_for("profiles.persona", persona_id=persona_id))


@profiles.post("/personas/<int:persona_id>/retire")
def retire(persona_id: int) -> ResponseReturnValue:
    """Let a persona ask for no seats from a date on."""
    found = db.session.get(Persona, persona_id) or abort(404)
    form = RetireForm(prefix="r")
    if form.validate() and is_done(
        form,
        lambda: retire_persona(found, on=form.on.data or today(), by=current_person(), today=today()),
    ):
        flash(_("Saved; what it asked for before that day stays on record."), "success")
        return redirect(url_for("profiles.persona", persona_id=persona_id))
    return persona_page(found, retire_form=form)


@profiles.post("/personas/<int:persona_id>/keep")
def keep(persona_id: int) -> ResponseReturnValue:
    """Take back a retirement that begins later."""
    found = db.session.get(Persona, persona_id) or abort(404)
    with told():
        keep_persona(found, by=current_person(), today=today())
    return redirect(url_for("profiles.persona", persona_id=persona_id))


@profiles.post("/personas/<int:persona_id>/move")
def reorder(persona_id: int) -> ResponseReturnValue:
    """Move a persona up or down."""
    found = db.session.get(Persona, persona_id) or abort(404)
    with told():
        move_persona(found, places_asked(), by=current_person())
    return redirect(url_for("profiles.personas"))


@profiles.route("/overrides", methods=["GET", "POST"])
def overrides() -> ResponseReturnValue:
    """Show what single segments, regions and accounts should have instead, and add to it."""
    form = OverrideForm(
        scope=request.args.get("scope"), where=request.args.get("where"), effective_from=today()
    )
    form.offer(list(tiers_by_rank()), personas_on(today()))
    if form.validate_on_submit() and is_done(form, lambda: save_override(form)):
        flash(_("The override was added."), "success")
        return redirect(url_for("profiles.overrides"))
    page = page_of(overrides_in_order(today()), number=requested_page())
    return render_template("admin/overrides.html", form=form, page=page, today=today(), places=known_places())


@profiles.route("/overrides/<int:override_id>", methods=["GET", "POST"])
def withdraw(override_id: int) -> ResponseReturnValue:
    """Show an override, and let it hold no longer from a date on."""
    found = db.session.get(ProfileOverride, override_id) or abort(404)
    form = WithdrawForm(ends_on=today())
    if form.validate_on_submit() and is_done(
        form,
        lambda: withdraw_override(
            found, ends_on=form.ends_on.data or today(), by=current_person(), today=today()
        ),
    ):
        flash(_("Saved; what it asked for before that day stays on record."), "success")
        return redirect(url_for("profiles.overrides"))
    return render_template("admin/override.html", form=form, override=found, today=today())


@profiles.route("/knowing", methods=["GET", "POST"])
def knowing() -> ResponseReturnValue:
    """Show and change how long knowledge stays good."""
    form = HouseRulesForm(obj=house_rules())
    if form.validate_on_submit() and is_done(
        form, lambda: change_house_rules(form.rules(), by=current_person(), today=today())
    ):
        flash(_("Saved."), "success")
        return redirect(url_for("admin.index"))
    return render_template("admin/knowing.html", form=form)


def today() -> date:
    """Return the day it is (UTC), as scores count days."""
    return utcnow().date()


def is_done(form: Form, act: Callable[[], object]) -> bool:
    """Act in a transaction; when a rule says no, write nothing and tell the reason at the form."""
    try:
        with transaction():
            act()
    except DomainError as refusal:
        form.form_errors.append(str(refusal))
        return False
    return True


def places_asked() -> int:
    """Return by how many places the sent button moves something: one up or one down."""
    return -1 if request.form.get("to") == "up" else 1


def persona_page(
    found: Persona,
    *,
    form: PersonaForm | None = None,
    weight_form: WeightForm | None = None,
    retire_form: RetireForm | None = None,
) -> str:
    """Return the page of a persona; forms that were not sent are fresh."""
    fresh = {"formdata": None}
    weight = {"weight": found.weight, "effective_from": today()}
    return render_template(
        "admin/persona.html",
        persona=found,
        form=form or PersonaForm(**fresh, obj=found),
        weight_form=weight_form or WeightForm(**fresh, prefix="w", data=weight),
        retire_form=retire_form or RetireForm(**fresh, prefix="r", on=today()),
        weights=weights_of(found),
        today=today(),
    )


def save_profiles(form: ProfilesForm) -> None:
    """Store the sent grid, and say how many tiers changed."""
    on = form.effective_from.data or today()
    changed = change_profiles(
        read_grid(request.form, on=on),
        effective_from=on,
        today=today(),
        by=current_person(),
        seen=form.seen.data or "",
    )
    flash(
        ngettext("One tier changed.", "%(num)s tiers changed.", changed) if changed else _("Nothing changed.")
    )


def save_new_persona(form: NewPersonaForm) -> None:
    """Store a sent persona."""
    add_persona(form.name.data or "", weight=form.weight.data or 0.0, key=form.key.data or "", **_words(form))


def save_persona(found: Persona, form: PersonaForm) -> None:
    """Store what a persona is called."""
    change_persona(found, name=form.name.data or "", **_words(form))


def _words(form: PersonaForm) -> dict[str, Any]:
    return {
        "description": form.description.data or "",
        "customer_words": form.customer_words.data or "",
        "by": current_person(),
    }


def save_weight(found: Persona, form: WeightForm) -> None:
    """Store a sent weight."""
    weigh_persona(
        found,
        form.weight.data or 0.0,
        effective_from=form.effective_from.data or today(),
        by=current_person(),
        today=today(),
    )


def save_override(form: OverrideForm) -> None:
    """Store a sent override."""
    add_override(
        OverrideScope(form.scope.data),
        form.where.data or "",
        persona=db.session.get(Persona, form.persona_id.data),
        required=form.required.data or 0,
        reason=form.reason.data or "",
        effective_from=form.effective_from.data or today(),
        tier=db.session.get(Tier, form.tier_id.data) if form.tier_id.data else None,
        by=current_person(),
        today=today(),
    )
