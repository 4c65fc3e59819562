"""What follows the end of a wave: what counted is fixed, and every account it asked is looked at anew."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from vocapp.accounts.holding import hold_contacts
from vocapp.accounts.models import Contact
from vocapp.accounts.queries import house_rules
from vocapp.benchmarks.freezing import cohorts_now, freeze_cohorts
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.rules import InvitationState
from vocapp.core.clock import utcnow
from vocapp.core.db import db, reading, transaction
from vocapp.engagement.queries import ACCOUNTS_AT_ONCE, voices
from vocapp.freshness.queries import last_told
from vocapp.freshness.rules import EvidenceKind, EvidenceSource, is_silence_told
from vocapp.freshness.service import record_evidence
from vocapp.results.closing import fix_closed_answers
from vocapp.workflows.rescore import rescore_some


def wave_closed(payload: Mapping[str, Any]) -> None:
    """Fix what counted in a closed wave, doubt whoever is silent for too long, rescore its accounts.

    Then the cohorts are frozen as they are at its end. Safe to run twice.
    """
    now = utcnow()
    with transaction():
        fix_closed_answers(payload["wave_id"])
    with reading() as session:
        wave = session.get(Wave, payload["wave_id"])
        closed_at = (wave.closed_at if wave is not None else None) or now
        asked = sorted(
            session.scalars(
                select(Invitation.account_id).where(Invitation.wave_id == payload["wave_id"]).distinct()
            )
        )
    for start in range(0, len(asked), ACCOUNTS_AT_ONCE):
        with transaction():
            _doubt_the_silent(
                payload["wave_id"], asked[start : start + ACCOUNTS_AT_ONCE], closed_at=closed_at, now=now
            )
    rescore_some(asked, now=now)
    _freeze(payload["wave_id"], asked, now=now)


def _freeze(wave_id: int, account_ids: Sequence[int], *, now: datetime) -> None:
    with reading():
        # Read apart: nobody who writes meanwhile waits for all accounts to be compared.
        found = cohorts_now(account_ids)
    with transaction():
        freeze_cohorts(wave_id, found, now=now)


def _doubt_the_silent(
    wave_id: int, account_ids: Sequence[int], *, closed_at: datetime, now: datetime
) -> None:
    needed = house_rules().silent_waves
    in_a_row = {
        contact_id: heard.silent_streak
        for contact_id, heard in voices(account_ids, until=now).items()
        if heard.silent_streak >= needed
    }
    since_told = _silences_since_told(in_a_row)
    hold_contacts(in_a_row)
    silent = (
        select(Contact)
        .join(Invitation, Invitation.contact_id == Contact.id)
        .where(
            Invitation.wave_id == wave_id,
            Invitation.state == InvitationState.SILENT,
            Contact.id.in_(
                contact_id
                for contact_id, waves in in_a_row.items()
                if is_silence_told(waves, since_told.get(contact_id), needed=needed)
            ),
        )
        .order_by(Contact.id)
    )
    for contact in db.session.scalars(silent).all():
        record_evidence(
            contact,
            EvidenceKind.SILENT,
            source=EvidenceSource.WAVE,
            source_id=wave_id,
            occurred_at=closed_at,
            details={"waves": in_a_row[contact.id]},
            now=now,
        )


def _silences_since_told(contact_ids: Collection[int]) -> dict[int, int]:
    """Return contact id → waves left silent since that was last told; those never told are left out."""
    told = last_told(contact_ids, EvidenceKind.SILENT)
    silences = select(Invitation.contact_id, Invitation.settled_at).where(
        Invitation.contact_id.in_(told), Invitation.state == InvitationState.SILENT
    )
    since = Counter(
        contact_id
        for contact_id, settled_at in db.session.execute(silences)
        if settled_at is not None and settled_at > told[contact_id]
    )
    return {contact_id: since[contact_id] for contact_id in told}
