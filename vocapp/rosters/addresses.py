"""Whom the addresses typed into a roster mean, and which of them cannot be taken."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from vocapp.accounts.cells import CellProblem, read_address
from vocapp.accounts.directory import Directory
from vocapp.accounts.models import Account, Contact, Persona
from vocapp.accounts.queries import contact_at, visible_accounts
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.rosters.rules import OFF_THE_ROSTER, Choice, Newcomer, RosterPlan


@dataclass(frozen=True, slots=True)
class _Named:
    """Somebody named in the form, by the choice that makes them follow somebody, or None."""

    newcomer: Newcomer
    follows: Choice | None


def judge_addresses(
    account: Account, plan: RosterPlan, people: Mapping[int, Contact], *, by: User
) -> tuple[dict[str, Contact], dict[str, str]]:
    """Return place → who is meant, of those known here, and field → what is wrong with it.

    Somebody who stays at this account may follow somebody else just by their address; `people` are those the
    plan decides about.
    """
    directory = Directory(is_dry_run=True)
    personas = set(db.session.scalars(select(Persona.id).where(Persona.retired_on.is_(None))))
    going = {choice.contact_id for choice in plan.choices if choice.decision in OFF_THE_ROSTER}
    known: dict[str, Contact] = {}
    problems: dict[str, str] = {}
    taken: set[str] = set()
    for named in _everybody_named(plan):
        place = named.newcomer.place
        if not named.newcomer.email:
            problems[f"email-{place}"] = "Write the e-mail address too: without one nobody can be asked."
            continue
        try:
            _address, key = read_address(named.newcomer.email)
        except CellProblem as refusal:
            problems[f"email-{place}"] = refusal.reason
            continue
        here = contact_at(account.id, key)
        if named.follows and here is not None and here.id in people:
            known[place] = here
        reason = _why_not(named, key, here, people, going, directory, by)
        if key in taken:
            reason = "This address stands in this form twice; name everybody once."
        taken.add(key)
        if reason:
            problems[f"email-{place}"] = reason
        if named.newcomer.persona_id is not None and named.newcomer.persona_id not in personas:
            problems[f"persona-{place}"] = "There is no such persona any more; choose another."
    return known, problems


def _everybody_named(plan: RosterPlan) -> list[_Named]:
    followers = [_Named(choice.newcomer, choice) for choice in plan.choices if choice.newcomer]
    return [*followers, *(_Named(newcomer, None) for newcomer in plan.additions)]


def _why_not(
    named: _Named,
    key: str,
    here: Contact | None,
    people: Mapping[int, Contact],
    going: set[int],
    directory: Directory,
    by: User,
) -> str | None:
    if here is None:
        if directory.is_staff(key):
            return "This is the address of one of our own people; name somebody at the customer."
        return _why_elsewhere(key, by)
    if here.id not in people:
        return f"{here.full_name} has this address here already; look at their page first."
    if named.follows is None:
        return f"{here.full_name} has this address already, and stands among the people above."
    if here.id == named.follows.contact_id:
        return f"This is {here.full_name}'s own address; write that of whoever follows, or keep them."
    if here.id in going:
        return f"{here.full_name} goes as well; name somebody who stays."
    if here.status != ContactStatus.ACTIVE:
        return f"Mail to {here.full_name} comes back; name somebody we can write to."
    return None


def _why_elsewhere(key: str, by: User) -> str | None:
    """Return why an address of another account's person cannot be taken, or None for a new one."""
    others = (
        select(Contact.account_id)
        .where(
            Contact.email_key == key, Contact.merged_into_id.is_(None), Contact.status != ContactStatus.LEFT
        )
        .order_by(Contact.id)
        .limit(1)
    )
    account_id = db.session.scalar(others)
    if account_id is None:
        return None
    visible = visible_accounts(by).where(Account.id == account_id).with_only_columns(Account.name)
    where = db.session.scalar(visible) or "another account"
    return (
        f"This person is known at {where}. If they work for both, add them on this account's page first and"
        " choose them here."
    )
