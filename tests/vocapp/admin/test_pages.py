"""Settings: who may see them, and what they change."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests.builders import a_company, a_persona, a_profile, a_tier, a_user, an_account
from tests.conftest import CheckingClient
from vocapp.accounts.models import TierProfile
from vocapp.accounts.queries import requirements_on
from vocapp.admin.queries import customers_per_owner
from vocapp.core.audit import AuditEntry
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.core.jobs import Job
from vocapp.identity.models import User
from vocapp.identity.queries import company, user_by_email
from vocapp.identity.rules import RoleName
from vocapp.outbox.models import Message

PATHS = [
    "/settings",
    "/settings/company",
    "/settings/look",
    "/settings/scored-answers",
    "/settings/users/new",
    "/settings/tiers",
    "/settings/personas",
    "/settings/overrides",
    "/settings/knowing",
    "/settings/tier-rules",
    "/settings/tier-rules/new",
    "/settings/tier-rules/preview",
]


@pytest.fixture
def administrator(client: CheckingClient) -> User:
    a_company()
    user = a_user(RoleName.ADMIN)
    client.sign_in(user)
    return user


def today() -> date:
    return utcnow().date()


@pytest.mark.parametrize("path", PATHS)
def test_an_administrator_sees_every_settings_page(
    client: CheckingClient, administrator: User, path: str
) -> None:
    a_profile(champion=1)

    assert client.get(path).status_code == 200


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.CSM, RoleName.EXECUTIVE])
@pytest.mark.parametrize("path", PATHS)
def test_for_everybody_else_settings_do_not_exist(client: CheckingClient, role: RoleName, path: str) -> None:
    client.sign_in(a_user(role))

    assert client.get(path).status_code == 404


def test_the_company_gets_its_name_and_domains(client: CheckingClient, administrator: User) -> None:
    client.post("/settings/company", data={"name": "Nordwind", "domains": "Nordwind.example\n@nw.example"})

    ours = company()
    assert ours is not None
    assert (ours.name, ours.domains) == ("Nordwind", ["nordwind.example", "nw.example"])


def test_a_domain_that_is_none_is_refused(client: CheckingClient, administrator: User) -> None:
    text = client.post("/settings/company", data={"name": "N", "domains": "not a domain"}).text

    assert "is not a domain" in text


def test_a_new_user_owns_the_accounts_that_waited_for_them(
    client: CheckingClient, administrator: User
) -> None:
    account = an_account(owner_email="ana@vendor.example")

    form = {"email": "Ana@vendor.example", "name": "Ana", "role": "csm"}
    assert (
        "They own one account." in client.post("/settings/users/new", data=form, follow_redirects=True).text
    )

    db.session.refresh(account)
    ana = user_by_email("ana@vendor.example")
    assert ana is not None
    assert (account.owner_id, ana.role) == (ana.id, RoleName.CSM)


def test_former_customers_are_not_counted(client: CheckingClient, administrator: User) -> None:
    tier, owner = a_tier(name="Key"), a_user(name="Ana")
    an_account(tier_id=tier.id, owner_id=owner.id)
    an_account(tier_id=tier.id, owner_id=owner.id, status="churned")

    assert "Key</bdi><span>one account<" in client.get("/settings").text
    assert customers_per_owner() == {owner.id: 1}
    assert "one account<" in client.get("/settings/tiers").text


def test_a_new_user_gets_a_mail_to_choose_a_password(client: CheckingClient, administrator: User) -> None:
    client.post("/settings/users/new", data={"email": "ana@vendor.example", "name": "Ana", "role": "csm"})

    letters = db.session.scalars(select(Message.template).where(Message.to_address == "ana@vendor.example"))
    assert letters.all() == ["welcome"]


def test_an_address_is_a_user_once(client: CheckingClient, administrator: User) -> None:
    form = {"email": administrator.email, "name": "Again", "role": "csm"}

    assert "already a user" in client.post("/settings/users/new", data=form).text


def test_owners_without_a_user_are_offered(client: CheckingClient, administrator: User) -> None:
    an_account(owner_email="ben@vendor.example")

    assert "email=ben@vendor.example" in client.get("/settings").text.replace("%40", "@")


def test_a_user_can_be_stopped_from_signing_in(client: CheckingClient, administrator: User) -> None:
    ana = a_user()

    client.post(f"/settings/users/{ana.id}", data={"name": "Ana", "role": "leader"})

    db.session.refresh(ana)
    assert (ana.active, ana.role) == (False, RoleName.LEADER)


def test_the_last_administrator_stays_one(client: CheckingClient, administrator: User) -> None:
    form = {"name": "A", "role": "csm", "active": "y"}

    assert "must be able to administer" in client.post(f"/settings/users/{administrator.id}", data=form).text
    assert administrator.role is RoleName.ADMIN


def test_a_tier_profile_changes_from_a_date_on(client: CheckingClient, administrator: User) -> None:
    tier, persona, later = a_tier(), a_persona("champion"), today() + timedelta(days=30)
    a_profile(tier, champion=1)

    form = {f"required-{tier.id}-{persona.id}": "3", "effective_from": later.isoformat()}
    client.post("/settings/tiers", data=form)

    assert requirements_on(today())[tier.id] == {"champion": 1}
    assert requirements_on(later)[tier.id] == {"champion": 3}


def test_saving_the_same_numbers_makes_no_new_profile(client: CheckingClient, administrator: User) -> None:
    tier, persona = a_tier(), a_persona("champion")
    a_profile(tier, champion=1)

    form = {f"required-{tier.id}-{persona.id}": "1", "effective_from": today().isoformat()}
    client.post("/settings/tiers", data=form)

    assert db.session.scalar(select(func.count()).select_from(TierProfile)) == 1


@pytest.mark.parametrize("number", ["-1", "x", "1.5", "101", "²"])
def test_only_whole_numbers_from_0_to_100_are_accepted(
    client: CheckingClient, administrator: User, number: str
) -> None:
    tier, persona = a_tier(), a_persona("champion")

    form = {f"required-{tier.id}-{persona.id}": number, "effective_from": today().isoformat()}

    assert "whole number" in client.post("/settings/tiers", data=form).text


def test_a_profile_in_the_past_is_refused(client: CheckingClient, administrator: User) -> None:
    tier, persona = a_tier(), a_persona("champion")

    form = {
        f"required-{tier.id}-{persona.id}": "2",
        "effective_from": (today() - timedelta(days=1)).isoformat(),
    }

    assert "not in the past" in client.post("/settings/tiers", data=form).text


def test_a_tier_is_added_below_all_others(client: CheckingClient, administrator: User) -> None:
    a_tier("Tier 1", rank=1)

    client.post("/settings/tiers/new", data={"name": "Strategic"})

    assert a_tier("Strategic").rank == 2


def test_answers_that_did_not_come_by_link_can_be_left_out_of_scores(
    client: CheckingClient, administrator: User
) -> None:
    client.post("/settings/scored-answers", data={"is_import_scored": "y"})

    ours = company()
    assert ours is not None
    assert (ours.is_phone_scored, ours.is_reply_scored, ours.is_import_scored) == (False, False, True)
    assert db.session.scalars(select(Job.kind)).all() == ["rescore_accounts"]
    act = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "scored_answers_changed")).one()
    assert act.details == {"is_phone_scored": False, "is_reply_scored": False, "is_import_scored": True}
    page = client.get("/settings").text
    assert "imported ones; these do not: those given by phone, numbers in replies." in page


def test_the_same_choice_again_computes_nothing_anew(client: CheckingClient, administrator: User) -> None:
    everything = {"is_phone_scored": "y", "is_reply_scored": "y", "is_import_scored": "y"}
    client.post("/settings/scored-answers", data=everything)

    assert db.session.scalars(select(Job.kind)).all() == []
