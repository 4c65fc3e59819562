"""Adding, ordering, weighing and retiring personas."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from tests.builders import NOW, a_contact, a_persona, a_profile, a_tier, a_user, an_account
from vocapp.accounts.models import Persona, PersonaWeight
from vocapp.accounts.personas import (
    add_persona,
    begin_due_weights,
    change_persona,
    forget_weight,
    keep_persona,
    move_persona,
    retire_persona,
    weigh_persona,
)
from vocapp.accounts.queries import footprint_of, persona_facts, personas_in_order, personas_on
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName

pytestmark = pytest.mark.usefixtures("app")
TODAY = NOW.date()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture
def admin() -> User:
    return a_user(RoleName.ADMIN)


def weight_on(persona: Persona, on: date) -> float:
    return next(facts.weight for facts in persona_facts(on) if facts.id == persona.id)


def test_a_persona_gets_a_key_from_its_name(admin: User) -> None:
    added = add_persona("IT security", description="", weight=1.0, by=admin)

    assert added.key == "it_security"


def test_a_new_persona_stands_below_all_others(admin: User) -> None:
    a_persona("champion")
    added = add_persona("Sponsor", description="", weight=1.0, by=admin)

    assert personas_in_order()[-1] is added


def test_an_economic_buyer_may_stand_beside_the_decision_maker(admin: User) -> None:
    a_persona("decision_maker")

    assert add_persona("Economic buyer", description="", weight=2.0, by=admin).key == "economic_buyer"


@pytest.mark.parametrize(
    ("name", "key", "words"),
    [
        ("Champion", "", "already"),
        ("Sponsor", "champion", "belongs to Champion"),
        ("", "sponsor", "a name"),
        ("責任者", "", "small Latin letters"),
        ("Sponsor", "Not a key!", "small Latin letters"),
    ],
)
def test_a_name_or_key_that_cannot_be_is_refused(admin: User, name: str, key: str, words: str) -> None:
    a_persona("champion")

    with pytest.raises(DomainError, match=words):
        add_persona(name, key=key, description="", weight=1.0, by=admin)


def test_a_name_in_any_script_is_fine_with_a_key(admin: User) -> None:
    assert add_persona("責任者", key="sponsor", description="", weight=1.0, by=admin).name == "責任者"


@pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf"), 101.0])
def test_a_weight_that_is_none_is_refused(admin: User, weight: float) -> None:
    with pytest.raises(DomainError, match="above 0"):
        add_persona("Sponsor", description="", weight=weight, by=admin)


def test_renaming_to_a_taken_name_is_refused(admin: User) -> None:
    a_persona("champion")
    persona = a_persona("admin")

    with pytest.raises(DomainError, match="choose another name"):
        change_persona(persona, name="CHAMPION", description="", by=admin)


def test_personas_change_places(admin: User) -> None:
    first, second = a_persona("champion"), a_persona("admin")

    move_persona(first, 1, by=admin)

    assert list(personas_in_order()) == [second, first]


def test_a_weight_from_today_leaves_yesterday_as_it_was(admin: User) -> None:
    persona = a_persona("champion", 2.0)

    weigh_persona(persona, 5.0, effective_from=TODAY, by=admin, today=TODAY)

    assert (weight_on(persona, YESTERDAY), weight_on(persona, TODAY), persona.weight) == (2.0, 5.0, 5.0)


def test_a_weight_from_tomorrow_changes_nothing_today(admin: User) -> None:
    persona = a_persona("champion", 2.0)

    weigh_persona(persona, 5.0, effective_from=TOMORROW, by=admin, today=TODAY)

    assert (weight_on(persona, TODAY), weight_on(persona, TOMORROW), persona.weight) == (2.0, 5.0, 2.0)


def test_a_coming_weight_begins_on_its_day(admin: User) -> None:
    persona = a_persona("champion", 2.0)
    weigh_persona(persona, 5.0, effective_from=TOMORROW, by=admin, today=TODAY)

    assert (begin_due_weights(TODAY), begin_due_weights(TOMORROW), begin_due_weights(TOMORROW)) == (0, 1, 0)
    assert persona.weight == 5.0


def test_a_weight_that_is_the_same_leaves_no_line(admin: User) -> None:
    weigh_persona(a_persona("champion", 2.0), 2.0, effective_from=TODAY, by=admin, today=TODAY)

    assert db.session.scalar(select(func.count()).select_from(PersonaWeight)) == 0


def test_a_weight_in_the_past_is_refused(admin: User) -> None:
    with pytest.raises(DomainError, match="not in the past"):
        weigh_persona(a_persona(), 5.0, effective_from=YESTERDAY, by=admin, today=TODAY)


def test_a_coming_weight_can_be_taken_back(admin: User) -> None:
    persona = a_persona("champion", 2.0)
    weigh_persona(persona, 5.0, effective_from=TOMORROW, by=admin, today=TODAY)

    forget_weight(persona, TOMORROW, by=admin, today=TODAY)

    assert weight_on(persona, TOMORROW) == 2.0


def test_a_weight_that_holds_cannot_be_taken_back(admin: User) -> None:
    persona = a_persona("champion", 2.0)
    weigh_persona(persona, 5.0, effective_from=TODAY, by=admin, today=TODAY)

    with pytest.raises(DomainError, match="begins later"):
        forget_weight(persona, TODAY, by=admin, today=TODAY)


def test_a_retired_persona_asks_for_no_seats_and_keeps_its_history(admin: User) -> None:
    tier = a_tier()
    a_profile(tier, champion=1, decision_maker=1)
    account = an_account(tier_id=tier.id)
    a_contact(account)

    retire_persona(a_persona("champion"), on=TODAY, by=admin, today=TODAY)

    assert footprint_of([account.id], YESTERDAY)[account.id].required == 2
    assert footprint_of([account.id], TODAY)[account.id].gaps == {"decision_maker": 1}


def test_a_persona_that_retires_later_is_in_use_until_then(admin: User) -> None:
    a_persona("admin")
    persona = a_persona("champion")

    retire_persona(persona, on=TOMORROW, by=admin, today=TODAY)

    assert (persona in personas_on(TODAY), persona in personas_on(TOMORROW)) == (True, False)


def test_a_retirement_can_be_taken_back_before_it_begins(admin: User) -> None:
    a_persona("admin")
    persona = a_persona("champion")
    retire_persona(persona, on=TOMORROW, by=admin, today=TODAY)

    keep_persona(persona, by=admin, today=TODAY)

    assert persona.retired_on is None


def test_a_retired_persona_cannot_come_back(admin: User) -> None:
    a_persona("admin")
    persona = a_persona("champion")
    retire_persona(persona, on=TODAY, by=admin, today=TODAY)

    with pytest.raises(DomainError, match="retired already"):
        keep_persona(persona, by=admin, today=TODAY)


def test_the_last_persona_stays(admin: User) -> None:
    with pytest.raises(DomainError, match="must stay"):
        retire_persona(a_persona("champion"), on=TODAY, by=admin, today=TODAY)


def test_every_change_leaves_a_line_in_the_audit_trail(admin: User) -> None:
    a_persona("admin")
    persona = add_persona("Sponsor", description="", weight=1.0, by=admin)
    change_persona(persona, name="Patron", description="Pays.", by=admin)
    weigh_persona(persona, 2.0, effective_from=TODAY, by=admin, today=TODAY)
    retire_persona(persona, on=TOMORROW, by=admin, today=TODAY)

    actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.subject_kind == "persona"))
    assert list(actions) == ["persona_added", "persona_changed", "persona_weighed", "persona_retired"]
