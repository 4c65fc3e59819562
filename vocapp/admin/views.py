"""Settings: company and users; tiers, personas and their rules have pages of their own."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from vocapp.accounts.queries import house_rules, personas_in_order, tiers_by_rank
from vocapp.admin.forms import CompanyForm, NewUserForm, ScoredAnswersForm, UserForm
from vocapp.admin.queries import (
    contacts_per_persona,
    customers_per_owner,
    customers_per_tier,
    owners_without_user,
)
from vocapp.admin.service import (
    change_company,
    change_scored_answers,
    change_user,
    invite_user,
)
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.guards import current_person
from vocapp.identity.models import User
from vocapp.identity.queries import company, users_by_name
from vocapp.identity.rules import RoleName

admin = Blueprint("admin", __name__, url_prefix="/settings")


@admin.get("")
def index() -> str:
    """Show what is set, each with the way to change it."""
    return render_template(
        "admin/index.html",
        company=company(),
        users=users_by_name(),
        owned=customers_per_owner(),
        waiting=owners_without_user(),
        tiers=tiers_by_rank(),
        in_tier=customers_per_tier(),
        personas=personas_in_order(),
        playing=contacts_per_persona(),
        house=house_rules(),
    )


@admin.route("/company", methods=["GET", "POST"])
def edit_company() -> ResponseReturnValue:
    """Change the company's name and its own mail domains."""
    ours = company()
    form = CompanyForm(name=ours.name, domains="\n".join(ours.domains)) if ours else CompanyForm()
    if form.validate_on_submit():
        with transaction():
            change_company(name=form.name.data or "", domains=form.domain_list(), by=current_person())
        flash(_("Saved."), "success")
        return redirect(url_for("admin.index"))
    return render_template("admin/company.html", form=form)


@admin.route("/scored-answers", methods=["GET", "POST"])
def scored_answers() -> ResponseReturnValue:
    """Choose which answers count in scores."""
    ours = company() or abort(404)
    form = ScoredAnswersForm(obj=ours)
    if form.validate_on_submit():
        with transaction():
            is_changed = change_scored_answers(
                ours,
                is_phone_scored=form.is_phone_scored.data,
                is_reply_scored=form.is_reply_scored.data,
                is_import_scored=form.is_import_scored.data,
                by=current_person(),
            )
        flash(_("Saved; the scores follow in a minute.") if is_changed else _("Nothing changed."), "success")
        return redirect(url_for("admin.index"))
    return render_template("admin/scored_answers.html", form=form)


@admin.route("/users/new", methods=["GET", "POST"])
def new_user() -> ResponseReturnValue:
    """Add somebody who may sign in; `email` in the address fills the form."""
    form = NewUserForm(email=request.args.get("email", ""))
    if form.validate_on_submit() and try_to_invite(form):
        return redirect(url_for("admin.index"))
    return render_template("admin/new_user.html", form=form)


@admin.route("/users/<int:user_id>", methods=["GET", "POST"])
def edit_user(user_id: int) -> ResponseReturnValue:
    """Change a user's name, role, or whether they may sign in."""
    user = db.session.get(User, user_id) or abort(404)
    form = UserForm(obj=user)
    if form.validate_on_submit() and try_to_change(user, form):
        return redirect(url_for("admin.index"))
    return render_template("admin/edit_user.html", form=form, user=user)


def try_to_invite(form: NewUserForm) -> bool:
    """Add a user, or put the reason at the address."""
    try:
        with transaction():
            user, accounts = invite_user(
                form.email.data or "",
                name=form.name.data or "",
                title=form.title.data or "",
                role=RoleName(form.role.data),
                by=current_person(),
            )
            flash(added_words(user, accounts), "success")
    except DomainError as refusal:
        form.email.errors = [*form.email.errors, str(refusal)]
        return False
    return True


def added_words(user: User, accounts: int) -> str:
    """Say who was added, and how many accounts waited for them."""
    greeting = _("%(name)s was added and gets a mail to choose a password.", name=user.name)
    owned = ngettext("They own one account.", "They own %(num)s accounts.", accounts)
    return f"{greeting} {owned}" if accounts else greeting


def try_to_change(user: User, form: UserForm) -> bool:
    """Change a user, or put the reason at the role."""
    try:
        with transaction():
            change_user(
                user,
                name=form.name.data or "",
                title=form.title.data or "",
                role=RoleName(form.role.data),
                active=form.active.data,
                by=current_person(),
            )
    except DomainError as refusal:
        form.role.errors = [*form.role.errors, str(refusal)]
        return False
    flash(_("Saved."), "success")
    return True
