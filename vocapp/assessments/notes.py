"""Notes about accounts and people: written, listed, taken back by whoever wrote them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from vocapp.accounts.models import Account, Contact, Note
from vocapp.assessments.rules import LONGEST_NOTE, SAME_WITHIN, as_typed, is_blank
from vocapp.assessments.service import wait_for_own_writing
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.web import Page, page_of
from vocapp.identity.models import User

NOTES_PER_PAGE = 20


def notes_of(
    account_id: int, contact_id: int | None = None, *, number: int = 1, size: int = NOTES_PER_PAGE
) -> Page:
    """Return a page of notes, newest first: of an account with those about its people, or of one person."""
    notes = (
        select(Note)
        .where(Note.account_id == account_id)
        .options(selectinload(Note.author))
        .order_by(Note.at.desc(), Note.id.desc())
    )
    if contact_id is not None:
        notes = notes.where(Note.contact_id == contact_id)
    return page_of(notes, number=number, size=size)


def names_of(notes: Iterable[Note]) -> dict[int, str]:
    """Return contact id → name of the people that notes are about."""
    ids = {note.contact_id for note in notes if note.contact_id is not None}
    return {
        person.id: person.full_name
        for person in db.session.scalars(select(Contact).where(Contact.id.in_(ids)))
    }


def add_note(account: Account, text: str, *, contact: Contact | None = None, by: User, now: datetime) -> Note:
    """Write a note down as typed, in any script, and return it.

    The same text of the same person about the same again within a minute is the note that is there already.
    Raises `DomainError` for a note without anything to read, a longer one than 10,000 characters, and a
    person of another account.
    """
    if contact is not None and contact.account_id != account.id:
        raise DomainError(f"{contact.full_name} does not belong to {account.name}; open their own page.")
    text = as_typed(text)
    if is_blank(text):
        raise DomainError("The note is empty; write something first.")
    if len(text) > LONGEST_NOTE:
        raise DomainError(f"The note is longer than {LONGEST_NOTE:,} characters; shorten it.")
    wait_for_own_writing(by)
    contact_id = contact.id if contact else None
    known = _said_just_now(account.id, contact_id, text, by=by, since=now - SAME_WITHIN)
    if known is not None:
        return known
    note = Note(account_id=account.id, contact_id=contact_id, author_id=by.id, text=text, at=now)
    db.session.add(note)
    db.session.flush()
    _record("note_added", note, by)
    return note


def remove_note(note: Note, *, by: User) -> None:
    """Take a note back; only whoever wrote it can, `DomainError` for anybody else."""
    if note.author_id != by.id:
        raise DomainError("Only whoever wrote a note can remove it; ask them.")
    _record("note_removed", note, by)
    db.session.delete(note)
    db.session.flush()


def _said_just_now(
    account_id: int, contact_id: int | None, text: str, *, by: User, since: datetime
) -> Note | None:
    same = (Note.account_id == account_id, Note.author_id == by.id, Note.at >= since, Note.text == text)
    about = Note.contact_id.is_(None) if contact_id is None else Note.contact_id == contact_id
    return db.session.scalar(select(Note).where(*same, about).limit(1))


def _record(action: str, note: Note, by: User) -> None:
    record_act(
        action,
        actor_id=by.id,
        subject_kind="contact" if note.contact_id else "account",
        subject_id=note.contact_id or note.account_id,
        details={"note": note.id, "characters": len(note.text)},
    )
