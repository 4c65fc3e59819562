"""How long a full rescore takes against a single grouped query over the same rows, and how it grows.

`python -m tests.bench.bench_rescore [--accounts 1000,10000] [--waves 4] [--database URL]`
"""

import argparse
import json
import math
import resource
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from vocapp.app import create_app
from vocapp.core.db import Base, db, reading, transaction
from vocapp.core.gateways import make_gateways
from vocapp.core.settings import Settings
from vocapp.relationship.service import rescore
from vocapp.workflows.rescore import rescore_all

CONTACTS = 10
NOW = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)

# Every statement draws on ids alone, so that the same numbers come out on every machine and database.
GENERATE = (
    """INSERT INTO users (id, email, name, title, active, fs_uniquifier, time_zone, is_demo, created_at)
       VALUES (1, 'bench@vendor.example', 'Bench', '', TRUE, 'bench', 'UTC', FALSE, :start)""",
    """INSERT INTO tiers (id, name, rank) VALUES (1, 'One', 1), (2, 'Two', 2), (3, 'Three', 3)""",
    """INSERT INTO personas (id, key, name, weight, description, position) VALUES
       (1, 'decision_maker', 'Decision maker', 3, '', 1), (2, 'champion', 'Champion', 2, '', 2),
       (3, 'admin', 'Admin', 1, '', 3), (4, 'power_user', 'Power user', 1, '', 4)""",
    """INSERT INTO tier_profiles (id, tier_id, effective_from)
       SELECT id, id, CAST('2020-01-01' AS date_type) FROM tiers""",
    """INSERT INTO persona_quotas (profile_id, persona_id, required)
       SELECT t.id, p.id, CASE p.id WHEN 4 THEN 5 ELSE 1 END FROM tiers t CROSS JOIN personas p""",
    """INSERT INTO surveys (id, key, name, created_at) VALUES (1, 'nps', 'NPS', :start)""",
    """INSERT INTO survey_versions (id, survey_id, number, definition, is_standard, published_at)
       VALUES (1, 1, 1, '{}', TRUE, :start)""",
    """INSERT INTO accounts (id, external_id, external_key, name, tier_id, segment, industry, region, country,
         product, currency, lifecycle_stage, owner_email, status, is_demo, created_at)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :accounts)
       SELECT i, 'A' || i, 'A' || i, 'Account ' || i, 1 + i % 3, '', 'Industry ' || (i % 7),
         'Region ' || (i % 5), '', '', 'EUR', '', '', 'active', FALSE, :start FROM n""",
    """INSERT INTO contacts (id, external_id, account_id, first_name, last_name, email, email_key, title,
         language, time_zone, phone, status, is_role_address, verified_on, is_demo, created_at)
       WITH RECURSIVE n (k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k < :contacts - 1)
       SELECT (a.id - 1) * :contacts + k + 1, '', a.id, 'First', 'Last' || k, 'p' || k || '@a' || a.id,
         'p' || k || '@a' || a.id, '', 'en', '', '', 'active', FALSE, CAST('2026-02-01' AS date_type), FALSE,
         :start FROM accounts a CROSS JOIN n""",
    """INSERT INTO contact_personas (contact_id, persona_id)
       SELECT id, CASE WHEN id % :contacts < 3 THEN 1 + id % :contacts ELSE 4 END FROM contacts""",
    """INSERT INTO waves (id, name, survey_version_id, owner_id, state, personal_note, launched_at, closed_at,
         is_demo, created_at)
       WITH RECURSIVE n (w) AS (SELECT 1 UNION ALL SELECT w + 1 FROM n WHERE w < :waves)
       SELECT w, 'Wave ' || w, 1, 1, 'closed', '', day_before(91 * (:waves - w) + 40),
         day_before(91 * (:waves - w) + 19), FALSE, :start FROM n""",
    """INSERT INTO invitations (id, wave_id, account_id, contact_id, persona_id, nonce, token_hash, state,
         language, settled_at, created_at)
       SELECT (w.id - 1) * :contacts * :accounts + c.id, w.id, c.account_id, c.id, p.persona_id, 'n',
         'h' || w.id || ':' || c.id,
         CASE WHEN (c.id * 7919 + w.id * 104729) % 100 < 20 + c.account_id * 37 % 60 THEN 'completed'
              WHEN (c.id * 7919 + w.id * 104729) % 100 > 97 THEN 'bounced' ELSE 'silent' END,
         'en', w.closed_at, :start
       FROM contacts c CROSS JOIN waves w JOIN contact_personas p ON p.contact_id = c.id""",
    """INSERT INTO responses (invitation_id, wave_id, account_id, contact_id, rating, comment, answers, language,
         state, revision, answered_at, changed_at)
       SELECT id, wave_id, account_id, contact_id,
         CASE WHEN (id * 31) % 10 < account_id % 8 THEN 9 + id % 2 ELSE (id * 17) % 9 END,
         '', '{}', 'en', 'complete', 1, settled_at, settled_at
       FROM invitations WHERE state = 'completed'""",
)

FLOOR = """
    SELECT i.account_id, count(*), sum(r.rating), max(r.answered_at), max(w.launched_at),
      sum(CASE WHEN i.state = 'silent' THEN 1 ELSE 0 END), sum(CASE WHEN c.status = 'active' THEN 1 ELSE 0 END)
    FROM invitations i JOIN contacts c ON c.id = i.contact_id JOIN waves w ON w.id = i.wave_id
    LEFT JOIN responses r ON r.invitation_id = i.id GROUP BY i.account_id"""


@dataclass(frozen=True)
class Result:
    """One size: seconds for the floor, a first and an unchanged full rescore, one account; peak MB."""

    accounts: int
    invitations: int
    floor: float
    full: float
    again: float
    one: float
    peak_mb: float
    written: int

    @property
    def ratio(self) -> float:
        """Full rescore over floor."""
        return self.full / self.floor


def generate(*, accounts: int, waves: int) -> None:
    """Fill an empty database with accounts of ten contacts, asked in every wave."""
    name = db.engine.dialect.name
    values = {"accounts": accounts, "contacts": CONTACTS, "waves": waves, "start": "2020-01-01 00:00:00"}
    with transaction() as session:
        for statement in GENERATE:
            session.execute(text(_speak(statement, name)), _used(values, statement))
    with db.engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


def _speak(statement: str, dialect: str) -> str:
    """Return a statement in the words of a database."""
    day = "2026-03-11 00:00:00"
    if dialect == "sqlite":
        statement = statement.replace("CAST('2020-01-01' AS date_type)", "'2020-01-01'")
        statement = statement.replace("CAST('2026-02-01' AS date_type)", "'2026-02-01'")
        return _days_before(statement, lambda days: f"datetime('{day}', '-' || ({days}) || ' days')")
    statement = statement.replace("date_type", "date").replace(":start", "CAST(:start AS timestamptz)")
    return _days_before(
        statement, lambda days: f"CAST('{day}+00' AS timestamptz) - ({days}) * interval '1 day'"
    )


def _days_before(statement: str, expression) -> str:
    while "day_before(" in statement:
        head, _, rest = statement.partition("day_before(")
        depth, end = 1, 0
        while depth:
            depth += {"(": 1, ")": -1}.get(rest[end], 0)
            end += 1
        statement = head + expression(rest[: end - 1]) + rest[end:]
    return statement


def _used(values: dict, statement: str) -> dict:
    return {name: value for name, value in values.items() if f":{name}" in statement}


def measure(*, accounts: int, waves: int, database_url: str | None = None) -> Result:
    """Generate one size in its own database and time it."""
    with tempfile.TemporaryDirectory() as folder:
        url = database_url or f"sqlite:///{Path(folder) / 'bench.db'}"
        settings = Settings(
            database_url=url,
            secret_key="a key for benchmarks only, long enough to pass",
            base_url="http://127.0.0.1:8000",
            mail_url=f"mailbox://{folder}/mailbox",
            mail_from="voice@vendor.example",
        )
        with create_app(gateways=make_gateways(settings)).app_context():
            Base.metadata.create_all(db.engine)
            generate(accounts=accounts, waves=waves)
            floor = min(_time(_read_floor) for _ in range(3))
            full = _time(lambda: rescore_all(now=NOW))
            written = db.session.scalar(text("SELECT count(*) FROM account_scores")) or 0
            db.session.rollback()
            again = _time(lambda: rescore_all(now=NOW))
            one = min(_time(_rescore_one) for _ in range(5))
            db.session.remove()
            db.engine.dispose()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Result(accounts, accounts * CONTACTS * waves, floor, full, again, one, peak, written)


def _read_floor() -> None:
    with reading() as session:
        session.execute(text(FLOOR)).all()


def _rescore_one() -> None:
    with transaction():
        rescore([1], as_of=NOW.date(), now=NOW)


def _time(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def growth_exponent(small: Result, large: Result) -> float:
    """Return b in seconds = a · accounts^b; 1 is linear."""
    return math.log(large.full / small.full) / math.log(large.accounts / small.accounts)


def report(results: list[Result]) -> str:
    """Return the results as lines for a terminal."""
    lines = [
        f"rescore {one.accounts:>6} accounts ({one.invitations} invitations): {one.full:6.2f} s, "
        f"{one.ratio:5.1f}× one grouped query ({one.floor:.2f} s); unchanged {one.again:.2f} s; "
        f"one account {one.one * 1000:.0f} ms; peak {one.peak_mb:.0f} MB"
        for one in results
    ]
    if len(results) > 1:
        lines.append(f"rescore growth exponent: {growth_exponent(results[0], results[-1]):.2f}")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> list[Result]:
    """Measure every size asked for and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", default="1000,4000", help="sizes, smallest first")
    parser.add_argument("--waves", type=int, default=4)
    parser.add_argument("--database", help="URL of an empty database; one size only")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(arguments)
    results = [
        measure(accounts=int(size), waves=chosen.waves, database_url=chosen.database)
        for size in chosen.accounts.split(",")
    ]
    print(json.dumps([asdict(one) for one in results]) if chosen.json else report(results))
    return results


if __name__ == "__main__":
    main(sys.argv[1:])
