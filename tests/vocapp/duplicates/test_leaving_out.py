"""Merged contacts stand in no list and no number; their history counts once, with the person kept."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests.builders import (
    NOW,
    a_company,
    a_contact,
    a_profile,
    a_response,
    a_tier,
    a_user,
    a_wave,
    an_account,
    an_invitation,
)
from tests.conftest import CheckingClient
from tests.vocapp.duplicates.builders import merged_pair, twins
from vocapp.accounts.exporting import contact_table
from vocapp.accounts.listing import PeopleFilter, listed_people
from vocapp.accounts.models import Account, Contact
from vocapp.accounts.queries import account_people, footprint_of
from vocapp.campaigns.audience import audience
from vocapp.campaigns.models import Wave
from vocapp.campaigns.progress import counts_of
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db, transaction
from vocapp.duplicates.queries import elsewhere
from vocapp.engagement.queries import participations, voices
from vocapp.identity.rules import RoleName
from vocapp.portfolio.searching import search
from vocapp.responses.listing import ResponseFilter, class_counts, listed_responses
from vocapp.responses.opting_out import opt_out
from vocapp.workflows.response_received import response_received

pytestmark = pytest.mark.usefixtures("app")


def in_list(account_id: int) -> list[int]:
    user = a_user(RoleName.LEADER)
    return [person.id for person in db.session.scalars(listed_people(user, PeopleFilter()))]


def on_account(account_id: int) -> list[int]:
    return [person.id for person in account_people(account_id)]


def in_search(account_id: int) -> list[int]:
    return [person.id for person in search(a_user(RoleName.LEADER), "customer.example").people]


def in_export(account_id: int) -> list[int]:
    table = contact_table()
    addresses = [str(row[list(table.header).index("email")]) for row in table.rows]
    return list(db.session.scalars(select(Contact.id).where(Contact.email.in_(addresses))))


def in_audience(account_id: int) -> list[int]:
    return [person.contact_id for person in audience(a_draft(account_id), now=NOW).people]


def a_draft(account_id: int) -> Wave:
    wave = a_wave(a_user(RoleName.LEADER), state=WaveState.DRAFT, launched_at=None)
    with transaction():
        wave.accounts.append(db.session.get_one(Account, account_id))
    return wave


@pytest.mark.parametrize("place", [in_list, on_account, in_search, in_export, in_audience])
def test_a_merged_contact_stands_in_no_list(place: Callable[[int], list[int]]) -> None:
    kept, merged = twins()
    assert set(place(kept.account_id)) == {kept.id, merged.id}
    merged_pair(kept, merged)
    assert place(kept.account_id) == [kept.id]


def test_a_merged_contact_fills_no_seat() -> None:
    account = an_account(tier_id=a_tier().id)
    a_profile(a_tier(), champion=2)
    kept, merged = twins(account)
    assert footprint_of([account.id], NOW.date())[account.id].filled == 2
    merged_pair(kept, merged)
    assert footprint_of([account.id], NOW.date())[account.id].filled == 1


def test_one_person_asked_and_answering_twice_counts_once() -> None:
    kept, merged = twins()
    wave = a_wave()
    a_response(an_invitation(wave, kept), rating=3)
    a_response(an_invitation(wave, merged), rating=9)
    user = a_user(RoleName.LEADER)
    merged_pair(kept, merged)
    until = NOW + timedelta(days=1)
    assert participations([kept.account_id], until=until).contact.tolist() == [kept.id]
    assert [voice.rating for voice in voices([kept.account_id], until=until).values()] == [3]
    assert sum(class_counts(user, ResponseFilter()).values()) == 1
    assert len(db.session.scalars(listed_responses(user, ResponseFilter())).all()) == 1
    assert counts_of(wave).answered == 1


def test_silence_through_one_mail_and_an_answer_through_the_other_is_an_answer() -> None:
    kept, merged = twins()
    wave = a_wave()
    an_invitation(wave, kept, state=InvitationState.SILENT, settled_at=NOW)
    a_response(an_invitation(wave, merged), rating=9)
    merged_pair(kept, merged)
    found = voices([kept.account_id], until=NOW + timedelta(days=1))
    assert [(voice.contact_id, voice.rating) for voice in found.values()] == [(kept.id, 9)]


def test_an_answer_that_comes_through_the_other_mail_reaches_the_scores() -> None:
    kept, merged = twins()
    wave = a_wave()
    an_invitation(wave, kept)
    theirs = an_invitation(wave, merged)
    merged_pair(kept, merged)
    response = a_response(theirs, contact_id=merged.id, rating=9)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        response_received({"account_id": kept.account_id, "response_id": response.id})
        found = voices([kept.account_id], until=NOW + timedelta(hours=1))
    assert [(voice.contact_id, voice.rating) for voice in found.values()] == [(kept.id, 9)]


def test_opting_out_through_the_other_mail_opts_the_person_out() -> None:
    kept, merged = twins()
    wave = a_wave()
    ours, theirs = an_invitation(wave, kept), an_invitation(wave, merged)
    merged_pair(kept, merged)
    with transaction():
        opt_out(theirs, source="link", now=NOW)
    assert kept.status == "opted_out"
    assert merged.status == "left"
    assert ours.state == theirs.state == InvitationState.OPTED_OUT


def test_the_page_of_a_merged_contact_leads_to_the_person_with_a_way_back(client: CheckingClient) -> None:
    a_company()
    kept, merged = twins()
    merged_pair(kept, merged, at=NOW)
    client.sign_in(a_user(RoleName.LEADER))
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        client.sign_in(a_user(RoleName.LEADER))
        sent = client.get(f"/people/{merged.id}")
        assert sent.headers["Location"] == f"/people/{kept.id}"
        page = client.get(f"/people/{kept.id}").get_data(as_text=True)
    assert "Undo merge" in page
    assert merged.email in page


def test_the_same_person_at_another_account_is_listed_and_asked_once() -> None:
    here = a_contact(email="ana@customer.example")
    there = a_contact(email="ana@customer.example")
    user = a_user(RoleName.LEADER)
    assert [other.id for other in elsewhere(here, user)] == [there.id]
    wave = a_draft(here.account_id)
    with transaction():
        wave.accounts.append(there.account)
    judged = audience(wave, now=NOW)
    assert (len(judged.asked), len(judged.excluded)) == (1, 1)


def test_asked_at_one_account_a_person_rests_at_the_other() -> None:
    here = a_contact(email="ana@customer.example")
    there = a_contact(email="ana@customer.example")
    an_invitation(a_wave(), here)
    assert audience(a_draft(there.account_id), now=NOW + timedelta(days=5)).asked == []


def test_elsewhere_names_no_account_that_is_not_the_users() -> None:
    me = a_user()
    here = a_contact(an_account(owner_id=me.id), email="ana@customer.example")
    a_contact(an_account(owner_id=a_user().id), email="ana@customer.example")
    assert elsewhere(here, me) == []
