"""Contacts pulled from and scores pushed to an emulated Salesforce org, beside a bare simple-salesforce loop.

Records per second as a ratio to the bare loop over the same HTTP, calls used against the formula, and how
memory grows. The org runs as a process of its own.
Run alone: `python -m tests.bench.bench_salesforce --contacts 20000 --accounts 2000 --database sqlite`.
"""

import argparse
import gc
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import psutil
from simple_salesforce import Salesforce
from sqlalchemy import func, insert, select

from integrations.crm.salesforce.session import Ear, make_session
from tests.bench.places import close_places, fresh_app
from tests.builders import a_company
from tests.salesforce_emulator.admin_api import RemoteControls
from tests.salesforce_emulator.org import CONSUMER_KEY, CONSUMER_SECRET
from tests.vocapp.sync.builders import FIELDS_OF_OURS, a_connection
from vocapp.accounts.models import Account, Contact
from vocapp.core.clock import utcnow
from vocapp.core.connection_settings import SalesforceSettings
from vocapp.core.db import db, reading, transaction
from vocapp.core.gateways import EXTENSION_KEY
from vocapp.relationship.models import AccountScore
from vocapp.sync.models import CrmRun
from vocapp.sync.rules import RunKind, RunState
from vocapp.workflows.sync_crm import run_sync


@contextmanager
def an_org(*, accounts: int, contacts: int) -> Iterator[str]:
    """An emulated org in a process of its own, with records and our fields."""
    command = [sys.executable, "-m", "tests.salesforce_emulator", "--port", "0"]
    command += ["--accounts", str(accounts), "--contacts", str(contacts)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            words = (word for line in process.stdout for word in line.split())
            url = next(word for word in words if word.startswith("http://127")).rstrip("/.,")
            controls = RemoteControls(url)
            for name, fields in FIELDS_OF_OURS.items():
                controls.call("install_fields", name, *fields)
            controls.call("advance", 180)
            yield url
        finally:
            process.kill()


def bare_pull(url: str) -> tuple[int, float]:
    """The same contacts by simple-salesforce alone, kept nowhere."""
    started = time.perf_counter()
    org = bare(url)
    names = "Id,AccountId,FirstName,LastName,Email,Title,Phone,HasOptedOutOfEmail,SystemModstamp"
    answer = org.query(f"SELECT {names} FROM Contact ORDER BY SystemModstamp, Id")
    seen = len(answer["records"])
    while not answer["done"]:
        answer = org.query_more(answer["nextRecordsUrl"], identifier_is_url=True)
        seen += len(answer["records"])
    return seen, time.perf_counter() - started


def bare_push(url: str, accounts: int) -> tuple[int, float]:
    """As many scores by simple-salesforce alone, 200 at a time, from nowhere."""
    org = bare(url)
    ids = [row["Id"] for row in org.query_all(f"SELECT Id FROM Account LIMIT {accounts}")["records"]]
    started = time.perf_counter()
    for start in range(0, len(ids), 200):
        records = [
            {"attributes": {"type": "Account"}, "id": one, "VOC_Relationship_Score__c": 50}
            for one in ids[start : start + 200]
        ]
        org.restful("composite/sobjects", method="PATCH", json={"allOrNone": False, "records": records})
    return len(ids), time.perf_counter() - started


def bare(url: str) -> Salesforce:
    return Salesforce(
        consumer_key=CONSUMER_KEY,
        consumer_secret=CONSUMER_SECRET,
        domain="acme.my",
        session=make_session(Ear(), emulator_url=url),
        version="64.0",
    )


def measure(database: str, *, accounts: int, contacts: int, scores: int) -> None:
    app = fresh_app(database)
    with an_org(accounts=accounts, contacts=contacts) as url, app.app_context():
        gateways = app.extensions[EXTENSION_KEY]
        settings = SalesforceSettings(
            domain="acme.my", consumer_key=CONSUMER_KEY, consumer_secret=CONSUMER_SECRET, emulator_url=url
        )
        app.extensions[EXTENSION_KEY] = replace(
            gateways, settings=replace(gateways.settings, salesforce=settings)
        )
        a_company()
        connection_id = a_connection(contacts_back="off")
        print(f"-- {database}: {contacts} contacts, {accounts} accounts, {scores} scores")
        floor_read, floor_seconds = bare_pull(url)
        floor = floor_read / floor_seconds
        timed("first pull", connection_id, RunKind.PULL, contacts + accounts, floor)
        with reading():
            print(f"   here: {db.session.scalar(select(func.count()).select_from(Contact))} contacts")
        timed("second pull, nothing to do", connection_id, RunKind.PULL, 0, floor)
        pushed, seconds = bare_push(url, scores)
        floor = pushed / seconds
        timed("first push, links and ids of all", connection_id, RunKind.PUSH, contacts + accounts, floor)
        give_scores(scores)
        timed("push of changed scores", connection_id, RunKind.PUSH, scores, floor)
        timed("second push, nothing to do", connection_id, RunKind.PUSH, 0, 0.0)


def timed(name: str, connection_id: int, kind: RunKind, records: int, floor: float) -> None:
    gc.collect()
    process = psutil.Process()
    before = process.memory_info().rss
    started, cpu = time.perf_counter(), time.process_time()
    done: CrmRun = run_sync(connection_id, kind)
    seconds, own = time.perf_counter() - started, time.process_time() - cpu
    report = done.report
    assert done.state == RunState.DONE, done.reason
    rate = f", {records / seconds:,.0f} records/s" if records else ""
    ratio = f", ratio {records / seconds / floor:.2f} (floor {floor:,.0f}/s)" if floor and records else ""
    print(
        f"   {name}: {seconds:.1f} s ({own:.1f} s of it ours){rate}{ratio}; {report['calls']} calls, "
        f"{report['planned_calls']} planned; memory {before / 2**20:.0f} → "
        f"{process.memory_info().rss / 2**20:.0f} MB"
    )


def give_scores(count: int) -> None:
    with transaction():
        ids = db.session.scalars(select(Account.id).order_by(Account.id).limit(count)).all()
        rows = [
            {
                "account_id": account_id, "as_of": utcnow().date(), "is_latest": True,
                "strength": 40 + number % 50, "engagement": 0.5, "sentiment": 0.25, "answers": 3,
                "status": "green", "measures": {},
            }
            for number, account_id in enumerate(ids)
        ]  # fmt: skip
        db.session.execute(insert(AccountScore), rows)


def main(arguments: Sequence[str] = ()) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--scores", type=int, default=10_000)
    parser.add_argument("--database", default="sqlite,postgresql")
    chosen = parser.parse_args(list(arguments))
    for database in chosen.database.split(","):
        scores = min(chosen.scores, chosen.accounts)
        measure(database, accounts=chosen.accounts, contacts=chosen.contacts, scores=scores)


if __name__ == "__main__":
    main(sys.argv[1:])
    close_places()
