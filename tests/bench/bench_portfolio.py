"""The pages of the portfolio at 1,000, 10,000 and 50,000 accounts: medians, 95th percentiles, statements.

Beside each page one bare statement over the same rows. SQLite runs inside the process, so its processor time
is measured: other work on the machine adds nothing.
Run alone: `python -m tests.bench.bench_portfolio --accounts 10000 --database sqlite`.
"""

import argparse
import gc
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, insert, text

from tests.bench.bench_know import Clock, clock_of, generate, signed_in
from tests.bench.places import DATABASES, close_places, fresh_app
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.relationship.models import AccountScore

SIZES = "1000,10000,50000"
ROUNDS = 20
CHUNK = 5000
JOINED = """FROM accounts a LEFT JOIN account_scores s ON s.account_id = a.id AND s.is_latest
            WHERE a.status = 'active'"""


@dataclass(frozen=True)
class Page:
    """A page that is measured, and the one bare statement that reads the same rows."""

    name: str
    path: str
    floor: str


PAGES = (
    Page("map", "/portfolio", f"SELECT a.id, a.name, a.arr, s.engagement, s.sentiment, s.status {JOINED}"),
    Page(
        "a part of the map",
        "/portfolio?from_x=50&to_y=50",
        f"SELECT a.id, a.name, a.arr, s.engagement, s.sentiment, s.status {JOINED}",
    ),
    Page("distribution", "/portfolio/distribution", f"SELECT s.strength, s.status, a.arr {JOINED}"),
    Page(
        "tier by region",
        "/portfolio/tiers-by-region",
        f"SELECT a.tier_id, a.region, a.currency, count(*), sum(s.strength) {JOINED} GROUP BY 1, 2, 3",
    ),
    Page(
        "silent",
        "/portfolio/silent",
        f"SELECT a.currency, count(*), sum(a.arr) {JOINED} AND s.silent_waves > 0 GROUP BY 1",
    ),
    Page("list", "/portfolio/accounts", f"SELECT a.id, a.name, s.strength {JOINED} ORDER BY 3 LIMIT 50"),
)


@dataclass(frozen=True)
class Result:
    """One page: milliseconds in the middle and at the 95th percentile, those of its floor, and statements."""

    middle: float
    high: float
    floor: float
    statements: int


def score(accounts: int) -> None:
    """Give every account a latest score."""
    now = utcnow()
    for start in range(1, accounts + 1, CHUNK):
        ids = range(start, min(start + CHUNK, accounts + 1))
        with transaction() as session:
            session.execute(insert(AccountScore), [_score(number, now) for number in ids])
    with db.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _score(number: int, now: Any) -> dict[str, Any]:
    strength = 20.0 + number * 7919 % 800 / 10
    status = "red" if strength < 40 else "green" if strength > 75 else "amber"
    measure = {
        "value": strength,
        "n": 5,
        "ci": [strength - 8, strength + 8],
        "state": "measured",
        "reason": "",
    }
    return {
        "account_id": number,
        "as_of": (now - timedelta(days=number % 40)).date(),
        "is_latest": True,
        "footprint": number * 31 % 100 / 100,
        "engagement": number * 37 % 100 / 100,
        "sentiment": number * 41 % 100 / 100,
        "nps": number * 43 % 200 / 100 - 1,
        "strength": strength,
        "answers": number % 7,
        "status": status,
        "confidence": ("low", "medium", "high")[number % 3],
        "silent_waves": number % 9 // 7,
        "decision_maker_silent_waves": number % 5 // 4,
        "measures": {"strength": measure, "classes": {}},
        "computed_at": now,
    }


def measure(app: Flask, client: FlaskClient, page: Page, clock: Clock, *, rounds: int = ROUNDS) -> Result:
    """Return the result of one page."""
    counted: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counted.append(statement)

    def fetch() -> None:
        counted.clear()
        if client.get(page.path).status_code != 200:
            raise SystemExit(f"{page.path} does not answer")

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        fetch()
        times = sorted(_seconds(fetch, clock) for _round in range(rounds))
    finally:
        event.remove(engine, "before_cursor_execute", count)
    statements = len(counted)
    with app.app_context():
        floor = min(_seconds(lambda: _read(page.floor), clock) for _round in range(5))
    middle, high = times[len(times) // 2], times[max(0, round(len(times) * 0.95) - 1)]
    return Result(middle * 1000, high * 1000, floor * 1000, statements)


def _read(statement: str) -> None:
    with reading() as session:
        session.execute(text(statement)).all()


def _seconds(work: Any, clock: Clock) -> float:
    start = clock()
    work()
    return clock() - start


def measure_size(database: str, accounts: int, *, rounds: int = ROUNDS) -> Sequence[Result]:
    """Return the results of all pages at one size."""
    app = fresh_app(database)
    with app.app_context():
        client = signed_in(app, generate(accounts=accounts))
        score(accounts)
        db.session.remove()
    # As the server does before its first request.
    gc.collect()
    gc.freeze()
    found = [measure(app, client, page, clock_of(database), rounds=rounds) for page in PAGES]
    with app.app_context():
        db.engine.dispose()
    return found


def main(arguments: list[str] | None = None) -> None:
    """Measure every size on every database asked for and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", default=SIZES, help="sizes, smallest first")
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    chosen = parser.parse_args(arguments or [])
    for database in chosen.database or DATABASES:
        for accounts in (int(size) for size in chosen.accounts.split(",")):
            results = measure_size(database, accounts, rounds=chosen.rounds)
            for page, found in zip(PAGES, results, strict=True):
                print(
                    f"{database:<11} {accounts:>6} {page.name:<18} {found.middle:>5.0f} ms, "
                    f"p95 {found.high:>5.0f} ms ({found.floor:.1f} bare)  {found.statements} statements",
                    flush=True,
                )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    finally:
        close_places()
