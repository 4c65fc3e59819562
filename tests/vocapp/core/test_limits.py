"""How often somebody may try."""

import pytest
from flask import Flask
from werkzeug.exceptions import TooManyRequests

from vocapp.core.limits import EXTENSION_KEY, LIMITED_FORMS, count_try, visitor_address


@pytest.fixture(autouse=True)
def _counting(app, monkeypatch):
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    app.extensions[EXTENSION_KEY].reset()


def test_tries_up_to_the_limit_pass(app):
    for _turn in range(3):
        count_try("3 per minute", what="door", who="ana")


def test_one_more_is_refused_and_told_how_long_to_wait(app):
    count_try("1 per minute", what="door", who="ana")
    with pytest.raises(TooManyRequests) as refusal:
        count_try("1 per minute", what="door", who="ana")
    assert 1 <= refusal.value.retry_after <= 60


def test_everybody_has_a_count_of_their_own(app):
    count_try("1 per minute", what="door", who="ana")
    count_try("1 per minute", what="door", who="ken")
    count_try("1 per minute", what="window", who="ana")


def test_the_narrowest_of_several_limits_counts(app):
    count_try("1 per minute; 100 per hour", what="door", who="ana")
    with pytest.raises(TooManyRequests):
        count_try("1 per minute; 100 per hour", what="door", who="ana")


def test_signing_in_by_trial_ends_in_a_429(client):
    codes = [
        client.post("/login", data={"email": "a@b.example", "password": "x"}).status_code for _ in range(30)
    ]
    assert 429 not in codes[:20]
    assert set(codes[20:]) == {429}


def test_every_limited_form_exists(app):
    assert set(LIMITED_FORMS) <= set(app.view_functions)


def test_a_proxy_on_this_machine_says_who_is_asking(app: Flask) -> None:
    headers = {"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}
    with app.test_request_context(headers=headers, environ_base={"REMOTE_ADDR": "127.0.0.1"}):
        assert visitor_address() == "203.0.113.9"


def test_a_stranger_cannot_name_another_address(app: Flask) -> None:
    headers = {"X-Forwarded-For": "203.0.113.9"}
    with app.test_request_context(headers=headers, environ_base={"REMOTE_ADDR": "198.51.100.7"}):
        assert visitor_address() == "198.51.100.7"
