"""Bringing another tool's answers in: whose each is, which wave it belongs to, what changes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from sqlalchemy import select

from vocapp.accounts.holding import hold_contacts
from vocapp.accounts.import_rows import FileRefused, RowReader, RowRefused
from vocapp.accounts.import_steps import Cells, ImportContext, ImportSteps
from vocapp.accounts.merging import merged_keys
from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.models import Wave
from vocapp.core.db import db
from vocapp.core.workdays import zone_of
from vocapp.identity.queries import administrators, company
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.questionnaires.queries import listed_surveys
from vocapp.responses.history_rows import HistoryRow, SurveyShelf, comment_key, read_history
from vocapp.responses.history_store import (
    HistoryAnswer,
    StoredAnswer,
    WaveKey,
    hold_surveys,
    imported_waves,
    stored_answers,
    write_answers,
)
from vocapp.responses.models import Response
from vocapp.responses.rules import ResponseSource

NO_ACCOUNT = "No account has this identifier; import the accounts first."
NO_PERSON = "No contact has this address; import the contacts first."
NO_PERSON_THERE = "Nobody at this account has this address; import the contacts first."
SEVERAL_PEOPLE = "People of several accounts have this address; say which account in account_external_id."
WHO_OF_THEM = "The account has %d people; say in contact_email whose answer it is."
TWICE = "The person stands in this wave of the file before; only the first row counts."
OURS = "This answer came in here before, without a file; it is not counted twice."
NO_OWNER = "Nobody can own the waves of this file yet; add an administrator with `vocapp user add` first."


class _Person(NamedTuple):
    contact_id: int
    account_id: int
    language: str


class HistoryImport(ImportSteps):
    """One pass over a file of answers that were given elsewhere.

    Each survey and wave of the file is one closed wave, marked as imported, which never takes in anything of
    a wave of ours; each row is one answer in it. Beside the batch, memory holds one number per row.
    """

    def __init__(self, context: ImportContext) -> None:
        self._context = context
        self._tally = context.tally
        self._reader = RowReader(context.plan, context.tally)
        self._shelf = SurveyShelf(listed_surveys())
        ours = company()
        self._zone = zone_of(ours.time_zone if ours else "")
        self._part_of = merged_keys()
        self._seen: set[int] = set()
        self._owner_id = context.user_id or next((user.id for user in administrators()), None)

    def apply(self, batch: Iterable[Cells]) -> None:
        """Keep the answers of some rows. Raises `FileRefused` when not a single one can be kept."""
        if not self._context.plan.has("contact_email"):
            self._reader.required("account_external_id")
        if self._owner_id is None:
            raise FileRefused(NO_OWNER)
        rows = list(self._readable(batch))
        if not self._context.is_dry_run:
            hold_surveys(row.survey_key for row in rows)
        chosen = [(row, person) for row, person in self._whose(rows) if not self._is_duplicate(row, person)]
        if not self._context.is_dry_run:
            hold_contacts({person.contact_id for _row, person in chosen})
        waves = imported_waves({row.survey_key for row, _person in chosen})
        contact_ids = {person.contact_id for _row, person in chosen}
        stored = stored_answers(waves.values(), contact_ids)
        ours = _answers_of_ours(contact_ids)
        new: list[HistoryAnswer] = []
        changed: list[tuple[HistoryAnswer, StoredAnswer]] = []
        for row, person in chosen:
            known = stored.get((waves.get(WaveKey.of(row.survey_key, row.wave), 0), person.contact_id))
            if known is None and (person.contact_id, row.survey_key, row.responded_at) in ours:
                self._reader.warn(row.line, "responded_at", OURS)
                self._tally.unchanged += 1
            elif known is None:
                self._tally.created += 1
                new.append(self._answer(row, person))
            elif known.says(rating=row.rating, comment=row.comment, at=row.responded_at):
                self._tally.unchanged += 1
            else:
                self._tally.updated += 1
                changed.append((self._answer(row, person), known))
        if not self._context.is_dry_run:
            write_answers(new, changed, owner_id=self._owner_id, now=self._context.now)

    def _readable(self, batch: Iterable[Cells]) -> Iterator[HistoryRow]:
        for line, cells in batch:
            try:
                yield read_history(
                    line, cells, self._reader, self._shelf, zone=self._zone, now=self._context.now
                )
            except RowRefused as refusal:
                self._refuse(line, refusal)

    def _refuse(self, line: int, refusal: RowRefused) -> None:
        column = None if refusal.column is None else self._context.plan.theirs(refusal.column)
        self._tally.refuse(line, column, refusal.reason)

    def _whose(self, rows: Sequence[HistoryRow]) -> list[tuple[HistoryRow, _Person]]:
        """Return the rows whose person is known, with them; the others are refused."""
        keys = {row.account_key for row in rows if row.account_key}
        kept = {key: self._part_of.get(key, key) for key in keys}
        named = select(Account.external_key, Account.id).where(Account.external_key.in_(set(kept.values())))
        ids: dict[str, int] = dict(db.session.execute(named).all())
        accounts = {key: ids[kept_key] for key, kept_key in kept.items() if kept_key in ids}
        at_address = _people_at({row.email_key for row in rows if row.email_key})
        alone = _people_of({accounts[row.account_key] for row in rows if _names_account_only(row, accounts)})
        found = []
        for row in rows:
            try:
                found.append((row, _person_of(row, accounts, at_address, alone)))
            except RowRefused as refusal:
                self._refuse(row.line, refusal)
        return found

    def _is_duplicate(self, row: HistoryRow, person: _Person) -> bool:
        key = WaveKey.of(row.survey_key, row.wave)
        text = f"{key.survey_key}\0{key.name}\0{person.contact_id}"
        mark = int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
        if mark in self._seen:
            self._tally.duplicates += 1
            self._reader.warn(row.line, "wave", TWICE)
            return True
        self._seen.add(mark)
        return False

    def _answer(self, row: HistoryRow, person: _Person) -> HistoryAnswer:
        definition = self._shelf.by_key[row.survey_key].definition
        answers: dict[str, int | str] = {definition.rating_question.key: row.rating}
        if row.comment:
            answers[comment_key(definition, row.rating)] = row.comment
        return HistoryAnswer(
            survey_key=row.survey_key,
            wave=row.wave,
            account_id=person.account_id,
            contact_id=person.contact_id,
            language=person.language,
            rating=row.rating,
            comment=row.comment,
            answers=answers,
            responded_at=row.responded_at,
        )


def _names_account_only(row: HistoryRow, accounts: Mapping[str, int]) -> bool:
    return not row.email_key and row.account_key in accounts


def _person_of(
    row: HistoryRow,
    accounts: Mapping[str, int],
    at_address: Mapping[str, Sequence[_Person]],
    alone: Mapping[int, Sequence[_Person]],
) -> _Person:
    account_id = accounts.get(row.account_key)
    if row.account_key and account_id is None:
        raise RowRefused("account_external_id", NO_ACCOUNT)
    if not row.email_key:
        people = alone.get(account_id or 0, ())
        if len(people) != 1:
            raise RowRefused("contact_email", WHO_OF_THEM % len(people))
        return people[0]
    found = [
        person for person in at_address.get(row.email_key, ()) if account_id in (None, person.account_id)
    ]
    if not found:
        raise RowRefused("contact_email", NO_PERSON if account_id is None else NO_PERSON_THERE)
    if len(found) > 1:
        raise RowRefused("account_external_id", SEVERAL_PEOPLE)
    return found[0]


def _people_at(email_keys: set[str]) -> dict[str, list[_Person]]:
    """Return address → who has it, each once, as the records they were merged into."""
    rows = db.session.execute(
        select(Contact.email_key, Contact.id, Contact.account_id, Contact.language, Contact.merged_into_id)
        .where(Contact.email_key.in_(email_keys))
        .order_by(Contact.id)
    ).all()
    kept = _kept({row.merged_into_id for row in rows} - {None})
    found: defaultdict[str, dict[int, _Person]] = defaultdict(dict)
    for key, contact_id, account_id, language, merged_into_id in rows:
        person = kept[merged_into_id] if merged_into_id else _Person(contact_id, account_id, language)
        found[key].setdefault(person.contact_id, person)
    return {key: list(people.values()) for key, people in found.items()}


def _kept(contact_ids: set[int]) -> dict[int, _Person]:
    """Return the number of a merged record's successor → the record that is in use today."""
    found: dict[int, _Person] = {}
    wanted, leads_to = set(contact_ids), {contact_id: contact_id for contact_id in contact_ids}
    while wanted:
        rows = db.session.execute(
            select(Contact.id, Contact.account_id, Contact.language, Contact.merged_into_id).where(
                Contact.id.in_(wanted)
            )
        ).all()
        steps = {row.id: row.merged_into_id for row in rows if row.merged_into_id}
        found |= {
            row.id: _Person(row.id, row.account_id, row.language) for row in rows if not row.merged_into_id
        }
        leads_to = {start: steps.get(end, end) for start, end in leads_to.items()}
        wanted = set(steps.values())
    return {start: found[end] for start, end in leads_to.items()}


def _people_of(account_ids: set[int]) -> dict[int, list[_Person]]:
    rows = db.session.execute(
        select(Contact.id, Contact.account_id, Contact.language).where(
            Contact.account_id.in_(account_ids), Contact.merged_into_id.is_(None)
        )
    )
    found: defaultdict[int, list[_Person]] = defaultdict(list)
    for contact_id, account_id, language in rows:
        found[account_id].append(_Person(contact_id, account_id, language))
    return found


def _answers_of_ours(contact_ids: set[int]) -> set[tuple[int, str, datetime]]:
    """Return (contact, survey, moment to the second) of the answers that came in here themselves.

    A file that was exported here brings them along.
    """
    rows = db.session.execute(
        select(Response.contact_id, Survey.key, Response.answered_at)
        .join(Wave, Wave.id == Response.wave_id)
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .join(Survey, Survey.id == SurveyVersion.survey_id)
        .where(
            Response.contact_id.in_(contact_ids),
            Response.source != ResponseSource.IMPORT,
            Response.quarantine_reason.is_(None),
        )
    )
    return {(contact_id, key, at.replace(microsecond=0)) for contact_id, key, at in rows}
