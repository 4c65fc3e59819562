"""Drafts of surveys: started, changed step by step, undone, discarded and published."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Select, delete, func, select

from surveys.catalog import library_keys, load_survey
from surveys.checks import findings
from surveys.definition import DefinitionError, Occasion, Page, SurveyDefinition, SurveyLanguage
from surveys.documents import FIRST_PAGE, definition_to_json
from surveys.editing_languages import LONGEST_NAME
from surveys.editing_parts import checked
from surveys.finding import Severity
from surveys.translation import DEFAULT_LANGUAGE
from vocapp.core.audit import record_act
from vocapp.core.db import db, insert_new
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.questionnaires.draft_steps import step_of, steps_around, steps_between
from vocapp.questionnaires.models import Survey, SurveyDraft, SurveyDraftStep, SurveyVersion
from vocapp.questionnaires.queries import (
    definition_of,
    definition_of_draft,
    draft_of,
    latest_version,
    survey_of,
)
from vocapp.questionnaires.service import publish

# How many steps of a draft are kept, and for how long typing on goes into the same step.
MOST_STEPS = 200
SAME_STEP = timedelta(minutes=2)
LONGEST_WHAT = 200
# Keys that would hide a page of ours behind the survey's own.
RESERVED = frozenset({"new", "import"})

Change = Callable[[SurveyDefinition], SurveyDefinition]


class StaleDraft(DomainError):
    """Somebody else changed the draft since this change was begun; the message says who and what."""


@dataclass(frozen=True)
class Work:
    """Who changes a draft, when, and on which of its steps the change builds."""

    by: User
    now: datetime
    step: int


def new_survey(definition: SurveyDefinition, *, what: str, by: User, now: datetime) -> SurveyDraft:
    """Return the draft of a new survey: what it begins with, and where that came from, in words.

    Raises `DomainError` when its key is taken or its definition could not be kept.
    """
    definition = _sound(definition)
    if definition.key in library_keys() or survey_of(definition.key) is not None:
        raise DomainError(f"There is a survey with the key “{definition.key}” already; choose another key.")
    if definition.key in RESERVED:
        raise DomainError(f"“{definition.key}” is part of an address here; choose another key.")
    return _begin(definition, base=None, what=what, by=by, now=now)


def empty_survey(key: str, name: str, language: str = DEFAULT_LANGUAGE) -> SurveyDefinition:
    """Return a survey that asks nothing yet."""
    return SurveyDefinition(
        key=key,
        occasion=Occasion.RELATIONSHIP,
        default_language=language,
        languages={language: SurveyLanguage(name, needs_review=False)},
        pages=(Page(FIRST_PAGE, ()),),
    )


def copy_of(definition: SurveyDefinition, key: str, name: str) -> SurveyDefinition:
    """Return a survey under another key, and where one is given with another name in its default language."""
    languages = dict(definition.languages)
    if name:
        own = languages[definition.default_language]
        languages[definition.default_language] = replace(own, name=name)
    return replace(definition, key=key, languages=languages)


def key_for(name: str) -> str:
    """Return a key made of a name, "" where it has no letters for one."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-0123456789")
    return plain[:40].strip("-")


def start_draft(key: str, *, by: User, now: datetime) -> SurveyDraft:
    """Return the draft of a survey's next version, begun from its newest one, or from the library.

    One that is there already is returned as it is. Raises `DomainError` for an unknown key.
    """
    draft = draft_of(key)
    if draft is not None:
        return draft
    newest = latest_version(key)
    if newest is not None:
        base = newest.number
        return _begin(definition_of(newest), base=base, what=f"Began from version {base}", by=by, now=now)
    if key not in library_keys():
        raise DomainError(f"There is no survey with the key “{key}”.")
    return _begin(load_survey(key), base=None, what="Began from the library", by=by, now=now)


def change_draft(key: str, change: Change, *, what: str, work: Work, merges: bool = False) -> SurveyDraft:
    """Return a survey's draft after one more step; a change that changes nothing makes none.

    With `merges` the step takes the place of the one before it when that says the same, is by the same person
    and is fresh: somebody types on. Raises `StaleDraft` when the draft stands on another step than the work,
    `DomainError` when the change is refused.
    """
    draft = held_draft(key, work)
    before = definition_of_draft(draft)
    try:
        after = checked(change(before))
    except DefinitionError as refusal:
        raise DomainError(_sentence(str(refusal))) from None
    if after == before:
        return draft
    number = _last_number(draft) + 1
    db.session.execute(
        delete(SurveyDraftStep).where(
            SurveyDraftStep.draft_id == draft.id, SurveyDraftStep.number > draft.step
        )
    )
    last = step_of(draft)
    if merges and last is not None and _continues(last, what, work) and steps_around(draft)[0] is not None:
        db.session.delete(last)
        db.session.flush()
    _add_step(draft, after, number=number, what=what, by=work.by, now=work.now)
    _keep_newest(draft)
    return draft


def undo(key: str, work: Work) -> SurveyDraft:
    """Return a survey's draft one step back. Raises `DomainError` at its beginning, `StaleDraft`."""
    draft = held_draft(key, work)
    before, _after = steps_around(draft)
    if before is None:
        raise DomainError("There is nothing more to undo.")
    return _stand_on(draft, before, work)


def redo(key: str, work: Work) -> SurveyDraft:
    """Return a survey's draft one step on again. Raises `DomainError` at its end, `StaleDraft`."""
    draft = held_draft(key, work)
    _before, after = steps_around(draft)
    if after is None:
        raise DomainError("There is nothing to redo.")
    return _stand_on(draft, after, work)


def discard(key: str, work: Work) -> None:
    """Forget a survey's draft; a survey that was never published nor archived goes with it.

    Raises `StaleDraft` when somebody worked on it meanwhile: nobody throws away what they have not seen.
    """
    draft = held_draft(key, work)
    _note("survey.draft_discarded", draft.survey, work.by)
    db.session.delete(draft)
    db.session.flush()
    # Whoever publishes it at this moment, for a wave or a trigger, comes first or finds it gone.
    survey = db.session.scalars(select(Survey).where(Survey.key == key).with_for_update()).one()
    if latest_version(key) is None and survey.archived_at is None:
        db.session.delete(survey)
        db.session.flush()


def publish_draft(key: str, work: Work) -> SurveyVersion:
    """Return the version a draft became. Raises `DomainError` while an error is in its way, `StaleDraft`."""
    draft = held_draft(key, work)
    definition = definition_of_draft(draft)
    wrong = [one for one in findings(definition) if one.severity is Severity.ERROR]
    if wrong:
        more = f" And {len(wrong) - 1} more." if len(wrong) > 1 else ""
        raise DomainError(f"This cannot be published yet: {wrong[0].sentence}{more}")
    newest = latest_version(key)
    if newest is not None and definition_of(newest) == definition:
        raise DomainError(f"Nothing changed since version {newest.number}, so there is nothing to publish.")
    version = publish(definition, by=work.by)
    version.published_at = work.now
    version.survey.name = definition.name[:LONGEST_NAME]
    _note("survey.published", version.survey, work.by, number=version.number)
    db.session.delete(draft)
    db.session.flush()
    return version


def archive(key: str, *, by: User, now: datetime) -> None:
    """Offer a survey for no new wave any more. Raises `DomainError` for an unknown key."""
    if survey_of(key) is None:
        if key not in library_keys():
            raise DomainError(f"There is no survey with the key “{key}”.")
        made = insert_new(Survey).values(key=key, name=load_survey(key).name, is_confidential=False)
        db.session.execute(made.on_conflict_do_nothing())
    survey = db.session.scalars(select(Survey).where(Survey.key == key)).one()
    survey.archived_at = survey.archived_at or now
    _note("survey.archived", survey, by)
    db.session.flush()


def unarchive(key: str, *, by: User) -> None:
    """Offer a survey for new waves again."""
    survey = survey_of(key)
    if survey is not None:
        survey.archived_at = None
        _note("survey.unarchived", survey, by)
        db.session.flush()


def _begin(
    definition: SurveyDefinition, *, base: int | None, what: str, by: User, now: datetime
) -> SurveyDraft:
    name = definition.name[:LONGEST_NAME]
    made = insert_new(Survey).values(key=definition.key, name=name, is_confidential=False)
    db.session.execute(made.on_conflict_do_nothing())
    survey = db.session.scalars(select(Survey).where(Survey.key == definition.key).with_for_update()).one()
    # Two people may have begun at once: the second goes on with the draft of the first.
    found = draft_of(definition.key)
    if found is not None:
        return found
    draft = SurveyDraft(survey_id=survey.id, document={}, base_number=base, step=0)
    db.session.add(draft)
    db.session.flush()
    _add_step(draft, definition, number=1, what=what, by=by, now=now)
    return draft


def held_draft(key: str, work: Work) -> SurveyDraft:
    """Return a survey's draft, held until the transaction ends. Raises `StaleDraft` when it moved on."""
    draft = db.session.scalar(_draft_to_hold(key))
    if draft is None:
        raise StaleDraft("This draft is gone: somebody published or discarded it meanwhile.")
    if draft.step != work.step:
        raise StaleDraft(_what_happened(draft, work.step))
    return draft


def _draft_to_hold(key: str) -> Select[SurveyDraft]:
    wanted = select(SurveyDraft).join(Survey).where(Survey.key == key)
    return wanted.with_for_update(of=SurveyDraft).execution_options(populate_existing=True)


def _what_happened(draft: SurveyDraft, step: int) -> str:
    done = [one.what for one in steps_between(draft, step, draft.step)]
    who = db.session.get(User, draft.updated_by_id) if draft.updated_by_id else None
    name = (who.name or who.email) if who else "Somebody"
    listed = "; ".join(done[-3:]) or "took steps back"
    return f"{name} changed this draft since you opened it ({listed}), so nothing was done."


def _continues(last: SurveyDraftStep, what: str, work: Work) -> bool:
    return last.what == what and last.by_id == work.by.id and work.now - last.at < SAME_STEP


def _add_step(
    draft: SurveyDraft, definition: SurveyDefinition, *, number: int, what: str, by: User, now: datetime
) -> None:
    document = definition_to_json(definition)
    what = what if len(what) <= LONGEST_WHAT else f"{what[: LONGEST_WHAT - 1]}…"
    db.session.add(
        SurveyDraftStep(draft_id=draft.id, number=number, document=document, what=what, at=now, by_id=by.id)
    )
    draft.document, draft.step, draft.updated_at, draft.updated_by_id = document, number, now, by.id
    db.session.flush()


def _stand_on(draft: SurveyDraft, step: SurveyDraftStep, work: Work) -> SurveyDraft:
    draft.document, draft.step = step.document, step.number
    draft.updated_at, draft.updated_by_id = work.now, work.by.id
    db.session.flush()
    return draft


def _last_number(draft: SurveyDraft) -> int:
    numbers = select(func.max(SurveyDraftStep.number)).where(SurveyDraftStep.draft_id == draft.id)
    return db.session.scalar(numbers) or 0


def _keep_newest(draft: SurveyDraft) -> None:
    kept = (
        select(SurveyDraftStep.number)
        .where(SurveyDraftStep.draft_id == draft.id)
        .order_by(SurveyDraftStep.number.desc())
        .limit(MOST_STEPS)
    )
    oldest = min(db.session.scalars(kept))
    db.session.execute(
        delete(SurveyDraftStep).where(SurveyDraftStep.draft_id == draft.id, SurveyDraftStep.number < oldest)
    )


def _note(action: str, survey: Survey, by: User, **details: int) -> None:
    record_act(
        action,
        actor_id=by.id,
        subject_kind="survey",
        subject_id=survey.id,
        details={"key": survey.key, **details},
    )


def _sound(definition: SurveyDefinition) -> SurveyDefinition:
    try:
        return checked(definition)
    except DefinitionError as refusal:
        raise DomainError(_sentence(str(refusal))) from None


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '…')) else '.'}"
