"""What whoever answered hears: thanks once, and later what was done."""

from datetime import date

import pytest
from sqlalchemy import select

from surveys.translation import phrase
from tests.builders import NOW, a_company, a_contact, a_response, a_user, a_wave, an_invitation, save
from tests.conftest import CheckingClient
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.afterwards import tell_what_came_of_it, thank_for_answer
from vocapp.campaigns.letters import thanks_letter, you_said_letter
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.queries import contacts_made
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.outbox.models import Message, Suppression
from vocapp.outbox.queries import address_hash
from vocapp.outbox.rendering import render_letter, write_mail
from vocapp.outbox.rules import MessageState
from vocapp.responses.models import Response
from vocapp.worker import run_due_jobs
from vocapp.workflows.response_received import response_received

pytestmark = pytest.mark.usefixtures("march", "app")


def messages(template: str) -> list[Message]:
    rows = select(Message).where(Message.template == template).order_by(Message.id)
    return list(db.session.scalars(rows.execution_options(populate_existing=True)))


def an_answered(*, may_contact: bool = False, source: str = "link", **wave: object) -> Invitation:
    a_company()
    asked = a_wave(a_user(name="Ana Costa"), **{"has_thanks": True, **wave})
    invitation = an_invitation(asked, a_contact(first_name="Ken", language="de"), language="de")
    a_response(invitation, may_contact=may_contact, source=source)
    return invitation


def answer_arrives(invitation: Invitation) -> None:
    row = db.session.scalars(select(Response).where(Response.invitation_id == invitation.id)).one()
    response_received({"response_id": row.id, "account_id": row.account_id})


def test_an_answer_is_thanked_for_once_with_the_day_of_the_reply() -> None:
    invitation = an_answered(may_contact=True)
    answer_arrives(invitation)
    answer_arrives(invitation)
    (message,) = messages("thanks")
    assert message.key == f"thanks:{invitation.id}"
    assert (message.from_name, message.reply_to) == ("Ana Costa", invitation.wave.owner.email)
    letter = thanks_letter(message)
    assert letter is not None
    mail = render_letter("thanks", letter.whole())
    assert phrase("mail_thanks_body", "de") in mail.text
    day = date.fromisoformat(message.context["reply_by"])
    assert f"bis zum {day.day}. März {day.year}" in mail.text
    assert "List-Unsubscribe" in write_mail(message, letter, now=NOW).headers


@pytest.mark.parametrize(
    "case", [{"has_thanks": False}, {"source": "phone"}], ids=["no thanks by mail", "by phone"]
)
def test_no_thanks_where_they_are_not_wanted(case: dict) -> None:
    answer_arrives(an_answered(**case))
    assert messages("thanks") == []


def test_nobody_promises_a_reply_to_whoever_did_not_ask_for_one() -> None:
    answer_arrives(an_answered())
    assert messages("thanks")[0].context == {}


def test_thanks_count_as_no_contact_of_the_survey() -> None:
    invitation = an_answered()
    answer_arrives(invitation)
    assert contacts_made(invitation.id) == 0


def test_who_opted_out_since_is_not_thanked() -> None:
    invitation = an_answered()
    answer_arrives(invitation)
    with transaction():
        invitation.contact.status = ContactStatus.OPTED_OUT
    assert thanks_letter(messages("thanks")[0]) is None


def test_an_unfinished_answer_is_not_thanked() -> None:
    invitation = an_answered()
    with transaction():
        invitation.state = InvitationState.STARTED
        assert thank_for_answer(invitation, reply_by=None) is False


def a_told(**values: object) -> tuple[Wave, list[Invitation]]:
    a_company()
    wave = a_wave(
        a_user(name="Ana Costa"),
        **{"state": WaveState.CLOSED, "closed_at": NOW, "we_did": "We hired.\n\nWe listen.", **values},
    )
    answered = [an_invitation(wave, a_contact(language="fr"), language="fr") for _ in range(2)]
    for invitation in answered:
        a_response(invitation)
    an_invitation(wave, state=InvitationState.SILENT)
    return wave, answered


def test_whoever_answered_is_told_once_what_was_done() -> None:
    wave, answered = a_told()
    with transaction():
        tell_what_came_of_it(wave, now=NOW)
    run_due_jobs()
    told = messages("you_said")
    assert [message.key for message in told] == [f"you_said:{wave.id}:{one.id}" for one in answered]
    letter = you_said_letter(told[0])
    assert letter is not None
    mail = render_letter("you_said", letter.whole())
    for part in (mail.text, mail.html):
        assert "We hired." in part
        assert "We listen." in part
    assert phrase("mail_said_body", "fr") in mail.text
    with pytest.raises(DomainError, match="told already"), transaction():
        tell_what_came_of_it(wave, now=NOW)


@pytest.mark.parametrize("case", [{"we_did": ""}, {"state": WaveState.OPEN, "closed_at": None}])
def test_nothing_is_told_before_there_is_something(case: dict) -> None:
    wave, _ = a_told(**case)
    with pytest.raises(DomainError, match="Write down what you did first"), transaction():
        tell_what_came_of_it(wave, now=NOW)


def test_who_is_gone_or_must_not_be_written_to_is_told_nothing() -> None:
    wave, (gone, suppressed) = a_told()
    with transaction():
        gone.contact.status = ContactStatus.LEFT
        db.session.add(
            Suppression(
                address_hash=address_hash(suppressed.contact.email),
                reason="opted_out",
                source="page",
                created_at=NOW,
            )
        )
        tell_what_came_of_it(wave, now=NOW)
    run_due_jobs()
    (message,) = messages("you_said")
    assert message.state == MessageState.SUPPRESSED


def test_what_was_taken_back_meanwhile_is_not_told() -> None:
    wave, _ = a_told()
    with transaction():
        tell_what_came_of_it(wave, now=NOW)
    run_due_jobs()
    with transaction():
        wave.we_did = ""
    assert you_said_letter(messages("you_said")[0]) is None


def test_the_page_of_a_closed_wave_shows_the_mail_and_sends_it(client: CheckingClient, csm: User) -> None:
    wave = save(a_told()[0])
    with transaction():
        wave.owner_id = csm.id
    shown = client.get(f"/waves/{wave.id}").get_data(as_text=True)
    assert "Send it to whoever answered" in shown
    client.post(f"/waves/{wave.id}/tell")
    assert "Told by mail to whoever answered" in client.get(f"/waves/{wave.id}").get_data(as_text=True)
