"""Builders of twins, of what points at them, and of pictures of the whole database."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select

from tests.builders import NOW, a_contact, a_response, a_user, a_wave, an_account, an_invitation, save
from tests.vocapp.triggers.builders import a_trigger
from vocapp.accounts.models import Account, Contact, Note
from vocapp.assessments.models import Assessment
from vocapp.campaigns.models import Exclusion
from vocapp.campaigns.rules import ExclusionReason
from vocapp.core.db import Base, db, transaction
from vocapp.duplicates.models import ContactMerge
from vocapp.duplicates.recording import record_pairs
from vocapp.duplicates.service import merge_contacts, unmerge
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.identity.models import User
from vocapp.inbound.models import InboundMail
from vocapp.reports.models import Report
from vocapp.rosters.models import RosterConfirmation, RosterLine, RosterRequest
from vocapp.sharing.models import ReportSchedule, ReportShare, ScheduleRecipient
from vocapp.signals.models import AccountEvent
from vocapp.triggers.models import TriggerFiring

# What a merge leaves behind on purpose: its journal, the audit trail, work to be done; and who did it.
NOT_COMPARED = {
    "contact_merges",
    "merge_moves",
    "audit_entries",
    "jobs",
    "users",
    "user_roles",
    "likely_pairs",
}


def twins(account: Account | None = None, **values: Any) -> tuple[Contact, Contact]:
    """Two contacts of one account that are one person."""
    account = account or an_account()
    kept = a_contact(account, first_name="Ana", last_name="Ruiz", **values)
    merged = a_contact(account, first_name="Ana", last_name="Ruíz")
    return kept, merged


def compared(*accounts: Account) -> int:
    """Write down who looks alike at accounts (none: all); return how many rows were written."""
    with transaction():
        return record_pairs([account.id for account in accounts] or None, now=NOW)


def merged_pair(
    kept: Contact, merged: Contact, *, by: User | None = None, at: Any = NOW, **chosen: Any
) -> ContactMerge:
    """The merge of two contacts."""
    user = by or a_user()
    with transaction():
        return merge_contacts(kept, merged, chosen=chosen, by=user, now=at)


def taken_apart(merge: ContactMerge, *, at: Any = NOW + timedelta(days=1)) -> list[Any]:
    """What could not be undone of a merge."""
    user = a_user()
    with transaction():
        return unmerge(merge, by=user, now=at)


def picture() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, but those a merge leaves behind on purpose, and when rows changed."""
    db.session.expire_all()
    found = {}
    for table in Base.metadata.sorted_tables:
        if table.name not in NOT_COMPARED:
            columns = [column for column in table.columns if column.name != "changed_at"]
            rows = db.session.execute(select(*columns).order_by(*table.primary_key.columns)).all()
            found[table.name] = [tuple(row) for row in rows]
    return found


def everything_about(contact: Contact, other: Contact, user: User) -> set[str]:
    """Make one row for every way to point at a contact; return those ways."""
    invitation = an_invitation(a_wave(user), contact)
    a_response(invitation)
    save(Exclusion(wave_id=a_wave(user).id, contact_id=contact.id, reason=ExclusionReason.ASKED_RECENTLY))
    save(Note(account_id=contact.account_id, contact_id=contact.id, author_id=user.id, text="Met"))
    save(
        Assessment(account_id=contact.account_id, contact_id=contact.id, author_id=user.id, ratings={"a": 3})
    )
    _evidence(contact)
    save(
        AccountEvent(
            kind="case",
            source="crm:1",
            external_key=f"case {contact.id}",
            account_id=contact.account_id,
            contact_id=contact.id,
            occurred_at=NOW,
        )
    )
    save(
        TriggerFiring(
            trigger_id=a_trigger().id,
            event_key=f"case {contact.id}",
            account_id=contact.account_id,
            contact_id=contact.id,
            outcome="asked",
        )
    )
    _suggestion(contact)
    save(
        InboundMail(
            key=f"mail {contact.id}", via="pipe", account_id=contact.account_id, contact_id=contact.id
        )
    )
    confirmation = save(RosterConfirmation(account_id=contact.account_id, by_id=user.id, is_latest=False))
    save(
        RosterLine(
            confirmation_id=confirmation.id, contact_id=contact.id, decision="keep", replaced_by_id=None
        )
    )
    save(
        RosterLine(
            confirmation_id=confirmation.id,
            contact_id=other.id,
            decision="replace",
            reason="left",
            replaced_by_id=contact.id,
        )
    )
    save(
        RosterRequest(
            account_id=contact.account_id,
            contact_id=contact.id,
            sender_id=user.id,
            nonce="n",
            token_hash=f"hash {contact.id}",
            expires_at=NOW,
        )
    )
    _reports_to(contact, user)
    with transaction():
        other.reports_to_id = contact.id
        a_former(contact)
    return {
        "account_events.contact_id",
        "assessments.contact_id",
        "contact_personas.contact_id",
        "contacts.merged_into_id",
        "contacts.reports_to_id",
        "evidence.contact_id",
        "exclusions.contact_id",
        "inbound_mails.contact_id",
        "invitations.contact_id",
        "notes.contact_id",
        "report_schedule_recipients.contact_id",
        "report_shares.contact_id",
        "responses.contact_id",
        "roster_lines.contact_id",
        "roster_lines.replaced_by_id",
        "roster_requests.contact_id",
        "suggestions.contact_id",
        "suggestions.known_id",
        "suggestions.named_by_id",
        "suggestions.outcome_id",
        "suggestions.replaces_id",
        "trigger_firings.contact_id",
    }


def _reports_to(contact: Contact, user: User) -> None:
    """A report that went to somebody, and one that will."""
    report = save(Report(kind="account", account_id=contact.account_id, requested_by=user.id))
    share = {"nonce": "n", "token_hash": f"shared {contact.id}", "sender_id": user.id}
    save(ReportShare(report_id=report.id, contact_id=contact.id, **share))
    recipient = ScheduleRecipient(contact_id=contact.id)
    save(
        ReportSchedule(
            kind="account", account_id=contact.account_id, owner_id=user.id, recipients=[recipient]
        )
    )


def a_former(contact: Contact) -> int:
    """A record that was merged into a contact before; inside a transaction."""
    row = insert(Contact.__table__).values(
        account_id=contact.account_id,
        email=f"former-{contact.id}@customer.example",
        email_key=f"former-{contact.id}@customer.example",
        status="left",
        merged_into_id=contact.id,
    )
    return int(db.session.scalars(row.returning(Contact.__table__.c.id)).one())


def _evidence(contact: Contact) -> None:
    save(
        Evidence(
            account_id=contact.account_id,
            contact_id=contact.id,
            kind="confirmed",
            source="csm",
            source_id=contact.id,
            occurred_at=NOW,
            details={},
            effect={},
        )
    )


def _suggestion(contact: Contact) -> None:
    save(
        Suggestion(
            key=f"suggestion {contact.id}",
            account_id=contact.account_id,
            kind="correction",
            contact_id=contact.id,
            named_by_id=contact.id,
            replaces_id=contact.id,
            known_id=contact.id,
            outcome_id=contact.id,
            values={},
            source="champion_page",
            source_id=1,
        )
    )
