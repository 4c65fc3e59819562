"""How one person takes part: the figure on their page is the one that the formula of accounts gives."""

from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from sqlalchemy import update

from surveys.rates import DEFAULT_ENGAGEMENT, Disposition, Participation, engagement
from tests.builders import NOW, a_contact, a_user, a_wave, an_account, an_invitation, save
from tests.conftest import CheckingClient
from tests.vocapp.portfolio.builders import a_past_wave, answered, stayed_silent
from vocapp.accounts.models import Contact
from vocapp.campaigns.models import Invitation, Wave
from vocapp.core.db import db, transaction
from vocapp.engagement.rules import DAYS_PER_MONTH
from vocapp.identity.models import User
from vocapp.people.part_rules import taking_part
from vocapp.questionnaires.models import Survey
from vocapp.responses.rules import ResponseSource


@pytest.fixture(autouse=True)
def _today() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def csm(client: CheckingClient) -> User:
    user = a_user()
    client.sign_in(user)
    return user


def read(client: CheckingClient, person: Contact) -> str:
    response = client.get(f"/people/{person.id}")
    assert response.status_code == 200
    return " ".join(unescape(response.get_data(as_text=True)).split())


def answered_after(wave: Wave, person: Contact, *, reminders: int) -> None:
    answered(wave, person, 9)
    with transaction():
        db.session.execute(
            update(Invitation).where(Invitation.wave_id == wave.id).values(reminders_sent=reminders)
        )


def test_the_page_says_from_how_many_how_sure_and_what_brought_the_answers(
    client: CheckingClient, csm: User
) -> None:
    account = an_account(owner_id=csm.id)
    person, other = a_contact(account), a_contact(account)
    for weeks, reminders in ((50, 0), (38, 1), (26, 1)):
        wave = a_past_wave(csm, weeks)
        answered_after(wave, person, reminders=reminders)
        stayed_silent(wave, other)
    for weeks in (18, 6):
        stayed_silent(a_past_wave(csm, weeks), person)
    an_invitation(a_wave(csm, name="Still open"), person)
    ages = [timedelta(weeks=weeks).days / DAYS_PER_MONTH for weeks in (50, 38, 26, 18, 6)]
    outcomes = [Disposition.COMPLETE] * 3 + [Disposition.SILENT] * 2
    expected = engagement(
        [Participation(one, 2.0, age) for one, age in zip(outcomes, ages, strict=True)],
        cohort_mean=None,
        parameters=DEFAULT_ENGAGEMENT,
    )
    assert expected is not None
    low, high = (round(100 * limit) for limit in expected.interval)
    page = read(client, person)
    assert (
        f"Engagement is {round(100 * expected.value)}%, most likely between {low}% and {high}%, "
        "from 5 waves." in page
    )
    assert "A wave weighs half as much after 12 months." in page
    assert f"So these 5 count as much as {expected.n_eff:.1f} of one age." in page
    assert "in the last 2 waves" in page
    assert "1 answer after the first mail, 2 answers after one reminder" in page
    assert "Still open" in page


def test_a_person_asked_once_or_not_yet_is_not_judged(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id)
    once, waiting, never = a_contact(account), a_contact(account), a_contact(account)
    stayed_silent(a_past_wave(csm), once)
    an_invitation(a_wave(csm), waiting)
    assert "Too few waves to say: only one counts so far." in read(client, once)
    assert "No wave that reached them has closed yet" in read(client, waiting)
    assert "Taking part" not in read(client, never)
    assert taking_part([], [], cohort_mean=None, parameters=DEFAULT_ENGAGEMENT).engagement.value is None


def test_no_time_is_told_of_what_was_said_in_confidence_or_on_the_phone(
    client: CheckingClient, csm: User
) -> None:
    person = a_contact(an_account(owner_id=csm.id))
    wave = a_past_wave(csm, 20)
    answered(a_past_wave(csm, 30), person, 9, source=ResponseSource.PHONE)
    answered(wave, person, 4)
    assert "1 answer after the first mail" in read(client, person)
    survey: Survey = wave.survey_version.survey
    survey.is_confidential = True
    save(survey)
    page = read(client, person)
    assert "after the first mail" not in page
    assert "from 2" not in page
