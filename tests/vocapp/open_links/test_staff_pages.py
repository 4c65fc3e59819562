"""Open links for those who make them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from defusedxml import ElementTree
from sqlalchemy import select

from surveys.catalog import load_survey
from tests.builders import NOW, a_company, a_user
from tests.vocapp.open_links.builders import SITE, address_of, an_open_link, fields_in, open_answers, send
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.engagement.queries import participations
from vocapp.identity.rules import RoleName
from vocapp.open_links.models import OpenLink
from vocapp.open_links.queries import token_of
from vocapp.open_links.rules import OpenLinkKind
from vocapp.open_links.service import create_open_link
from vocapp.questionnaires.service import publish


@pytest.fixture
def leader(client):
    a_company()
    user = a_user(RoleName.LEADER)
    client.sign_in(user)
    return user


def filled_in(**values):
    return {"name": "Spring fair", "survey": "nps", "kind": "event", "origins": "", "closes_on": "", **values}


def test_a_leader_makes_a_link_for_an_event_and_finds_its_code(client, leader):
    made = client.post("/open-links/new", data=filled_in())
    page = client.get(made.headers["Location"]).get_data(as_text=True)
    link = db.session.scalars(select(OpenLink)).one()
    assert f"/e/{token_of(link)}" in page
    assert "never part of an account" in page
    code = client.get(f"/open-links/{link.id}/code.svg")
    assert code.mimetype == "image/svg+xml"
    assert ElementTree.fromstring(code.data).tag.endswith("svg")
    assert "style" not in code.get_data(as_text=True)
    assert "Spring fair" in client.get("/open-links").get_data(as_text=True)


def test_a_link_for_a_page_comes_with_what_to_copy(client, leader):
    made = client.post(
        "/open-links/new", data=filled_in(kind="embed", origins=f"{SITE}/\nhttp://localhost:3000")
    )
    page = client.get(made.headers["Location"]).get_data(as_text=True)
    link = db.session.scalars(select(OpenLink)).one()
    assert link.allowed_origins == [SITE, "http://localhost:3000"]
    assert "&lt;iframe data-survey" in page
    assert f"/embed/{token_of(link)}" in page
    assert client.get(f"/open-links/{link.id}/code.svg").status_code == 404


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"name": ""}, "Give the link a name"),
        ({"kind": "embed"}, "Say which pages"),
        ({"kind": "embed", "origins": "http://example.com"}, "write https://"),
        ({"kind": "embed", "origins": "https://*.example.com"}, "write https://"),
        ({"kind": "embed", "origins": "\n".join(f"https://a{n}.example" for n in range(11))}, "ten sites"),
        ({"closes_on": "2020-01-01"}, "not over yet"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(client, leader, values, says):
    page = client.post("/open-links/new", data=filled_in(**values))
    assert says in page.get_data(as_text=True)
    assert db.session.scalars(select(OpenLink)).all() == []


def test_a_confidential_survey_is_asked_by_invitation_only(app, client, leader):
    with transaction():
        publish(replace(load_survey("pulse"), key="mood", is_confidential=True))
    assert 'value="mood"' not in client.get("/open-links/new").get_data(as_text=True)
    with pytest.raises(DomainError, match="by invitation only"), transaction():
        create_open_link(
            OpenLinkKind.EVENT,
            name="x",
            survey_key="mood",
            allowed_origins=(),
            closes_at=None,
            by=leader,
            now=NOW,
        )


def test_a_link_is_closed_and_opened_again(client, leader):
    link = an_open_link(closes_at=NOW + timedelta(days=3))
    client.post(f"/open-links/{link.id}/close")
    assert client.get(address_of(link)).status_code == 410
    client.post(f"/open-links/{link.id}/reopen")
    assert client.get(address_of(link)).status_code == 200


def test_doubtful_forms_wait_until_somebody_decides(client, leader):
    link = an_open_link()
    address = address_of(link)
    send(client, address, fields_in(client.get(address)), score="2", why="Buy pills", website="x")
    (answer,) = open_answers()
    page = client.get(f"/open-links/{link.id}").get_data(as_text=True)
    assert "A field that people cannot see was filled in." in page
    client.post(f"/open-links/{link.id}/answers/{answer.id}/keep-out")
    assert open_answers()[0].decision == "kept_out"
    client.post(f"/open-links/{link.id}/answers/{answer.id}/release")
    (answer,) = open_answers()
    assert (answer.quarantine_reason, answer.decision) == (None, "released")
    assert client.post(f"/open-links/{link.id}/answers/{answer.id}/release").status_code == 404


@pytest.mark.parametrize("role", [RoleName.CSM, RoleName.EXECUTIVE])
def test_for_others_open_links_do_not_exist(client, role):
    link = an_open_link()
    client.sign_in(a_user(role))
    for path in (
        "/open-links",
        "/open-links/new",
        f"/open-links/{link.id}",
        f"/open-links/{link.id}/code.svg",
    ):
        assert client.get(path).status_code == 404
    assert client.post(f"/open-links/{link.id}/close").status_code in {403, 404}


def test_nothing_answered_through_a_link_scores_an_account(client, leader):
    link = an_open_link()
    address = address_of(link)
    send(client, address, fields_in(client.get(address)), score="2")
    assert len(open_answers()) == 1
    assert participations([1, 2, 3], until=NOW + timedelta(days=1)).rating.tolist() == []


def test_what_visitors_said_is_read_on_the_page_and_in_a_file(client, leader):
    link = an_open_link(by=leader)
    visitor = client.application.test_client()
    fields = fields_in(visitor.get(address_of(link)))
    assert send(visitor, address_of(link), fields, score="9", why="=Great support").status_code == 200

    page = client.get(f"/open-links/{link.id}").get_data(as_text=True)
    file = client.get(f"/open-links/{link.id}/answers.csv").get_data(as_text=True)

    assert "=Great support" in page
    assert "Spring fair" in file
    assert "How likely are you to recommend" in file
    assert "'=Great support" in file
    assert client.get("/open-links/999/answers.csv").status_code == 404
