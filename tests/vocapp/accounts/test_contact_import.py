"""Contacts from files: matching, personas, statuses, warnings."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests.builders import NOW, a_company, a_contact, a_user, an_account
from tests.vocapp.accounts.files import counts, import_contacts, reasons
from vocapp.accounts.models import Account, Contact, Persona
from vocapp.accounts.profiles import ensure_defaults
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.outbox.models import Suppression
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import queue_message, suppress_address

HEADER = "account_external_id,email,external_id,first_name,personas,status,verified_on"


@pytest.fixture(autouse=True)
def acme(app: object) -> Account:
    with transaction():
        ensure_defaults()
    return an_account(external_id="A-1", external_key="A-1")


def contact(email_key: str) -> Contact:
    db.session.expire_all()
    return db.session.scalars(select(Contact).where(Contact.email_key == email_key)).one()


def test_every_column_arrives() -> None:
    import_contacts(
        "external_id,account_external_id,first_name,last_name,email,title,personas,language,time_zone,phone,"
        "status,verified_on\n"
        "C-1,A-1,Ana,García,Ana@Customer.example,CIO,Champion; DM,pt_br,europe/berlin,+49 1,left,2026-01-05\n"
    )

    found = contact("ana@customer.example")
    assert (found.full_name, found.title, found.status) == ("Ana García", "CIO", "left")
    assert (found.language, found.time_zone, found.phone) == ("pt-BR", "Europe/Berlin", "+49 1")
    assert ({persona.key for persona in found.personas}, found.verified_on) == (
        {"champion", "decision_maker"},
        date(2026, 1, 5),
    )


def test_a_contact_is_found_by_identifier_and_gets_a_new_address() -> None:
    import_contacts(f"{HEADER}\nA-1,old@c.example,C-1,,,,\n")

    assert counts(import_contacts(f"{HEADER}\nA-1,new@c.example,C-1,,,,\n")) == (0, 1, 0, 0, 0)
    assert contact("new@c.example").external_id == "C-1"


def test_a_contact_is_found_by_account_and_address_and_takes_the_identifier() -> None:
    import_contacts(f"{HEADER}\nA-1,ana@c.example,,,,,\n")

    assert counts(import_contacts(f"{HEADER}\nA-1,ANA@c.example,C-1,,,,\n")) == (0, 1, 0, 0, 0)


def test_an_address_of_another_contact_is_refused() -> None:
    import_contacts(f"{HEADER}\nA-1,ana@c.example,C-1,,,,\nA-1,ben@c.example,C-2,,,,\n")

    assert import_contacts(f"{HEADER}\nA-1,ben@c.example,C-1,,,,\n").errors[0].column == "email"


def test_an_address_cannot_be_given_a_second_identifier() -> None:
    import_contacts(f"{HEADER}\nA-1,ana@c.example,C-1,,,,\n")

    assert import_contacts(f"{HEADER}\nA-1,ana@c.example,C-9,,,,\n").errors[0].column == "external_id"


def test_an_address_that_one_contact_leaves_another_may_take_in_the_same_file() -> None:
    import_contacts(f"{HEADER}\nA-1,ana@c.example,C-1,,,,\n")

    text = f"{HEADER}\nA-1,new@c.example,C-1,,,,\nA-1,ana@c.example,C-2,,,,\n"
    dry = import_contacts(text, is_dry_run=True)

    assert counts(dry) == counts(import_contacts(text)) == (1, 1, 0, 0, 0)


def test_the_same_person_at_two_accounts_is_two_contacts() -> None:
    an_account(external_id="A-2", external_key="A-2")

    assert import_contacts(f"{HEADER}\nA-1,ana@c.example,,,,,\nA-2,ana@c.example,,,,,\n").created == 2


def test_a_contact_may_move_to_another_account() -> None:
    an_account(external_id="A-2", external_key="A-2")
    import_contacts(f"{HEADER}\nA-1,ana@c.example,C-1,,,,\n")

    assert "moved here" in reasons(import_contacts(f"{HEADER}\nA-2,ana@c.example,C-1,,,,\n"))


def test_an_account_nobody_knows_refuses_the_row() -> None:
    error = import_contacts("account_id,email,account_name\nA-404,ana@c.example,New\n").errors[0]

    assert (error.column, "No account has this identifier" in error.reason) == ("account_id", True)


def test_a_contact_makes_its_account_when_asked_to() -> None:
    ana = a_user(email="ana@vendor.example")
    text = (
        "account_id,email,account_name,csm_email\nA-7,x@c.example,New,ana@vendor.example\nA-7,y@c.example,,\n"
    )

    dry = import_contacts(text, is_dry_run=True, creates_accounts=True)
    tally = import_contacts(text, creates_accounts=True)

    assert counts(dry) == counts(tally) == (2, 0, 0, 0, 0)
    made = db.session.scalars(select(Account).where(Account.external_key == "A-7")).one()
    assert (made.name, made.owner_id) == ("New", ana.id)


@pytest.mark.parametrize("email", ["csm@other.example", "anybody@vendor.example", "x@eu.vendor.example"])
def test_our_own_people_are_refused(email: str) -> None:
    a_company(domains=["vendor.example"])
    a_user(email="csm@other.example")

    assert "our own people" in import_contacts(f"{HEADER}\nA-1,{email},,,,,\n").errors[0].reason


def test_an_international_domain_is_compared_as_the_mail_system_does() -> None:
    import_contacts("account_id,email\nA-1,ana@Bücher.example\n")

    assert contact("ana@xn--bcher-kva.example").email == "ana@bücher.example"


@pytest.mark.parametrize("name", ["Champion", "champion", "CHAMPION ", "Coach", "advocate"])
def test_personas_are_known_by_name_key_and_synonym(name: str) -> None:
    import_contacts(f"account_id,email,role\nA-1,ana@c.example,{name}\n")

    assert [persona.key for persona in contact("ana@c.example").personas] == ["champion"]


def test_an_unknown_persona_is_named_and_the_row_kept_without_it() -> None:
    tally = import_contacts("account_id,email,role\nA-1,ana@c.example,Wizard;Admin\n")

    assert "'Wizard' is not known" in reasons(tally)
    assert [persona.key for persona in contact("ana@c.example").personas] == ["admin"]


def test_a_retired_persona_is_given_to_nobody_new_and_kept_by_who_had_it() -> None:
    a_row = "A-1,{}@c.example,,,Influencer,,"
    import_contacts(f"{HEADER}\n{a_row.format('ana')}\n")
    with transaction():
        influencer = db.session.scalars(select(Persona).where(Persona.key == "influencer")).one()
        influencer.retired_on = utcnow().date()

    tally = import_contacts(f"{HEADER}\n{a_row.format('ana')}\n{a_row.format('ben')}\n")

    assert [warning.reason for warning in tally.warnings] == [
        "The persona 'Influencer' is retired; the contact was imported without it."
    ]
    assert [persona.key for persona in contact("ana@c.example").personas] == ["influencer"]
    assert contact("ben@c.example").personas == []


def test_a_persona_of_our_own_comes_before_the_synonym_of_another() -> None:
    with transaction():
        db.session.add(Persona(key="economic_buyer", name="Economic buyer"))

    import_contacts(f"{HEADER}\nA-1,ana@c.example,,,Economic Buyer,,\n")

    assert [persona.key for persona in contact("ana@c.example").personas] == ["economic_buyer"]


def test_personas_of_the_file_replace_the_stored_ones() -> None:
    import_contacts("account_id,email,role\nA-1,ana@c.example,Champion\n")

    assert import_contacts("account_id,email,role\nA-1,ana@c.example,Admin\n").updated == 1
    assert [persona.key for persona in contact("ana@c.example").personas] == ["admin"]


def test_an_empty_persona_cell_keeps_the_stored_ones() -> None:
    import_contacts("account_id,email,role\nA-1,ana@c.example,Champion\n")

    assert import_contacts("account_id,email,role\nA-1,ana@c.example,\n").unchanged == 1


def test_a_file_does_not_lift_an_opt_out(acme: Account) -> None:
    a_contact(acme, email="ana@c.example", status="opted_out")

    tally = import_contacts("account_id,email,status\nA-1,ana@c.example,active\n")

    assert ("stays opted_out" in reasons(tally), contact("ana@c.example").status) == (True, "opted_out")


def test_a_file_does_not_revive_an_address_that_bounced(acme: Account) -> None:
    a_contact(acme, email="ana@c.example", status="bounced")

    import_contacts("account_id,email,status\nA-1,ana@c.example,active\n")

    assert contact("ana@c.example").status == "bounced"


def test_a_new_address_ends_bouncing(acme: Account) -> None:
    a_contact(
        acme, email="ana@c.example", status="bounced", external_id="C-1", external_key="C-1", personas=()
    )

    import_contacts("account_id,email,id,status\nA-1,new@c.example,C-1,active\n")

    assert contact("new@c.example").status == "active"


def test_a_suppressed_address_comes_in_opted_out() -> None:
    with transaction():
        suppress_address("Ana@c.example", reason="opted_out", source="test")

    import_contacts("account_id,email\nA-1,ana@c.example\n")

    assert contact("ana@c.example").status == "opted_out"


@pytest.mark.parametrize("reason", ["opted_out", "complained", "address_dead"])
@pytest.mark.parametrize("status", ["active", "bounced", "left", "opted_out", ""])
def test_no_file_lifts_a_suppression(acme: Account, reason: str, status: str) -> None:
    a_contact(acme, email="ana@c.example", status="active")
    a_contact(acme, email="old@c.example", external_id="C-2", external_key="C-2")
    an_account(external_id="A-2", external_key="A-2")
    with transaction():
        suppress_address("ana@c.example", reason=reason, source="test")
    before = suppressions()
    today = utcnow().date()

    import_contacts(
        f"{HEADER}\nA-1,ANA@c.example,C-1,Ana,,{status},{today}\nA-2,ana@c.example,C-3,Ana,,{status},{today}\n"
    )
    # Somebody who is written to takes over the address.
    import_contacts(f"{HEADER}\nA-2,ana@c.example,C-2,Ana,,{status},{today}\n")

    assert suppressions() == before
    with transaction():
        mail = queue_message(
            key="k", template="invitation", context={}, subject_kind="invitation", subject_id=1,
            to_address="Ana@C.example",
        )  # fmt: skip
    assert mail.state == MessageState.SUPPRESSED


def suppressions() -> list[tuple[object, ...]]:
    rows = select(
        Suppression.address_hash, Suppression.reason, Suppression.source, Suppression.created_at
    ).order_by(Suppression.id)
    return [tuple(row) for row in db.session.execute(rows)]


def test_an_older_confirmation_does_not_replace_a_newer(acme: Account) -> None:
    a_contact(acme, email="ana@c.example", verified_on=date(2026, 3, 1), personas=())

    tally = import_contacts("account_id,email,verified_on\nA-1,ana@c.example,2026-01-01\n")

    assert (tally.unchanged, contact("ana@c.example").verified_on) == (1, date(2026, 3, 1))


def test_a_confirmation_in_the_future_is_refused() -> None:
    with time_machine.travel(NOW, tick=False):
        tomorrow = NOW.date() + timedelta(days=1)
        tally = import_contacts(f"account_id,email,verified_on\nA-1,ana@c.example,{tomorrow}\n")

    assert tally.errors[0].column == "verified_on"


@pytest.mark.parametrize(
    ("column", "value"), [("language", "klingonish"), ("time_zone", "Mars/Base"), ("status", "odd")]
)
def test_a_choice_nobody_knows_is_left_out_with_a_warning(column: str, value: str) -> None:
    tally = import_contacts(f"account_id,email,{column}\nA-1,ana@c.example,{value}\n")

    assert (tally.created, f"{value!r} is not known" in reasons(tally)) == (1, True)


def test_a_full_name_is_split_where_it_is_all_there_is() -> None:
    import_contacts("account_id,email,Name\nA-1,ana@c.example,Ana García Ruiz\n")

    found = contact("ana@c.example")
    assert (found.first_name, found.last_name) == ("Ana", "García Ruiz")


def test_a_warning_that_holds_for_many_rows_is_said_once() -> None:
    rows = "\n".join(f"A-1,p{number}@c.example,Wizard" for number in range(5))

    (warning,) = [
        found for found in import_contacts(f"account_id,email,role\n{rows}\n").warnings if found.line > 1
    ]

    assert (warning.line, warning.rows) == (2, 5)


def test_a_batch_boundary_changes_nothing() -> None:
    rows = "\n".join(f"A-1,p{number}@c.example,C-{number}" for number in range(1500))
    text = f"account_id,email,id\n{rows}\nA-1,p3@c.example,\n"

    assert counts(import_contacts(text)) == (1500, 0, 0, 1, 0)
    assert counts(import_contacts(text)) == (0, 0, 1500, 1, 0)


def test_a_killed_import_can_be_run_again() -> None:
    rows = "\n".join(f"A-1,p{number}@c.example" for number in range(2500))
    text = f"account_id,email\n{rows}\n"
    before = import_contacts("\n".join(text.split("\n")[:1001]) + "\n")

    assert (before.created, counts(import_contacts(text))) == (1000, (1500, 0, 1000, 0, 0))
