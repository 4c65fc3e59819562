"""The pages that understand numbers, on the demo company at 1,000 and 10,000 accounts: a year of waves.

Median and 95th percentile of 20 requests in a row, beside one bare statement over the same rows, and how many
statements a page needs. SQLite runs inside the process, so its processor time is measured: other work on the
machine adds nothing. Run alone: `python -m tests.bench.bench_pages --accounts 10000 --database sqlite`.
"""

import argparse
import gc
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Flask
from sqlalchemy import select, text

from tests.bench.bench_know import clock_of, signed_in
from tests.bench.bench_portfolio import Page, Result, measure
from tests.bench.places import DATABASES, close_places, fresh_app
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.demo.service import load_demo
from vocapp.identity.models import Role, User
from vocapp.identity.rules import RoleName
from vocapp.method.rules import Method, Preview
from vocapp.method.service import begin_draft, keep_preview, save_draft
from vocapp.relationship.what_if import colour_changes
from vocapp.results.dictionary import active_themes

SIZES = "1000,10000"
ROUNDS = 20

LATEST = "FROM accounts a JOIN account_scores s ON s.account_id = a.id AND s.is_latest"
ANSWERS = "FROM responses r JOIN accounts a ON a.id = r.account_id"
COMMENTS = "FROM comments c JOIN accounts a ON a.id = c.account_id"
INVITED = "FROM invitations i JOIN accounts a ON a.id = i.account_id"

BOARD = f"SELECT a.id, a.name, s.strength {LATEST} WHERE a.status = 'active' ORDER BY 3 LIMIT 50"
RATINGS = "SELECT rating, count(*) FROM responses WHERE wave_id = {wave} GROUP BY 1"

# Names stand for what `named_rows` finds in the company. Pages that CSMs open too are measured for both.
PAGES = (
    Page("board", "/", BOARD),
    Page("account", "/accounts/{account}", f"SELECT * {LATEST} WHERE a.id = {{account}}"),
    Page("why", "/accounts/{account}/why", "SELECT * FROM account_scores WHERE account_id = {account}"),
    Page(
        "its comments", "/accounts/{account}/comments", f"SELECT c.text {COMMENTS} WHERE a.id = {{account}}"
    ),
    Page(
        "who answers",
        "/portfolio/who-answers",
        f"SELECT i.state, a.tier_id, count(*) {INVITED} GROUP BY 1, 2",
    ),
    Page("churn lift", "/lift", f"SELECT i.account_id, i.wave_id, min(i.state) {INVITED} GROUP BY 1, 2"),
    Page("benchmarks", "/benchmarks", f"SELECT a.id, a.tier_id, a.region, s.strength {LATEST}"),
    Page("who differs", "/benchmarks/different", f"SELECT a.id, r.rating, count(*) {ANSWERS} GROUP BY 1, 2"),
    Page("comments", "/comments", f"SELECT c.text, a.name {COMMENTS} ORDER BY c.said_at DESC LIMIT 50"),
    Page(
        "comments, a word",
        "/comments?q=renewal",
        f"""SELECT c.text, a.name {COMMENTS} WHERE c.search_text LIKE '%renewal%'
            ORDER BY c.said_at DESC LIMIT 50""",
    ),
    Page("themes", "/comments/themes", f"SELECT c.themes, c.band, count(*) {COMMENTS} GROUP BY 1, 2"),
    Page("labels", "/comments/labels", f"SELECT c.themes, count(*) {COMMENTS} GROUP BY 1"),
    Page("a label", "/comments/labels/{theme}", f"SELECT c.text {COMMENTS} ORDER BY c.lot LIMIT 1"),
    Page("results of a wave", "/waves/{wave}/results", RATINGS),
    Page("its moving part", "/waves/{wave}/results/live", RATINGS),
    Page("results of a survey", "/surveys/nps/results", f"SELECT r.rating, count(*) {ANSWERS} GROUP BY 1"),
    Page(
        "who answered a wave",
        "/waves/{wave}/who-answered",
        "SELECT state, persona_id, count(*) FROM invitations WHERE wave_id = {wave} GROUP BY 1, 2",
    ),
    Page(
        "is a change real?",
        "/waves/{wave}/change?with={earlier_wave}",
        "SELECT contact_id, rating FROM responses WHERE wave_id IN ({wave}, {earlier_wave})",
    ),
    Page(
        "drivers",
        "/surveys/demo-drivers/drivers",
        "SELECT account_id, rating, answers FROM responses WHERE wave_id = {drivers_wave}",
    ),
    Page("the method", "/method", "SELECT * FROM method_versions"),
    Page("who would change", "/method/parameters/2/preview", "SELECT preview FROM method_versions"),
)
FOR_CSMS = ("board", "account", "themes", "comments", "who differs")

# The largest of the waves that ended last, an earlier one of its sender, and their account that said most.
SENT = """FROM waves w WHERE w.id = (SELECT r.wave_id FROM responses r JOIN waves o ON o.id = r.wave_id
    WHERE o.state = 'closed' AND NOT o.is_imported GROUP BY r.wave_id, o.closed_at
    ORDER BY o.closed_at DESC, count(*) DESC LIMIT 1)"""
FOUND = {
    "wave": f"SELECT w.id {SENT}",
    "earlier_wave": f"""SELECT max(e.id) FROM waves e JOIN (SELECT w.* {SENT}) l ON e.owner_id = l.owner_id
        WHERE e.id < l.id AND NOT e.is_imported""",
    "account": f"""SELECT a.id {ANSWERS} WHERE a.owner_id = (SELECT w.owner_id {SENT})
        GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1""",
    "csm": f"SELECT w.owner_id {SENT}",
    "drivers_wave": "SELECT max(id) FROM waves WHERE is_imported",
}


def fill(*, accounts: int) -> None:
    """Put the demo company into an empty database, with a look at drivers, and a draft of another method."""
    now = utcnow()
    load_demo(now=now, accounts=accounts, asked_for_drivers=accounts)
    with transaction():
        leader = person(RoleName.LEADER)
        draft = begin_draft(by=leader, now=now)
        wanted = replace(draft.chosen, green_from=65.0, engagement_weight=0.5)
        save_draft(draft.number, wanted, note="Sooner green", seen=draft.saves, by=leader, now=now)
        moves = colour_changes(Method(draft.number, wanted, now.date()), as_of=now.date())
        keep_preview(draft.number, Preview(draft.saves, now.date(), moves, now))
    with db.engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def person(role: RoleName) -> User:
    """Return the demo person of a role who is asked first."""
    wanted = select(User).join(User.roles).where(Role.name == role, User.active)
    return db.session.scalars(wanted.order_by(User.id)).unique().first() or sys.exit(f"nobody is {role}")


def named_rows() -> Mapping[str, object]:
    """Return what stands for the names in addresses."""
    found = {name: db.session.execute(text(statement)).scalar_one() for name, statement in FOUND.items()}
    return {**found, "theme": active_themes()[0].key}


def filled(page: Page, rows: Mapping[str, object]) -> Page:
    """Return a page with the rows of this company in its address and its floor."""
    return Page(page.name, page.path.format(**rows), page.floor.format(**rows))


def measure_pages(
    app: Flask, database: str, *, rounds: int = ROUNDS, names: Sequence[str] = ()
) -> list[tuple[str, Result]]:
    """Return the result of each page, or of those named, for a leader, then of those that CSMs open."""
    with app.app_context():
        rows = named_rows()
        people = {
            RoleName.LEADER: person(RoleName.LEADER),
            RoleName.CSM: db.session.get_one(User, rows["csm"]),
        }
        clients = {role: signed_in(app, user) for role, user in people.items()}
        db.session.remove()
    # As the server does before its first request.
    gc.collect()
    gc.freeze()
    wanted = [(RoleName.LEADER, page) for page in PAGES]
    wanted += [(RoleName.CSM, page) for page in PAGES if page.name in FOR_CSMS]
    return [
        (
            f"{page.name}, {role}",
            measure(app, clients[role], filled(page, rows), clock_of(database), rounds=rounds),
        )
        for role, page in wanted
        if not names or page.name in names
    ]


def main(arguments: list[str] | None = None) -> None:
    """Measure every size on every database asked for and print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", default=SIZES, help="sizes, smallest first")
    parser.add_argument("--database", choices=DATABASES, action="append")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--page", action="append", default=[], help="only the pages of this name")
    chosen = parser.parse_args(arguments or [])
    for database in chosen.database or DATABASES:
        for accounts in (int(size) for size in chosen.accounts.split(",")):
            app = fresh_app(database)
            with app.app_context():
                fill(accounts=accounts)
            for name, found in measure_pages(app, database, rounds=chosen.rounds, names=chosen.page):
                print(
                    f"{database:<11} {accounts:>6} {name:<28} {found.middle:>5.0f} ms, "
                    f"p95 {found.high:>5.0f} ms ({found.floor:.1f} bare)  {found.statements} statements",
                    flush=True,
                )
            with app.app_context():
                db.engine.dispose()


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    finally:
        close_places()
