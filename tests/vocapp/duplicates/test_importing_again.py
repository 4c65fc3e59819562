"""Files that still name a merged record: the person is not revived, not changed back and forth, not lost."""

import pytest
from sqlalchemy import func, select

from tests.builders import a_company, a_contact, a_user, an_account
from tests.vocapp.accounts.files import counts, import_contacts, reasons
from tests.vocapp.duplicates.builders import merged_pair, taken_apart
from vocapp.accounts.models import Contact
from vocapp.accounts.profiles import ensure_defaults
from vocapp.accounts.service import add_contact
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError

HEADER = "account_external_id,email,external_id,first_name,title,status"


@pytest.fixture
def people(app: object) -> tuple[Contact, Contact]:
    a_company()
    with transaction():
        ensure_defaults()
    account = an_account(external_id="A-1", external_key="A-1")
    kept = a_contact(account, email="ana@c.example", external_id="K", external_key="K", title="CFO")
    merged = a_contact(account, email="ruiz@c.example", external_id="M", external_key="M", title="Clerk")
    return kept, merged


def rows() -> list[tuple[object, ...]]:
    columns = (Contact.email_key, Contact.external_key, Contact.title, Contact.status, Contact.merged_into_id)
    return [tuple(row) for row in db.session.execute(select(*columns).order_by(Contact.id))]


@pytest.mark.parametrize(
    "row",
    [
        "A-1,ruiz@c.example,M,Ana,Boss,active",
        "A-1,ruiz@c.example,,Ana,Boss,active",
        "A-1,new@c.example,M,Ana,Boss,active",
        "A-1,ruiz@c.example,M,Ana,Boss,left",
    ],
)
def test_a_row_about_the_merged_record_is_reported_and_changes_nothing(
    people: tuple[Contact, Contact], row: str
) -> None:
    merged_pair(*people)
    before = rows()
    report = import_contacts(f"{HEADER}\n{row}\n")
    assert counts(report) == (0, 0, 1, 0, 0)
    assert rows() == before
    assert "was merged into" in str(report)


def test_an_opt_out_in_a_file_reaches_the_person_and_stays(people: tuple[Contact, Contact]) -> None:
    merged_pair(*people)
    file = f"{HEADER}\nA-1,ana@c.example,K,Ana,CFO,active\nA-1,ruiz@c.example,M,Ana,Clerk,opted_out\n"
    assert counts(import_contacts(file)) == (0, 1, 1, 0, 0)
    db.session.expire_all()
    assert people[0].status == "opted_out"
    assert counts(import_contacts(file)) == (0, 0, 2, 0, 0)


def test_both_records_in_one_file_change_nothing_the_second_time(people: tuple[Contact, Contact]) -> None:
    merged_pair(*people)
    file = f"{HEADER}\nA-1,ruiz@c.example,M,Ana,Boss,\nA-1,ana@c.example,K,Ana,Chief,\n"
    import_contacts(file)
    before = rows()
    assert counts(import_contacts(file)) == (0, 0, 2, 0, 0)
    assert rows() == before


@pytest.mark.parametrize("row", ["A-1,ruiz@c.example,K,Ana,Chief,", "A-1,ana@c.example,M,Ana,Chief,"])
def test_the_kept_person_is_updated_but_takes_no_address_of_the_merged_record(
    people: tuple[Contact, Contact], row: str
) -> None:
    merged_pair(*people)
    assert counts(import_contacts(f"{HEADER}\n{row}\n")) == (0, 1, 0, 0, 0)
    db.session.expire_all()
    assert (people[0].title, people[0].email_key, people[0].external_key) == ("Chief", "ana@c.example", "K")
    assert counts(import_contacts(f"{HEADER}\n{row}\n")) == (0, 0, 1, 0, 0)


def test_a_dry_run_says_the_same(people: tuple[Contact, Contact]) -> None:
    merged_pair(*people)
    report = import_contacts(f"{HEADER}\nA-1,ruiz@c.example,M,Ana,Boss,active\n", is_dry_run=True)
    assert counts(report) == (0, 0, 1, 0, 0)
    assert "the row changed nothing" in reasons(report)


def test_the_merged_address_cannot_be_added_anew(people: tuple[Contact, Contact]) -> None:
    kept, merged = people
    user = a_user()
    merged_pair(kept, merged, by=user)
    with pytest.raises(DomainError, match="address"), transaction():
        add_contact(
            kept.account,
            email="ruiz@c.example",
            values={},
            persona_ids=[],
            user=user,
        )
    assert db.session.scalar(select(func.count()).select_from(Contact)) == 2


def test_after_undoing_a_file_means_the_record_again(people: tuple[Contact, Contact]) -> None:
    taken_apart(merged_pair(*people))
    assert counts(import_contacts(f"{HEADER}\nA-1,ruiz@c.example,M,Ana,Boss,active\n")) == (0, 1, 0, 0, 0)
