"""Saved filters and changes to everything a list holds: shown first, then done as shown."""

import re

import pytest
from sqlalchemy import func, select

from tests.builders import a_contact, a_persona, a_profile, a_tier, a_user, an_account
from tests.conftest import CheckingClient
from vocapp.accounts.models import Account, Contact, SavedFilter
from vocapp.accounts.rules import ContactStatus
from vocapp.core.audit import AuditEntry
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.jobs import Job
from vocapp.coverage.recording import record_footprints
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName


@pytest.fixture
def leader(client: CheckingClient) -> User:
    user = a_user(RoleName.LEADER)
    client.sign_in(user)
    return user


def fingerprint(page: str) -> str:
    found = re.search(r'name="fingerprint" value="([0-9a-f]+)"', page)
    assert found, page
    return found[1]


@pytest.mark.usefixtures("leader")
def test_a_preview_changes_nothing_and_says_what_would(client: CheckingClient) -> None:
    a_contact(first_name="Ana", last_name="Ruiz", language="en")
    a_contact(language="de")
    page = client.get("/people/change?field=language&value=DE").text
    assert "One person would change." in page
    assert "One is like that already." in page
    assert "Ana Ruiz" in page
    assert db.session.scalars(select(Contact.language).order_by(Contact.id)).all() == ["en", "de"]


@pytest.mark.usefixtures("leader")
def test_what_was_previewed_is_done_with_an_audit_line_and_a_rescore_each(client: CheckingClient) -> None:
    one, other = a_contact(language="en"), a_contact(language="fr")
    address = "/people/change?field=language&value=de"
    page = client.post(address, data={"fingerprint": fingerprint(client.get(address).text)})
    assert page.status_code == 302
    db.session.expire_all()
    assert (one.language, other.language) == ("de", "de")
    noted = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "contact_changed")).all()
    assert {entry.subject_id for entry in noted} == {one.id, other.id}
    assert all(entry.details["field"] == "language" for entry in noted)
    payloads = db.session.scalars(select(Job.payload).where(Job.kind == "rescore_accounts")).all()
    assert {"account_ids": sorted({one.account_id, other.account_id})} in payloads


@pytest.mark.usefixtures("leader")
def test_a_list_that_changed_since_the_preview_is_shown_again(client: CheckingClient) -> None:
    a_contact(language="en")
    address = "/people/change?field=language&value=de"
    seen = fingerprint(client.get(address).text)
    late = a_contact(language="fr")
    page = client.post(address, data={"fingerprint": seen})
    assert "The list changed since you looked at it" in page.text
    db.session.expire_all()
    assert late.language == "fr"


@pytest.mark.usefixtures("leader")
def test_only_ticked_rows_change(client: CheckingClient) -> None:
    ticked, other = a_contact(), a_contact()
    address = f"/people/change?id={ticked.id}&field=influence&value=high"
    client.post(address, data={"fingerprint": fingerprint(client.get(address).text)})
    db.session.expire_all()
    assert (ticked.influence, other.influence) == ("high", "")


@pytest.mark.usefixtures("leader")
def test_a_persona_is_given_and_taken(client: CheckingClient) -> None:
    person = a_contact(personas=("champion",))
    admin = a_persona("admin")
    for field, expected in (("add_persona", {"champion", "admin"}), ("drop_persona", {"champion"})):
        address = f"/people/change?field={field}&value={admin.id}"
        client.post(address, data={"fingerprint": fingerprint(client.get(address).text)})
        db.session.expire_all()
        assert {persona.key for persona in person.personas} == expected


@pytest.mark.usefixtures("leader")
def test_an_opt_out_and_a_dead_address_stay(client: CheckingClient) -> None:
    a_contact(status=ContactStatus.OPTED_OUT, last_name="Quiet")
    a_contact(status=ContactStatus.BOUNCED, last_name="Gone")
    page = client.get("/people/change?field=status&value=active").text
    assert "2 stay as they are" in page
    assert "opted out of surveys" in page
    assert "fingerprint" not in page


@pytest.mark.usefixtures("leader")
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("language", "klingonese", "This is not a language code"),
        ("time_zone", "Mars/Base", "This is not a time zone"),
        ("influence", "enormous", "Choose one of the values of the list."),
        ("add_persona", "9999", "Choose one of the values of the list."),
    ],
)
def test_a_value_that_cannot_be_gets_a_sentence(
    client: CheckingClient, field: str, value: str, sentence: str
) -> None:
    a_contact()
    assert sentence in client.get(f"/people/change?field={field}&value={value}").text


@pytest.mark.usefixtures("leader")
def test_accounts_get_tier_and_owner_together_with_the_owners_address(client: CheckingClient) -> None:
    csm, tier = a_user(), a_tier("Tier 2", 2)
    account = an_account()
    for field, value in (("tier_id", tier.id), ("owner_id", csm.id), ("region", "EMEA")):
        address = f"/accounts/change?field={field}&value={value}"
        client.post(address, data={"fingerprint": fingerprint(client.get(address).text)})
    db.session.expire_all()
    assert (account.tier_id, account.owner_id, account.owner_email) == (tier.id, csm.id, csm.email)
    assert account.region == "EMEA"


def test_a_csm_changes_only_their_own_and_hands_nothing_over(client: CheckingClient) -> None:
    me = a_user()
    client.sign_in(me)
    mine, foreign = an_account(owner_id=me.id), an_account()
    assert "Owner" not in client.get("/accounts/change").text
    address = f"/accounts/change?id={mine.id}&id={foreign.id}&field=region&value=EMEA"
    client.post(address, data={"fingerprint": fingerprint(client.get(address).text)})
    db.session.expire_all()
    assert (mine.region, foreign.region) == ("EMEA", "")
    assert "Preview" in client.get(f"/accounts/change?field=owner_id&value={me.id}").text
    assert db.session.scalar(select(Account.owner_id).where(Account.id == foreign.id)) is None


@pytest.mark.usefixtures("leader")
def test_people_are_found_by_how_fresh_they_are(client: CheckingClient) -> None:
    a_contact(last_name="Never", verified_on=None)
    assert "Never" in client.get("/people?confirmed=never").text
    assert "Nobody matches" in client.get("/people?confirmed=lately").text
    assert client.get("/people?confirmed=nonsense").status_code == 200


def test_a_saved_filter_comes_back_and_goes(client: CheckingClient, leader: User) -> None:
    an_account(region="EMEA")
    saved = {"place": "accounts", "query": "region=EMEA&page=3&sort=-arr", "name": "Big in EMEA"}
    answer = client.post("/filters", data=saved)
    assert answer.headers["Location"].startswith("/accounts?region=EMEA")
    row = db.session.scalars(select(SavedFilter)).one()
    assert (row.query, row.user_id, row.is_shared) == ("region=EMEA&sort=-arr", leader.id, False)
    page = client.get("/accounts?region=EMEA&sort=-arr").text
    assert "Big in EMEA" in page
    assert "Save this filter" not in page
    client.post(f"/filters/{row.id}/remove")
    assert db.session.scalar(select(func.count()).select_from(SavedFilter)) == 0


def test_a_shared_filter_is_seen_by_others_who_cannot_remove_it(client: CheckingClient, leader: User) -> None:
    with transaction():
        row = SavedFilter(user_id=leader.id, place="people", name="Doubtful", query="confirmed=never")
        row.is_shared = True
        db.session.add(row)
    me = a_user()
    an_account(owner_id=me.id)
    client.sign_in(me)
    assert "Doubtful" in client.get("/people").text
    assert client.post(f"/filters/{row.id}/remove").status_code == 404


@pytest.mark.usefixtures("leader")
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": "", "query": "region=EMEA"}, "Give the filter a name"),
        ({"name": "x" * 81, "query": "region=EMEA"}, "Give the filter a name"),
        ({"name": "All", "query": "page=2"}, "Filter or sort the list first"),
        ({"name": "Long", "query": "q=" + "x" * 1200}, "too long to be saved"),
    ],
)
def test_a_filter_that_cannot_be_saved_says_why(
    client: CheckingClient, values: dict[str, str], sentence: str
) -> None:
    client.post("/filters", data={"place": "accounts", **values})
    assert sentence in client.get("/accounts").text
    assert db.session.scalar(select(func.count()).select_from(SavedFilter)) == 0


@pytest.mark.usefixtures("leader")
def test_gaps_keep_their_filters_too(client: CheckingClient) -> None:
    a_profile(champion=1)
    an_account(tier_id=a_tier().id)
    with transaction():
        record_footprints(None, on=utcnow().date(), now=utcnow())
    client.post("/filters", data={"place": "gaps", "query": "persona=champion", "name": "No champion"})
    assert "No champion" in client.get("/gaps").text
