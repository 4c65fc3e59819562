"""The demo company: the same every time, with its stories in the numbers, and gone without a trace."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from surveys.catalog import load_survey
from tests.builders import a_user, an_account, save
from tests.conftest import CheckingClient
from tests.vocapp.demo.conftest import NOW
from vocapp.accounts.cells import read_address
from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.models import Invitation, Wave
from vocapp.commitments.models import Commitment
from vocapp.core.db import Base, db, transaction
from vocapp.core.errors import DomainError
from vocapp.demo.driving import KEY
from vocapp.demo.service import demo_sign_ins, load_demo, remove_demo
from vocapp.demo.stories import (
    CARRIED_BY_ONE,
    CHAMPION_LEFT,
    COMEBACK_STORY,
    NO_DECISION_MAKER,
    SILENT,
    STORY_NAMES,
    STRICT_REGION,
)
from vocapp.identity.models import Role, User
from vocapp.identity.rules import RoleName
from vocapp.questionnaires.queries import latest_version
from vocapp.questionnaires.service import publish, publish_from_library
from vocapp.relationship.models import AccountScore
from vocapp.responses.models import Response


def count(model: type[Base]) -> int:
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def score_of(story: str) -> AccountScore:
    found = select(AccountScore).join(Account, Account.id == AccountScore.account_id)
    return db.session.scalars(found.where(Account.name == STORY_NAMES[story], AccountScore.is_latest)).one()


@pytest.mark.usefixtures("demo")
def test_the_company_has_the_size_it_promises() -> None:
    assert count(Account) == 60
    assert 400 <= count(Contact) <= 500
    # Five quarters of six managers, and one of drivers that no score knows of.
    assert count(Wave) == 6 * 5 + 1
    assert len({person.role for person in demo_sign_ins()}) == 4


@pytest.mark.usefixtures("demo")
def test_a_silent_top_account_scores_low_and_has_no_sentiment() -> None:
    score = score_of(SILENT)
    assert score.sentiment is None
    assert score.engagement is not None
    assert score.engagement < 0.2
    assert score.status == "red"


@pytest.mark.usefixtures("demo")
def test_the_champion_who_left_leaves_an_empty_seat() -> None:
    people = select(Contact).join(Account).where(Account.name == STORY_NAMES[CHAMPION_LEFT])
    champions = [
        person
        for person in db.session.scalars(people)
        if any(persona.key == "champion" for persona in person.personas)
    ]
    assert champions
    assert {person.status for person in champions} == {"left"}


@pytest.mark.usefixtures("demo")
def test_every_address_is_one_a_mail_server_takes() -> None:
    for address in db.session.scalars(select(Contact.email)):
        assert read_address(address)


@pytest.mark.usefixtures("demo")
def test_an_account_carried_by_one_has_one_voice() -> None:
    heard = (
        select(Response.contact_id)
        .join(Account, Account.id == Response.account_id)
        .join(Wave)
        .where(Account.name == STORY_NAMES[CARRIED_BY_ONE], Wave.state == "closed")
    )
    voices = list(db.session.scalars(heard))
    assert len(voices) >= 3
    assert max(voices.count(voice) for voice in set(voices)) / len(voices) >= 0.6


@pytest.mark.usefixtures("demo")
def test_a_region_never_scores_above_seven() -> None:
    ratings = select(func.max(Response.rating)).join(Account, Account.id == Response.account_id)
    assert db.session.scalar(ratings.where(Account.region == STRICT_REGION)) == 7


@pytest.mark.usefixtures("demo")
def test_promoters_without_a_decision_maker_are_not_green_for_sure() -> None:
    score = score_of(NO_DECISION_MAKER)
    assert score.nps is not None
    assert score.nps > 0.5
    assert score.confidence != "high"


@pytest.mark.usefixtures("demo")
def test_a_comeback_rises_wave_by_wave() -> None:
    history = (
        select(AccountScore.nps)
        .join(Account, Account.id == AccountScore.account_id)
        .where(Account.name == STORY_NAMES[COMEBACK_STORY])
        .order_by(AccountScore.as_of)
    )
    points = [value for value in db.session.scalars(history) if value is not None]
    assert points[0] < 0 < points[-1]


def _picture() -> list[tuple[object, ...]]:
    rows = select(Account.name, Account.arr, AccountScore.as_of, AccountScore.strength, AccountScore.status)
    found = rows.join(AccountScore, AccountScore.account_id == Account.id)
    return [tuple(row) for row in db.session.execute(found.order_by(Account.name, AccountScore.as_of))]


@pytest.mark.usefixtures("app")
def test_the_same_seed_tells_the_same_company() -> None:
    load_demo(now=NOW, accounts=12)
    first = _picture()
    remove_demo()
    load_demo(now=NOW, accounts=12)
    assert _picture() == first
    assert len(first) >= 12


@pytest.mark.usefixtures("app")
def test_removing_it_leaves_your_own_accounts() -> None:
    load_demo(now=NOW, accounts=6)
    mine = an_account(name="My own", owner_id=demo_owner())
    remove_demo()
    assert db.session.scalars(select(Account.name)).all() == ["My own"]
    db.session.refresh(mine)
    assert mine.owner_id is None
    assert (count(Contact), count(Invitation), count(Response), count(Wave)) == (0, 0, 0, 0)
    assert (count(Commitment), latest_version(KEY)) == (0, None)
    assert demo_sign_ins() == []


def demo_owner() -> int:
    owner = db.session.scalar(select(Account.owner_id).where(Account.is_demo).limit(1))
    assert owner is not None
    return owner


@pytest.mark.usefixtures("app")
def test_a_second_demo_company_is_refused() -> None:
    load_demo(now=NOW, accounts=3)
    with pytest.raises(DomainError, match="here already"):
        load_demo(now=NOW, accounts=3)


@pytest.mark.usefixtures("app")
def test_no_accounts_is_refused() -> None:
    with pytest.raises(DomainError, match="at least one"):
        load_demo(now=NOW, accounts=0)


@pytest.mark.usefixtures("app")
def test_it_scales() -> None:
    load_demo(now=NOW, accounts=300)
    assert count(Account) == 300
    assert len(set(db.session.scalars(select(Account.name)))) == 300


def test_the_sign_in_page_offers_demo_people_only_in_a_demo(client: CheckingClient) -> None:
    assert "demo company" not in client.get("/login").get_data(as_text=True)
    load_demo(now=NOW, accounts=3)
    page = client.get("/login").get_data(as_text=True)
    assert "ana.ferreira@kestrel.example" in page


def test_a_demo_person_can_sign_in(client: CheckingClient) -> None:
    load_demo(now=NOW, accounts=3)
    csm = demo_sign_ins()[0]
    assert client.post("/login", data={"email": csm.email, "password": csm.password}).status_code == 302


def test_demo_people_are_refused_once_removed(client: CheckingClient) -> None:
    load_demo(now=NOW, accounts=3)
    csm = demo_sign_ins()[0]
    save(a_user())
    remove_demo()
    assert client.post("/login", data={"email": csm.email, "password": csm.password}).status_code == 200


def admin_of_the_demo() -> User:
    found = select(User).join(User.roles).where(User.is_demo, Role.name == RoleName.ADMIN)
    return db.session.scalars(found).unique().one()


def test_a_click_takes_it_out_and_leads_to_making_your_own_administrator(client: CheckingClient) -> None:
    load_demo(now=NOW, accounts=3)
    client.sign_in(admin_of_the_demo())
    assert "Remove the demo company" in client.get("/settings").get_data(as_text=True)
    gone = client.post("/settings/demo/remove")
    assert gone.status_code == 302
    assert client.get(gone.headers["Location"]).status_code == 200
    assert count(Account) == 0
    assert client.get("/").status_code == 302


def test_a_click_leaves_your_own_administrator_signed_in(client: CheckingClient) -> None:
    load_demo(now=NOW, accounts=3)
    client.sign_in(a_user(RoleName.ADMIN))
    assert client.post("/settings/demo/remove").headers["Location"] == "/settings"
    assert "Remove the demo company" not in client.get("/settings").get_data(as_text=True)


def test_a_click_brings_it_in(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.ADMIN))
    assert "Load the demo company" in client.get("/").get_data(as_text=True)
    assert client.post("/settings/demo/load").headers["Location"] == "/"
    assert count(Account) == 60


@pytest.mark.parametrize("role", [RoleName.CSM, RoleName.LEADER, RoleName.EXECUTIVE])
def test_others_than_administrators_cannot_remove_it(client: CheckingClient, role: RoleName) -> None:
    load_demo(now=NOW, accounts=3)
    client.sign_in(a_user(role))
    assert client.post("/settings/demo/remove").status_code in {403, 404}
    assert count(Account) == 3


@pytest.mark.usefixtures("app")
def test_removing_the_demo_leaves_a_survey_as_its_people_published_it() -> None:
    load_demo(now=NOW, accounts=1)
    author = db.session.scalars(select(User).where(User.name == "Ingrid Solberg")).unique().one()
    with transaction():
        own = replace(load_survey("nps"), is_custom=True)
        number = publish(own, by=author).number
    remove_demo()
    with transaction():
        assert publish_from_library("nps").number == number
    assert not author.active
