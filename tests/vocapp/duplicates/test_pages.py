"""The pages about duplicates: who sees which pairs, and what the buttons do."""

import pytest

from tests.builders import NOW, a_company, a_contact, a_response, a_user, a_wave, an_account, an_invitation
from tests.conftest import CheckingClient
from tests.vocapp.duplicates.builders import compared, merged_pair, twins
from vocapp.accounts.models import Contact
from vocapp.core.db import db, transaction
from vocapp.duplicates.models import ContactMerge, DismissedPair
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName


@pytest.fixture
def csm(client: CheckingClient) -> User:
    a_company()
    user = a_user()
    client.sign_in(user)
    return user


def text_of(client: CheckingClient, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200
    return response.get_data(as_text=True)


def test_without_duplicates_the_page_says_so(client: CheckingClient, csm: User) -> None:
    assert "Nobody is on record twice" in text_of(client, "/duplicates")


def test_a_csm_sees_pairs_of_their_own_accounts_with_the_reason(client: CheckingClient, csm: User) -> None:
    kept, _merged = twins(an_account(owner_id=csm.id))
    stranger, _other = twins(an_account(owner_id=a_user().id))
    compared()
    page = text_of(client, "/duplicates")
    assert kept.email in page
    assert "same name" in page
    assert stranger.email not in page


def test_a_long_list_comes_in_pages(client: CheckingClient, csm: User) -> None:
    account = an_account(owner_id=csm.id)
    for number in range(25):
        for side in "ab":
            letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
            a_contact(
                account, first_name=f"Ana {letters}", last_name="Ruiz", email=f"{side}{letters}@c.example"
            )
    compared()
    assert text_of(client, "/duplicates").count("Compare<") == 20
    assert text_of(client, "/duplicates?page=2").count("Compare<") == 5


def test_the_preview_says_what_moves_and_changes_nothing(client: CheckingClient, csm: User) -> None:
    kept, merged = twins(an_account(owner_id=csm.id), title="Clerk")
    a_response(an_invitation(a_wave(csm), merged))
    page = text_of(client, f"/people/{kept.id}/merge/{merged.id}")
    assert "1 invitation" in page
    assert "1 answer" in page
    assert db.session.get(ContactMerge, 1) is None


def test_a_sent_choice_is_merged_and_can_be_undone(client: CheckingClient, csm: User) -> None:
    kept, merged = twins(an_account(owner_id=csm.id), title="Clerk")
    with transaction():
        merged.title = "CFO"
    sent = client.post(f"/people/{kept.id}/merge/{merged.id}", data={"title": "merged"})
    assert sent.headers["Location"] == f"/people/{kept.id}"
    db.session.expire_all()
    assert (kept.title, merged.merged_into_id) == ("CFO", kept.id)
    merge = db.session.query(ContactMerge).one()
    merge.at = NOW.replace(year=2100)
    db.session.flush()
    undone = client.post(f"/merges/{merge.id}/undo")
    assert undone.headers["Location"] == f"/people/{merged.id}"
    db.session.expire_all()
    assert (kept.title, merged.merged_into_id) == ("Clerk", None)


def test_what_was_merged_is_not_offered_for_merging_again(client: CheckingClient, csm: User) -> None:
    kept, merged = twins(an_account(owner_id=csm.id))
    client.post(f"/people/{kept.id}/merge/{merged.id}", data={})
    again = client.get(f"/people/{kept.id}/merge/{merged.id}")
    assert again.headers["Location"] == f"/people/{merged.id}"


def test_a_merge_that_cannot_be_is_said_on_the_page(client: CheckingClient, csm: User) -> None:
    kept, _merged = twins(an_account(owner_id=csm.id))
    page = client.post(f"/people/{kept.id}/merge/{kept.id}", data={})
    assert page.status_code == 200
    assert "themselves" in page.get_data(as_text=True)


def test_two_people_stay_two_people(client: CheckingClient, csm: User) -> None:
    kept, merged = twins(an_account(owner_id=csm.id))
    compared()
    for _again in range(2):
        client.post(f"/people/{merged.id}/not-the-same/{kept.id}")
    assert db.session.query(DismissedPair).count() == 1
    assert "Nobody is on record twice" in text_of(client, "/duplicates")


def test_an_executive_compares_and_merges_nothing(client: CheckingClient) -> None:
    a_company()
    kept, merged = twins()
    client.sign_in(a_user(RoleName.EXECUTIVE))
    assert "Merge into one person" not in text_of(client, f"/people/{kept.id}/merge/{merged.id}")
    assert client.post(f"/people/{kept.id}/merge/{merged.id}").status_code == 403


def test_another_csms_person_cannot_be_merged(client: CheckingClient, csm: User) -> None:
    mine = a_contact(an_account(owner_id=csm.id))
    theirs = a_contact(an_account(owner_id=a_user().id))
    assert client.get(f"/people/{mine.id}/merge/{theirs.id}").status_code == 404


def test_an_undo_that_comes_too_late_is_said(client: CheckingClient, csm: User) -> None:
    kept, merged = twins(an_account(owner_id=csm.id))
    merge = merged_pair(kept, merged, by=csm, at=NOW.replace(year=2020))
    sent = client.post(f"/merges/{merge.id}/undo", follow_redirects=True)
    assert "30 days" in sent.get_data(as_text=True)
    assert db.session.get_one(Contact, merged.id).merged_into_id == kept.id
