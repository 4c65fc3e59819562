"""Who looks alike is written down: found anew, taken away, never twice, and read by one page of SQL."""

import threading
import time

from flask import Flask
from sqlalchemy import event, func, insert, select

from tests.builders import NOW, a_company, a_contact, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.duplicates.builders import compared, merged_pair, taken_apart, twins
from vocapp.accounts.models import Account, Contact
from vocapp.core.db import db, transaction
from vocapp.duplicates.models import LikelyPair
from vocapp.duplicates.queries import found_pairs
from vocapp.duplicates.recording import record_pairs
from vocapp.duplicates.service import dismiss_pair
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.workflows.rescore import rescore_all, rescore_some


def pairs_seen_by(user: User, **wanted: int) -> list[tuple[int, int]]:
    db.session.expire_all()
    return [(pair.first_id, pair.second_id) for pair in db.session.scalars(found_pairs(user, **wanted))]


def stored() -> list[tuple[int, int, str, list[str]]]:
    db.session.expire_all()
    rows = db.session.scalars(select(LikelyPair).order_by(LikelyPair.first_id, LikelyPair.second_id))
    return [(row.first_id, row.second_id, row.grade, row.reasons) for row in rows]


def test_a_pair_is_written_down_with_its_reasons(app: Flask) -> None:
    kept, merged = twins(email="ana@one.example")
    assert compared() == 1
    assert stored() == [(kept.id, merged.id, "likely", ["same_name"])]


def test_comparing_again_writes_nothing(app: Flask) -> None:
    twins()
    compared()
    assert compared() == 0


def test_a_pair_that_is_alike_no_more_is_taken_away(app: Flask) -> None:
    _kept, merged = twins()
    compared()
    with transaction():
        merged.first_name = "Bo"
    assert compared() == 1
    assert stored() == []


def test_a_pair_that_is_alike_for_another_reason_says_so(app: Flask) -> None:
    kept, merged = twins()
    compared()
    with transaction():
        merged.first_name = "A."
    compared()
    assert stored() == [(kept.id, merged.id, "possible", ["initial"])]


def test_only_the_accounts_named_are_compared(app: Flask) -> None:
    kept, _merged = twins()
    others, _other = twins()
    compared(kept.account)
    assert [first for first, *_rest in stored()] == [kept.id]
    compared(others.account)
    assert [first for first, *_rest in stored()] == [kept.id, others.id]


def test_a_contact_that_moved_to_another_account_is_found_there(app: Flask) -> None:
    kept, merged = twins()
    compared()
    elsewhere = an_account()
    with transaction():
        kept.account_id = merged.account_id = elsewhere.id
    compared(elsewhere)
    assert pairs_seen_by(a_user(RoleName.LEADER), account_id=elsewhere.id) == [(kept.id, merged.id)]


def test_a_pair_whose_people_went_apart_is_not_shown(app: Flask) -> None:
    _kept, merged = twins()
    compared()
    elsewhere = an_account()
    with transaction():
        merged.account_id = elsewhere.id
    assert pairs_seen_by(a_user(RoleName.LEADER)) == []


def test_likely_pairs_come_before_possible_ones(app: Flask) -> None:
    account = an_account()
    short = a_contact(account, first_name="A.", last_name="Ruiz")
    kept, merged = twins(account, email="ana@one.example")
    compared()
    assert pairs_seen_by(a_user(RoleName.LEADER)) == [
        (kept.id, merged.id),
        (short.id, kept.id),
        (short.id, merged.id),
    ]


def test_a_merge_takes_its_pairs_off_the_list_at_once_and_undoing_it_brings_them_back(app: Flask) -> None:
    leader = a_user(RoleName.LEADER)
    kept, merged = twins()
    compared()
    merge = merged_pair(kept, merged)
    assert pairs_seen_by(leader) == []
    taken_apart(merge)
    assert pairs_seen_by(leader) == [(kept.id, merged.id)]


def test_a_merged_contact_is_compared_no_more(app: Flask) -> None:
    kept, merged = twins()
    compared()
    merged_pair(kept, merged)
    compared()
    assert stored() == []


def test_a_dismissed_pair_stays_off_the_list_however_often_it_is_compared(app: Flask) -> None:
    leader = a_user(RoleName.LEADER)
    kept, merged = twins()
    with transaction():
        dismiss_pair(kept, merged, by=leader, now=NOW)
    compared()
    assert pairs_seen_by(leader) == []


def test_a_removed_contact_takes_its_pairs_along(app: Flask) -> None:
    _kept, merged = twins()
    compared()
    with transaction():
        db.session.delete(merged)
    assert stored() == []


def test_rescoring_one_account_compares_its_people(app: Flask) -> None:
    kept, merged = twins()
    twins()
    rescore_some([kept.account_id], now=NOW)
    assert [row[:2] for row in stored()] == [(kept.id, merged.id)]


def test_rescoring_everything_compares_everybody(app: Flask) -> None:
    twins()
    twins()
    rescore_all(now=NOW)
    assert len(stored()) == 2


def test_two_runs_at_once_write_each_pair_once(separate_app: Flask) -> None:
    with separate_app.app_context():
        for _number in range(5):
            twins()
        db.session.remove()
    start, written = threading.Barrier(3), []

    def run() -> None:
        with separate_app.app_context():
            start.wait()
            with transaction():
                written.append(record_pairs(None, now=NOW))
            db.session.remove()

    threads = [threading.Thread(target=run) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written) == [0, 0, 5]
    with separate_app.app_context():
        assert len(stored()) == 5


def people_who_look_alike(count: int) -> None:
    """As many accounts with two people each, every tenth of them one person on record twice."""
    letters = [chr(ord("a") + number // 26) + chr(ord("a") + number % 26) for number in range(count)]
    db.session.execute(
        insert(Account),
        [{"external_id": word, "external_key": word, "name": f"Customer {word}"} for word in letters],
    )
    ids = list(db.session.scalars(select(Account.id).where(Account.external_id.in_(letters))))
    db.session.execute(
        insert(Contact),
        [
            {
                "account_id": account_id,
                "email": f"{side}@{account_id}.example",
                "email_key": f"{side}@{account_id}.example",
                "first_name": "Ana" if number % 10 == 0 else side,
                "last_name": "Ruiz" if number % 10 == 0 else f"Person{side}",
            }
            for number, account_id in enumerate(ids)
            for side in ("anna", "bert")
        ],
    )


def statements_of_a_page(client: CheckingClient) -> int:
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        found.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get("/duplicates").status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(found)


def test_the_page_asks_as_often_for_forty_pairs_as_for_one(client: CheckingClient) -> None:
    a_company()
    client.sign_in(a_user(RoleName.LEADER))
    twins()
    compared()
    statements_of_a_page(client)
    few = statements_of_a_page(client)
    people_who_look_alike(400)
    compared()
    assert db.session.scalar(select(func.count()).select_from(LikelyPair)) == 41
    assert statements_of_a_page(client) == few


def test_comparing_two_thousand_people_takes_a_moment(app: Flask) -> None:
    people_who_look_alike(600)
    start = time.perf_counter()
    assert compared() == 60
    assert time.perf_counter() - start < 3
