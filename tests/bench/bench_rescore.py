"""How long a full rescore takes against a single grouped query over the same rows, and how it grows.

SQLite runs inside the process, so its processor time is measured: other work on the machine adds nothing.
Run alone: `python -m tests.bench.bench_rescore --accounts 1000,10000 --waves 8`.
"""

import argparse
import math
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, bindparam, insert, text

from tests.bench.bench_know import Clock, clock_of
from tests.bench.places import DATABASES, close_places, fresh_app
from vocapp.accounts.models import Persona, PersonaQuota, Tier, TierProfile
from vocapp.campaigns.models import Wave
from vocapp.core.db import UtcDateTime, db, reading, transaction
from vocapp.identity.models import User
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.relationship.service import rescore
from vocapp.workflows.rescore import rescore_all

CONTACTS = 10
NOW = datetime(2026, 3, 11, 10, 0, tzinfo=UTC)
START = NOW - timedelta(days=2000)
PERSONAS = (("decision_maker", 3.0, 1), ("champion", 2.0, 1), ("admin", 1.0, 1), ("power_user", 1.0, 5))

# Every statement draws on ids alone, so that the same rows come out on every machine and database.
GENERATE = (
    """INSERT INTO accounts (id, external_id, external_key, name, tier_id, segment, industry, region, country,
         time_zone, product, currency, lifecycle_stage, growth_potential, coverage_model, is_coverage_by_rule,
         owner_email, status, search_text, is_demo, created_at, changed_at)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :accounts)
       SELECT i, 'A' || i, 'A' || i, 'Account ' || i, 1 + i % 3, '', 'Industry ' || (i % 7),
         'Region ' || (i % 5), '', '', '', 'EUR', '', '', 'standard', FALSE, '', 'active', '', FALSE, :start,
         :start FROM n""",
    """INSERT INTO contacts (id, external_id, account_id, first_name, last_name, email, email_key, title,
         language, time_zone, phone, status, is_role_address, is_on_leave, influence, search_text,
         verified_on, is_demo, created_at, changed_at)
       WITH RECURSIVE n (k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM n WHERE k < :contacts - 1)
       SELECT (a.id - 1) * :contacts + k + 1, '', a.id, 'First', 'Last' || k, 'p' || k || '@a' || a.id,
         'p' || k || '@a' || a.id, '', 'en', '', '', 'active', FALSE, FALSE, '', '', :verified_on, FALSE,
         :start, :start
       FROM accounts a CROSS JOIN n""",
    """INSERT INTO contact_personas (contact_id, persona_id)
       SELECT id, CASE WHEN id % :contacts < 3 THEN 1 + id % :contacts ELSE 4 END FROM contacts""",
    """INSERT INTO invitations (id, wave_id, account_id, contact_id, persona_id, nonce, token_hash, state,
         language, reminders_sent, stop_reason, settled_at, created_at)
       SELECT (w.id - 1) * :contacts * :accounts + c.id, w.id, c.account_id, c.id, p.persona_id, 'n',
         'h' || w.id || ':' || c.id,
         CASE WHEN (c.id * 7919 + w.id * 104729) % 100 < 20 + c.account_id * 37 % 60 THEN 'completed'
              WHEN (c.id * 7919 + w.id * 104729) % 100 > 97 THEN 'bounced' ELSE 'silent' END,
         'en', 0, '', w.closed_at, :start
       FROM contacts c CROSS JOIN waves w JOIN contact_personas p ON p.contact_id = c.id""",
    """INSERT INTO responses (invitation_id, wave_id, account_id, contact_id, rating, comment, answers,
         language, state, revision, source, last_page, answered_at, changed_at)
       SELECT id, wave_id, account_id, contact_id,
         CASE WHEN (id * 31) % 10 < account_id % 8 THEN 9 + id % 2 ELSE (id * 17) % 9 END,
         '', '{}', 'en', 'complete', 1, 'link', '', settled_at, settled_at
       FROM invitations WHERE state = 'completed'""",
)

FLOOR = """
    SELECT i.account_id, count(*), sum(r.rating), max(r.answered_at), max(w.launched_at),
      sum(CASE WHEN i.state = 'silent' THEN 1 ELSE 0 END),
      sum(CASE WHEN c.status = 'active' THEN 1 ELSE 0 END)
    FROM invitations i JOIN contacts c ON c.id = i.contact_id JOIN waves w ON w.id = i.wave_id
    LEFT JOIN responses r ON r.invitation_id = i.id GROUP BY i.account_id"""


@dataclass(frozen=True)
class Result:
    """One size: seconds for the floor, a first and an unchanged full rescore, and one account; peak MB."""

    accounts: int
    invitations: int
    floor: float
    full: float
    unchanged: float
    one: float
    peak_mb: float

    @property
    def ratio(self) -> float:
        """Full rescore over floor."""
        return self.full / self.floor

    def __str__(self) -> str:
        return (
            f"{self.accounts:>6} accounts, {self.invitations} invitations: full {self.full:.2f} s, "
            f"{self.ratio:.1f} x one grouped query ({self.floor:.3f} s); unchanged {self.unchanged:.2f} s; "
            f"one account {self.one * 1000:.0f} ms; peak {self.peak_mb:.0f} MB"
        )


def generate(*, accounts: int, waves: int) -> None:
    """Fill an empty database with accounts of ten contacts, asked in every wave."""
    with transaction() as session:
        session.execute(insert(User), [{"id": 1, "email": "b@vendor.example", "fs_uniquifier": "b"}])
        session.execute(insert(Tier), [{"id": n, "name": f"Tier {n}", "rank": n} for n in (1, 2, 3)])
        session.execute(
            insert(Persona),
            [
                {"id": n, "key": key, "name": key, "weight": weight, "position": n}
                for n, (key, weight, _required) in enumerate(PERSONAS, start=1)
            ],
        )
        for tier in (1, 2, 3):
            quotas = [
                PersonaQuota(persona_id=n, required=required)
                for n, (_key, _weight, required) in enumerate(PERSONAS, start=1)
            ]
            session.add(TierProfile(tier_id=tier, effective_from=START.date(), quotas=quotas))
        session.execute(insert(Survey), [{"id": 1, "key": "nps", "name": "NPS"}])
        session.execute(insert(SurveyVersion), [{"id": 1, "survey_id": 1, "number": 1, "definition": {}}])
        session.execute(insert(Wave), [_wave(number, waves) for number in range(1, waves + 1)])
        values = {"accounts": accounts, "contacts": CONTACTS, "start": START, "verified_on": date(2026, 2, 1)}
        for statement in GENERATE:
            used = {name: value for name, value in values.items() if f":{name}" in statement}
            session.execute(_typed(statement, used), used)
    with db.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _wave(number: int, waves: int) -> dict[str, Any]:
    launched_at = NOW - timedelta(days=91 * (waves - number) + 40)
    return {
        "id": number,
        "name": f"Wave {number}",
        "survey_version_id": 1,
        "owner_id": 1,
        "state": "closed",
        "launched_at": launched_at,
        "closed_at": launched_at + timedelta(days=21),
    }


def _typed(statement: str, used: dict[str, Any]) -> Any:
    kinds = {"start": UtcDateTime(), "verified_on": Date()}
    return text(statement).bindparams(
        *(bindparam(name, type_=kind) for name, kind in kinds.items() if name in used)
    )


def measure(*, accounts: int, waves: int, database: str = "sqlite") -> Result:
    """Generate one size in its own database and time it."""
    clock = clock_of(database)
    with fresh_app(database).app_context():
        generate(accounts=accounts, waves=waves)
        result = Result(
            accounts=accounts,
            invitations=accounts * CONTACTS * waves,
            floor=min(_seconds(_read_floor, clock) for _ in range(3)),
            full=_seconds(lambda: rescore_all(now=NOW), clock),
            unchanged=_seconds(lambda: rescore_all(now=NOW), clock),
            one=min(_seconds(_rescore_one, clock) for _ in range(5)),
            peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        )
        db.session.remove()
        db.engine.dispose()
    return result


def _read_floor() -> None:
    with reading() as session:
        session.execute(text(FLOOR)).all()


def _rescore_one() -> None:
    with transaction():
        rescore([1], as_of=NOW.date(), now=NOW)


def _seconds(work: Callable[[], object], clock: Clock) -> float:
    start = clock()
    work()
    return clock() - start


def growth_exponent(small: Result, large: Result) -> float:
    """Return b in seconds = a * accounts^b; 1 is linear."""
    return math.log(large.full / small.full) / math.log(large.accounts / small.accounts)


def main(arguments: list[str] | None = None) -> None:
    """Measure every size asked for and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", default="1000,10000", help="sizes, smallest first")
    parser.add_argument("--waves", type=int, default=4)
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    chosen = parser.parse_args(arguments or [])
    results = []
    for size in chosen.accounts.split(","):
        results.append(measure(accounts=int(size), waves=chosen.waves, database=chosen.database))
        print(results[-1], flush=True)
    if len(results) > 1:
        print(f"growth exponent {growth_exponent(results[0], results[-1]):.2f} (1 is linear)")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    finally:
        close_places()
