"""Two people merge the same contact at the same moment: one wins, the other gets a sentence."""

import threading
from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from tests.builders import NOW, a_contact, a_user, an_account
from vocapp.accounts.models import Contact
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.duplicates.models import ContactMerge
from vocapp.duplicates.service import merge_contacts, unmerge
from vocapp.identity.models import User


def at_once(app: Flask, *works: Callable[[], object]) -> list[str]:
    """Run some work in as many threads; return what they were told, empty for those that went through."""
    told: list[str] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        with app.app_context():
            start.wait()
            try:
                with transaction():
                    work()
                told.append("")
            except DomainError as refusal:
                told.append(str(refusal))
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


def test_a_contact_is_merged_once(separate_app: Flask) -> None:
    with separate_app.app_context():
        account, user_id = an_account(), a_user().id
        first, second, merged = (a_contact(account).id for _number in range(3))
        db.session.remove()

    def merge(kept_id: int) -> None:
        kept, other = db.session.get_one(Contact, kept_id), db.session.get_one(Contact, merged)
        merge_contacts(kept, other, chosen={}, by=db.session.get_one(User, user_id), now=NOW)

    told = at_once(separate_app, lambda: merge(first), lambda: merge(second))
    assert told[0] == ""
    assert "merge that person instead" in told[1]
    with separate_app.app_context():
        assert len(db.session.scalars(select(ContactMerge)).all()) == 1


def test_two_people_are_not_merged_into_each_other(separate_app: Flask) -> None:
    with separate_app.app_context():
        account, user_id = an_account(), a_user().id
        one, other = a_contact(account).id, a_contact(account).id
        db.session.remove()

    def merge(kept_id: int, merged_id: int) -> None:
        kept, merged = db.session.get_one(Contact, kept_id), db.session.get_one(Contact, merged_id)
        merge_contacts(kept, merged, chosen={}, by=db.session.get_one(User, user_id), now=NOW)

    told = at_once(separate_app, lambda: merge(one, other), lambda: merge(other, one))
    assert [bool(words) for words in told] == [False, True]


def test_a_merge_is_taken_apart_once(separate_app: Flask) -> None:
    with separate_app.app_context():
        account, user = an_account(), a_user()
        kept, merged = a_contact(account), a_contact(account)
        with transaction():
            merge_id = merge_contacts(kept, merged, chosen={}, by=user, now=NOW).id
        user_id = user.id
        db.session.remove()

    def undo() -> None:
        unmerge(db.session.get_one(ContactMerge, merge_id), by=db.session.get_one(User, user_id), now=NOW)

    told = at_once(separate_app, undo, undo)
    assert [bool(words) for words in told] == [False, True]
