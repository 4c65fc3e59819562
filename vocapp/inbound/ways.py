"""Writing down how each way in is faring."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, not_, or_, select, update

from vocapp.core.db import db, insert_new
from vocapp.inbound.models import InboundMail
from vocapp.inbound.rules import InboundState, Way
from vocapp.inbound.way_models import MailWay

IMAP = "imap"
# So that a thousand reports a minute do not wait for each other at one row.
WORTH_NOTING = timedelta(minutes=1)
LONGEST_TROUBLE = 500
LONGEST_ADDRESS = 2000


def note_worked(name: str, *, now: datetime) -> None:
    """Note that a way in works: its trouble is over, and nothing has to be confirmed any more."""
    is_news = or_(
        MailWay.worked_at.is_(None),
        MailWay.worked_at < now - WORTH_NOTING,
        MailWay.trouble != "",
        MailWay.confirm_url != "",
    )
    _note(name, is_news, worked_at=now, trouble="", confirm_url="")


def note_trouble(name: str, trouble: str) -> None:
    """Note in one sentence what is wrong with a way in."""
    _note(name, None, trouble=trouble[:LONGEST_TROUBLE])


def note_confirmation(name: str, url: str) -> None:
    """Note where somebody here has to confirm that a provider may report."""
    _note(name, None, confirm_url=url[:LONGEST_ADDRESS])


def last_taken(place: str, uid_validity: int) -> int:
    """Return the UID of the last mail taken out of a mailbox, 0 for a new or a renumbered one."""
    known = select(MailWay.last_uid).where(
        MailWay.name == IMAP, MailWay.place == place, MailWay.uid_validity == uid_validity
    )
    return db.session.scalar(known) or 0


def note_taken(place: str, uid_validity: int, uid: int) -> None:
    """Note that a mail was taken out of a mailbox, and all before it; never takes back a later one."""
    is_news = or_(MailWay.place != place, MailWay.uid_validity != uid_validity, MailWay.last_uid < uid)
    _note(IMAP, is_news, place=place, uid_validity=uid_validity, last_uid=uid)


def missing_key(place: str, uid_validity: int, uid: int) -> str:
    """Return what a mail is known by that a mailbox did not hand over."""
    return f"{_missing(place, uid_validity)}{uid}"


def note_missing(place: str, uid_validity: int, uid: int, *, now: datetime) -> None:
    """Put aside, among the mails that came in, that a mailbox did not hand one over; once for each."""
    said = f"The mailbox did not hand over this mail, its number {uid}"
    values = {
        "key": missing_key(place, uid_validity, uid),
        "received_at": now,
        "via": Way.IMAP,
        "state": InboundState.QUARANTINED,
        "note": f"{said}; it is asked for a few times more.",
    }
    added = insert_new(InboundMail).values(values)
    db.session.execute(added.on_conflict_do_nothing(index_elements=["key"]))


def forget_missing(key: str) -> None:
    """Take a mail off the list of those that a mailbox did not hand over: it was had after all."""
    db.session.execute(delete(InboundMail).where(InboundMail.key == key, InboundMail.raw.is_(None)))


def give_up_missing(key: str, note: str, *, now: datetime) -> None:
    """Write down why a mail that a mailbox did not hand over is not asked for any more."""
    given_up = update(InboundMail).where(InboundMail.key == key).values(note=note, handled_at=now)
    db.session.execute(given_up, execution_options={"synchronize_session": False})


def missing(place: str, uid_validity: int) -> set[int]:
    """Return the UIDs of the mails that a mailbox did not hand over."""
    start = _missing(place, uid_validity)
    aside = select(InboundMail.key).where(InboundMail.state == InboundState.QUARANTINED)
    keys = db.session.scalars(aside.where(InboundMail.key.startswith(start)))
    return {int(key.removeprefix(start)) for key in keys}


def _missing(place: str, uid_validity: int) -> str:
    return f"imap:{place[:24]}:{uid_validity}:"


def _note(name: str, is_news: Any, **values: Any) -> None:
    """Write something down where it is news, or always (None). What is no news holds no row of others."""
    known = select(MailWay.name).where(MailWay.name == name)
    if is_news is not None and db.session.scalar(known.where(not_(is_news))) is not None:
        return
    blank = {"trouble": "", "confirm_url": "", "place": "", "uid_validity": 0, "last_uid": 0}
    said = insert_new(MailWay).values({"name": name, **blank, **values})
    db.session.execute(
        said.on_conflict_do_update(index_elements=["name"], set_=values, where=is_news),
        execution_options={"populate_existing": True},
    )
