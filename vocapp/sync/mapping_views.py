"""What is mapped to what: objects, fields, the rules for tiers and personas, and who users over there are."""

from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.accounts.queries import personas_in_order, tiers_by_rank
from vocapp.core.db import db, transaction
from vocapp.core.web import requested_page
from vocapp.identity.guards import current_person
from vocapp.identity.queries import users_by_name
from vocapp.identity.telling import told
from vocapp.sync import phrases
from vocapp.sync.forms import FieldForm, ObjectForm, RuleForm
from vocapp.sync.known_fields import known_at, known_fields
from vocapp.sync.listing import queues_that_own, users_page
from vocapp.sync.looking import look_at_fields
from vocapp.sync.models import CrmField, CrmLink, CrmMapping
from vocapp.sync.queries import mappings_of
from vocapp.sync.service import change_field, change_mapping, choose_user, drop_field, resume_mapping
from vocapp.sync.telling import Spoken
from vocapp.sync.views import connection_or_404

sync_mapping = Blueprint(
    "sync_mapping", __name__, url_prefix="/settings/connections/<int:connection_id>/mapping"
)


@sync_mapping.get("")
def index(connection_id: int) -> str:
    """List what is mapped, with what rests and why."""
    return render_template(
        "sync/mappings.html",
        connection=connection_or_404(connection_id),
        mappings=mappings_of(connection_id),
        phrases=phrases,
    )


@sync_mapping.get("/<int:mapping_id>")
def edit(connection_id: int, mapping_id: int) -> str:
    """Show how the fields of one object travel."""
    return mapping_page(mapping_or_404(connection_id, mapping_id))


@sync_mapping.post("/<int:mapping_id>")
def change(connection_id: int, mapping_id: int) -> ResponseReturnValue:
    """Change what of an object comes in and how it is matched."""
    mapping = mapping_or_404(connection_id, mapping_id)
    form = object_form(mapping, request.form)
    if not form.validate_on_submit():
        return mapping_page(mapping, form=form)
    with told():
        change_mapping(mapping, **form_values(form), value_rules=mapping.value_rules, by=current_person())
        flash(_("Saved; the next run uses it."), "success")
    return redirect(url_for("sync_mapping.edit", connection_id=connection_id, mapping_id=mapping_id))


@sync_mapping.route("/<int:mapping_id>/field", methods=["GET", "POST"])
def field(connection_id: int, mapping_id: int) -> ResponseReturnValue:
    """Map a field, or (with `ours` in the address) map it otherwise."""
    mapping = mapping_or_404(connection_id, mapping_id)
    form = field_form(mapping, request.args.get("ours", ""))
    if form.validate_on_submit() and is_mapped(mapping, form):
        return redirect(url_for("sync_mapping.edit", connection_id=connection_id, mapping_id=mapping_id))
    return render_template(
        "sync/field.html",
        connection=mapping.connection,
        mapping=mapping,
        form=form,
        known=known_fields(mapping),
        phrases=phrases,
    )


@sync_mapping.post("/<int:mapping_id>/fields/<int:field_id>/drop")
def drop(connection_id: int, mapping_id: int, field_id: int) -> ResponseReturnValue:
    """Map a field no more."""
    mapping = mapping_or_404(connection_id, mapping_id)
    found = next((one for one in mapping.fields if one.id == field_id), None) or abort(404)
    with told():
        drop_field(found, by=current_person())
        flash(_("Taken out; values on both sides stay as they are."), "success")
    return redirect(url_for("sync_mapping.edit", connection_id=connection_id, mapping_id=mapping_id))


@sync_mapping.post("/<int:mapping_id>/resume")
def resume(connection_id: int, mapping_id: int) -> ResponseReturnValue:
    """Let what rests in a mapping try again."""
    mapping = mapping_or_404(connection_id, mapping_id)
    with told():
        resume_mapping(mapping, by=current_person())
        flash(_("It takes part again; the next run looks whether it can."), "success")
    return redirect(url_for("sync_mapping.edit", connection_id=connection_id, mapping_id=mapping_id))


@sync_mapping.post("/<int:mapping_id>/look")
def look(connection_id: int, mapping_id: int) -> ResponseReturnValue:
    """Look anew which fields an object has over there."""
    name = mapping_or_404(connection_id, mapping_id).object
    with Spoken():
        look_at_fields(connection_id, name)
        flash(_("The list of their fields is up to date."), "success")
    return redirect(url_for("sync_mapping.edit", connection_id=connection_id, mapping_id=mapping_id))


@sync_mapping.post("/<int:mapping_id>/rules")
def add_rule(connection_id: int, mapping_id: int) -> ResponseReturnValue:
    """Add a line that gives a tier or a persona."""
    mapping = mapping_or_404(connection_id, mapping_id)
    form = rule_form(mapping, request.form)
    if not form.validate_on_submit():
        return mapping_page(mapping, rule=form)
    line = {name: form[name].data for name in ("target", "field", "equals", "gives")}
    save_rules(mapping, [*mapping.value_rules, line])
    return redirect(url_for("sync_mapping.edit", connection_id=connection_id, mapping_id=mapping_id))


@sync_mapping.post("/<int:mapping_id>/rules/<int:number>/drop")
def drop_rule(connection_id: int, mapping_id: int, number: int) -> ResponseReturnValue:
    """Take a line out; `number` counts from 1."""
    mapping = mapping_or_404(connection_id, mapping_id)
    if number > len(mapping.value_rules):
        abort(404)
    save_rules(mapping, [*mapping.value_rules[: number - 1], *mapping.value_rules[number:]])
    return redirect(url_for("sync_mapping.edit", connection_id=connection_id, mapping_id=mapping_id))


@sync_mapping.get("/users")
def users(connection_id: int) -> str:
    """Show who owns accounts over there, and who they are here."""
    page, lines = users_page(connection_id, number=requested_page())
    return render_template(
        "sync/users.html",
        connection=connection_or_404(connection_id),
        page=page,
        lines=lines,
        queues=queues_that_own(connection_id),
        ours=users_by_name(),
    )


@sync_mapping.post("/users/<int:link_id>")
def choose(connection_id: int, link_id: int) -> ResponseReturnValue:
    """Say who a user over there is here."""
    link = db.session.get(CrmLink, link_id)
    if link is None or link.connection_id != connection_id or link.entity != "user":
        abort(404)
    chosen = request.form.get("user_id", 0, type=int)
    if chosen and chosen not in {one.id for one in users_by_name()}:
        flash(_("Choose one of the users on the list."), "error")
    else:
        with told():
            choose_user(link, chosen or None, by=current_person())
            flash(_("Saved; their accounts follow with the next run."), "success")
    return redirect(url_for("sync_mapping.users", connection_id=connection_id, page=requested_page()))


def mapping_or_404(connection_id: int, mapping_id: int) -> CrmMapping:
    """Return a mapping of a connection."""
    found = db.session.get(CrmMapping, mapping_id)
    return found if found is not None and found.connection_id == connection_id else abort(404)


def mapping_page(mapping: CrmMapping, *, form: ObjectForm | None = None, rule: RuleForm | None = None) -> str:
    """Return the page of a mapping, with a form that was sent wrongly if there is one."""
    return render_template(
        "sync/mapping.html",
        connection=mapping.connection,
        mapping=mapping,
        form=form or object_form(mapping, None),
        rule=rule or rule_form(mapping, None),
        known=known_fields(mapping),
        known_at=known_at(mapping),
        gives=given_names(),
        phrases=phrases,
    )


def object_form(mapping: CrmMapping, sent: Any) -> ObjectForm:
    """Return the form of an object with the fields it could be matched by."""
    form = ObjectForm(sent, obj=mapping)
    names = sorted({one.name for one in known_fields(mapping)} | {mapping.match_field} - {""})
    form.match_field.choices = [("", _("none")), *((name, name) for name in names)]
    return form


def form_values(form: ObjectForm) -> dict[str, Any]:
    """Return what a valid form says."""
    return {
        "is_active": bool(form.is_active.data),
        "creates": bool(form.creates.data),
        "filter_": form.filter.data or "",
        "match_field": form.match_field.data or "",
    }


def field_form(mapping: CrmMapping, ours: str) -> FieldForm:
    """Return the form of a field, filled with how it travels now."""
    known = next((one for one in mapping.fields if one.ours == ours), None)
    form = FieldForm(request.form if request.method == "POST" else None, obj=known or CrmField(ours=ours))
    form.offer(mapping.entity)
    return form


def is_mapped(mapping: CrmMapping, form: FieldForm) -> bool:
    """Map a field as a valid form says; a way it cannot travel is told at the form."""
    with Spoken(form), transaction():
        change_field(
            mapping,
            form.ours.data,
            theirs=form.theirs.data or "",
            direction=form.way(),
            owner=form.whose(),
            carries_blank=bool(form.carries_blank.data),
            by=current_person(),
        )
        flash(_("Saved; the next run uses it."), "success")
        return True
    return False


def given_names() -> dict[str, str]:
    """Return what rules may give: names of tiers and keys of personas, each with what people call it."""
    return {tier.name: tier.name for tier in tiers_by_rank()} | {
        one.key: one.name for one in personas_in_order()
    }


def rule_form(mapping: CrmMapping, sent: Any) -> RuleForm:
    """Return the form of a rule: accounts get tiers, people personas."""
    form = RuleForm(sent)
    is_account = mapping.entity == "account"
    form.target.choices = [("tier", _("a tier"))] if is_account else [("personas", _("a persona"))]
    form.gives.choices = (
        [(tier.name, tier.name) for tier in tiers_by_rank()]
        if is_account
        else [(persona.key, persona.name) for persona in personas_in_order()]
    )
    return form


def save_rules(mapping: CrmMapping, lines: list[Any]) -> None:
    """Store the lines of a mapping in their order, the rest of it as it is."""
    with told():
        change_mapping(
            mapping,
            is_active=mapping.is_active,
            creates=mapping.creates,
            filter_=mapping.filter,
            match_field=mapping.match_field,
            value_rules=lines,
            by=current_person(),
        )
        flash(_("Saved; records follow when they are read next, or when everything is compared."), "success")
