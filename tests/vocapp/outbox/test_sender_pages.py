"""Settings, Sender identity, and the last step of a launch: what is in the way and what mends it."""

from typing import Any

import pytest
from flask import Flask

from tests.builders import a_company, a_contact, a_user
from tests.conftest import CheckingClient
from tests.vocapp.campaigns.builders import a_draft
from tests.vocapp.outbox.senders import SIGNER, a_sender, mail_settings
from vocapp.campaigns.models import Wave
from vocapp.core.db import db
from vocapp.identity.rules import RoleName
from vocapp.outbox.models import SenderCheck

PAGE = "/settings/sender"
NO_POLICY: dict[str, Any] = {"dns": {"_dmarc.vendor.example": {}}}


@pytest.fixture
def admin(client: CheckingClient) -> CheckingClient:
    a_company()
    client.sign_in(a_user(RoleName.ADMIN))
    return client


def test_the_settings_lead_to_the_page(admin: CheckingClient) -> None:
    assert f'href="{PAGE}"' in admin.get("/settings").text


def test_with_the_mailbox_there_is_nothing_to_judge(admin: CheckingClient) -> None:
    page = admin.get(PAGE).text
    assert "built-in mailbox" in page
    assert "Check again" not in page


def test_a_sender_in_order_is_shown_so_with_its_records(app: Flask, admin: CheckingClient) -> None:
    with a_sender(app):
        page = admin.get(PAGE).text
    assert "Everything is in order." in page
    assert "_dmarc.vendor.example. IN TXT &#34;v=DMARC1; p=none&#34;" in page
    assert f"{SIGNER.record_name}. IN TXT" in page
    assert 'class="is-wrong"' not in page


def test_what_is_in_the_way_comes_first_with_its_record(app: Flask, admin: CheckingClient) -> None:
    with a_sender(app, **NO_POLICY):
        page = admin.get(PAGE).text
    assert "Waves cannot be launched until one thing is mended." in page
    assert page.index("publishes no DMARC record") < page.index("We sign as vendor.example")


def test_warnings_are_counted_and_stop_nothing(app: Flask, admin: CheckingClient) -> None:
    with a_sender(app, mail_url="smtp://relay.vendor.example", base_url="http://voice.vendor.example"):
        page = admin.get(PAGE).text
    assert "Waves can be launched. 2 things are worth mending." in page


def test_a_page_written_by_the_dns_is_only_text(app: Flask, admin: CheckingClient) -> None:
    tricky = {"bounce.vendor.example": {"mx": ["<script>alert(1)</script>.example"]}}
    with a_sender(app, tricky):
        page = admin.get(PAGE).text
    assert "<script>alert" not in page


def test_a_silent_dns_is_said(app: Flask, admin: CheckingClient) -> None:
    with a_sender(app, is_silent=True):
        page = admin.get(PAGE).text
    assert "The DNS does not answer about" in page


def test_checking_again_remembers_what_is_good(app: Flask, admin: CheckingClient) -> None:
    with a_sender(app):
        assert admin.get(PAGE).status_code == 200
        assert db.session.scalars(db.select(SenderCheck)).all() == []
        response = admin.post(f"{PAGE}/check", follow_redirects=True)
    assert "Checked just now." in response.text
    assert len(db.session.scalars(db.select(SenderCheck)).all()) == 1


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.CSM, RoleName.EXECUTIVE])
def test_only_administrators_see_the_page(client: CheckingClient, role: RoleName) -> None:
    client.sign_in(a_user(role))
    assert client.get(PAGE).status_code in {403, 404}
    assert client.post(f"{PAGE}/check").status_code in {403, 404}


@pytest.fixture
def draft(client: CheckingClient) -> Wave:
    a_company()
    owner = a_user()
    client.sign_in(owner)
    return a_draft(a_contact().account, owner=owner)


def check_page_of(client: CheckingClient, wave: Wave) -> str:
    return client.get(f"/waves/{wave.id}/check").text


def test_the_last_step_says_that_mail_cannot_go_out(app: Flask, client: CheckingClient, draft: Wave) -> None:
    with a_sender(app, mail_url="smtp://relay.vendor.example", **NO_POLICY):
        page = check_page_of(client, draft)
    assert "Mail cannot go out yet" in page
    assert "publishes no DMARC record" in page
    assert "unencrypted" not in page


def test_the_last_step_mentions_what_is_worth_mending(
    app: Flask, client: CheckingClient, draft: Wave
) -> None:
    with a_sender(app, mail_url="smtp://relay.vendor.example"):
        page = check_page_of(client, draft)
    assert "Mail cannot go out yet" not in page
    assert "Mail goes to relay.vendor.example unencrypted." in page


@pytest.mark.parametrize(
    "settings", [{}, {"mail_url": "mailbox:///somewhere", "mail": mail_settings(dkim=None)}]
)
def test_the_last_step_says_nothing_when_all_is_well(
    app: Flask, client: CheckingClient, draft: Wave, settings: dict[str, Any]
) -> None:
    with a_sender(app, **settings):
        page = check_page_of(client, draft)
    assert "Mail cannot go out yet" not in page
    assert "About our mail" not in page


def test_a_launch_from_the_page_is_refused_with_the_record(
    app: Flask, client: CheckingClient, draft: Wave
) -> None:
    form = {"when": "now", "closes_on": "", "reminders": "3,8"}
    with a_sender(app, **NO_POLICY):
        page = client.post(f"/waves/{draft.id}/check", data=form).text
    assert 'role="alert"' in page
    assert page.count("_dmarc.vendor.example. IN TXT") == 2
