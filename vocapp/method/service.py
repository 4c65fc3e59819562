"""Changing the method: drafts, putting one into force, a second person's word, and the yearly look."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import select

from surveys.parameters import MethodParameters, changes_between, faults_of
from vocapp.core.audit import record_act
from vocapp.core.db import db
from vocapp.core.errors import DomainError
from vocapp.core.jobs import enqueue
from vocapp.identity.models import User
from vocapp.method.models import MethodVersion
from vocapp.method.rules import (
    LONGEST_NOTE,
    Preview,
    VersionState,
    a_year_after,
    may_decide,
    needs_second_person,
)

PREVIEW_JOB = "preview_method"


class SavedMeanwhile(DomainError):
    """Somebody else saved the draft since it was looked at."""


def begin_draft(*, like: int | None = None, by: User, now: datetime) -> MethodVersion:
    """Return a new draft with the values of version `like` (the one in force), or the draft there is already.

    Raises `DomainError` while a version waits for approval, and for a version that does not exist.
    """
    held = _held_versions()
    waiting = next((one for one in held if one.state == VersionState.WAITING), None)
    if waiting is not None:
        raise DomainError(f"Version {waiting.number} waits for approval; decide about it first.")
    draft = next((one for one in held if one.state == VersionState.DRAFT), None)
    if draft is not None:
        return draft
    in_force = _in_force(held)
    model = in_force if like is None else next((one for one in held if one.number == like), None)
    if model is None or model.state == VersionState.DISCARDED:
        raise DomainError(f"There is no version {like}.")
    draft = MethodVersion(
        number=max(one.number for one in held) + 1,
        parameters=model.chosen.as_document(),
        made_by_id=by.id,
        editors=[by.id],
        created_at=now,
        changed_at=now,
    )
    db.session.add(draft)
    db.session.flush()
    _note("method_draft_begun", draft, by, like=model.number)
    return draft


def save_draft(
    number: int, parameters: MethodParameters, *, note: str, seen: int, by: User, now: datetime
) -> MethodVersion:
    """Keep the values of a draft; nothing applies before it is put into force.

    `seen` is the save number that `by` looked at. Raises `SavedMeanwhile` when it is no longer the last one,
    and `DomainError` for values that may not be chosen, a note that is too long, and what is no draft.
    """
    draft = _open(number, VersionState.DRAFT)
    if draft.saves != seen:
        raise SavedMeanwhile(
            "Somebody else saved this draft meanwhile; compare, and save again if yours holds."
        )
    faults = faults_of(parameters)
    if faults:
        raise DomainError(next(iter(faults.values())))
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise DomainError(f"Say why in {LONGEST_NOTE} characters at most.")
    changed = [change.parameter.key for change in changes_between(draft.chosen, parameters)]
    draft.parameters, draft.note = parameters.as_document(), note
    draft.saves += 1
    draft.preview = None
    draft.changed_at = now
    _write_down(draft, by)
    db.session.flush()
    _note("method_draft_saved", draft, by, changed=changed)
    return draft


def discard_draft(number: int, *, by: User) -> None:
    """Throw a draft away; its number is never used again. Raises `DomainError` for what is no draft."""
    draft = _open(number, VersionState.DRAFT)
    draft.state, draft.preview = VersionState.DISCARDED, None
    db.session.flush()
    _note("method_draft_discarded", draft, by)


def ask_for_preview(number: int, *, as_of: date) -> None:
    """Have somebody work out who would change colour, because there are too many accounts to wait for it."""
    version = _open(number, VersionState.DRAFT, VersionState.WAITING)
    version.preview = Preview(version.saves, as_of, None).as_document()
    enqueue(PREVIEW_JOB, {"number": number}, key=f"{PREVIEW_JOB}:{number}")
    db.session.flush()


def keep_preview(number: int, preview: Preview) -> None:
    """Keep what was worked out, unless the draft was saved again or decided about meanwhile."""
    version = next((one for one in _held_versions() if one.number == number), None)
    if version is not None and version.saves == preview.saves and _is_open(version):
        version.preview = preview.as_document()
        db.session.flush()


def request_force(
    number: int, *, regions: Collection[str], accounts: int, seen: int, by: User, now: datetime
) -> MethodVersion:
    """Put a draft into force today, or let it wait for a second person where several regions are concerned.

    `regions` holds the region of every account (`accounts` of them) that would change colour. Raises
    `DomainError` when nothing differs, nobody said why, the draft was saved since it was looked at, or
    nobody else may approve it.
    """
    draft = _open(number, VersionState.DRAFT)
    _check_seen(draft, seen)
    if not draft.note:
        raise DomainError("Say why the method changes, in the note of the draft; save it, then come back.")
    if not changes_between(_in_force(_held_versions()).chosen, draft.chosen):
        raise DomainError("Nothing differs from the version in force; change a value first.")
    _write_down(draft, by)
    draft.changed_at = now
    details = {"accounts": accounts, "regions": len(set(regions))}
    if needs_second_person(regions):
        draft.state = VersionState.WAITING
        db.session.flush()
        _note("method_approval_asked", draft, by, **details)
    else:
        _put_in_force(draft, now=now)
        _note("method_put_in_force", draft, by, **details)
    return draft


def approve(number: int, *, seen: int, by: User, now: datetime) -> MethodVersion:
    """Put a waiting version into force today. Raises `DomainError` for somebody who wrote any of it."""
    version = _open(number, VersionState.WAITING)
    _check_seen(version, seen)
    _check_second_person(version, by)
    version.decided_by_id = by.id
    _put_in_force(version, now=now)
    _note("method_approved", version, by)
    return version


def refuse(number: int, *, why: str, by: User, now: datetime) -> MethodVersion:
    """Turn a waiting version down, for good; its values can begin another draft.

    Raises `DomainError` for somebody who wrote any of it, and without a reason.
    """
    version = _open(number, VersionState.WAITING)
    _check_second_person(version, by)
    why = why.strip()
    if not why or len(why) > LONGEST_NOTE:
        raise DomainError(f"Say why you refuse it, in {LONGEST_NOTE} characters at most.")
    version.state, version.refusal = VersionState.REFUSED, why
    version.decided_by_id, version.decided_at = by.id, now
    db.session.flush()
    _note("method_refused", version, by)
    return version


def take_back(number: int, *, by: User, now: datetime) -> MethodVersion:
    """Make a draft again of a version that waits, for whoever changed their mind."""
    version = _open(number, VersionState.WAITING)
    version.state, version.changed_at = VersionState.DRAFT, now
    db.session.flush()
    _note("method_taken_back", version, by)
    return version


def note_review(number: int, *, by: User, today: date) -> None:
    """Note that somebody looked at the version in force and lets it stay for another year.

    Raises `DomainError` when another version is in force by now.
    """
    current = _in_force(_held_versions())
    if current.number != number:
        raise DomainError(f"Version {current.number} is in force by now; look at that one.")
    current.next_review_on = a_year_after(today)
    db.session.flush()
    _note("method_reviewed", current, by)


def _put_in_force(version: MethodVersion, *, now: datetime) -> None:
    """Let a version hold from today on; scores of earlier days stay as they are."""
    before = _in_force(_held_versions())
    before.state, before.next_review_on = VersionState.RETIRED, None
    # One at a time: the old one must be out before the new one is in.
    db.session.flush()
    version.state, version.in_force_from = VersionState.IN_FORCE, now.date()
    version.decided_at, version.next_review_on = now, a_year_after(now.date())
    version.preview = None
    enqueue("rescore_accounts", {"all": True}, key="rescore_all")
    db.session.flush()


def _held_versions() -> list[MethodVersion]:
    """Return all versions; others who would change one wait for this transaction."""
    db.session.execute(select(MethodVersion.number).order_by(MethodVersion.number).with_for_update())
    # Asked apart: the statement that waited does not see what was added meanwhile.
    found = select(MethodVersion).order_by(MethodVersion.number).execution_options(populate_existing=True)
    return list(db.session.scalars(found))


def _open(number: int, *states: VersionState) -> MethodVersion:
    version = next((one for one in _held_versions() if one.number == number), None)
    if version is None or version.state == VersionState.DISCARDED:
        raise DomainError("This draft is gone: somebody threw it away. Look at the versions there are now.")
    if version.state not in states:
        raise DomainError(f"Version {number} {_STANDS[VersionState(version.state)]}; open the page again.")
    return version


_STANDS = {
    VersionState.DRAFT: "is a draft again",
    VersionState.WAITING: "waits for approval",
    VersionState.IN_FORCE: "is in force already",
    VersionState.RETIRED: "is no longer in force",
    VersionState.REFUSED: "was refused",
}


def _is_open(version: MethodVersion) -> bool:
    return version.state in (VersionState.DRAFT, VersionState.WAITING)


def _in_force(held: list[MethodVersion]) -> MethodVersion:
    return next(one for one in held if one.state == VersionState.IN_FORCE)


def _check_seen(version: MethodVersion, seen: int) -> None:
    if version.saves != seen:
        raise SavedMeanwhile("The draft was saved since you looked at it; look at it again first.")


def _check_second_person(version: MethodVersion, by: User) -> None:
    if not may_decide(by.id, version.editors):
        raise DomainError("You worked on this version yourself; somebody else has to decide about it.")


def _write_down(draft: MethodVersion, by: User) -> None:
    if by.id not in draft.editors:
        draft.editors = [*draft.editors, by.id]


def _note(action: str, version: MethodVersion, by: User, **details: object) -> None:
    record_act(
        action, actor_id=by.id, subject_kind="method_version", subject_id=version.number, details=details
    )
