"""The settings pages about personas, tiers, overrides and how long knowledge stays good."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests.builders import a_company, a_contact, a_persona, a_profile, a_tier, a_user, an_account
from tests.conftest import CheckingClient
from vocapp.accounts.models import Persona, PersonaWeight, ProfileOverride, Tier, TierProfile
from vocapp.accounts.queries import (
    house_rules,
    personas_in_order,
    requirements_of,
    requirements_on,
    tiers_by_rank,
)
from vocapp.admin.service import grid_mark, profile_grid
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName


@pytest.fixture(autouse=True)
def administrator(client: CheckingClient) -> User:
    a_company()
    user = a_user(RoleName.ADMIN)
    client.sign_in(user)
    return user


def today() -> date:
    return utcnow().date()


def test_a_persona_is_added(client: CheckingClient) -> None:
    client.post(
        "/settings/personas", data={"name": "Economic buyer", "weight": "2.5", "description": "Pays."}
    )

    (added,) = personas_in_order()
    assert (added.key, added.weight, added.description) == ("economic_buyer", 2.5, "Pays.")


@pytest.mark.parametrize("weight", ["0", "-1", "many", "", "101", "nan", "inf"])
def test_a_weight_that_is_none_makes_no_persona(client: CheckingClient, weight: str) -> None:
    client.post("/settings/personas", data={"name": "Sponsor", "weight": weight})

    assert personas_in_order() == []


def test_a_taken_name_is_told_on_the_page(client: CheckingClient) -> None:
    a_persona("champion")

    assert (
        "choose another name"
        in client.post("/settings/personas", data={"name": "champion", "weight": "1"}).text
    )


def test_a_persona_is_renamed(client: CheckingClient) -> None:
    persona = a_persona("champion")

    client.post(f"/settings/personas/{persona.id}", data={"name": "Fürsprecher", "description": "Wants us."})

    assert "Fürsprecher" in client.get("/settings/personas").text
    assert persona.key == "champion"


def test_a_weight_is_planned_and_taken_back(client: CheckingClient) -> None:
    persona, later = a_persona("champion"), today() + timedelta(days=7)
    sent = {"w-weight": "4", "w-effective_from": later.isoformat()}
    client.post(f"/settings/personas/{persona.id}/weight", data=sent)
    assert db.session.get(PersonaWeight, (persona.id, later)) is not None
    assert "Take back" in client.get(f"/settings/personas/{persona.id}").text

    client.post(f"/settings/personas/{persona.id}/weight/forget", data={"on": later.isoformat()})

    assert db.session.get(PersonaWeight, (persona.id, later)) is None


def test_a_weight_in_the_past_is_told_on_the_page(client: CheckingClient) -> None:
    persona, earlier = a_persona("champion"), today() - timedelta(days=1)

    sent = {"w-weight": "4", "w-effective_from": earlier.isoformat()}
    assert "not in the past" in client.post(f"/settings/personas/{persona.id}/weight", data=sent).text


def test_nonsense_for_a_day_takes_nothing_back(client: CheckingClient) -> None:
    persona = a_persona("champion")

    text = client.post(
        f"/settings/personas/{persona.id}/weight/forget", data={"on": "x"}, follow_redirects=True
    ).text
    assert "can be taken back" in text


def test_a_persona_retires_and_stays_after_all(client: CheckingClient) -> None:
    a_persona("admin")
    persona, later = a_persona("champion"), today() + timedelta(days=7)
    client.post(f"/settings/personas/{persona.id}/retire", data={"r-on": later.isoformat()})
    assert "Keep it after all" in client.get(f"/settings/personas/{persona.id}").text

    client.post(f"/settings/personas/{persona.id}/keep")

    db.session.refresh(persona)
    assert persona.retired_on is None


def test_a_persona_moves_up(client: CheckingClient) -> None:
    first, second = a_persona("champion"), a_persona("admin")

    client.post(f"/settings/personas/{second.id}/move", data={"to": "up"})

    assert [persona.id for persona in personas_in_order()] == [second.id, first.id]


def test_a_retired_persona_is_offered_to_nobody_new(client: CheckingClient) -> None:
    account, retired = an_account(), a_persona("champion")
    keeper = a_contact(account)
    retired.retired_on = today()
    a_persona("admin")
    db.session.flush()

    assert "Champion" not in client.get(f"/accounts/{account.id}/people/new").text
    assert keeper.personas == [retired]


def test_a_tier_is_renamed_moved_and_deleted(client: CheckingClient) -> None:
    first, second = a_tier("Gold", 1), a_tier("Silver", 2)
    client.post(f"/settings/tiers/{second.id}", data={"name": "Platinum"})
    client.post(f"/settings/tiers/{second.id}/move", data={"to": "up"})
    assert [tier.name for tier in tiers_by_rank()] == ["Platinum", "Gold"]

    client.post(f"/settings/tiers/{first.id}/delete")

    assert db.session.scalar(select(func.count()).select_from(Tier)) == 1


def test_a_tier_with_accounts_says_why_it_stays(client: CheckingClient) -> None:
    tier = a_tier()
    an_account(tier_id=tier.id)

    text = client.post(f"/settings/tiers/{tier.id}/delete", follow_redirects=True).text

    assert "move them to another tier first" in text


def test_a_grid_somebody_else_changed_meanwhile_is_not_overwritten(client: CheckingClient) -> None:
    tier, persona = a_tier(), a_persona("champion")
    a_profile(tier, champion=1)
    seen = grid_mark(profile_grid(today()))
    field = f"required-{tier.id}-{persona.id}"
    client.post("/settings/tiers", data={field: "3", "effective_from": today().isoformat(), "seen": seen})

    late = {field: "1", "effective_from": today().isoformat(), "seen": seen}
    text = client.post("/settings/tiers", data=late).text

    assert "not the ones you looked at" in text
    assert requirements_on(today())[tier.id] == {"champion": 3}


def test_a_number_without_a_persona_is_refused_and_nothing_is_stored(client: CheckingClient) -> None:
    tier, persona = a_tier(), a_persona("champion")

    sent = {f"required-{tier.id}-{persona.id}": "2", f"required-{tier.id}-999": "1"}
    text = client.post("/settings/tiers", data={**sent, "effective_from": today().isoformat()}).text

    assert "belongs to no tier or persona" in text
    assert db.session.scalar(select(func.count()).select_from(TierProfile)) == 0


def test_an_override_is_added_and_withdrawn(client: CheckingClient) -> None:
    tier, persona = a_tier(), a_persona("champion")
    account = an_account(tier_id=tier.id, region="EMEA")
    form = {
        "scope": "region",
        "where": "EMEA",
        "tier_id": "0",
        "persona_id": str(persona.id),
        "required": "4",
        "reason": "Works councils have a say.",
        "effective_from": today().isoformat(),
    }
    client.post("/settings/overrides", data=form)
    assert requirements_of([account.id], today())[account.id] == {"champion": 4}
    assert "Works councils have a say." in client.get("/settings/overrides").text

    override_id = db.session.scalar(select(ProfileOverride.id))
    assert client.get(f"/settings/overrides/{override_id}").status_code == 200
    client.post(f"/settings/overrides/{override_id}", data={"ends_on": today().isoformat()})

    assert requirements_of([account.id], today())[account.id] == {}


@pytest.mark.parametrize(
    "changes",
    [{"required": "-1"}, {"required": "101"}, {"reason": " "}, {"where": "Nowhere"}, {"persona_id": ""}],
)
def test_an_override_that_makes_no_sense_is_not_stored(
    client: CheckingClient, changes: dict[str, str]
) -> None:
    an_account(segment="Enterprise")
    form = {
        "scope": "segment",
        "where": "Enterprise",
        "tier_id": "0",
        "persona_id": str(a_persona("champion").id),
        "required": "4",
        "reason": "Because.",
        "effective_from": today().isoformat(),
    }

    assert client.post("/settings/overrides", data={**form, **changes}).status_code == 200
    assert db.session.scalar(select(func.count()).select_from(ProfileOverride)) == 0


def test_the_page_of_overrides_starts_with_an_account_the_address_names(client: CheckingClient) -> None:
    assert 'value="A-1"' in client.get("/settings/overrides?scope=account&where=A-1").text


def test_the_days_are_changed(client: CheckingClient) -> None:
    form = {
        "verified_days": "60",
        "roster_days": "30",
        "assessment_days": "90",
        "champion_every_days": "90",
        "champion_open_days": "21",
        "silent_waves": "4",
    }
    client.post("/settings/knowing", data=form)

    assert house_rules().verified_days == 60
    assert "60 days" in client.get("/settings").text


@pytest.mark.parametrize("days", ["0", "-5", "3651", "x", ""])
def test_days_that_make_no_sense_change_nothing(client: CheckingClient, days: str) -> None:
    form = {
        "verified_days": days,
        "roster_days": "30",
        "assessment_days": "90",
        "champion_every_days": "90",
        "champion_open_days": "21",
        "silent_waves": "4",
    }

    assert client.post("/settings/knowing", data=form).status_code == 200
    assert house_rules().verified_days == 90


@pytest.mark.parametrize(
    "path", ["/settings/personas/1", "/settings/tiers/1", "/settings/overrides/1", "/settings/tier-rules/1"]
)
def test_what_is_not_there_is_not_found(client: CheckingClient, path: str) -> None:
    assert db.session.scalar(select(func.count()).select_from(Persona)) == 0

    assert client.get(path).status_code == 404
