"""Fill in what new columns and tables are derived from: search texts, first weights, open referrals."""

import unicodedata
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ALWAYS = date(2000, 1, 1)
AT_ONCE = 1000
LONGEST = 500

# As it was when this step was written: later changes of the product must not change it.
BARE = str.maketrans("łøđħŧı", "lodhti") | str.maketrans({"æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})

ACCOUNTS = sa.table(
    "accounts", sa.column("id"), sa.column("name"), sa.column("external_id"), sa.column("search_text")
)
CONTACTS = sa.table(
    "contacts",
    sa.column("id"),
    sa.column("last_name"),
    sa.column("first_name"),
    sa.column("email"),
    sa.column("title"),
    sa.column("search_text"),
)
PERSONAS = sa.table("personas", sa.column("id"), sa.column("key"), sa.column("weight"))
PLAYED = sa.table("contact_personas", sa.column("contact_id"), sa.column("persona_id"))
WEIGHTS = sa.table(
    "persona_weights", sa.column("persona_id"), sa.column("effective_from", sa.Date()), sa.column("weight")
)
INVITATIONS = sa.table("invitations", sa.column("id"), sa.column("contact_id"))
MOMENT = sa.DateTime(timezone=True)
REFERRALS = sa.table(
    "referrals",
    sa.column("id"),
    sa.column("invitation_id"),
    sa.column("account_id"),
    sa.column("reason"),
    sa.column("named_person"),
    sa.column("named_email"),
    sa.column("created_at", MOMENT),
    sa.column("decision"),
    sa.column("decided_at", MOMENT),
)
JOBS = sa.table(
    "jobs",
    sa.column("kind"),
    sa.column("payload", sa.JSON()),
    sa.column("state"),
    sa.column("run_at", MOMENT),
    sa.column("attempts"),
    sa.column("created_at", MOMENT),
)
SUGGESTIONS = sa.table(
    "suggestions",
    sa.column("key"),
    sa.column("account_id"),
    sa.column("kind"),
    sa.column("contact_id"),
    sa.column("named_by_id"),
    sa.column("persona_key"),
    sa.column("values", sa.JSON()),
    sa.column("source"),
    sa.column("source_id"),
    sa.column("created_at", MOMENT),
    sa.column("decision"),
    sa.column("decided_at", MOMENT),
)


def upgrade() -> None:
    """Fill in."""
    connection = op.get_bind()
    _fill_search_texts(connection, ACCOUNTS, ("name", "external_id"))
    _fill_search_texts(connection, CONTACTS, ("last_name", "first_name", "email", "title"))
    known = connection.execute(sa.select(PERSONAS.c.id, PERSONAS.c.weight)).all()
    if known:
        rows = [{"persona_id": key, "effective_from": ALWAYS, "weight": weight} for key, weight in known]
        connection.execute(sa.insert(WEIGHTS), rows)
    suggestions = list(_suggestions(connection))
    if suggestions:
        connection.execute(sa.insert(SUGGESTIONS), suggestions)
    if connection.execute(sa.select(ACCOUNTS.c.id).limit(1)).first():
        # Footprints, gaps and likely duplicates are written down by the job that scores everything.
        connection.execute(sa.insert(JOBS), [_job(datetime.now(UTC))])


def downgrade() -> None:
    """Give decisions back to the referrals; the rest goes with its tables and columns."""
    connection = op.get_bind()
    decided = sa.select(SUGGESTIONS.c.source_id, SUGGESTIONS.c.decision, SUGGESTIONS.c.decided_at).where(
        SUGGESTIONS.c.key.like("referral:%"), SUGGESTIONS.c.decision.is_not(None)
    )
    for referral_id, decision, decided_at in connection.execute(decided).all():
        connection.execute(
            sa.update(REFERRALS)
            .where(REFERRALS.c.id == referral_id)
            .values(decision=decision, decided_at=decided_at)
        )
    connection.execute(sa.delete(SUGGESTIONS).where(SUGGESTIONS.c.key.like("referral:%")))
    connection.execute(sa.delete(WEIGHTS))


def _job(now: datetime) -> dict[str, Any]:
    return {
        "kind": "rescore_accounts",
        "payload": {"all": True},
        "state": "queued",
        "run_at": now,
        "attempts": 0,
        "created_at": now,
    }


def _fill_search_texts(connection: sa.Connection, table: Any, names: tuple[str, ...]) -> None:
    rows = connection.execute(sa.select(table.c.id, *(table.c[name] for name in names))).all()
    texts = [{"row": row.id, "text": _fold(" ".join(row[1:]))} for row in rows]
    change = sa.update(table).where(table.c.id == sa.bindparam("row"))
    for start in range(0, len(texts), AT_ONCE):
        connection.execute(change.values(search_text=sa.bindparam("text")), texts[start : start + AT_ONCE])


def _fold(text: str) -> str:
    bare = "".join(mark for mark in unicodedata.normalize("NFKD", text) if not unicodedata.combining(mark))
    return " ".join(unicodedata.normalize("NFKC", bare).casefold().translate(BARE).split())[:LONGEST]


def _suggestions(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    """Yield what each referral proposes; one that proposes nothing yields none."""
    asked: Mapping[int, int] = dict(
        connection.execute(sa.select(INVITATIONS.c.id, INVITATIONS.c.contact_id)).all()
    )
    parts: dict[int, list[str]] = {}
    played = sa.select(PLAYED.c.contact_id, PERSONAS.c.key).join(
        PERSONAS, PERSONAS.c.id == PLAYED.c.persona_id
    )
    for contact_id, key in connection.execute(played.order_by(PERSONAS.c.id)):
        parts.setdefault(contact_id, []).append(key)
    for row in connection.execute(sa.select(REFERRALS).order_by(REFERRALS.c.id)):
        contact_id = asked[row.invitation_id]
        proposal = _proposal(row, contact_id, parts.get(contact_id, []))
        if proposal is not None:
            yield {
                "key": f"referral:{row.id}",
                "account_id": row.account_id,
                "persona_key": "",
                "source": "answer_page",
                "source_id": row.id,
                "created_at": row.created_at,
                "decision": row.decision,
                "decided_at": row.decided_at,
                **proposal,
            }


def _proposal(row: Any, contact_id: int, personas: list[str]) -> dict[str, Any] | None:
    if row.named_email:
        first, _space, last = " ".join(row.named_person.split()).rpartition(" ")
        told = {"first_name": first or last, "last_name": last if first else "", "email": row.named_email}
        values: dict[str, Any] = {name: text for name, text in told.items() if text}
        if personas:
            values["personas"] = personas
        return {"kind": "new_person", "contact_id": None, "named_by_id": contact_id, "values": values}
    if row.reason == "left_company":
        return {"kind": "left", "contact_id": contact_id, "named_by_id": None, "values": {}}
    if personas:
        return {
            "kind": "correction",
            "contact_id": contact_id,
            "named_by_id": None,
            "values": {"personas": []},
        }
    return None
