"""Imported answers in the database: their waves, and answers read and written a batch at a time."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, insert, or_, select, update

from surveys.translation import best_language
from vocapp.accounts.models import Persona, contact_personas
from vocapp.campaigns.models import Invitation, Wave, wave_accounts
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
from vocapp.core.gateways import gateways
from vocapp.core.tokens import derive_token, hash_token, new_nonce
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.questionnaires.queries import definition_of, latest_version
from vocapp.questionnaires.service import publish_from_library
from vocapp.responses.models import Response, ResponseRevision
from vocapp.responses.rules import ResponseSource, ResponseState


@dataclass(frozen=True, slots=True)
class HistoryAnswer:
    """An answer to keep; `language` is the person's, `answers` what the form would have held."""

    survey_key: str
    wave: str
    account_id: int
    contact_id: int
    language: str
    rating: int
    comment: str
    answers: Mapping[str, int | str]
    responded_at: datetime


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """An imported answer as it stands; `revision` is the number of the last form kept of it."""

    response_id: int
    invitation_id: int
    rating: int | None
    comment: str
    answered_at: datetime
    revision: int

    def says(self, *, rating: int, comment: str, at: datetime) -> bool:
        """Whether it is this very answer."""
        return (self.rating, self.comment, self.answered_at) == (rating, comment, at)


class WaveKey(NamedTuple):
    """What tells imported waves apart: the survey, and the name without regard to case."""

    survey_key: str
    name: str

    @classmethod
    def of(cls, survey_key: str, name: str) -> "WaveKey":
        """Return the key of a wave by its survey and name."""
        return cls(survey_key, name.casefold())


def hold_surveys(survey_keys: Iterable[str]) -> None:
    """Publish the ready-made surveys that are not, and hold all of them until the end of the transaction.

    Of two imports at once, the second sees the waves that the first one made.
    """
    keys = sorted(set(survey_keys))
    for key in keys:
        if latest_version(key) is None:
            publish_from_library(key)
    rows = select(Survey.id).where(Survey.key.in_(keys)).order_by(Survey.id)
    db.session.execute(rows.with_for_update(key_share=True))


def imported_waves(survey_keys: Collection[str]) -> dict[WaveKey, int]:
    """Return the ids of the imported waves of some surveys; waves of ours are not among them."""
    rows = db.session.execute(
        select(Survey.key, Wave.name, Wave.id)
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .join(Survey, Survey.id == SurveyVersion.survey_id)
        .where(Wave.is_imported, Survey.key.in_(survey_keys))
        # Of two with one name the older one stays.
        .order_by(Wave.id.desc())
    )
    return {WaveKey.of(survey_key, name): wave_id for survey_key, name, wave_id in rows}


def stored_answers(
    wave_ids: Collection[int], contact_ids: Collection[int]
) -> dict[tuple[int, int], StoredAnswer]:
    """Return (wave, contact) → the imported answer there, of some people."""
    rows: Any = db.session.execute(
        select(
            Response.wave_id,
            Response.contact_id,
            Response.id,
            Response.invitation_id,
            Response.rating,
            Response.comment,
            Response.answered_at,
            Response.revision,
        ).where(Response.contact_id.in_(contact_ids), Response.source == ResponseSource.IMPORT)
    )
    wanted = set(wave_ids)
    return {
        (wave_id, contact_id): StoredAnswer(*values)
        for wave_id, contact_id, *values in rows
        if wave_id in wanted
    }


def write_answers(
    new: Sequence[HistoryAnswer],
    changed: Sequence[tuple[HistoryAnswer, StoredAnswer]],
    *,
    owner_id: int,
    now: datetime,
) -> None:
    """Store new answers with the waves they need, and change others, whose old words stay as a revision."""
    waves = _waves_for([*new, *(answer for answer, _stored in changed)], owner_id=owner_id, now=now)
    if new:
        _add(new, waves)
    if changed:
        _change(changed, now=now)
    for wave_id in {wave.id for wave in waves.values()}:
        _fit_wave(wave_id)
    db.session.flush()


def _waves_for(answers: Sequence[HistoryAnswer], *, owner_id: int, now: datetime) -> dict[WaveKey, Wave]:
    known = imported_waves({answer.survey_key for answer in answers})
    versions = {key: latest_version(key) for key in {answer.survey_key for answer in answers}}
    found: dict[WaveKey, Wave] = {
        key: db.session.get_one(Wave, known[key])
        for key in {WaveKey.of(answer.survey_key, answer.wave) for answer in answers}
        if key in known
    }
    for answer in answers:
        key, version = WaveKey.of(answer.survey_key, answer.wave), versions[answer.survey_key]
        assert version is not None, "held surveys are published"
        if key not in found:
            found[key] = Wave(
                name=answer.wave,
                survey_version=version,
                owner_id=owner_id,
                state=WaveState.CLOSED,
                closed_at=now,
                is_imported=True,
                created_at=answer.responded_at,
            )
            db.session.add(found[key])
    db.session.flush()
    return found


def _add(answers: Sequence[HistoryAnswer], waves: Mapping[WaveKey, Wave]) -> None:
    rows = [(answer, waves[WaveKey.of(answer.survey_key, answer.wave)]) for answer in answers]
    personas = _heaviest_personas({answer.contact_id for answer in answers})
    languages = {
        (wave.survey_version_id, answer.language): best_language(
            [answer.language], definition_of(wave.survey_version).languages
        )
        for answer, wave in rows
    }
    keys = [_keys() for _row in rows]
    invitations = [
        {
            "wave_id": wave.id,
            "account_id": answer.account_id,
            "contact_id": answer.contact_id,
            "persona_id": personas.get(answer.contact_id),
            **key,
            "state": InvitationState.COMPLETED,
            "language": languages[wave.survey_version_id, answer.language],
            "settled_at": answer.responded_at,
            # Somebody asked them then, if not we: they rest as if we had.
            "created_at": answer.responded_at,
        }
        for (answer, wave), key in zip(rows, keys, strict=True)
    ]
    db.session.execute(insert(Invitation), invitations)
    hashes = [key["token_hash"] for key in keys]
    made = select(Invitation.token_hash, Invitation.id).where(Invitation.token_hash.in_(hashes))
    invitation_ids: dict[str, int] = dict(db.session.execute(made).all())
    responses = [
        {
            "invitation_id": invitation_ids[token_hash],
            "wave_id": wave.id,
            "account_id": answer.account_id,
            "contact_id": answer.contact_id,
            "language": languages[wave.survey_version_id, answer.language],
            "state": ResponseState.COMPLETE,
            "source": ResponseSource.IMPORT,
            "revision": 1,
            "changed_at": answer.responded_at,
            **_said(answer),
        }
        for token_hash, (answer, wave) in zip(hashes, rows, strict=True)
    ]
    db.session.execute(insert(Response), responses)
    kept = db.session.execute(
        select(Response.id, Response.answers, Response.answered_at).where(
            Response.invitation_id.in_(invitation_ids.values())
        )
    )
    revisions = [
        {"response_id": response_id, "number": 1, "answers": said, "at": at, "source": ResponseSource.IMPORT}
        for response_id, said, at in kept
    ]
    db.session.execute(insert(ResponseRevision), revisions)


def _change(changed: Sequence[tuple[HistoryAnswer, StoredAnswer]], *, now: datetime) -> None:
    db.session.execute(
        update(Response),
        [
            {"id": stored.response_id, "revision": stored.revision + 1, "changed_at": now, **_said(answer)}
            for answer, stored in changed
        ],
    )
    db.session.execute(
        update(Invitation),
        [
            {
                "id": stored.invitation_id,
                "settled_at": answer.responded_at,
                "created_at": answer.responded_at,
            }
            for answer, stored in changed
        ],
    )
    revisions = [
        {
            "response_id": stored.response_id,
            "number": stored.revision + 1,
            "answers": dict(answer.answers),
            "at": now,
            "source": ResponseSource.IMPORT,
        }
        for answer, stored in changed
    ]
    db.session.execute(insert(ResponseRevision), revisions)


def _said(answer: HistoryAnswer) -> dict[str, Any]:
    return {
        "rating": answer.rating,
        "comment": answer.comment,
        "answers": dict(answer.answers),
        "answered_at": answer.responded_at,
        "completed_at": answer.responded_at,
    }


def _keys() -> dict[str, str]:
    nonce = new_nonce()
    token = derive_token(gateways().settings.secret_key, "answer", nonce)
    return {"nonce": nonce, "token_hash": hash_token(token)}


def _heaviest_personas(contact_ids: Collection[int]) -> dict[int, int]:
    """Return contact id → the part they play today: what they played when they answered, nobody says."""
    rows = db.session.execute(
        select(contact_personas.c.contact_id, Persona.id)
        .join(Persona, Persona.id == contact_personas.c.persona_id)
        .where(contact_personas.c.contact_id.in_(contact_ids))
        # The last one read stays, so the heaviest comes last.
        .order_by(Persona.weight, Persona.position.desc(), Persona.id.desc())
    )
    return dict(rows.all())


def _fit_wave(wave_id: int) -> None:
    """Let a wave reach from its first answer to its last, and name the accounts it holds answers of."""
    first, last = db.session.execute(
        select(func.min(Response.answered_at), func.max(Response.answered_at)).where(
            Response.wave_id == wave_id
        )
    ).one()
    moved = or_(Wave.created_at != first, Wave.closed_at != last)
    db.session.execute(update(Wave).where(Wave.id == wave_id, moved).values(created_at=first, closed_at=last))
    named = select(wave_accounts.c.account_id).where(wave_accounts.c.wave_id == wave_id)
    missing = db.session.scalars(
        select(Response.account_id)
        .where(Response.wave_id == wave_id, Response.account_id.not_in(named))
        .distinct()
    ).all()
    if missing:
        db.session.execute(
            insert(wave_accounts), [{"wave_id": wave_id, "account_id": account_id} for account_id in missing]
        )
