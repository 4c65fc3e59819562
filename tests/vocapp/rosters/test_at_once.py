"""Two people confirm one roster at the same moment, on their own connections."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from flask import Flask
from sqlalchemy import func, select

from tests.builders import NOW, a_company, a_contact, a_user, an_account
from vocapp.accounts.models import Account
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.rosters.models import RosterConfirmation
from vocapp.rosters.rules import Choice, RosterDecision, RosterPlan
from vocapp.rosters.service import RosterChanged, confirm_roster


def test_one_of_two_at_once_is_stored_and_the_other_is_told(separate_app: Flask) -> None:
    with separate_app.app_context():
        a_company()
        person = a_contact(an_account())
        account_id, contact_id = person.account_id, person.id
        users = [a_user().id, a_user().id]
    start = Barrier(2)

    def confirm(user_id: int) -> str:
        with separate_app.app_context():
            start.wait()
            try:
                with transaction():
                    confirm_roster(
                        db.session.get_one(Account, account_id),
                        RosterPlan((Choice(contact_id, RosterDecision.KEEP),)),
                        by=db.session.get_one(User, user_id),
                        now=NOW,
                    )
            except RosterChanged:
                return "told"
            return "stored"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(confirm, users)) == ["stored", "told"]
    with separate_app.app_context():
        rows = select(func.count()).select_from(RosterConfirmation)
        assert db.session.scalar(rows) == 1
