"""Gap list, search, list of people and a roll-up at 1,000, 10,000 and 50,000 accounts of two contacts each.

Time and SQL statements per page, beside one bare statement over the same rows; and how the time grows.
SQLite runs inside the process, so its processor time is measured: other work on the machine adds nothing.
Run alone: `python -m tests.bench.bench_know --accounts 1000,10000 --database sqlite`.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select, text

from tests.bench.places import DATABASES, close_places, fresh_app
from tests.builders import a_company, a_persona, a_profile, a_tier, a_user
from vocapp.accounts.models import Account, Contact, contact_personas
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.coverage.recording import record_coverage, record_footprints
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName

CONTACTS = 2
OWNERS = 50
CHUNK = 5000
SIZES = "1000,10000,50000"
ROUNDS = 5


@dataclass(frozen=True)
class Page:
    """A page that is measured, and the one bare statement that reads the same rows."""

    name: str
    path: str
    floor: str


PAGES = (
    Page(
        "gap list",
        "/gaps",
        """SELECT a.id, a.name, a.arr, f.seats FROM footprint_days f JOIN accounts a ON a.id = f.account_id
           WHERE f.is_latest AND a.status = 'active' AND f.verified_seats < f.required
           ORDER BY a.arr DESC LIMIT 50""",
    ),
    Page(
        "search, a name",
        "/search?q=last7919",
        """SELECT id, last_name FROM contacts WHERE search_text LIKE '%last7919%'
           ORDER BY search_text LIMIT 13""",
    ),
    Page(
        "search, nothing",
        "/search?q=zebra",
        "SELECT id, last_name FROM contacts WHERE search_text LIKE '%zebra%' ORDER BY search_text LIMIT 13",
    ),
    Page("people", "/people", "SELECT id, last_name, email FROM contacts ORDER BY last_name LIMIT 50"),
    Page(
        "roll-up of ten",
        "/accounts/1/group",
        """SELECT count(*), sum(required), sum(verified_seats) FROM footprint_days f
           JOIN accounts a ON a.id = f.account_id WHERE f.is_latest AND (a.id = 1 OR a.parent_id = 1)""",
    ),
    Page(
        "stewardship",
        "/stewardship",
        """SELECT a.owner_id, count(*), sum(f.required), sum(f.verified_seats) FROM footprint_days f
           JOIN accounts a ON a.id = f.account_id WHERE f.is_latest GROUP BY a.owner_id""",
    ),
)


@dataclass(frozen=True)
class Result:
    """One page at one size: milliseconds of the page and of its floor, and SQL statements."""

    accounts: int
    milliseconds: float
    floor: float
    statements: int


def generate(*, accounts: int) -> User:
    """Fill an empty database and record every footprint once; return a leader."""
    a_company()
    for key, weight in (("decision_maker", 3.0), ("champion", 2.0)):
        a_persona(key, weight)
    a_profile(a_tier(), decision_maker=1, champion=1)
    for _owner in range(OWNERS):
        a_user()
    leader = a_user(RoleName.LEADER)
    now, today = utcnow(), utcnow().date()
    owners = list(db.session.scalars(select(User.id).order_by(User.id)))[:OWNERS]
    tier_id = a_tier().id
    for start in range(1, accounts + 1, CHUNK):
        ids = range(start, min(start + CHUNK, accounts + 1))
        with transaction() as session:
            session.execute(insert(Account), [_account(i, tier_id, owners, now) for i in ids])
            people = [_person(i, k, today) for i in ids for k in range(CONTACTS)]
            session.execute(insert(Contact), people)
            played = [{"contact_id": one["id"], "persona_id": 1 + one["id"] % 2} for one in people]
            session.execute(insert(contact_personas), played)
    return leader


def _account(number: int, tier_id: int, owners: Sequence[int], now: datetime) -> dict[str, Any]:
    return {
        "id": number,
        "external_id": f"A{number}",
        "external_key": f"A{number}",
        "name": f"Account {number}",
        "tier_id": tier_id,
        "region": f"Region {number % 5}",
        "arr": 1000 + number * 7919 % 900_000,
        "currency": "USD" if number % 4 == 0 else "EUR",
        "renewal_date": (now + timedelta(days=30)).date() if number % 12 == 0 else None,
        "owner_id": owners[number % len(owners)],
        # Groups of ten: the first of ten is above the other nine.
        "parent_id": None if number % 10 == 1 else number - (number + 9) % 10,
        "created_at": now - timedelta(days=400),
    }


def _person(account: int, place: int, today: date) -> dict[str, Any]:
    number = (account - 1) * CONTACTS + place + 1
    return {
        "id": number,
        "account_id": account,
        "first_name": f"First{account * 31 % 997}",
        "last_name": f"Last{account * 7919 % 99991}",
        "email": f"p{place}@a{account}.example",
        "email_key": f"p{place}@a{account}.example",
        "title": f"Title {place}",
        "verified_on": None if (account + place) % 3 == 0 else today,
    }


Clock = Callable[[], float]


def clock_of(database: str) -> Clock:
    """Return what time is measured by: the processor's for a database in this process, else the wall's."""
    return time.process_time if database == "sqlite" else time.perf_counter


def record(ids: Sequence[int], clock: Clock) -> tuple[float, float]:
    """Record all footprints twice; return seconds of the first time and of the second, unchanged one."""
    now = utcnow()

    def all_of_them() -> None:
        for start in range(0, len(ids), 1000):
            with transaction():
                record_footprints(ids[start : start + 1000], on=now.date(), now=now)
        with transaction():
            record_coverage(now.date())

    seconds = _seconds(all_of_them, clock), _seconds(all_of_them, clock)
    with db.engine.begin() as connection:
        connection.execute(text("ANALYZE"))
    return seconds


def measure_pages(app: Flask, client: FlaskClient, *, accounts: int, clock: Clock) -> dict[str, Result]:
    """Return every page's result, by its name."""
    return {page.name: _measured(app, client, page, accounts, clock) for page in PAGES}


def _measured(app: Flask, client: FlaskClient, page: Page, accounts: int, clock: Clock) -> Result:
    counted: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counted.append(statement)

    def fetch() -> None:
        counted.clear()
        response = client.get(page.path)
        if response.status_code != 200:
            raise SystemExit(f"{page.path} answers {response.status_code}")

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        fetch()
        seconds = min(_seconds(fetch, clock) for _round in range(ROUNDS))
    finally:
        event.remove(engine, "before_cursor_execute", count)
    statements = len(counted)
    with app.app_context():
        floor = min(_seconds(lambda: _read(page.floor), clock) for _round in range(ROUNDS))
    return Result(accounts, seconds * 1000, floor * 1000, statements)


def _read(statement: str) -> None:
    with reading() as session:
        session.execute(text(statement)).all()


def _seconds(work: Callable[[], object], clock: Clock) -> float:
    start = clock()
    work()
    return clock() - start


def growth_exponent(small: Result, large: Result) -> float:
    """Return b in time = a * accounts^b: 0 does not grow, 1 is linear."""
    return math.log(large.milliseconds / small.milliseconds) / math.log(large.accounts / small.accounts)


def signed_in(app: Flask, user: User) -> FlaskClient:
    """Return a client that is this user."""
    client = FlaskClient(app, app.response_class, use_cookies=True)
    with client.session_transaction() as session:
        session.update(
            {"_user_id": user.fs_uniquifier, "_fresh": True, "fs_cc": "set", "fs_paa": time.time()}
        )
        session["identity.user_id"] = user.fs_uniquifier
    return client


def main(arguments: list[str] | None = None) -> None:
    """Measure every size on every database asked for and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", default=SIZES, help="sizes, smallest first")
    parser.add_argument("--database", choices=DATABASES, action="append")
    chosen = parser.parse_args(arguments or [])
    sizes = [int(size) for size in chosen.accounts.split(",")]
    for database in chosen.database or DATABASES:
        results = [_measure_size(database, size) for size in sizes]
        for page in PAGES:
            found = [one[page.name] for one in results]
            times = ", ".join(f"{one.milliseconds:.0f} ms ({one.floor:.1f} bare)" for one in found)
            growth = f"growth {growth_exponent(found[0], found[-1]):.2f}" if len(found) > 1 else ""
            statements = "/".join(str(one.statements) for one in found)
            ratio = found[-1].milliseconds / found[-1].floor
            print(f"{database:<11} {page.name:<16} {times}  {statements} statements  {ratio:.0f} x  {growth}")


def _measure_size(database: str, accounts: int) -> dict[str, Result]:
    app = fresh_app(database)
    with app.app_context():
        client = signed_in(app, generate(accounts=accounts))
        first, again = record(range(1, accounts + 1), clock_of(database))
        print(
            f"{database:<11} {accounts:>6} accounts recorded in {first:.1f} s, unchanged {again:.1f} s",
            flush=True,
        )
        db.session.remove()
    found = measure_pages(app, client, accounts=accounts, clock=clock_of(database))
    with app.app_context():
        db.engine.dispose()
    return found


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    finally:
        close_places()
