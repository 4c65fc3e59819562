"""Who may open what: every route, every role, somebody else's things."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.builders import (
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
from tests.vocapp.assessments.builders import a_note
from tests.vocapp.freshness.builders import a_doubt, a_left_suggestion
from tests.vocapp.inbound.letters import a_reply
from tests.vocapp.outbox.builders import a_message
from tests.vocapp.rosters.champion_builders import a_doubtful_form, a_request
from tests.vocapp.series.builders import a_campaign_part
from tests.vocapp.sharing.builders import a_schedule, a_share
from vocapp.accounts.models import ImportRun
from vocapp.accounts.profiles import ensure_defaults
from vocapp.api.guard import bearer
from vocapp.app import BLUEPRINTS
from vocapp.commitments.models import Commitment
from vocapp.core.db import transaction
from vocapp.duplicates.models import ContactMerge
from vocapp.identity.guards import SAFE_METHODS, public
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.reports.models import Report, ReportBatch

# What programs reach by a token has tests of its own (api/test_guard.py).
GUARDED = sorted(blueprint.name for blueprint, guard in BLUEPRINTS if guard not in {public, bearer})
# Routes whose address names one thing: the argument, and what a stranger's one is.
THINGS = (
    "account_id",
    "contact_id",
    "wave_id",
    "response_id",
    "suggestion_id",
    "evidence_id",
    "report_id",
    "run_id",
    "merge_id",
    "person_id",
    "note_id",
    "request_id",
    "invitation_id",
    "campaign_id",
    "message_id",
    "mail_id",
    "schedule_id",
    "share_id",
    "commitment_id",
    "batch_id",
)
# Pages about everybody's rules rather than one's own accounts.
FOR_ADMINISTRATORS = {
    "admin",
    "api_tokens",
    "budgets",
    "deliveries",
    "exchange",
    "incoming",
    "mail_words",
    "parts",
    "profiles",
    "report_look",
    "sender",
    "survey_editor",
    "sync",
    "sync_mapping",
    "sync_package",
    "sync_queues",
    "sync_setup",
    "themes",
    "tiering",
    "triggers",
}


def routes(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[0] in GUARDED]


def a_strangers_things() -> dict[str, Any]:
    """One of everything, at an account that belongs to another CSM."""
    a_company()
    with transaction():
        ensure_defaults()
    owner = a_user()
    account = an_account(owner_id=owner.id)
    contact = a_contact(account)
    request = a_request(contact)
    wave = a_wave(owner)
    wave.accounts.append(account)
    invitation = an_invitation(wave, contact)
    response = a_response(invitation)
    batch = save(ReportBatch(title="Tier 1", requested_by=owner.id))
    asked = {"account_id": account.id, "requested_by": owner.id, "batch_id": batch.id}
    report = save(Report(kind="account", **asked))
    run = save(
        ImportRun(
            kind="accounts",
            filename="a.csv",
            content=b"",
            mapping={},
            options={},
            state="done",
            report={},
            user_id=owner.id,
        )
    )
    merge = save(ContactMerge(account_id=account.id, kept_id=contact.id, merged_id=a_contact(account).id))
    return {
        "merge_id": merge.id,
        "account_id": account.id,
        "note_id": a_note(account, by=owner).id,
        "contact_id": contact.id,
        "wave_id": wave.id,
        "response_id": response.id,
        "invitation_id": invitation.id,
        "campaign_id": a_campaign_part(owner, wave).run.campaign_id,
        "report_id": report.id,
        "batch_id": batch.id,
        "schedule_id": a_schedule(account, owner).id,
        "share_id": a_share(report, owner, contact).id,
        "commitment_id": save(Commitment(account_id=account.id, text="Soon")).id,
        "request_id": request.id,
        "number": a_doubtful_form(request).number,
        "run_id": run.id,
        "suggestion_id": a_left_suggestion(contact).id,
        "evidence_id": a_doubt(contact).id,
        "key": a_survey_version().survey.key,
        "message_id": a_message(owner.id).id,
        "mail_id": a_reply(contact).id,
        "file_format": "csv",
        "state": "kept",
        "ending": "pptx",
    }


def address_of(app: Flask, rule: Rule, things: dict[str, Any]) -> str:
    values = {argument: things.get(argument, 1) for argument in rule.arguments}
    return app.url_map.bind("vocapp.invalid").build(rule.endpoint, values, method=methods_of(rule)[0])


def methods_of(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def test_every_guarded_route_sends_strangers_to_sign_in(app: Flask, client: CheckingClient) -> None:
    things = a_strangers_things()
    for rule in routes(app):
        for method in methods_of(rule):
            response = client.open(address_of(app, rule, things), method=method)
            assert response.status_code in {302, 401}, f"{method} {rule.rule}: {response.status_code}"
            if response.status_code == 302:
                assert "/login" in response.headers["Location"], rule.rule


def test_executives_change_nothing(app: Flask, client: CheckingClient) -> None:
    things = a_strangers_things()
    client.sign_in(a_user(RoleName.EXECUTIVE))
    for rule in routes(app):
        for method in methods_of(rule):
            if method not in SAFE_METHODS:
                response = client.open(address_of(app, rule, things), method=method)
                assert response.status_code in {403, 404}, f"{method} {rule.rule}: {response.status_code}"


def test_a_csm_does_not_find_what_belongs_to_another(app: Flask, client: CheckingClient) -> None:
    things = a_strangers_things()
    client.sign_in(a_user(RoleName.CSM))
    checked = 0
    for rule in routes(app):
        if not set(rule.arguments) & set(THINGS):
            continue
        for method in methods_of(rule):
            response = client.open(address_of(app, rule, things), method=method)
            assert response.status_code == 404, f"{method} {rule.rule}: {response.status_code}"
            checked += 1
    assert checked > 10


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.ADMIN, RoleName.EXECUTIVE])
def test_those_who_see_all_accounts_find_them(app: Flask, client: CheckingClient, role: RoleName) -> None:
    things = a_strangers_things()
    client.sign_in(a_user(role))
    assert client.get(f"/accounts/{things['account_id']}").status_code == 200
    assert client.get(f"/people/{things['contact_id']}").status_code == 200
    assert client.get(f"/waves/{things['wave_id']}").status_code == 200


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.CSM, RoleName.EXECUTIVE])
def test_settings_do_not_exist_for_others_than_administrators(
    app: Flask, client: CheckingClient, role: RoleName
) -> None:
    things = a_strangers_things()
    client.sign_in(a_user(role))
    settings = [rule for rule in routes(app) if rule.endpoint.split(".")[0] in FOR_ADMINISTRATORS]
    assert settings
    for rule in settings:
        for method in methods_of(rule):
            response = client.open(address_of(app, rule, things), method=method)
            assert response.status_code in {403, 404}, f"{method} {rule.rule}: {response.status_code}"


def test_no_page_fails_for_an_empty_company(app: Flask, client: CheckingClient) -> None:
    a_company()
    client.sign_in(a_user(RoleName.ADMIN))
    for rule in routes(app):
        if "GET" in methods_of(rule) and not rule.arguments:
            response = client.get(rule.rule)
            assert response.status_code in {200, 302, 404}, f"{rule.rule}: {response.status_code}"


def test_every_unsafe_route_wants_a_token(app: Flask, client: CheckingClient) -> None:
    """Cross-site forms fail on every route but the respondents', whose secret address is the authority."""
    things = a_strangers_things()
    client.sign_in(a_user(RoleName.ADMIN))
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        for rule in routes(app):
            for method in methods_of(rule):
                if method not in SAFE_METHODS:
                    response = client.open(address_of(app, rule, things), method=method)
                    assert response.status_code == 400, f"{method} {rule.rule}: {response.status_code}"
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_every_page_carries_the_security_headers(app: Flask, client: CheckingClient) -> None:
    things = a_strangers_things()
    client.sign_in(a_user(RoleName.ADMIN))
    for rule in [rule for rule in app.url_map.iter_rules() if "GET" in methods_of(rule)]:
        if rule.endpoint in {"static", "security.static"}:
            continue
        response = client.get(address_of(app, rule, {**things, "token": "none", "filename": "none"}))
        assert response.headers["Referrer-Policy"] == "no-referrer", rule.rule
        assert response.headers["X-Content-Type-Options"] == "nosniff", rule.rule
        assert "frame-ancestors" in response.headers["Content-Security-Policy"], rule.rule


def test_a_deactivated_user_is_out_at_once(client: CheckingClient) -> None:
    user: User = a_user(RoleName.LEADER)
    client.sign_in(user)
    assert client.get("/").status_code == 200
    with transaction():
        user.active = False
    assert client.get("/").status_code == 302


def test_a_hostile_host_header_reaches_no_link(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.LEADER))
    page = client.get("/", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in page.get_data(as_text=True)


def test_signing_in_does_not_lead_elsewhere(client: CheckingClient) -> None:
    for target in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        response = client.get("/login", query_string={"next": target})
        assert "Location" not in response.headers
