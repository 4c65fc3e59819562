"""What programs tell us: outcomes and events, each once."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select

from tests.builders import NOW, a_company, a_contact, a_user, an_account, save
from tests.conftest import CheckingClient
from tests.vocapp.api.builders import Program, a_program, a_token
from tests.vocapp.triggers.builders import a_trigger, asked_ids, fire
from vocapp.api.models import ApiAnswer
from vocapp.core.audit import AuditEntry
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.renewals.models import RenewalOutcome
from vocapp.signals.models import AccountEvent
from vocapp.worker import JOBS


@pytest.fixture
def program(client: CheckingClient) -> Program:
    a_company()
    return a_program(client)


def an_outcome_of(account: Any, **values: Any) -> dict[str, Any]:
    body = {"account_id": account.id, "renewal_date": "2026-01-31", "outcome": "renewed", "amount": 1200}
    return {**body, **values}


def an_event_of(account: Any, **values: Any) -> dict[str, Any]:
    body = {
        "account_id": account.id,
        "kind": "case",
        "external_id": "C-1",
        "occurred_at": "2026-03-01T10:00:00+01:00",
        "title": "Printer on fire",
    }
    return {**body, **values}


def count(table: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(table)) or 0


def test_an_outcome_is_kept_and_corrected(program: Program) -> None:
    account = an_account(external_id="A-77", external_key="A-77")
    first = program.post("/outcomes", an_outcome_of(account))
    named = {"account_external_id": "A-77", "renewal_date": "2026-01-31", "outcome": "churned"}
    second = program.post("/outcomes", named)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.headers["Location"] == f"/api/v1/outcomes/{first.json['id']}"
    kept = db.session.scalars(select(RenewalOutcome)).one()
    assert (kept.outcome, kept.amount, kept.source) == ("churned", Decimal("1200.00"), "import")
    assert program.get(f"/outcomes/{kept.id}").json["outcome"] == "churned"


def test_what_somebody_entered_by_hand_stands(program: Program) -> None:
    account = an_account()
    day = date(2026, 1, 31)
    save(RenewalOutcome(account_id=account.id, renewal_date=day, outcome="churned", source="hand"))
    answer = program.post("/outcomes", an_outcome_of(account))
    assert answer.status_code == 409
    assert db.session.scalars(select(RenewalOutcome)).one().outcome == "churned"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"outcome": "won"}, "/outcome"),
        ({"renewal_date": "soon"}, "/renewal_date"),
        ({"renewal_date": "2999-01-01"}, "/renewal_date"),
        ({"amount": -1}, "/amount"),
        ({"amount": "1e400"}, "/amount"),
        ({"amount": "NaN"}, "/amount"),
        ({"account_id": "1"}, "/account_id"),
        ({"account_id": 2**40}, "/account_id"),
        ({"account_external_id": "A"}, "/account_id"),
    ],
)
def test_an_outcome_that_makes_no_sense_names_the_field(
    program: Program, wrong: dict[str, Any], pointer: str
) -> None:
    answer = program.post("/outcomes", an_outcome_of(an_account(), **wrong))
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json["errors"]] == [pointer]
    assert count(RenewalOutcome) == 0


def test_an_event_is_kept_and_corrected(program: Program) -> None:
    contact = a_contact(email="Ana@Customer.example")
    body = an_event_of(contact.account, contact_email="ana@customer.example")
    first = program.post("/events", body)
    second = program.post("/events", {**body, "ended_at": "2026-03-02T10:00:00Z"})
    assert (first.status_code, second.status_code) == (201, 200)
    kept = db.session.scalars(select(AccountEvent)).one()
    assert kept.contact_id == contact.id
    assert kept.ended_at is not None
    assert program.get(f"/events/{kept.id}").json["external_id"] == "C-1"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"kind": "party"}, "/kind"),
        ({"occurred_at": "2026-03-01T10:00:00"}, "/occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "/occurred_at"),
        ({"occurred_at": "2899-01-01T00:00:00Z"}, "/occurred_at"),
        ({"ended_at": "2020-01-01T00:00:00Z"}, "/ended_at"),
        ({"contact_email": "nobody@customer.example"}, "/contact_email"),
        ({"title": "\x00"}, "/title"),
        ({"external_id": ""}, "/external_id"),
        ({"value": "Infinity"}, "/value"),
    ],
)
def test_an_event_that_makes_no_sense_names_the_field(
    program: Program, wrong: dict[str, Any], pointer: str
) -> None:
    answer = program.post("/events", an_event_of(an_account(), **wrong))
    assert answer.status_code == 422
    assert [one["pointer"] for one in answer.json["errors"]] == [pointer]
    assert count(AccountEvent) == 0


def test_nobody_writes_at_an_account_of_another(client: CheckingClient) -> None:
    foreign = an_account(external_id="A-9", external_key="A-9")
    program = a_program(client, a_user(RoleName.CSM))
    theirs, nobodys = (
        program.post("/outcomes", an_outcome_of(foreign, account_id=n)) for n in (foreign.id, 99_999)
    )
    assert theirs.status_code == nobodys.status_code == 422
    assert theirs.data == nobodys.data
    assert program.post("/events", an_event_of(foreign)).status_code == 422
    by_key = {key: value for key, value in an_event_of(foreign).items() if key != "account_id"}
    assert program.post("/events", {**by_key, "account_external_id": "A-9"}).status_code == 422
    assert count(RenewalOutcome) == count(AccountEvent) == 0


def test_nobody_writes_over_what_anothers_program_told(client: CheckingClient) -> None:
    first, second = (a_user(RoleName.CSM) for _unused in range(2))
    own, other = (an_account(owner_id=user.id) for user in (first, second))
    assert a_program(client, first).post("/events", an_event_of(own)).status_code == 201
    assert a_program(client, second).post("/events", an_event_of(other)).status_code == 201
    assert count(AccountEvent) == 2


def test_an_event_is_not_taken_along_from_an_account_one_lost(client: CheckingClient) -> None:
    csm = a_user(RoleName.CSM)
    lost, kept = an_account(owner_id=csm.id), an_account(owner_id=csm.id)
    program = a_program(client, csm)
    program.post("/events", an_event_of(lost))
    successor = a_user()
    with transaction():
        lost.owner_id = successor.id
    assert program.post("/events", an_event_of(kept)).status_code == 409
    assert db.session.scalars(select(AccountEvent)).one().account_id == lost.id


def test_a_trigger_asks_about_an_event_that_a_program_told(program: Program) -> None:
    contact = a_contact(an_account(owner_id=a_user().id))
    a_trigger()
    closed = {"occurred_at": "2026-03-08T10:00:00Z", "ended_at": (NOW - timedelta(days=1)).isoformat()}
    body = an_event_of(contact.account, contact_email=contact.email, **closed)
    with time_machine.travel(NOW - timedelta(days=1), tick=False):
        told = Program(program.client, a_token()[1]).post("/events", body)
    assert told.status_code == 201, told.json
    fire()
    assert asked_ids() == [contact.id]


def test_what_a_program_did_is_noted_with_its_token(client: CheckingClient) -> None:
    token, secret = a_token()
    program, account = Program(client, secret), an_account()
    program.post("/outcomes", an_outcome_of(account))
    program.post("/events", an_event_of(account))
    program.post("/reports", {"kind": "account", "account_id": account.id})
    noted = select(AuditEntry).where(AuditEntry.action.like("%_by_api")).order_by(AuditEntry.id)
    entries = db.session.scalars(noted).all()
    assert [entry.action for entry in entries] == ["outcome_by_api", "event_by_api", "report_by_api"]
    assert all(entry.details == {"token_id": token.id} for entry in entries)
    assert all(entry.actor_id == token.user_id for entry in entries)


def test_fields_nobody_knows_are_left_aside(program: Program) -> None:
    account = an_account()
    answer = program.post("/outcomes", an_outcome_of(account, source="hand", id=7, is_admin=True))
    assert answer.status_code == 201
    assert db.session.scalars(select(RenewalOutcome)).one().source == "import"


def test_the_same_again_is_answered_the_same_and_done_once(program: Program) -> None:
    body = an_outcome_of(an_account())
    first = program.post("/outcomes", body, key="one")
    turned = dict(reversed(list(body.items())))
    again = program.post("/outcomes", turned, key="one")
    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert count(RenewalOutcome) == 1


def test_another_request_with_the_same_key_is_refused(program: Program) -> None:
    account = an_account()
    program.post("/outcomes", an_outcome_of(account), key="one")
    assert program.post("/outcomes", an_outcome_of(account, outcome="churned"), key="one").status_code == 409
    assert program.post("/events", an_event_of(account), key="one").status_code == 409
    assert db.session.scalars(select(RenewalOutcome)).one().outcome == "renewed"


def test_keys_of_two_tokens_are_apart(client: CheckingClient, program: Program) -> None:
    account = an_account()
    program.post("/outcomes", an_outcome_of(account), key="one")
    assert a_program(client).post("/outcomes", an_outcome_of(account), key="one").status_code == 200


def test_a_refusal_keeps_no_key(program: Program) -> None:
    account = an_account()
    assert program.post("/outcomes", an_outcome_of(account, outcome="won"), key="one").status_code == 422
    assert program.post("/outcomes", an_outcome_of(account), key="one").status_code == 201


@pytest.mark.parametrize("key", ["", "with space", "x" * 201, "é"])
def test_a_post_without_a_usable_key_is_refused(program: Program, key: str) -> None:
    sent = key.encode().decode("latin-1")
    answer = program.post("/outcomes", an_outcome_of(an_account()), key=sent or "")
    assert answer.status_code == 400
    assert "Idempotency-Key" in answer.json["detail"]
    assert count(RenewalOutcome) == 0


def test_answers_are_kept_for_a_day_and_then_forgotten(program: Program) -> None:
    account = an_account()
    program.post("/outcomes", an_outcome_of(account), key="young")
    program.post("/outcomes", an_outcome_of(account), key="old")
    with transaction():
        old = db.session.scalars(select(ApiAnswer).where(ApiAnswer.key == "old")).one()
        old.at = utcnow() - timedelta(hours=25)
    JOBS["forget_done_jobs"].run({})
    assert [answer.key for answer in db.session.scalars(select(ApiAnswer))] == ["young"]


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"data": b"{", "content_type": "application/json"}, 400),
        ({"data": b"[" * 100_000, "content_type": "application/json"}, 400),
        ({"data": b"a=b", "content_type": "application/x-www-form-urlencoded"}, 415),
        ({"data": b"{}"}, 415),
        ({"data": b"[]", "content_type": "application/json"}, 422),
        ({"data": b"null", "content_type": "application/json"}, 422),
        ({"data": b'"' + b"x" * 2_000_000 + b'"', "content_type": "application/json"}, 413),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(program: Program, sent: dict[str, Any], code: int) -> None:
    headers = {"Authorization": f"Bearer {program.secret}", "Idempotency-Key": "one"}
    answer = program.client.post("/api/v1/outcomes", headers=headers, **sent)
    assert answer.status_code == code
    assert answer.mimetype == "application/problem+json"
