"""Two people who work on the method at the same moment."""

from collections.abc import Callable
from dataclasses import replace

from flask import Flask
from sqlalchemy import func, select

from surveys.parameters import DEFAULT_METHOD
from tests.builders import NOW, a_user
from tests.vocapp.meetings import at_once
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.method.models import MethodVersion
from vocapp.method.queries import open_version, version_in_force, versions
from vocapp.method.service import approve, begin_draft, refuse, request_force, save_draft, take_back


def trying(outcomes: list[str], act: Callable[[User], object], person_id: int) -> Callable[[], None]:
    """Work that notes whether it was done or which sentence refused it."""

    def work() -> None:
        try:
            with transaction():
                act(db.session.get_one(User, person_id))
            outcomes.append("done")
        except DomainError as refusal:
            outcomes.append(str(refusal))

    return work


def leaders(count: int) -> list[int]:
    return [a_user(RoleName.LEADER).id for _unused in range(count)]


def a_draft(by_id: int) -> int:
    with transaction():
        by = db.session.get_one(User, by_id)
        draft = begin_draft(by=by, now=NOW)
        half = replace(DEFAULT_METHOD, half_life=6.0)
        return save_draft(draft.number, half, note="Sooner", seen=0, by=by, now=NOW).number


def a_waiting_version(by_id: int) -> int:
    number = a_draft(by_id)
    with transaction():
        by = db.session.get_one(User, by_id)
        request_force(number, regions=("EMEA", "APAC"), accounts=2, seen=1, by=by, now=NOW)
    return number


def test_two_who_begin_a_draft_get_the_same_one(slow_app: Flask) -> None:
    found: list[int] = []
    with slow_app.app_context():
        mara, noor = leaders(2)

    def begin(person: User) -> None:
        found.append(begin_draft(by=person, now=NOW).number)

    outcomes: list[str] = []
    at_once(slow_app, trying(outcomes, begin, mara), trying(outcomes, begin, noor))
    with slow_app.app_context():
        assert (outcomes, found) == (["done", "done"], [2, 2])
        assert db.session.scalar(select(func.count()).select_from(MethodVersion)) == 2


def test_of_two_who_save_one_is_told_of_the_other(slow_app: Flask) -> None:
    with slow_app.app_context():
        mara, noor = leaders(2)
        number = a_draft(mara)

    def saving(months: float) -> Callable[[User], object]:
        chosen = replace(DEFAULT_METHOD, half_life=months)
        return lambda person: save_draft(number, chosen, note="Mine", seen=1, by=person, now=NOW)

    outcomes: list[str] = []
    at_once(slow_app, trying(outcomes, saving(3.0), mara), trying(outcomes, saving(9.0), noor))
    with slow_app.app_context():
        assert sorted(outcome == "done" for outcome in outcomes) == [False, True]
        assert any(outcome.startswith("Somebody else saved this draft meanwhile") for outcome in outcomes)
        assert open_version().saves == 2
        assert open_version().chosen.half_life in (3.0, 9.0)


def test_of_two_who_decide_one_decides(slow_app: Flask) -> None:
    with slow_app.app_context():
        mara, noor, ines = leaders(3)
        number = a_waiting_version(mara)
    outcomes: list[str] = []
    at_once(
        slow_app,
        trying(outcomes, lambda person: approve(number, seen=1, by=person, now=NOW), noor),
        trying(outcomes, lambda person: refuse(number, why="No", by=person, now=NOW), ines),
        trying(outcomes, lambda person: take_back(number, by=person, now=NOW), mara),
    )
    with slow_app.app_context():
        assert sorted(outcome == "done" for outcome in outcomes) == [False, False, True]
        states = {one.number: one.state for one in versions()}
        assert states in (
            {1: "retired", number: "in_force"},
            {1: "in_force", number: "refused"},
            {1: "in_force", number: "draft"},
        )


def test_while_one_puts_a_draft_into_force_another_saves_it_or_is_told(slow_app: Flask) -> None:
    with slow_app.app_context():
        mara, noor = leaders(2)
        number = a_draft(mara)
    other = replace(DEFAULT_METHOD, half_life=9.0)
    outcomes: list[str] = []
    at_once(
        slow_app,
        trying(
            outcomes,
            lambda person: request_force(number, regions=(), accounts=0, seen=1, by=person, now=NOW),
            mara,
        ),
        trying(
            outcomes, lambda person: save_draft(number, other, note="Mine", seen=1, by=person, now=NOW), noor
        ),
    )
    with slow_app.app_context():
        assert sorted(outcome == "done" for outcome in outcomes) == [False, True]
        in_force = version_in_force()
        assert in_force.number == 1 or in_force.chosen.half_life == 6.0
