"""Giving figures out, taking those of others in, and whom we believe."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select

from vocapp.core.audit import record_act
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.core.typed_text import UNSTORABLE
from vocapp.exchange.document import (
    fingerprint_of,
    new_private_key,
    public_key_of,
    read_file,
    read_fingerprint,
    unknown_key,
    write_fitting,
)
from vocapp.exchange.drafting import draft_file
from vocapp.exchange.models import (
    ExchangeCell,
    ExchangeExport,
    ExchangeImport,
    ExchangeKey,
    ExchangePartner,
)
from vocapp.exchange.queries import our_key, partner_with
from vocapp.exchange.reading import MOST_SOURCE, TURNING
from vocapp.exchange.rules import Trait
from vocapp.exchange.suppression import Ledger
from vocapp.identity.models import User

SUBJECT = "exchange"


def ensure_key(*, by: User | None, now: datetime) -> ExchangeKey:
    """Return the key this installation signs with, made now if there is none; the row is locked."""
    private = new_private_key()
    public = public_key_of(private)
    made = db.session.execute(
        insert_new(ExchangeKey)
        .values(
            id=1,
            private_key=private,
            public_key=public,
            fingerprint=fingerprint_of(public),
            created_at=now,
        )
        .on_conflict_do_nothing()
        .returning(ExchangeKey.fingerprint)
    ).scalar()
    if made:
        _note("exchange_key_made", by, {"fingerprint": made})
    # Of two exports at once, the second has to know what the first told.
    return db.session.scalars(select(ExchangeKey).with_for_update()).one()


@dataclass(frozen=True, slots=True)
class Export:
    """A file to give out, and how many figures are in it."""

    name: str
    content: bytes
    cells: int


def export_file(*, source: str, first: Trait, by: User | None, now: datetime) -> Export:
    """Return the signed file of all cohorts that may be told now, and remember what it tells.

    Raises `DomainError` when there is nothing to tell.
    """
    key = ensure_key(by=by, now=now)
    draft = draft_file(source=clean_name(source), first=first, now=now)
    if not draft.content.cells:
        raise DomainError(draft.reason)
    said, content = write_fitting(draft.content, key.private_key)
    # Read back by the rules that others read it by.
    digest = read_file(content, today=now.date(), admit=lambda _fingerprint: None).digest
    db.session.add(
        ExchangeExport(
            digest=digest,
            source=said.source,
            cells=len(said.cells),
            ledger=_as_stored(draft.ledger),
            made_by_id=by.id if by else None,
            made_at=now,
        )
    )
    _note("exchange_exported", by, {"cells": len(said.cells), "digest": digest})
    return Export(f"benchmarks-{now.date().isoformat()}.json", content, len(said.cells))


def import_file(content: bytes, *, by: User | None, now: datetime) -> ExchangeImport:
    """Take in a file of somebody whose key is trusted; all of it or, with a `DomainError`, nothing."""
    own = our_key()

    def admit(fingerprint: str) -> None:
        if own is not None and own.fingerprint == fingerprint:
            raise DomainError("This is a file of our own; choose one that a partner exported.")
        if partner_with(fingerprint) is None:
            raise unknown_key(fingerprint)

    read = read_file(content, today=now.date(), admit=admit)
    said = read.content
    partner = partner_with(read.fingerprint)
    assert partner is not None
    import_id = db.session.execute(
        insert_new(ExchangeImport)
        .values(
            digest=read.digest,
            fingerprint=read.fingerprint,
            name=partner.name,
            source=said.source,
            made_on=said.made_on,
            from_on=said.from_on,
            to_on=said.to_on,
            method_version=said.method_version,
            parameters=dict(said.parameters),
            is_demo=said.is_demo,
            imported_by_id=by.id if by else None,
            imported_at=now,
        )
        .on_conflict_do_nothing()
        .returning(ExchangeImport.id)
    ).scalar()
    if import_id is None:
        raise DomainError("This file was imported before; nothing changed. Remove that import to repeat it.")
    db.session.execute(
        insert(ExchangeCell),
        [
            {
                "import_id": import_id,
                "measure": cell.measure.value,
                "tier": cell.cohort.tier,
                "industry": cell.cohort.industry,
                "region": cell.cohort.region,
                "accounts": cell.summary.accounts,
                "respondents": cell.summary.respondents,
                "mean": cell.summary.mean,
                "quantiles": {str(level): points for level, points in cell.summary.quantiles.items()},
            }
            for cell in said.cells
        ],
    )
    _note("exchange_imported", by, {"cells": len(said.cells), "fingerprint": read.fingerprint}, import_id)
    return db.session.get_one(ExchangeImport, import_id)


def remove_import(import_id: int, *, by: User | None) -> bool:
    """Take an import out as a whole; False when it was gone already."""
    gone = delete(ExchangeImport).where(ExchangeImport.id == import_id).returning(ExchangeImport.fingerprint)
    fingerprint = db.session.scalar(gone)
    if fingerprint is None:
        return False
    _note("exchange_import_removed", by, {"fingerprint": fingerprint}, import_id)
    return True


def trust(fingerprint: str, *, name: str, by: User | None, now: datetime) -> ExchangePartner:
    """Believe files signed with a key from now on; its owner is called `name`.

    Raises `DomainError` for what is no fingerprint, for our own, and without a name. Trusting a key again
    only renames it.
    """
    typed, called = read_fingerprint(fingerprint), clean_name(name)
    own = our_key()
    if own is not None and own.fingerprint == typed:
        raise DomainError("This is our own fingerprint; enter the one that your partner tells you.")
    if not called:
        raise DomainError("Give the key a name, such as that of the company it belongs to.")
    row = insert_new(ExchangePartner).values(
        fingerprint=typed, name=called, trusted_by_id=by.id if by else None, trusted_at=now
    )
    row = row.on_conflict_do_update(index_elements=["fingerprint"], set_={"name": called})
    partner_id = db.session.scalars(row.returning(ExchangePartner.id)).one()
    _note("exchange_key_trusted", by, {"fingerprint": typed}, partner_id)
    return db.session.get_one(ExchangePartner, partner_id, populate_existing=True)


def distrust(partner_id: int, *, by: User | None) -> bool:
    """Believe a key no more; False when it was not trusted. What came in stays, and counts in no pool."""
    gone = delete(ExchangePartner).where(ExchangePartner.id == partner_id)
    fingerprint = db.session.scalar(gone.returning(ExchangePartner.fingerprint))
    if fingerprint is None:
        return False
    _note("exchange_key_distrusted", by, {"fingerprint": fingerprint}, partner_id)
    return True


def clean_name(typed: str) -> str:
    """Return a name as it may stand in a file; raises `DomainError` for one that is too long."""
    name = " ".join(TURNING.sub(" ", UNSTORABLE.sub("", typed)).split())
    if len(name) > MOST_SOURCE:
        raise DomainError(f"The name is too long; write it in {MOST_SOURCE} letters.")
    return name


def _as_stored(ledger: Ledger) -> dict[str, Any]:
    return {
        measure.value: [
            [one.account_id, one.points, one.respondents, one.part, one.on.toordinal()] for one in told
        ]
        for measure, told in ledger.items()
    }


def _note(action: str, by: User | None, details: dict[str, Any], subject_id: int | None = None) -> None:
    record_act(
        action,
        actor_id=by.id if by else None,
        subject_kind=SUBJECT,
        subject_id=subject_id,
        details=details,
    )
