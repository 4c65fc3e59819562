"""Mail that came back to the demo company: judged like any other, and gone with it."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.builders import a_contact, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.demo.conftest import NOW
from tests.vocapp.inbound.letters import a_reply
from vocapp.accounts.models import Account, Contact
from vocapp.core.db import Base, db, transaction
from vocapp.demo.service import demo_sign_ins, load_demo, remove_demo
from vocapp.demo.stories import SILENT, STORY_NAMES
from vocapp.freshness.models import Suggestion
from vocapp.identity.models import User
from vocapp.inbound.models import InboundMail
from vocapp.outbox.models import MailEvent, Message
from vocapp.worker import run_due_jobs


def came_in() -> dict[str, InboundMail]:
    """Return the mails by the reason they were taken for."""
    return {mail.reason: mail for mail in db.session.scalars(select(InboundMail))}


def count(model: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.mark.usefixtures("demo")
def test_every_mail_is_taken_for_what_it_is_and_put_to_whom_it_concerns() -> None:
    run_due_jobs()
    mails = came_in()
    assert set(mails) == {"score", "reply", "referred", "out_of_office", "mailbox_full"}
    assert {mail.state for mail in mails.values()} == {"handled"}
    assert all(mail.contact_id and mail.invitation_id for mail in mails.values())
    assert (mails["score"].score, mails["referred"].replacement[:13]) == (9, "maria.keller@")
    assert mails["out_of_office"].return_date is not None
    assert (mails["out_of_office"].return_date - NOW.date()).days == 12
    suggested = select(Suggestion.kind).where(Suggestion.source_id == mails["referred"].id)
    assert db.session.scalars(suggested.where(Suggestion.key.startswith("reply:"))).all() == ["new_person"]
    accounts = select(Account.name).where(Account.id.in_([mail.account_id for mail in mails.values()]))
    assert STORY_NAMES[SILENT] not in db.session.scalars(accounts).all()


@pytest.mark.usefixtures("demo")
def test_nobody_loses_an_address_or_is_opted_out_by_it() -> None:
    before = db.session.execute(select(Contact.id, Contact.status).order_by(Contact.id)).all()
    run_due_jobs()
    db.session.expire_all()
    assert db.session.execute(select(Contact.id, Contact.status).order_by(Contact.id)).all() == before


def test_the_csm_one_signs_in_as_finds_replies(demo: Flask) -> None:
    client = demo.test_client()
    assert isinstance(client, CheckingClient)
    run_due_jobs()
    (csm,) = [one for one in demo_sign_ins() if one.role == "csm"]
    client.sign_in(db.session.scalars(select(User).where(User.email == csm.email)).unique().one())
    assert "3 replies wait for you." in client.get("/").text
    page = client.get("/replies").text
    assert "They gave 9" in page
    assert "Add maria.keller@" in page


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("is_judged", [True, False])
def test_it_goes_with_the_demo_company_and_your_own_stays(is_judged: bool) -> None:
    own = a_reply(a_contact(an_account(owner_id=a_user().id)))
    with transaction():
        own.envelope_to = "voice@vendor.example"
    load_demo(now=NOW, accounts=12)
    assert count(InboundMail) > 1
    if is_judged:
        run_due_jobs()
    remove_demo()
    db.session.expire_all()
    assert db.session.scalars(select(InboundMail.id)).all() == [own.id]
    assert (count(Message), count(MailEvent)) == (0, 0)
