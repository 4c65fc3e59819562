"""Planning a wave for a hundred thousand people, and the memory of planning it and of sending from it.

Planning is timed against a bare insert of as many finished invitations. Memory is what a process of its own
per size holds, at its highest while it plans, and after it has sent for twenty seconds. Run alone:
`python -m tests.bench.bench_waves --people 1000,100000`.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, insert, select

from tests.bench.places import DATABASES, close_places, fresh_app
from tests.builders import a_company, a_tier, a_user
from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.drafting import add_accounts, start_draft
from vocapp.campaigns.launching import launch_wave
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState
from vocapp.core.clock import utcnow
from vocapp.core.db import Base, db, transaction
from vocapp.outbox.lanes import set_pacing
from vocapp.questionnaires.service import publish_from_library
from vocapp.workflows.deliver_mail import deliver_mail
from vocapp.workflows.launch_wave import launch_wave as plan_wave

CONTACTS = 4
AT_ONCE = 5000
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)


def main(arguments: Sequence[str] = ()) -> None:
    """Measure every size on every database, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", default="1000,100000")
    parser.add_argument("--database", choices=DATABASES)
    parser.add_argument("--here", action="store_true", help="measure one size in this very process")
    chosen = parser.parse_args(arguments)
    for database in [chosen.database] if chosen.database else DATABASES:
        for people in map(int, chosen.people.split(",")):
            if chosen.here:
                measure(database, people)
            else:
                child = ["--here", "--people", str(people), "--database", database]
                subprocess.run([sys.executable, "-m", "tests.bench.bench_waves", *child], check=True)


def measure(database: str, people: int) -> None:
    """Print how long one wave takes to plan, and how much memory this process has needed by then."""
    with TemporaryDirectory() as mailbox:
        app = fresh_app(database, mail_url=f"mailbox://{Path(mailbox)}")
        with app.app_context():
            wave_id = _drafted(people)
            before = _resident_mb()
            launching = _seconds(lambda: _launch(wave_id))
            planning = _seconds(lambda: plan_wave({"wave_id": wave_id}))
            peak = _peak_mb()
            db.session.remove()
            planned = _resident_mb()
            deliver_mail({})
            sent = _resident_mb()
            floor = _seconds(lambda: _insert_bare(people))
            count = db.session.scalar(select(func.count()).where(Invitation.wave_id == wave_id))
    if count != people:
        raise SystemExit(f"{count} people were planned, not {people}")
    print(
        f"{database:<11} {people:>7} people: launched in {launching:.1f} s, planned in {planning:.1f} s, "
        f"{people / planning:.0f}/s, ratio {floor / planning:.2f} (floor {people / floor:.0f}/s); "
        f"resident {before:.0f} MB before, {planned:.0f} planned (at most {peak:.0f}), "
        f"{sent:.0f} after sending",
        flush=True,
    )


def _drafted(people: int) -> int:
    """Make accounts with four people each, and a draft that asks them all; return its id."""
    a_company()
    tier, owner = a_tier(), a_user(role="admin")
    with transaction():
        set_pacing(per_minute=0, warm_up_from=None)
        _fill(Account, people // CONTACTS, lambda number: _account(number, tier.id, owner.id))
        first = db.session.scalars(select(func.min(Account.id))).one() or 0
        _fill(Contact, people, lambda number: _contact(number, first + number // CONTACTS))
    with transaction():
        publish_from_library("nps")
        wave = start_draft(owner, survey_key="nps", now=utcnow())
        wave.is_any_hour = True
        add_accounts(wave, select(Account))
        return wave.id


def _fill(model: type[Base], count: int, row: Callable[[int], dict[str, Any]]) -> None:
    for start in range(0, count, AT_ONCE):
        rows = [row(number) for number in range(start, min(count, start + AT_ONCE))]
        db.session.execute(insert(model), rows)


def _account(number: int, tier_id: int, owner_id: int) -> dict[str, Any]:
    key = f"a{number}"
    return {
        "external_id": key,
        "external_key": key,
        "name": f"Account {number}",
        "tier_id": tier_id,
        "owner_id": owner_id,
    }


def _contact(number: int, account_id: int) -> dict[str, Any]:
    address = f"p{number}@a{account_id}.example"
    return {
        "account_id": account_id,
        "first_name": "Ana",
        "last_name": f"Silva {number}",
        "email": address,
        "email_key": address,
        "language": "en",
        "verified_on": LONG_AGO.date(),
        "created_at": LONG_AGO,
    }


def _insert_bare(people: int) -> None:
    """Insert as many finished invitations as the wave will have, and take them back."""
    row = {"state": InvitationState.PLANNED, "nonce": "n", "language": "en", "created_at": LONG_AGO}
    with transaction():
        wave = Wave(name="Floor", survey_version_id=1, owner_id=1, state="draft", created_at=LONG_AGO)
        db.session.add(wave)
        db.session.flush()
        ids = db.session.execute(select(Contact.id, Contact.account_id).order_by(Contact.id)).all()
        keys = ("contact_id", "account_id", "wave_id", "token_hash")
        rows = [row | dict(zip(keys, (*one, wave.id, f"f{one[0]}"), strict=True)) for one in ids[:people]]
        db.session.execute(insert(Invitation), rows)
        db.session.rollback()


def _launch(wave_id: int) -> None:
    with transaction():
        wave = db.session.get_one(Wave, wave_id)
        now = utcnow()
        launch_wave(wave, at=None, now=now, closes_at=now + timedelta(days=21))


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _resident_mb() -> float:
    """Return how much memory this process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1024 / 1024


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    finally:
        close_places()
