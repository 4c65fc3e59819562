"""Taking a merge apart: everything comes back, and what came after stays."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.builders import NOW, a_contact, a_response, a_user, a_wave, an_invitation, save
from tests.vocapp.duplicates.builders import everything_about, merged_pair, picture, taken_apart, twins
from vocapp.accounts.models import Note
from vocapp.campaigns.models import Invitation
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.duplicates.rules import UNMERGE_WITHIN
from vocapp.duplicates.service import unmerge
from vocapp.outbox.queries import is_suppressed
from vocapp.responses.opting_out import opt_out

pytestmark = pytest.mark.usefixtures("app")


def test_a_merge_taken_apart_leaves_no_trace() -> None:
    kept, merged = twins()
    user = a_user()
    wave = a_wave(user)
    an_invitation(wave, kept)
    a_response(an_invitation(wave, merged))
    everything_about(merged, a_contact(kept.account), user)
    a_user()
    before = picture()
    merge = merged_pair(kept, merged, by=user, email="merged", external_id="merged")
    assert picture() != before
    with transaction():
        assert unmerge(merge, by=user, now=NOW) == []
    assert picture() == before


def test_what_came_after_stays_with_the_kept_contact() -> None:
    kept, merged = twins(title="Clerk", verified_on=None)
    with transaction():
        merged.title = "CFO"
    merge = merged_pair(kept, merged)
    assert kept.title == "CFO"
    with transaction():
        kept.title = "Chief"
    note = save(Note(account_id=kept.account_id, contact_id=kept.id, text="Later"))
    left = taken_apart(merge)
    assert (kept.title, note.contact_id) == ("Chief", kept.id)
    assert {move.column for move in left} == {"title"} | ({"search_text"} & {move.column for move in left})


def test_a_later_merge_is_undone_first() -> None:
    kept, merged = twins()
    last = a_contact(kept.account)
    a_user()
    before = picture()
    first = merged_pair(kept, merged)
    second = merged_pair(last, kept)
    with pytest.raises(DomainError, match="undo that merge first"):
        taken_apart(first)
    taken_apart(second)
    taken_apart(first)
    assert picture() == before


def test_a_merge_can_be_undone_for_thirty_days() -> None:
    merge = merged_pair(*twins())
    with pytest.raises(DomainError, match="30 days"):
        taken_apart(merge, at=NOW + UNMERGE_WITHIN + timedelta(seconds=1))
    assert taken_apart(merge, at=NOW + UNMERGE_WITHIN) == []


def test_a_merge_is_undone_once() -> None:
    merge = merged_pair(*twins())
    taken_apart(merge)
    with pytest.raises(DomainError, match="before"):
        taken_apart(merge)


def test_after_undoing_they_can_be_merged_again() -> None:
    kept, merged = twins()
    taken_apart(merged_pair(kept, merged))
    assert merged_pair(merged, kept).kept_id == merged.id


def test_two_invitations_that_changed_places_change_back() -> None:
    kept, merged = twins()
    wave = a_wave()
    ours = an_invitation(wave, kept, state="silent")
    theirs = an_invitation(wave, merged)
    a_response(theirs)
    merge = merged_pair(kept, merged)
    assert ours.contact_id == merged.id
    taken_apart(merge)
    found = {row.id: row.contact_id for row in db.session.scalars(select(Invitation))}
    assert found == {ours.id: kept.id, theirs.id: merged.id}


def test_an_opt_out_said_while_they_were_one_holds_for_both_addresses() -> None:
    kept, merged = twins()
    invitation = an_invitation(a_wave(), merged)
    merge = merged_pair(kept, merged)
    with transaction():
        opt_out(invitation, source="page", now=NOW)
    taken_apart(merge)
    assert (kept.status, merged.status) == ("opted_out", "opted_out")
    assert is_suppressed(kept.email)
    assert is_suppressed(merged.email)


def test_opting_out_again_under_the_kept_record_outlives_the_merge() -> None:
    kept, merged = twins()
    merged.status = "opted_out"
    save(merged)
    merge, invitation = merged_pair(kept, merged), an_invitation(a_wave(), kept)
    with transaction():
        opt_out(invitation, source="page", now=NOW)
    taken_apart(merge)
    assert kept.status == "opted_out"
