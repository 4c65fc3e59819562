"""Results as the database knows them: ratings, funnel, answers, filters; read only.

Everything leaves out answers in quarantine, the lesser of two answers one person gave in one wave, and what a
CSM's accounts have nothing to do with.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Float, Row, and_, case, extract, func, or_, select
from sqlalchemy.orm import joinedload

from vocapp.accounts.models import Account, Contact, Persona
from vocapp.accounts.queries import is_at_visible_account, visible_account_ids
from vocapp.campaigns.models import Invitation, Wave
from vocapp.campaigns.queries import visible_waves
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db
from vocapp.engagement.turnout import has_counted_answer, is_of_one_person
from vocapp.identity.models import User
from vocapp.open_links.models import OpenLink, OpenResponse
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.responses.models import Response
from vocapp.responses.rules import ResponseSource, ResponseState
from vocapp.results.models import ClosedAnswer, Theme
from vocapp.results.rules import Funnel, ResultsFilter

ANSWER_COLUMNS: tuple[Any, ...] = (
    Response.id,
    Response.contact_id,
    Response.account_id,
    Wave.survey_version_id,
    Response.rating,
    Response.answers,
    Response.language,
    Response.state,
)
STARTED = (InvitationState.STARTED, InvitationState.COMPLETED)


@dataclass(frozen=True)
class Scope:
    """What results are about: one wave, or (None) all waves of a survey, as one user may see them."""

    survey: Survey
    wave: Wave | None
    user: User

    @property
    def is_moving(self) -> bool:
        """Whether answers can still come in."""
        if self.wave is not None:
            return self.wave.state == WaveState.OPEN
        return any(row.state == WaveState.OPEN for row in waves_of(self))


class AlikeAnswers(NamedTuple):
    """So many answers that have these things in common, and when one of them changed last."""

    version_id: int
    rating: int | None
    source: str
    state: str
    last_page: str
    many: int
    changed_at: datetime


def wave_with_results(user: User, wave_id: int) -> Wave | None:
    """Return a wave whose results a user may see: their own, or one that asks at their accounts."""
    theirs = select(Invitation.wave_id).where(Invitation.account_id.in_(visible_account_ids(user)))
    own = visible_waves(user).with_only_columns(Wave.id)
    return db.session.scalar(
        select(Wave)
        .where(
            Wave.id == wave_id,
            Wave.state != WaveState.DRAFT,
            or_(Wave.id.in_(own), Wave.id.in_(theirs)),
        )
        .options(joinedload(Wave.survey_version).joinedload(SurveyVersion.survey))
    )


def survey_by_key(key: str) -> Survey | None:
    """Return a survey that has been published, or None."""
    published = select(SurveyVersion.id).where(SurveyVersion.survey_id == Survey.id).exists()
    return db.session.scalar(select(Survey).where(Survey.key == key, published))


def versions_of(scope: Scope) -> Sequence[SurveyVersion]:
    """Return the version a wave asks, or every version of a survey, newest first; at least one."""
    if scope.wave is not None:
        return [scope.wave.survey_version]
    versions = select(SurveyVersion).where(SurveyVersion.survey_id == scope.survey.id)
    return db.session.scalars(versions.order_by(SurveyVersion.number.desc())).all()


def waves_of(scope: Scope) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return id, name, state and end of a survey's launched waves a user may see, newest first."""
    at_theirs = select(Invitation.wave_id).where(Invitation.account_id.in_(visible_account_ids(scope.user)))
    own = visible_waves(scope.user).with_only_columns(Wave.id)
    return db.session.execute(
        select(Wave.id, Wave.name, Wave.state, Wave.closed_at)
        .join(SurveyVersion, SurveyVersion.id == Wave.survey_version_id)
        .where(
            SurveyVersion.survey_id == scope.survey.id,
            Wave.state.in_((WaveState.OPEN, WaveState.CLOSED)),
            or_(Wave.id.in_(own), Wave.id.in_(at_theirs)),
        )
        .order_by(Wave.created_at.desc(), Wave.id.desc())
    ).all()


def answers_alike(scope: Scope, wanted: ResultsFilter) -> Sequence[AlikeAnswers]:
    """Return how many answers there are of each version, rating, source, state and page sent last."""
    alike = (
        Wave.survey_version_id,
        Response.rating,
        Response.source,
        Response.state,
        Response.last_page,
    )
    columns = (*alike, func.count(), func.max(Response.changed_at))
    grouped = among_counted(select(*columns), scope, wanted).group_by(*alike)
    return [AlikeAnswers(*row) for row in db.session.execute(grouped)]


def rated_answers(
    scope: Scope, version_ids: Collection[int]
) -> list[tuple[int, int | None, Mapping[str, Any]]]:
    """Return account, rating and what was said, of every answer to some versions."""
    columns: tuple[Any, ...] = (Response.account_id, Response.rating, Response.answers)
    rows = among_counted(select(*columns), scope, ResultsFilter())
    rows = rows.where(Wave.survey_version_id.in_(version_ids)).order_by(Response.id)
    return [(account, rating, given) for account, rating, given in db.session.execute(rows)]


def seconds_of_answering(scope: Scope, wanted: ResultsFilter) -> Sequence[float]:
    """Return how long the answers given through a link took, where start and end are known."""
    timed = among_counted(select(_seconds_between(Response.started_at, Response.completed_at)), scope, wanted)
    timed = timed.where(Response.completed_at >= Response.started_at, Response.source == ResponseSource.LINK)
    return [float(seconds) for seconds in db.session.scalars(timed)]


def _seconds_between(start: Any, end: Any) -> ColumnElement[Any]:
    # Moments by the ten thousand take longer to read than to subtract where they lie.
    if db.engine.dialect.name == "sqlite":
        return (func.julianday(end, type_=Float) - func.julianday(start, type_=Float)) * 86_400.0
    return extract("epoch", end - start)


def funnel_of(scope: Scope, wanted: ResultsFilter) -> Funnel:
    """Return how far the people of the waves got; history from another tool has no funnel."""
    by_link = and_(Response.id.is_not(None), Response.source == ResponseSource.LINK)
    delivered = or_(Invitation.delivered_at.is_not(None), by_link)
    steps = (
        or_(Invitation.sent_at.is_not(None), by_link),
        delivered,
        or_(by_link, and_(Response.id.is_(None), Invitation.state.in_(STARTED), delivered)),
        by_link,
        and_(by_link, Response.state == ResponseState.COMPLETE),
        and_(Response.id.is_not(None), Response.source != ResponseSource.LINK),
    )
    invited = (
        select(*(func.coalesce(func.sum(case((step, 1), else_=0)), 0) for step in steps))
        .select_from(Invitation)
        .outerjoin(Response, has_counted_answer())
        .where(
            Invitation.wave_id.in_(_waves_in(scope, wanted)),
            Invitation.wave_id.not_in(select(Wave.id).where(Wave.is_imported)),
            is_of_one_person(),
            is_at_visible_account(Invitation.account_id, scope.user),
            *_about_people(wanted, language=func.coalesce(Response.language, Invitation.language)),
        )
    )
    if wanted.is_about_accounts:
        invited = invited.join(Account, Account.id == Invitation.account_id)
    return Funnel(*db.session.execute(invited).one())


def kinds_of_people(scope: Scope) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return which tiers, personas, owners, regions, languages and sources there are answers of."""
    columns = (
        Account.tier_id,
        Invitation.persona_id,
        Account.owner_id,
        Account.region,
        Response.language,
        Response.source,
    )
    kinds = among_counted(select(*columns), scope, ResultsFilter(), is_whole=True)
    return db.session.execute(kinds.distinct()).all()


def closed_answers(wave: Wave) -> Mapping[int, ClosedAnswer]:
    """Return what counted in a confidential wave when it closed, with the groups it stood in, by answer's id.

    Of everybody, whoever asks: what may be shown of confidential answers depends on all of them.
    """
    kept = select(ClosedAnswer).where(ClosedAnswer.wave_id == wave.id).order_by(ClosedAnswer.response)
    return {row.response: row for row in db.session.scalars(kept)}


def confidential_rows(wave: Wave) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the answers that counted when a wave closed, as far as they are still here, of all accounts.

    For `vocapp.results.in_confidence` alone. One answer is one person, at the account of that day: who is
    merged with whom later changes no group.
    """
    columns = (
        Response.id,
        Response.id.label("contact_id"),
        ClosedAnswer.account.label("account_id"),
        Wave.survey_version_id,
        Response.rating,
        Response.answers,
        Response.language,
        Response.state,
    )
    rows = (
        select(*columns)
        .join(ClosedAnswer, and_(ClosedAnswer.response == Response.id, ClosedAnswer.wave_id == wave.id))
        .join(Wave, Wave.id == Response.wave_id)
        .where(Response.wave_id == wave.id)
    )
    return db.session.execute(rows.order_by(Response.id)).all()


def has_answers(wave: Wave) -> bool:
    """Whether anybody answered a wave."""
    return db.session.scalar(select(Response.id).where(Response.wave_id == wave.id).limit(1)) is not None


def accounts_now(response_ids: Collection[int]) -> set[int]:
    """Return the accounts that some answers belong to by now: one may have become part of another."""
    return set(db.session.scalars(select(Response.account_id).where(Response.id.in_(response_ids))))


def names_of_users(user_ids: Collection[int]) -> Mapping[int, str]:
    """Return the names of some users, or their addresses."""
    users = (
        select(User.id, User.name, User.email).where(User.id.in_(user_ids)).order_by(User.name, User.email)
    )
    return {user_id: name or email for user_id, name, email in db.session.execute(users)}


def people_behind(response_ids: Collection[int]) -> Mapping[int, Row[*tuple[Any, ...]]]:
    """Return who gave some answers: person, account, persona, wave, moment, source."""
    columns = (
        Response.id,
        Response.contact_id,
        Contact.first_name,
        Contact.last_name,
        Contact.email,
        Response.account_id,
        Account.name.label("account_name"),
        Persona.name.label("persona"),
        Wave.name.label("wave"),
        Response.changed_at,
        Response.source,
    )
    people = (
        select(*columns)
        .join(Response.account)
        .join(Response.contact)
        .join(Response.invitation)
        .join(Invitation.wave)
        .outerjoin(Invitation.persona)
        .where(Response.id.in_(response_ids))
    )
    return {row.id: row for row in db.session.execute(people)}


def names_at(account_ids: Collection[int]) -> Mapping[int, Sequence[str]]:
    """Return account → the names of everybody known there, also of those who left: for taking them out."""
    people = select(Contact.account_id, Contact.first_name, Contact.last_name).where(
        Contact.account_id.in_(account_ids)
    )
    names: defaultdict[int, list[str]] = defaultdict(list)
    for account_id, first_name, last_name in db.session.execute(people):
        names[account_id] += [first_name, last_name]
    return names


def open_answers(scope: Scope) -> Sequence[tuple[int, int | None, int]]:
    """Return (version's id, rating, how many) of a survey's anonymous answers through open links."""
    counted = (
        select(OpenLink.survey_version_id, OpenResponse.rating, func.count())
        .join(OpenResponse.open_link)
        .join(SurveyVersion, SurveyVersion.id == OpenLink.survey_version_id)
        .where(SurveyVersion.survey_id == scope.survey.id, OpenResponse.quarantine_reason.is_(None))
        .group_by(OpenLink.survey_version_id, OpenResponse.rating)
    )
    return [(version, rating, count) for version, rating, count in db.session.execute(counted)]


def stored_themes() -> Sequence[Theme]:
    """Return the themes an administrator changed, in page order; none while the dictionary is the default."""
    return db.session.scalars(select(Theme).order_by(Theme.position, Theme.id)).all()


def among_counted(statement: Any, scope: Scope, wanted: ResultsFilter, *, is_whole: bool = False) -> Any:
    """Return a select of columns of answers and their waves, narrowed to the answers that count.

    Where columns of account, person or invitation are selected, `is_whole` joins those. Without need they are
    left out: most of the time would go into looking up what nobody asks for.
    """
    merged = select(Contact.id).where(Contact.merged_into_id.is_not(None))
    found = statement.select_from(Response).join(Wave, Wave.id == Response.wave_id)
    if is_whole:
        found = found.join(Contact, Contact.id == Response.contact_id)
    if is_whole or wanted.is_about_accounts:
        found = found.join(Account, Account.id == Response.account_id)
    if is_whole or wanted.persona_id is not None:
        found = found.join(Invitation, Invitation.id == Response.invitation_id)
    return found.where(
        Response.wave_id.in_(_waves_in(scope, wanted)),
        Response.quarantine_reason.is_(None),
        Response.contact_id.not_in(merged),
        is_at_visible_account(Response.account_id, scope.user),
        *_about_people(wanted, language=Response.language),
    )


def _waves_in(scope: Scope, wanted: ResultsFilter) -> Any:
    """Return the ids of the waves that are looked at, or a select of them."""
    if scope.wave is not None:
        return [scope.wave.id] if wanted.wave_id in (None, scope.wave.id) else []
    versions = select(SurveyVersion.id).where(SurveyVersion.survey_id == scope.survey.id)
    waves = select(Wave.id).where(Wave.survey_version_id.in_(versions))
    return waves if wanted.wave_id is None else waves.where(Wave.id == wanted.wave_id)


def _about_people(wanted: ResultsFilter, *, language: Any) -> list[ColumnElement[bool]]:
    wishes: tuple[tuple[Any, object], ...] = (
        (Account.tier_id, wanted.tier_id),
        (Account.owner_id, wanted.owner_id),
        (Account.region, wanted.region or None),
        (Invitation.persona_id, wanted.persona_id),
        (language, wanted.language or None),
        (Response.source, wanted.source or None),
    )
    return [column == wish for column, wish in wishes if wish is not None]
