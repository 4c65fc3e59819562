"""Surveys, waves, invitations, answers, outcomes and events as programs read them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.builders import (
    NOW,
    a_company,
    a_contact,
    a_response,
    a_survey_version,
    a_user,
    a_wave,
    an_account,
    an_invitation,
    save,
)
from tests.conftest import CheckingClient
from tests.vocapp.api.builders import Program, a_program, a_token
from tests.vocapp.api.test_accounts import counted
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.renewals.models import RenewalOutcome
from vocapp.signals.models import AccountEvent
from vocapp.workflows.rescore import rescore_some

LISTS = ("surveys", "waves", "invitations", "responses", "outcomes", "events")


@pytest.fixture
def program(client: CheckingClient) -> Program:
    a_company()
    return a_program(client)


def ids(items: list[dict[str, Any]]) -> list[int]:
    return [one["id"] for one in items]


def one_of_each(owner: User) -> dict[str, int]:
    """One of everything at an account of a CSM, by the name of its list."""
    contact = a_contact(an_account(owner_id=owner.id))
    response = a_response(an_invitation(a_wave(owner), contact), comment="Fine.")
    of_account = {"account_id": contact.account_id}
    outcome = save(RenewalOutcome(renewal_date=date(2026, 1, 31), outcome="renewed", **of_account))
    event = save(
        AccountEvent(
            kind="case", source="import", external_key=f"C-{contact.id}", occurred_at=NOW, **of_account
        )
    )
    return {
        "waves": response.wave_id,
        "invitations": response.invitation_id,
        "responses": response.id,
        "outcomes": outcome.id,
        "events": event.id,
    }


def confidential_answer() -> Any:
    response = a_response(comment="Between us.")
    with transaction():
        response.invitation.wave.survey_version.survey.is_confidential = True
    return response


def test_each_thing_of_a_list_has_an_address_of_its_own(program: Program) -> None:
    things = {**one_of_each(a_user()), "surveys": a_survey_version().survey_id}
    for name, number in things.items():
        listed = program.items(f"/{name}")
        single = program.get(f"/{name}/{number}")
        assert [one["id"] for one in listed] == [number], name
        assert single.json == listed[0], name
        assert single.headers["ETag"]


def test_a_csm_reads_only_what_is_theirs(client: CheckingClient) -> None:
    csm, other = a_user(RoleName.CSM), a_user(RoleName.CSM)
    own, foreign = one_of_each(csm), one_of_each(other)
    program = a_program(client, csm)
    for name, number in own.items():
        assert ids(program.items(f"/{name}")) == [number], name
        assert program.get(f"/{name}/{number}").status_code == 200, name
        assert program.get(f"/{name}/{foreign[name]}").status_code == 404, name
    foreign_wave = foreign["waves"]
    assert program.items(f"/responses?wave_id={foreign_wave}") == []
    assert program.items(f"/invitations?wave_id={foreign_wave}") == []


@pytest.mark.parametrize("role", list(RoleName))
def test_nobody_reads_what_was_said_in_confidence(client: CheckingClient, role: RoleName) -> None:
    response = confidential_answer()
    user = a_user(role)
    with transaction():
        response.account.owner_id = user.id
    program = a_program(client, user)
    places = (
        "/responses",
        f"/responses?wave_id={response.wave_id}",
        f"/responses?account_id={response.account_id}&contact_id={response.contact_id}",
        f"/invitations?wave_id={response.wave_id}",
    )
    assert program.items("/responses") == []
    assert program.get(f"/responses/{response.id}").status_code == 404
    for place in places:
        text = program.get(place).get_data(as_text=True)
        assert "Between us" not in text
        assert "rating" not in text


def test_that_somebody_took_part_in_confidence_is_told_without_an_answer(program: Program) -> None:
    response = confidential_answer()
    told = program.get(f"/invitations/{response.invitation_id}").json
    assert told["state"] == "completed"
    assert "answers" not in told


def test_no_measure_knows_of_what_was_said_in_confidence(program: Program) -> None:
    response = confidential_answer()
    rescore_some([response.account_id], now=NOW + timedelta(days=1))
    told = program.get(f"/accounts/{response.account_id}").json
    assert told["sentiment"]["value"] is None
    assert told["sentiment"]["n"] == 0


def test_doubtful_forms_are_no_answers(program: Program) -> None:
    response = a_response(quarantine_reason="too_fast")
    assert program.items("/responses") == []
    assert program.get(f"/responses/{response.id}").status_code == 404


def test_the_secret_of_a_link_is_told_nowhere(program: Program) -> None:
    invitation = an_invitation()
    text = program.get(f"/invitations/{invitation.id}").get_data(as_text=True)
    assert invitation.nonce not in text
    assert invitation.token_hash not in text


def test_an_answer_is_told_with_its_scale(program: Program) -> None:
    response = a_response(rating=4, comment="Slow.", answers={"drivers": ["support"]})
    told = program.get(f"/responses/{response.id}").json
    assert (told["rating"], told["rating_kind"], told["survey"]) == (4, "nps", "nps")
    assert told["answers"] == {"drivers": ["support"]}
    assert told["comment"] == "Slow."


def test_lists_are_filtered(program: Program) -> None:
    first, second = one_of_each(a_user()), one_of_each(a_user())
    response = program.get(f"/responses/{first['responses']}").json
    for query in ("account_id", "contact_id", "wave_id"):
        assert ids(program.items(f"/responses?{query}={response[query]}")) == [first["responses"]]
        assert ids(program.items(f"/invitations?{query}={response[query]}")) == [first["invitations"]]
    assert ids(program.items(f"/outcomes?account_id={response['account_id']}")) == [first["outcomes"]]
    assert program.items("/outcomes?outcome=churned") == []
    assert ids(program.items(f"/events?account_id={response['account_id']}&kind=case")) == [first["events"]]
    assert program.items("/events?kind=usage") == []
    assert program.items("/invitations?state=silent") == []
    assert ids(program.items("/waves?state=open&survey=nps")) == [first["waves"], second["waves"]]
    assert program.items("/waves?survey=pulse") == []
    assert len(program.items("/surveys?key=nps")) == 1
    since = (NOW + timedelta(days=1)).isoformat().replace("+", "%2B")
    assert program.items(f"/responses?updated_since={since}") == []


def test_what_was_deleted_elsewhere_is_not_told(program: Program) -> None:
    gone = one_of_each(a_user())["events"]
    with transaction():
        db.session.get_one(AccountEvent, gone).is_deleted = True
    assert program.items("/events") == []
    assert program.get(f"/events/{gone}").status_code == 404


def test_an_amount_is_a_decimal_in_words(program: Program) -> None:
    account = an_account()
    values = {"account_id": account.id, "renewal_date": date(2026, 1, 31), "outcome": "renewed"}
    outcome = save(RenewalOutcome(amount=Decimal("10.50"), **values))
    assert program.get(f"/outcomes/{outcome.id}").json["amount"] == "10.50"


@pytest.mark.parametrize("name", LISTS)
def test_a_longer_list_takes_no_more_statements(client: CheckingClient, name: str) -> None:
    program = Program(client, a_token(last_used_at=utcnow())[1])
    for _unused in range(2):
        one_of_each(a_user())
    program.get(f"/{name}")
    few = counted(program, f"/{name}")
    for _unused in range(10):
        one_of_each(a_user())
    assert counted(program, f"/{name}") == few
