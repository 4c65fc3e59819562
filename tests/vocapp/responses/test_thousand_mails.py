"""A thousand mails, three in ten of them scanned: what people sent counts, and nothing a machine does."""

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.builders import NOW, a_wave, an_account
from tests.conftest import SECRET_KEY
from tests.vocapp.responses.builders import BROWSER
from tests.vocapp.responses.visitors import GATEWAY, Visitor
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db
from vocapp.core.tokens import derive_token, hash_token, new_nonce
from vocapp.responses.click_queries import clicks_of
from vocapp.responses.models import Response

MAILS = 1000
SCANNED = 0.3
AGENTS = (BROWSER, GATEWAY, "Mozilla/5.0 (Macintosh) Safari/605.1.15", "Mozilla/5.0 Firefox/124.0")


@dataclass
class Mail:
    """One mail, what a machine and its reader did with it, and who did what."""

    invitation_id: int
    contact_id: int
    token: str
    steps: list[tuple[float, str, str, dict[str, Any]]] = field(default_factory=list)
    agents: dict[str, str] = field(default_factory=dict)
    rating: int | None = None
    is_out: bool = False
    machine: str = ""
    reader: str = ""

    def add(self, who: str, at: float, what: str, **given: Any) -> None:
        self.steps.append((at, who, what, given))


def scan(mail: Mail, chance: random.Random) -> None:
    """What gateways were seen to do with a mail, before its reader has it or while they have it."""
    mail.agents["machine"] = chance.choice(
        [GATEWAY, GATEWAY, "", "Mozilla/5.0 (compatible; LinkScanner/2.0)"]
    )
    start = chance.choice([0.5, 1, 2, 8, 43, 43, 120])
    kinds = {
        "opens all": 1,
        "opens some": 2,
        "asks ahead": 3,
        "opens one": 4,
        "detonates": 3,
        "sends what it opened": 2,
        "fills everything": 2,
        "opens all and sends": 1,
        "presses the way out": 1,
    }
    mail.machine = chance.choices(list(kinds), list(kinds.values()))[0]
    score = chance.randrange(11)
    if mail.machine.startswith("opens all"):
        mail.add("machine", start, "opens_all", step=2)
    if mail.machine == "opens all and sends":
        mail.add("machine", start + 2, "sends", score=score)
    elif mail.machine == "opens some":
        for place, path in enumerate(
            [*(f"score/{number}" for number in chance.sample(range(11), 3)), "opt-out"]
        ):
            mail.add("machine", start + place, "opens", path=path)
    elif mail.machine == "asks ahead":
        mail.add("machine", start, "opens", path=f"score/{score}", method="HEAD")
        mail.add("machine", start + 1, "opens", path=f"score/{score}", Sec_Purpose="prefetch")
        mail.add("machine", start + 2, "opens", path=f"score/{score}")
    elif mail.machine == "opens one":
        mail.add("machine", start, "opens", path=chance.choice([f"score/{score}", "form", "opt-out"]))
    elif mail.machine == "detonates":
        mail.add("machine", start, "opens", path=f"score/{score}")
        mail.add("machine", start + 1, "opens", path="form")
    elif mail.machine == "sends what it opened":
        start = min(start, 3)
        mail.add("machine", start, "opens", path=f"score/{score}")
        mail.add("machine", start + 0.7, "sends", score=score)
    elif mail.machine == "fills everything":
        mail.add("machine", start, "opens", path=f"score/{score}")
        mail.add("machine", start + 3, "fills_everything", score=score)
    elif mail.machine == "presses the way out":
        mail.add("machine", start, "opens", path=f"score/{score}")
        mail.add("machine", start + 0.5, "opens", path="opt-out")
        mail.add("machine", start + 1.2, "presses_opt_out")


def read(mail: Mail, chance: random.Random) -> None:
    """What people do: most ignore it, half answer, at once or after days; some go back, some have enough."""
    mail.agents["reader"] = chance.choice(AGENTS)
    at = chance.choice([6, 15, 30, 50, 75]) if chance.random() < 0.2 else chance.uniform(90, 400_000)
    dwell = chance.uniform(2, 60)
    mail.reader = chance.choices(
        ["ignores", "answers", "only opens", "opts out", "one click"], [48, 35, 8, 5, 4]
    )[0]
    if mail.reader == "answers":
        mail.rating = chance.randrange(11)
        mail.add("reader", at, "opens", path=f"score/{mail.rating}")
        mail.add("reader", at + dwell, "sends", score=mail.rating)
        if chance.random() < 0.1:
            mail.rating = (mail.rating + 5) % 11
            later = at + dwell + chance.choice([20, 5000])
            mail.add("reader", later, "opens", path=f"score/{mail.rating}")
            mail.add("reader", later + dwell, "sends", score=mail.rating)
    elif mail.reader == "only opens":
        mail.add("reader", at, "opens", path=f"score/{chance.randrange(11)}")
    elif mail.reader == "opts out":
        mail.is_out = True
        mail.add("reader", at, "opens", path="opt-out")
        mail.add("reader", at + dwell, "presses_opt_out")
        mail.add("reader", at + dwell + 5, "presses_again")
    elif mail.reader == "one click":
        mail.is_out = True
        mail.add("reader", at, "one_click")


def play(client: FlaskClient, mail: Mail) -> None:
    visitors = {who: Visitor(client, mail.token, agent) for who, agent in mail.agents.items()}
    for at, who, what, given in sorted(mail.steps, key=lambda step: step[0]):
        visitor = visitors[who]
        if what == "one_click":
            visitor.fields = {}
            page = visitor.sends("opt-out", at=at, **{"List-Unsubscribe": "One-Click"})
        elif what == "presses_again":
            if "again" not in visitor.fields:
                continue
            page = visitor.presses_opt_out(at=at)
        else:
            page = getattr(visitor, what)(at=at, **given)
        assert page is None or page.status_code < 500


def a_thousand_mails() -> list[Mail]:
    wave, account = a_wave(), an_account()
    people = [
        Contact(
            account_id=account.id, email=f"{number}@customer.example", email_key=f"{number}@customer.example"
        )
        for number in range(MAILS)
    ]
    db.session.add_all(people)
    db.session.flush()
    found = []
    for person in people:
        nonce = new_nonce()
        token = derive_token(SECRET_KEY, "answer", nonce)
        invitation = Invitation(
            wave_id=wave.id,
            account_id=account.id,
            contact_id=person.id,
            nonce=nonce,
            token_hash=hash_token(token),
            state=InvitationState.DELIVERED,
            sent_at=NOW,
            delivered_at=NOW,
        )
        found.append((invitation, token))
    db.session.add_all(invitation for invitation, _ in found)
    db.session.commit()
    return [Mail(invitation.id, invitation.contact_id, token) for invitation, token in found]


@pytest.fixture
def mails(app):
    """The thousand, after everything has happened to them."""
    chance = random.Random(20260311)
    client = FlaskClient(app, app.response_class)
    mails = a_thousand_mails()
    for mail in mails:
        if chance.random() < SCANNED:
            scan(mail, chance)
        read(mail, chance)
        play(client, mail)
    db.session.expire_all()
    return mails


@pytest.mark.timeout(900)  # Some two thousand requests, one after the other.
def test_only_people_answer_and_opt_out(mails):
    assert 250 < sum(bool(mail.machine) for mail in mails) < 350
    assert min(Counter(mail.machine for mail in mails).values()) >= 5
    counted = select(Response.invitation_id, Response.rating).where(Response.quarantine_reason.is_(None))
    answers = dict(db.session.execute(counted).all())
    given = {mail.invitation_id: mail.rating for mail in mails if mail.rating is not None}
    false = {invitation for invitation, rating in answers.items() if given.get(invitation) != rating}
    assert false == set()
    assert len(answers) >= 0.99 * len(given)
    gone = select(Contact.id).where(Contact.status == ContactStatus.OPTED_OUT)
    assert set(db.session.scalars(gone)) == {mail.contact_id for mail in mails if mail.is_out}
    # A click that nothing else speaks of may be anybody's; a whole round through the links is nobody's.
    for mail in mails:
        if mail.machine == "opens all" and mail.reader == "ignores":
            assert not any(click.is_intent for click in clicks_of(mail.invitation_id))
    curious = [mail for mail in mails if mail.reader == "only opens"]
    heard = [mail for mail in curious if any(click.is_intent for click in clicks_of(mail.invitation_id))]
    assert len(heard) >= 0.95 * len(curious)
