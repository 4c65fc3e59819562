"""A mailbox that will not hand over a mail: the others are kept, and that one is asked for, then listed."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.integrations.mail.imap_server import Box
from tests.vocapp.inbound.mailboxes import a_mail, jobs_run, kept, mailbox, way
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.jobs import Job, JobState
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import InboundState
from vocapp.workflows import poll_mail as polling


def make_hard(box: Box, how: str, *uids: int) -> None:
    """Let a server refuse some mails, or hang up at them."""
    commands = tuple(f"UID FETCH {uid} " for uid in uids)
    if how == "dies":
        box.dies_at = commands or ""
    else:
        box.refuses, box.refusal = commands, how


def aside() -> list[InboundMail]:
    return [mail for mail in kept() if mail.raw is None]


@pytest.mark.parametrize("how", ["NO not now", "BAD internal error", "dies"])
def test_mails_that_are_not_handed_over_hold_up_no_others(app: Flask, how: str) -> None:
    box = Box(*[a_mail(number) for number in range(1, 6)])
    make_hard(box, how, 1, 2, 5)
    with mailbox(app, box):
        polling.poll_mail({})
        assert [mail.raw for mail in kept() if mail.raw] == [a_mail(3), a_mail(4)]
        assert [(mail.state, mail.via, mail.handled_at) for mail in aside()] == [
            (InboundState.QUARANTINED, "imap", None)
        ] * 3
        assert aside()[0].note == (
            "The mailbox did not hand over this mail, its number 1; it is asked for a few times more."
        )
        assert (way().trouble, way().last_uid) == ("", 5)
        assert box.flags() == [set(), set(), {r"\Seen"}, {r"\Seen"}, set()]
        # One comes after all, the others never do.
        make_hard(box, how, 1, 5)
        jobs_run()
        for _ in range(polling.MOST_TRIES):
            jobs_run()
        polling.poll_mail({})
    assert [mail.raw for mail in kept() if mail.raw] == [a_mail(3), a_mail(4), a_mail(2)]
    assert [mail.note for mail in aside()] == [
        f"It could not be fetched: asked 10 times, the mailbox does not hand over its mail number {uid}. "
        "Look at it in the mailbox."
        for uid in (1, 5)
    ]
    assert {mail.state for mail in aside()} == {InboundState.QUARANTINED}
    assert box.flags() == [set(), {r"\Seen"}, {r"\Seen"}, {r"\Seen"}, set()]
    fetched = select(Job.state, Job.attempts).where(Job.kind == "fetch_mail").order_by(Job.id)
    tries = [polling.MOST_TRIES, 1, polling.MOST_TRIES]
    assert db.session.execute(fetched).all() == [(JobState.DONE, number) for number in tries]


@pytest.mark.parametrize("how", ["NO not now", "dies"])
def test_a_mailbox_that_hands_nothing_over_is_waited_for(app: Flask, how: str) -> None:
    box = Box(a_mail(1), a_mail(2))
    make_hard(box, how, 1, 2)
    with mailbox(app, box):
        polling.poll_mail({})
        polling.poll_mail({})
        assert (kept(), way().last_uid) == ([], 0)
        assert way().trouble == "The mailbox does not hand over its mail number 1, nor others."
        make_hard(box, how)
        polling.poll_mail({})
    assert [mail.raw for mail in kept()] == [a_mail(1), a_mail(2)]
    assert way().trouble == ""


def test_what_was_taken_before_tells_a_mail_from_its_mailbox(app: Flask) -> None:
    box = Box(a_mail(1))
    with mailbox(app, box):
        polling.poll_mail({})
        box.add(a_mail(2))
        make_hard(box, "NO not now", 2)
        polling.poll_mail({})
        assert [(mail.note != "", mail.state) for mail in aside()] == [(True, InboundState.QUARANTINED)]
        # Removed by somebody, it is nothing to wait for; numbered anew, it is asked for under its new number.
        del box.folders["INBOX"][1]
        make_hard(box, "NO not now")
        jobs_run()
        assert aside()[0].note == "It was gone from the mailbox before it could be fetched."
        box.add(a_mail(3))
        make_hard(box, "NO not now", 3)
        polling.poll_mail({})
        make_hard(box, "NO not now")
        box.renumber()
        jobs_run()
        assert len(aside()) == 1
        polling.poll_mail({})
    assert [mail.raw for mail in kept() if mail.raw] == [a_mail(1), a_mail(3)]


def test_a_mailbox_that_is_away_meanwhile_costs_no_mail(app: Flask) -> None:
    box = Box(a_mail(1), a_mail(2))
    make_hard(box, "NO not now", 1)
    with mailbox(app, box):
        polling.poll_mail({})
    make_hard(box, "NO not now")
    with mailbox(app, box, password="wrong"):
        # Another port is another mailbox: this one is not asked for any more, and says so.
        jobs_run()
    assert aside()[0].note.startswith("It could not be fetched before another mailbox was set")
    assert aside()[0].handled_at is not None
    assert utcnow() - aside()[0].received_at < timedelta(minutes=5)
