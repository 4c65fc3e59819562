"""An account with four hundred people, through the queries of every day."""

import pytest
from sqlalchemy import event, update

from tests.builders import NOW, a_company, a_persona, a_profile, a_tier, a_user, an_account
from tests.vocapp.relationship.builders import a_closed_wave, asked, rescored
from tests.vocapp.reports.builders import neighbours, opened
from tests.vocapp.reports.test_printing import LIMIT, text_of
from vocapp.accounts.models import Account, Contact
from vocapp.core.db import db, transaction
from vocapp.reports.freezing import take_snapshot
from vocapp.reports.printing import print_report
from vocapp.reports.rules import Audience, Order, ReportKind
from vocapp.responses.models import Response

PEOPLE = 400
PERSONAS = ("decision_maker", "champion", "admin", "power_user", "influencer", "buyer", "sponsor", "user")
NAMES = (
    ("Maximiliane", "Oberhuber-Steinbeißer"),
    ("さくら", "髙橋"),
    ("ليلى", "حدّاد"),
    ("Ελένη", "Παπαδοπούλου"),
)
COMMENT = "Exports take all of Monday, and nobody tells us why; otherwise we would renew at once. "


@pytest.fixture
def large(app) -> Account:
    a_company()
    tier = a_tier("Tier 1")
    a_profile(tier, **dict.fromkeys(PERSONAS, 12))
    neighbours(12)
    account = an_account(tier_id=tier.id, owner_id=a_user().id, external_id="L", external_key="l")
    personas = [a_persona(key) for key in PERSONAS]
    with transaction():
        db.session.add_all(person(account, number, personas) for number in range(PEOPLE))
    wave = a_closed_wave()
    for contact in db.session.query(Contact).filter_by(account_id=account.id).order_by(Contact.id):
        number = contact.id % 11
        asked(contact, wave, rating=number if number < 9 else None)
    with transaction():
        db.session.execute(
            update(Response).where(Response.account_id == account.id).values(comment=COMMENT * 3)
        )
    rescored()
    return account


def person(account, number, personas):
    first, last = NAMES[number % len(NAMES)]
    address = f"p{number}@large.example"
    return Contact(
        account_id=account.id,
        first_name=first,
        last_name=f"{last} {number}",
        email=address,
        email_key=address,
        verified_on=NOW.date(),
        created_at=NOW.replace(year=NOW.year - 2),
        personas=[personas[number % len(personas)]],
    )


@pytest.mark.needs("pdftotext")
@pytest.mark.parametrize("audience", list(Audience))
def test_four_hundred_people_fit_two_readable_pages(large, tmp_path, audience):
    snapshot = take_snapshot(Order(ReportKind.ACCOUNT, account_id=large.id, audience=audience), now=NOW)
    pdf = print_report(snapshot)
    assert len(opened(pdf).pages) == 2
    assert len(pdf) < LIMIT
    text = text_of(pdf, tmp_path)
    assert "400 people" in text
    assert "328 answers" in text
    assert sum(sum(group["outcomes"].values()) for group in snapshot["people"]) == PEOPLE


def test_an_appendix_of_four_hundred_people_is_cut_and_small(large):
    order = Order(ReportKind.ACCOUNT, account_id=large.id, has_appendix=True)
    snapshot = take_snapshot(order, now=NOW)
    assert snapshot["answers"]["total"] > len(snapshot["answers"]["first"]) == 200
    pdf = print_report(snapshot)
    assert len(opened(pdf).pages) < 12
    assert len(pdf) < LIMIT


def test_freezing_asks_no_more_questions_for_four_hundred_people_than_for_a_few(large):
    small = db.session.query(Account).filter(Account.external_id.like("N-%")).first()
    counts = []
    for account in (small, large):
        said: list[str] = []
        listen = (db.engine, "before_cursor_execute", lambda *call, said=said: said.append(call[2]))
        db.session.expire_all()
        event.listen(*listen)
        try:
            take_snapshot(Order(ReportKind.ACCOUNT, account_id=account.id), now=NOW)
        finally:
            event.remove(*listen)
        counts.append(len(said))
    assert counts[1] <= counts[0] + 5
