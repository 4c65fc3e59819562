"""What is stored of an assessment, and what is refused; what happens at the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.builders import NOW, a_contact, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.assessments.builders import a_note, an_assessment
from vocapp.accounts.models import Note
from vocapp.accounts.rules import ContactStatus
from vocapp.assessments.models import Assessment
from vocapp.assessments.notes import add_note
from vocapp.assessments.queries import attitude_of, latest_assessments
from vocapp.assessments.service import record_assessment
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName


def test_the_latest_of_each_is_found_in_one_go(app: Flask) -> None:
    account, other = an_account(), an_account()
    person = a_contact(account)
    an_assessment(account, goals=1, at=NOW - timedelta(days=5))
    an_assessment(account, goals=4)
    an_assessment(account, contact=person, attitude=2)
    an_assessment(other, goals=5)

    found = latest_assessments([account.id])

    assert {key: row.ratings for key, row in found.items()} == {
        (account.id, None): {"goals": 4},
        (account.id, person.id): {"attitude": 2},
    }


def test_of_two_at_the_same_moment_the_later_row_counts(app: Flask) -> None:
    account = an_account()
    an_assessment(account, goals=1)
    an_assessment(account, goals=5)

    assert latest_assessments([account.id])[account.id, None].ratings == {"goals": 5}


@pytest.mark.parametrize(("ratings", "attitude"), [({"attitude": 1}, 1), ({"access": 4}, None)])
def test_the_attitude_is_what_was_said_about_it(
    app: Flask, ratings: dict[str, int], attitude: int | None
) -> None:
    account = an_account()

    assert attitude_of(an_assessment(account, contact=a_contact(account), **ratings)) == attitude


def test_a_person_of_another_account_is_refused(app: Flask) -> None:
    stranger, account, author = a_contact(an_account()), an_account(), a_user()

    with pytest.raises(DomainError, match="does not belong to"), transaction():
        record_assessment(account, {"attitude": 3}, contact=stranger, by=author, now=NOW)


def test_a_note_about_a_person_of_another_account_is_refused(app: Flask) -> None:
    stranger, account, author = a_contact(an_account()), an_account(), a_user()

    with pytest.raises(DomainError, match="does not belong to"), transaction():
        add_note(account, "Hello", contact=stranger, by=author, now=NOW)


@pytest.mark.parametrize("status", [ContactStatus.BOUNCED, ContactStatus.OPTED_OUT])
def test_who_cannot_be_asked_can_still_be_assessed(app: Flask, status: ContactStatus) -> None:
    person, author = a_contact(status=status), a_user()

    with transaction():
        said = record_assessment(person.account, {"attitude": 3}, contact=person, by=author, now=NOW)

    assert said.contact_id == person.id


@pytest.mark.parametrize("ratings", [{}, {"goals": 0}, {"goals": 6}, {"attitude": 3}])
def test_ratings_that_mean_nothing_for_an_account_are_refused(app: Flask, ratings: dict[str, int]) -> None:
    account, author = an_account(), a_user()

    with pytest.raises(DomainError, match="from 1 to 5"), transaction():
        record_assessment(account, ratings, by=author, now=NOW)


def test_what_somebody_said_stays_when_they_are_deleted(app: Flask) -> None:
    author, account = a_user(), an_account()
    said, note = an_assessment(account, by=author), a_note(account, by=author)
    with transaction():
        db.session.delete(author)
    db.session.expire_all()

    assert (said.author, note.author) == (None, None)


def test_a_page_shows_what_nobody_here_wrote(client: CheckingClient) -> None:
    account = an_account()
    an_assessment(account)
    a_note(account)
    client.sign_in(a_user(RoleName.LEADER))

    for path in ("assess", "notes"):
        assert "Somebody who is no longer here" in client.get(f"/accounts/{account.id}/{path}").text


def test_forms_at_the_same_moment_are_one_per_person(separate_app: Flask) -> None:
    with separate_app.app_context():
        people = [a_user(RoleName.LEADER), a_user(RoleName.LEADER)]
        account_id, ids = an_account().id, [user.fs_uniquifier for user in people]

    def send(number: int) -> int:
        with separate_app.app_context():
            user = (
                db.session.scalars(select(User).where(User.fs_uniquifier == ids[number % 2])).unique().one()
            )
            client = CheckingClient(separate_app, separate_app.response_class)
            client.sign_in(user)
        kind, form = [("assess", {"goals": "4"}), ("notes", {"text": "Called."})][number % 4 // 2]
        return client.post(f"/accounts/{account_id}/{kind}", data=form).status_code

    with ThreadPoolExecutor(8) as threads:
        codes = Counter(threads.map(send, range(16)))

    assert codes == {302: 16}
    with separate_app.app_context():
        counts = [db.session.scalar(select(func.count()).select_from(table)) for table in (Assessment, Note)]
    assert counts == [2, 2]
