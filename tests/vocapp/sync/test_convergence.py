"""Whatever happens on both sides, and between them: in the end both agree as the policies say."""

import os
from collections import Counter
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.vocapp.sync.builders import set_field
from tests.vocapp.sync.test_engine_basics import writes
from tests.vocapp.sync.two_sides import TWO_WAY, TwoSides, two_sides
from vocapp.accounts.models import Contact
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db
from vocapp.sync.comparing import is_blank
from vocapp.sync.models import CrmConflict, CrmLink, CrmPush, CrmRefusal
from vocapp.sync.rules import LinkState, Owner, PushState, RunState

EXAMPLES = int(os.environ.get("CONVERGENCE_EXAMPLES", "12"))

which = st.integers(0, 5)
fields = st.sampled_from(sorted(TWO_WAY))
steps = st.one_of(
    st.tuples(st.just("edit_there"), which, fields),
    st.tuples(st.just("edit_here"), which, fields),
    st.tuples(st.just("edit_there"), which, fields),
    st.tuples(st.just("edit_here"), which, fields),
    st.tuples(st.just("blank_there"), which, fields),
    st.tuples(st.just("blank_here"), which, fields),
    st.tuples(
        st.sampled_from(
            [
                "add_there", "add_here", "delete_there", "undelete_there", "merge_people_there",
                "merge_accounts_there", "move_there", "hide_there", "opt_out_here", "play_here",
                "opt_out_there", "opt_in_there",
            ]
        ),
        which,
    ),
    st.tuples(
        st.just("trouble"),
        st.sampled_from(["429", "503", "dropped after", "dropped before", "expired", "expiring", "locked"]),
        st.integers(0, 20),
    ),
    st.tuples(st.sampled_from(["run", "run", "run", "run_with_everything", "show_there"])),
)  # fmt: skip
two_way_owners = st.sampled_from([Owner.SALESFORCE, Owner.VOCAPP, Owner.NEWEST, Owner.MANUAL])


def take(sides: TwoSides, step: tuple[Any, ...]) -> None:
    name, *rest = step
    match name:
        case "blank_there":
            sides.edit_there(*rest, blank=True)
        case "blank_here":
            sides.edit_here(*rest, blank=True)
        case "opt_in_there":
            sides.opt_out_there(*rest, back=True)
        case _:
            getattr(sides, name)(*rest)


def settle(sides: TwoSides) -> None:
    """No trouble any more, and three runs, far enough apart for whatever waits for another try."""
    sides.no_more_trouble()
    for number in range(3):
        sides.wait(minutes=90)
        if number == 0:
            sides.run_with_everything()
        else:
            done = sides.run()
            assert (done.state, done.reason) == (RunState.DONE, None)


def assert_agreed(sides: TwoSides, owners: dict[str, Owner], *, carries_blank: bool) -> None:
    links = sides.links()
    waiting = {
        (conflict.link_id, conflict.ours_field)
        for conflict in db.session.scalars(select(CrmConflict).where(CrmConflict.decided_at.is_(None)))
    }
    refused = {
        (refusal.key, field)
        for refusal in db.session.scalars(select(CrmRefusal).where(CrmRefusal.resolved_at.is_(None)))
        for field in refusal.fields
    }
    accounts = {
        link.remote_id: link.local_id
        for link in db.session.scalars(select(CrmLink).where(CrmLink.entity == "account"))
    }
    for remote_id in sides.alive("Contact"):
        row, link = sides.org.get(remote_id), links.get(remote_id)
        assert row is not None
        if not row.get("Email") or not row.get("AccountId"):
            continue
        assert link is not None, f"nobody here knows {row}"
        if link.state != LinkState.LINKED:
            assert link.reason, f"no reason why {row} is {link.state}"
            continue
        person = db.session.get_one(Contact, link.local_id, populate_existing=True)
        assert person.merged_into_id is None, f"{remote_id} leads to somebody merged"
        if (remote_id, "email") not in refused:
            assert person.account_id == accounts[row["AccountId"]], "at another account"
        if person.status == ContactStatus.OPTED_OUT or row.get("VOC_Survey_Opt_Out__c"):
            assert person.status == ContactStatus.OPTED_OUT, f"{remote_id} is not opted out here"
            assert row["VOC_Survey_Opt_Out__c"], f"{remote_id} is not opted out there"
        for ours, theirs in TWO_WAY.items():
            here, there = getattr(person, ours) or "", row.get(theirs) or ""
            label = f"{remote_id} {ours} ({owners[ours]}): {here!r} here, {there!r} there"
            if (link.id, ours) in waiting:
                assert here != there, f"a conflict about nothing: {label}"
                assert owners[ours] is Owner.MANUAL, f"a conflict nobody asked for: {label}"
                continue
            if (remote_id, ours) in refused or (not carries_blank and (is_blank(here) or is_blank(there))):
                continue
            assert here == there, f"not agreed: {label}"
            if remote_id not in sides.unsettled and remote_id in sides.people:
                edits_here = sides.here.get((remote_id, ours), [])
                edits_there = sides.there.get((remote_id, ours), [])
                last = {edits[-1] for edits in (edits_here, edits_there) if edits}
                if last and "" not in {*edits_here, *edits_there}:
                    assert here in last, f"lost {last}: {label}"
    assert_nobody_twice(sides, links)


def assert_nobody_twice(sides: TwoSides, links: dict[str, CrmLink]) -> None:
    there = sides.org.rows("Contact")
    names = Counter(row["VOC_Person_Id__c"] for row in there if row.get("VOC_Person_Id__c"))
    assert max(names.values(), default=0) <= 1, f"somebody is there twice: {names}"
    linked = Counter(link.local_id for link in links.values() if link.state == LinkState.LINKED)
    assert max(linked.values(), default=0) <= 1, f"two over there are one here: {linked}"
    keys = Counter(db.session.scalars(select(Contact.external_key).where(Contact.external_key != "")))
    assert max(keys.values(), default=0) <= 1, f"somebody came in twice: {keys}"
    ever = sides.org.rows("Contact", with_deleted=True)
    assert len(ever) <= len(sides.people) + len(sides.made_there) + len(sides.made_here), (
        "made twice over there"
    )
    for remote_id in sides.opted_out:
        link = links[remote_id]
        person = db.session.get_one(Contact, link.local_id)
        if link.state == LinkState.LINKED:
            assert person.status == ContactStatus.OPTED_OUT, f"the opt-out of {remote_id} was lifted"
    open_pushes = select(CrmPush.key).where(CrmPush.state.in_((PushState.SENDING, PushState.WAITING)))
    assert db.session.scalars(open_pushes).all() == []


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    st.lists(steps, max_size=25),
    st.fixed_dictionaries(dict.fromkeys(sorted(TWO_WAY), two_way_owners)),
    st.booleans(),
)
def test_any_sequence_converges(
    shared_app: Flask, sequence: list[tuple[Any, ...]], owners: dict[str, Owner], carries_blank: bool
) -> None:
    with two_sides(shared_app) as sides:
        for name, owner in owners.items():
            set_field(sides.connection_id, "contact", name, owner=owner, carries_blank=carries_blank)
        for step in sequence:
            take(sides, step)
        settle(sides)
        for refusal in db.session.scalars(select(CrmRefusal).where(CrmRefusal.resolved_at.is_(None))):
            note(f"refused: {refusal.direction} {refusal.key} {refusal.fields} {refusal.message}")
        assert_agreed(sides, owners, carries_blank=carries_blank)
        sides.org.clear_log()
        again = sides.run()
        assert (again.state, again.report["written"], writes(sides.org)) == (RunState.DONE, {}, [])
