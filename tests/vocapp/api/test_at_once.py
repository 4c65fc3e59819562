"""The same POST from many threads at once: done once, answered the same, on connections of their own."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.builders import a_company, an_account
from tests.vocapp.api.builders import Program, a_token
from tests.vocapp.meetings import at_once
from vocapp.api.models import ApiAnswer
from vocapp.core.db import db
from vocapp.reports.models import Report
from vocapp.signals.models import AccountEvent


def posting(app: Flask, secret: str, path: str, body: dict, answers: list, key: str):
    def send() -> None:
        answers.append(Program(app.test_client(), secret).post(path, body, key=key))

    return send


@pytest.fixture
def secret(slow_app: Flask) -> str:
    with slow_app.app_context():
        a_company()
        secret = a_token()[1]
        db.session.remove()
    return secret


@pytest.mark.parametrize("times", [2, 8])
def test_the_same_report_asked_for_at_once_is_drawn_once(slow_app: Flask, secret: str, times: int) -> None:
    answers: list = []
    body = {"kind": "portfolio"}
    at_once(
        slow_app, *[posting(slow_app, secret, "/reports", body, answers, "one") for _unused in range(times)]
    )
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.data for answer in answers}) == 1
    assert sum("Idempotency-Replayed" in answer.headers for answer in answers) == times - 1
    with slow_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Report)) == 1
        assert db.session.scalar(select(func.count()).select_from(ApiAnswer)) == 1
        db.session.remove()


def test_two_different_requests_with_one_key_at_once_are_done_once(slow_app: Flask, secret: str) -> None:
    with slow_app.app_context():
        account_id = an_account().id
        db.session.remove()
    moment = {"kind": "case", "occurred_at": "2026-03-01T10:00:00Z", "account_id": account_id}
    bodies = [{**moment, "external_id": name} for name in ("C-1", "C-2")]
    answers: list = []
    at_once(slow_app, *[posting(slow_app, secret, "/events", body, answers, "one") for body in bodies])
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    with slow_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(AccountEvent)) == 1
        db.session.remove()
