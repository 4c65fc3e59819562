"""Versions of the method: drafts, who decides, since when one holds, and two people at once."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from surveys.parameters import DEFAULT_METHOD, MethodParameters
from tests.builders import NOW, a_user
from vocapp.core.audit import AuditEntry
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.jobs import Job
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.method.models import MethodVersion
from vocapp.method.queries import method_on, open_version, series_since, version_in_force, versions
from vocapp.method.rules import AS_DELIVERED, Move, Preview, VersionState, a_year_after, preview_from
from vocapp.method.service import (
    SavedMeanwhile,
    approve,
    ask_for_preview,
    begin_draft,
    discard_draft,
    keep_preview,
    note_review,
    refuse,
    request_force,
    save_draft,
    take_back,
)

pytestmark = pytest.mark.usefixtures("app")

TODAY = NOW.date()
FASTER = replace(DEFAULT_METHOD, half_life=6.0)


def a_leader(email: str) -> User:
    return a_user(RoleName.LEADER, email=email)


def a_draft(by: User, parameters: MethodParameters = FASTER, *, note: str = "People forget sooner") -> int:
    with transaction():
        number = begin_draft(by=by, now=NOW).number
        save_draft(number, parameters, note=note, seen=0, by=by, now=NOW)
    return number


def put_in_force(
    number: int, by: User, *, regions: tuple[str, ...] = ("EMEA",), seen: int = 1, days: int = 0
) -> MethodVersion:
    with transaction():
        return request_force(
            number, regions=regions, accounts=len(regions), seen=seen, by=by, now=NOW + timedelta(days=days)
        )


def states() -> dict[int, str]:
    db.session.expire_all()
    return {one.number: one.state for one in versions()}


def rescores_waiting() -> int:
    return len(db.session.scalars(select(Job).where(Job.key == "rescore_all")).all())


def test_a_new_installation_has_the_version_that_the_product_comes_with():
    first = version_in_force()
    assert (first.number, first.chosen, first.state) == (1, DEFAULT_METHOD, "in_force")
    assert method_on(TODAY) == method_on(date(2001, 1, 1)) == AS_DELIVERED
    assert open_version() is None
    assert first.next_review_on > first.created_at.date() + timedelta(days=364)


def test_a_draft_changes_nothing_until_it_is_put_into_force():
    mara = a_leader("mara@vendor.example")
    number = a_draft(mara)
    assert number == 2
    assert method_on(TODAY) == AS_DELIVERED
    assert rescores_waiting() == 0
    put_in_force(number, mara)
    assert states() == {2: "in_force", 1: "retired"}
    assert (method_on(TODAY).number, method_on(TODAY).parameters) == (2, FASTER)
    assert rescores_waiting() == 1


def test_each_day_keeps_the_version_that_was_in_force_then():
    mara = a_leader("mara@vendor.example")
    put_in_force(a_draft(mara), mara)
    slower = replace(DEFAULT_METHOD, half_life=24.0)
    put_in_force(a_draft(mara, slower), mara, days=40)
    found = [method_on(TODAY + timedelta(days=day)).number for day in (-1, 0, 39, 40, 400)]
    assert found == [1, 2, 2, 3, 3]
    assert series_since([1, 2, 3]) == {1: date(2000, 1, 1), 2: TODAY, 3: TODAY + timedelta(days=40)}


def test_of_two_versions_of_one_day_the_later_one_holds():
    mara = a_leader("mara@vendor.example")
    put_in_force(a_draft(mara), mara)
    put_in_force(a_draft(mara, DEFAULT_METHOD), mara)
    assert (method_on(TODAY).number, method_on(TODAY).parameters) == (3, DEFAULT_METHOD)


def test_two_who_begin_at_once_share_one_draft():
    mara, noor = a_leader("mara@vendor.example"), a_leader("noor@vendor.example")
    with transaction():
        first = begin_draft(by=mara, now=NOW).number
    with transaction():
        assert begin_draft(by=noor, now=NOW).number == first
    assert states() == {2: "draft", 1: "in_force"}


def test_of_two_who_save_at_once_the_second_hears_of_the_first():
    mara, noor = a_leader("mara@vendor.example"), a_leader("noor@vendor.example")
    number = a_draft(mara)
    with pytest.raises(SavedMeanwhile, match="Somebody else saved"), transaction():
        save_draft(number, DEFAULT_METHOD, note="", seen=0, by=noor, now=NOW)
    assert open_version().chosen == FASTER
    with transaction():
        save_draft(number, DEFAULT_METHOD, note="", seen=1, by=noor, now=NOW)
    assert open_version().chosen == DEFAULT_METHOD
    assert open_version().editors == [mara.id, noor.id]


def test_what_was_saved_since_it_was_looked_at_is_not_put_into_force():
    mara = a_leader("mara@vendor.example")
    number = a_draft(mara)
    with pytest.raises(SavedMeanwhile, match="look at it again"):
        put_in_force(number, mara, seen=0)
    assert states()[number] == "draft"


@pytest.mark.parametrize(
    ("parameters", "note", "sentence"),
    [
        (replace(DEFAULT_METHOD, half_life=61.0), "", "Half-life goes from 3 to 60 months."),
        (replace(DEFAULT_METHOD, silent_waves=1.5), "", "Silent waves .* is a whole number"),
        (FASTER, "x" * 301, "Say why in 300 characters"),
    ],
)
def test_values_that_may_not_be_chosen_are_not_kept(parameters, note, sentence):
    mara = a_leader("mara@vendor.example")
    with transaction():
        number = begin_draft(by=mara, now=NOW).number
    with pytest.raises(DomainError, match=sentence), transaction():
        save_draft(number, parameters, note=note, seen=0, by=mara, now=NOW)
    assert open_version().saves == 0


def test_a_version_needs_a_reason_and_a_difference():
    mara = a_leader("mara@vendor.example")
    with pytest.raises(DomainError, match="Say why"):
        put_in_force(a_draft(mara, note=""), mara)
    number = open_version().number
    with transaction():
        save_draft(number, DEFAULT_METHOD, note="No change", seen=1, by=mara, now=NOW)
    with pytest.raises(DomainError, match="Nothing differs"):
        put_in_force(number, mara, seen=2)


@pytest.mark.parametrize("regions", [("EMEA", "APAC"), ("EMEA", "")])
def test_where_several_regions_change_colour_a_second_person_approves(regions):
    mara, noor = a_leader("mara@vendor.example"), a_leader("noor@vendor.example")
    number = a_draft(mara)
    assert put_in_force(number, mara, regions=regions).state == VersionState.WAITING
    assert method_on(TODAY) == AS_DELIVERED
    with pytest.raises(DomainError, match="somebody else has to decide"), transaction():
        approve(number, seen=1, by=mara, now=NOW)
    with transaction():
        version = approve(number, seen=1, by=noor, now=NOW + timedelta(days=3))
    assert (version.in_force_from, version.decided_by_id) == (TODAY + timedelta(days=3), noor.id)
    assert states() == {2: "in_force", 1: "retired"}


@pytest.mark.parametrize("regions", [(), ("EMEA", "emea ", "EMEA"), ("",)])
def test_where_one_region_or_none_changes_colour_nobody_else_is_needed(regions):
    mara = a_leader("mara@vendor.example")
    assert put_in_force(a_draft(mara), mara, regions=regions).state == VersionState.IN_FORCE


def test_whoever_saved_any_of_it_is_no_second_person():
    mara, noor, ines = (a_leader(f"{name}@vendor.example") for name in ("mara", "noor", "ines"))
    number = a_draft(mara)
    with transaction():
        save_draft(number, FASTER, note="Sooner", seen=1, by=noor, now=NOW)
    put_in_force(number, ines, regions=("EMEA", "APAC"), seen=2)
    for person in (mara, noor, ines):
        with pytest.raises(DomainError, match="somebody else has to decide"), transaction():
            approve(number, seen=2, by=person, now=NOW)


def test_a_refused_version_stays_on_record_and_can_begin_another_draft():
    mara, noor = a_leader("mara@vendor.example"), a_leader("noor@vendor.example")
    number = a_draft(mara)
    put_in_force(number, mara, regions=("EMEA", "APAC"))
    with pytest.raises(DomainError, match="Say why you refuse"), transaction():
        refuse(number, why=" ", by=noor, now=NOW)
    with transaction():
        refuse(number, why="Not before the review", by=noor, now=NOW)
    assert states() == {2: "refused", 1: "in_force"}
    with transaction():
        again = begin_draft(like=number, by=mara, now=NOW)
    assert (again.number, again.chosen) == (3, FASTER)


def test_whoever_changes_their_mind_takes_it_back_or_throws_it_away():
    mara = a_leader("mara@vendor.example")
    number = a_draft(mara)
    put_in_force(number, mara, regions=("EMEA", "APAC"))
    with pytest.raises(DomainError, match="waits for approval"), transaction():
        begin_draft(by=mara, now=NOW)
    with pytest.raises(DomainError, match="waits for approval"), transaction():
        save_draft(number, DEFAULT_METHOD, note="", seen=1, by=mara, now=NOW)
    with transaction():
        take_back(number, by=mara, now=NOW)
    assert states()[number] == "draft"
    with transaction():
        discard_draft(number, by=mara)
    assert states() == {1: "in_force"}
    for act in (
        lambda: save_draft(number, FASTER, note="", seen=1, by=mara, now=NOW),
        lambda: approve(number, seen=1, by=mara, now=NOW),
        lambda: discard_draft(number, by=mara),
    ):
        with pytest.raises(DomainError, match="gone"), transaction():
            act()


def test_the_page_of_a_discarded_draft_approves_no_other_one():
    mara, noor = a_leader("mara@vendor.example"), a_leader("noor@vendor.example")
    stale = a_draft(mara)
    put_in_force(stale, mara, regions=("EMEA", "APAC"))
    with transaction():
        take_back(stale, by=mara, now=NOW)
    with transaction():
        discard_draft(stale, by=mara)
    other = a_draft(mara, replace(DEFAULT_METHOD, half_life=48.0))
    put_in_force(other, mara, regions=("EMEA", "APAC"))
    assert other != stale
    # Saved as often as the one that Noor still looks at.
    for act in (
        lambda: approve(stale, seen=1, by=noor, now=NOW),
        lambda: refuse(stale, why="No", by=noor, now=NOW),
        lambda: begin_draft(like=stale, by=noor, now=NOW),
    ):
        with pytest.raises(DomainError, match=r"Look at the versions|waits for approval"), transaction():
            act()
    assert states() == {other: "waiting", 1: "in_force"}


def test_a_version_is_decided_about_once():
    mara, noor, ines = (a_leader(f"{name}@vendor.example") for name in ("mara", "noor", "ines"))
    number = a_draft(mara)
    put_in_force(number, mara, regions=("EMEA", "APAC"))
    with transaction():
        approve(number, seen=1, by=noor, now=NOW)
    with pytest.raises(DomainError, match="is in force already"), transaction():
        refuse(number, why="No", by=ines, now=NOW)


def test_an_old_version_can_begin_a_draft_and_an_unknown_one_cannot():
    mara = a_leader("mara@vendor.example")
    put_in_force(a_draft(mara), mara)
    with transaction():
        assert begin_draft(like=1, by=mara, now=NOW).chosen == DEFAULT_METHOD
    with transaction():
        discard_draft(3, by=mara)
    with pytest.raises(DomainError, match="no version 9"), transaction():
        begin_draft(like=9, by=mara, now=NOW)


def test_a_preview_is_kept_for_the_draft_that_it_is_of():
    mara = a_leader("mara@vendor.example")
    number = a_draft(mara)
    with transaction():
        ask_for_preview(number, as_of=TODAY)
        ask_for_preview(number, as_of=TODAY)
    assert preview_from(open_version().preview) == Preview(1, TODAY, None)
    assert len(db.session.scalars(select(Job).where(Job.kind == "preview_method")).all()) == 1
    done = Preview(1, TODAY, (Move(7, "amber", "green"),))
    with transaction():
        keep_preview(number, replace(done, saves=0))
    assert preview_from(open_version().preview).moves is None
    with transaction():
        keep_preview(number, done)
        keep_preview(99, done)
    assert preview_from(open_version().preview) == done
    with transaction():
        save_draft(number, DEFAULT_METHOD, note="", seen=1, by=mara, now=NOW)
    assert preview_from(open_version().preview) is None


def test_a_look_at_the_version_in_force_holds_for_a_year():
    mara = a_leader("mara@vendor.example")
    with transaction():
        note_review(1, by=mara, today=date(2027, 2, 28))
    assert version_in_force().next_review_on == date(2028, 2, 28)
    put_in_force(a_draft(mara), mara)
    assert version_in_force().next_review_on == a_year_after(TODAY)
    with pytest.raises(DomainError, match="Version 2 is in force"), transaction():
        note_review(1, by=mara, today=TODAY)


def test_a_year_after_a_leap_day_is_the_last_of_february():
    assert a_year_after(date(2028, 2, 29)) == date(2029, 2, 28)


def test_every_act_is_on_record():
    mara, noor = a_leader("mara@vendor.example"), a_leader("noor@vendor.example")
    number = a_draft(mara)
    put_in_force(number, mara, regions=("EMEA", "APAC"))
    with transaction():
        approve(number, seen=1, by=noor, now=NOW)
    acts = db.session.scalars(
        select(AuditEntry).where(AuditEntry.subject_kind == "method_version").order_by(AuditEntry.id)
    ).all()
    assert [(act.action, act.actor_id) for act in acts] == [
        ("method_draft_begun", mara.id),
        ("method_draft_saved", mara.id),
        ("method_approval_asked", mara.id),
        ("method_approved", noor.id),
    ]
    assert acts[1].details == {"changed": ["half_life"]}
    assert acts[2].details == {"accounts": 2, "regions": 2}
