"""Pages about accounts and the people at them."""

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from vocapp.accounts.access import visible_or_404
from vocapp.accounts.downloads import table_response
from vocapp.accounts.exporting import account_table, contact_table
from vocapp.accounts.forms import NOBODY, AccountForm, ChangeContactForm, ContactForm, NewContactForm
from vocapp.accounts.list_requests import kept_filters, wanted_accounts, wanted_people
from vocapp.accounts.listing import (
    ACCOUNT_ORDERS,
    PEOPLE_ORDERS,
    has_accounts,
    listed_accounts,
    listed_people,
    visible_regions,
)
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.parents import change_parent, parent_choices, parent_named, visible_parent
from vocapp.accounts.queries import footprint_of, house_rules, personas_in_order, personas_on, tiers_by_rank
from vocapp.accounts.reporting import possible_bosses
from vocapp.accounts.rules import is_verified
from vocapp.accounts.service import (
    add_contact,
    change_account,
    change_address,
    change_contact,
)
from vocapp.core.clock import utcnow
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.core.navigation import is_known
from vocapp.core.web import page_of, requested_order, requested_page
from vocapp.identity.guards import current_person
from vocapp.identity.queries import csms
from vocapp.identity.rules import RoleName, may_write, sees_all_accounts

accounts = Blueprint("accounts", __name__)


@accounts.context_processor
def rights() -> dict[str, Any]:
    """Tell templates what the signed-in user may do."""
    role = current_person().role
    return {
        "me": current_person(),
        "may_change": may_write(role),
        "may_import": role in (RoleName.ADMIN, RoleName.LEADER),
        "sees_all": sees_all_accounts(role),
    }


@accounts.get("/accounts")
def index() -> str:
    """List the accounts this user may see."""
    me, wanted = current_person(), wanted_accounts()
    order, column = requested_order(ACCOUNT_ORDERS, default="name")
    page = page_of(listed_accounts(me, wanted).order_by(column, Account.id), number=requested_page())
    return render_template(
        "accounts/index.html",
        page=page,
        order=order,
        wanted=wanted,
        footprints=footprint_of([account.id for account in page.items], utcnow().date()),
        tiers=tiers_by_rank(),
        owners=csms(),
        regions=visible_regions(me),
        **kept_filters(me, "accounts"),
        has_any=page.total > 0 or has_accounts(me),
    )


@accounts.get("/people")
def people() -> str:
    """List the contacts of the accounts this user may see."""
    me, wanted = current_person(), wanted_people()
    order, column = requested_order(PEOPLE_ORDERS, default="name")
    page = page_of(listed_people(me, wanted).order_by(column, Contact.id), number=requested_page())
    return render_template(
        "accounts/people.html",
        page=page,
        order=order,
        wanted=wanted,
        personas=personas_in_order(),
        **kept_filters(me, "people"),
        verified=confirmed_lately(page.items),
        has_any=page.total > 0 or has_accounts(me),
    )


@accounts.get("/accounts/export.<any(csv, xlsx):file_format>")
def export_accounts(file_format: str) -> ResponseReturnValue:
    """Download the listed accounts."""
    listed = listed_accounts(current_person(), wanted_accounts()).with_only_columns(Account.id)
    return table_response(account_table(listed), file_format)


@accounts.get("/people/export.<any(csv, xlsx):file_format>")
def export_people(file_format: str) -> ResponseReturnValue:
    """Download the listed contacts."""
    listed = listed_people(current_person(), wanted_people()).with_only_columns(Contact.id)
    return table_response(contact_table(listed), file_format)


@accounts.route("/accounts/<int:account_id>/edit", methods=["GET", "POST"])
def edit(account_id: int) -> ResponseReturnValue:
    """Change an account; only those who see all accounts may give it to another owner."""
    account = visible_or_404(Account, account_id)
    form = account_form(account)
    if form.validate_on_submit() and save_account(account, form):
        return redirect(account_url(account_id))
    parents = parent_choices(current_person(), account)
    back = account_url(account_id)
    return render_template("accounts/edit.html", form=form, account=account, parents=parents, back=back)


@accounts.route("/people/<int:contact_id>/edit", methods=["GET", "POST"])
def edit_contact(contact_id: int) -> ResponseReturnValue:
    """Change what we know about a person."""
    person = visible_or_404(Contact, contact_id)
    form = ChangeContactForm(obj=None if request.form else person)
    offer_choices(form, person.account_id, person)
    if form.validate_on_submit() and save_contact(person, form):
        return redirect(person_url(contact_id))
    return render_template("accounts/edit_contact.html", person=person, form=form, back=person_url(person.id))


@accounts.route("/accounts/<int:account_id>/people/new", methods=["GET", "POST"])
def new_contact(account_id: int) -> ResponseReturnValue:
    """Name a person for an account; `persona` (a key) says for which seat."""
    account = visible_or_404(Account, account_id)
    form = NewContactForm(is_confirmed=True)
    offer_choices(form, account_id, None)
    if form.validate_on_submit() and try_to_add(account, form):
        return redirect(account_url(account_id))
    return render_template(
        "accounts/new_contact.html", form=form, account=account, back=account_url(account_id)
    )


def account_url(account_id: int) -> str:
    """Return the address of an account's page."""
    if is_known("portfolio.account"):
        return url_for("portfolio.account", account_id=account_id)
    return url_for("accounts.people", account=account_id)


def person_url(contact_id: int) -> str:
    """Return the address of a person's page."""
    if is_known("people.show"):
        return url_for("people.show", contact_id=contact_id)
    return url_for("accounts.people")


def account_form(account: Account) -> AccountForm:
    """Return the form of an account with its choices."""
    form = AccountForm(obj=account)
    form.tier_id.choices = [(NOBODY, _("No tier")), *((tier.id, tier.name) for tier in tiers_by_rank())]
    owners = {user.id: user.name for user in (*csms(), *filter(None, [account.owner]))}
    form.owner_id.choices = [(NOBODY, _("Nobody")), *owners.items()]
    if not sees_all_accounts(current_person().role):
        del form.owner_id, form.tier_id
    parent = visible_parent(account, current_person())
    if account.parent_id is not None and parent is None:
        # It belongs to an account of somebody else, who may not be named here.
        del form.parent
    elif request.method == "GET":
        form.parent.data = parent.name if parent else ""
    return form


def save_account(account: Account, form: AccountForm) -> bool:
    """Store a sent form, or put the reason at the account it names as its parent."""
    me = current_person()
    try:
        with transaction():
            change_account(account, form.values(), user=me)
            if "parent" in form:
                change_parent(account, parent_named(form.parent.data or "", me), user=me)
    except DomainError as refusal:
        form.parent.errors = [*form.parent.errors, str(refusal)]
        return False
    flash(_("Saved."), "success")
    return True


def offer_choices(form: ContactForm, account_id: int, person: Contact | None) -> None:
    """Give a form its personas and whom to report to, and choose the person's or what the address names."""
    held = person.personas if person else ()
    usable = personas_on(utcnow().date())
    known = [persona for persona in personas_in_order() if persona in usable or persona in held]
    form.personas.choices = [(persona.id, persona.name) for persona in known]
    form.reports_to_id.choices = [
        *(form.reports_to_id.choices or ()),
        *((boss.id, boss.full_name) for boss in possible_bosses(account_id, person)),
    ]
    if request.method == "GET":
        key = request.args.get("persona")
        chosen = person.personas if person else [persona for persona in known if persona.key == key]
        form.personas.data = [persona.id for persona in chosen]
        form.reports_to_id.data = (person.reports_to_id if person else None) or NOBODY


def confirmed_lately(people: Iterable[Contact]) -> set[int]:
    """Return the ids of those people who were confirmed lately."""
    today, days = utcnow().date(), house_rules().verified_days
    return {person.id for person in people if is_verified(person.verified_on, on=today, days=days)}


def save_contact(person: Contact, form: ChangeContactForm) -> bool:
    """Store a sent form, or say why not."""
    try:
        with transaction():
            me, chosen = current_person(), form.personas.data or []
            change_contact(person, values=form.values(), persona_ids=chosen, user=me)
            if form.email.data and form.email.data != person.email:
                change_address(person, form.email.data, user=me)
        flash(_("Saved."), "success")
    except DomainError as refusal:
        flash(str(refusal), "error")
        return False
    return True


def tell_who_was_added(added: Contact) -> None:
    """Say that somebody was added, and when they fill no seat."""
    flash(_("%(name)s was added.", name=added.full_name), "success")
    if added.is_role_address:
        flash(_("The address belongs to a function, so it fills no seat and is not asked."), "info")


def try_to_add(account: Account, form: NewContactForm) -> bool:
    """Store a new person, or put the reason at the address."""
    values = {**form.values(), "verified_on": utcnow().date() if form.is_confirmed.data else None}
    try:
        with transaction():
            added = add_contact(
                account,
                email=form.email.data or "",
                values=values,
                persona_ids=form.personas.data or [],
                user=current_person(),
            )
            tell_who_was_added(added)
    except DomainError as refusal:
        form.email.errors = [*form.email.errors, str(refusal)]
        return False
    return True
