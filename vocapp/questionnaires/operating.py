"""Doing what the editor asks for, by the name of the operation and its form."""

from sqlalchemy import select

from surveys.condition_rows import Known
from surveys.conditions import About
from surveys.definition import DefinitionError
from surveys.translation import phrase_book
from vocapp.accounts.models import Account
from vocapp.accounts.queries import personas_in_order, tiers_by_rank
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.questionnaires.drafting import Work, change_draft, held_draft
from vocapp.questionnaires.edits import Context, Form
from vocapp.questionnaires.operations import OPERATIONS
from vocapp.questionnaires.queries import definition_of_draft, latest_version

MOST_PRODUCTS = 50


def operate(key: str, operation: str, form: Form, work: Work) -> str:
    """Do an operation on a survey's draft and return the place the editor shows next.

    Raises `DomainError` for what the rules refuse, `StaleDraft` when somebody else was quicker.
    """
    definition = definition_of_draft(held_draft(key, work))
    context = Context(known_of_people(), is_published=latest_version(key) is not None)
    try:
        edit = OPERATIONS[operation](definition, form, context)
    except DefinitionError as refusal:
        raise DomainError(str(refusal)) from None
    change_draft(key, edit.change, what=edit.what, work=work, merges=edit.merges)
    return edit.at


def known_of_people() -> Known:
    """Return what conditions can ask about people: their personas, tiers, products and languages."""
    products = (
        select(Account.product).where(Account.product != "").distinct().order_by(Account.product)
    ).limit(MOST_PRODUCTS)
    return {
        About.PERSONA: {persona.key: persona.name for persona in personas_in_order()},
        About.TIER: {tier.name: tier.name for tier in tiers_by_rank()},
        About.PRODUCT: {product: product for product in db.session.scalars(products)},
        About.LANGUAGE: {code: spoken.name for code, spoken in phrase_book().languages.items()},
    }
