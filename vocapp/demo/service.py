"""Putting the demo company into a database, and taking it out again."""

import random
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from flask_security.utils import hash_password
from sqlalchemy import delete, insert, select, update

from vocapp.accounts.models import Account, Contact, Persona, Tier, contact_personas
from vocapp.accounts.profiles import ensure_defaults
from vocapp.accounts.rules import AccountStatus
from vocapp.benchmarks.freezing import cohorts_now, freeze_cohorts
from vocapp.campaigns.models import Wave, wave_accounts
from vocapp.core.db import Base, db, transaction
from vocapp.core.errors import DomainError
from vocapp.coverage.models import Gap
from vocapp.demo.answering import answer_in_detail
from vocapp.demo.casting import Customer, cast_customers
from vocapp.demo.driving import MOST_ACCOUNTS, ask_for_drivers, forget_surveys, surveys_of_the_demo
from vocapp.demo.footprints import forget_footprints, grow_footprints
from vocapp.demo.history import WaveDates, record_waves, wave_calendar
from vocapp.demo.knowing import get_to_know
from vocapp.demo.mailing import bring_mail_in, forget_mail
from vocapp.demo.programme import end_programme, start_programme
from vocapp.demo.promising import make_promises
from vocapp.demo.stories import stage_stories
from vocapp.demo.words import CSMS
from vocapp.duplicates.recording import record_pairs
from vocapp.identity.models import Company, Role, User, user_roles
from vocapp.identity.queries import company
from vocapp.identity.rules import RoleName
from vocapp.identity.service import ensure_company, ensure_roles
from vocapp.questionnaires.models import SurveyVersion
from vocapp.questionnaires.service import publish_from_library
from vocapp.relationship.service import rescore
from vocapp.renewals.models import RenewalOutcome
from vocapp.workflows.read_comments import read_comments

COMPANY_NAME = "Kestrel Cloud"
DOMAIN = "kestrel.example"
PASSWORD = "welcome to kestrel"  # noqa: S105 - printed at every start; these people exist only in demos
DEFAULT_ACCOUNTS = 60
DEFAULT_SEED = 7
CHUNK = 500

STAFF = (
    (RoleName.ADMIN, "Ingrid Solberg", "Head of Customer Operations"),
    (RoleName.LEADER, "Tomás Aguilar", "VP Customer Success"),
    (RoleName.EXECUTIVE, "Helen Archer", "Chief Executive"),
)


@dataclass(frozen=True)
class DemoSignIn:
    """Somebody of the demo company one may sign in as."""

    name: str
    role: str
    email: str
    password: str


def demo_sign_ins() -> list[DemoSignIn]:
    """Return the demo people to sign in as, one per role; none where there is no demo company."""
    if not has_demo():
        return []
    wanted = (_address(CSMS[0][0]), *(_address(name) for _role, name, _title in STAFF))
    people = db.session.scalars(
        select(User).where(User.is_demo, User.active, User.email.in_(wanted))
    ).unique()
    found = {person.email: person for person in people}
    return [
        DemoSignIn(found[email].name, found[email].role, email, PASSWORD)
        for email in wanted
        if email in found
    ]


def has_demo() -> bool:
    """Whether the demo company is in this database."""
    return db.session.scalar(select(User.id).where(User.is_demo, User.active).limit(1)) is not None


def load_demo(
    *,
    now: datetime,
    accounts: int = DEFAULT_ACCOUNTS,
    seed: int = DEFAULT_SEED,
    asked_for_drivers: int = MOST_ACCOUNTS,
    tell: Callable[[str], None] = lambda _step: None,
) -> None:
    """Put the demo company in, all or nothing; the same seed and day give the same company.

    At most `asked_for_drivers` accounts are asked what goes with their rating.
    Raises `DomainError` when it is there already or `accounts` is not at least 1.
    """
    if accounts < 1:
        raise DomainError("A demo company needs at least one account; choose a larger number.")
    if has_demo():
        raise DomainError("The demo company is here already; remove it first: vocapp demo --remove")
    draw = random.Random(seed)  # noqa: S311 - a believable cast, not a secret
    calendar = wave_calendar(now)
    tell("People and accounts…")
    with transaction():
        ensure_company(COMPANY_NAME, domains=[DOMAIN], is_demo=True)
        ensure_defaults()
        csms = _hire_staff()
        customers = cast_customers(accounts, draw=draw, today=now.date(), owners=len(csms))
        stage_stories(customers, draw=draw, today=now.date())
        account_ids = _store_customers(customers, csms, began=calendar[0].launched_at)
        _store_outcomes(customers, account_ids, calendar, draw)
        tell("Five waves of answers…")
        version = publish_from_library("nps")
        record_waves(customers, account_ids, csms, version.id, calendar, draw=draw, now=now)
        start_programme(version, calendar[-1])
        tell("Who is who, and who said so…")
        aside = random.Random(seed)  # noqa: S311 - as above
        get_to_know(draw=aside, now=now)
        answer_in_detail(draw=aside)
        make_promises(now=now)
        ask_for_drivers(draw=aside, now=now, most_accounts=asked_for_drivers)
    for wave in calendar[:-1]:
        tell(f"Scores as of {wave.closes_at:%d %B %Y}…")
        with transaction():
            rescore(None, as_of=wave.closes_at.date(), now=now)
            _freeze(wave.closes_at, now=now)
    tell("Scores as of today…")
    with transaction():
        rescore(None, as_of=now.date(), now=now)
    read_comments({})
    with transaction():
        grow_footprints(draw=draw, now=now)
        record_pairs(account_ids, now=now)
        bring_mail_in(now=now)


def _freeze(closed_at: datetime, *, now: datetime) -> None:
    """Keep what everybody was like when the waves of a moment closed."""
    asked = select(wave_accounts.c.wave_id, wave_accounts.c.account_id).join(Wave).where(Wave.is_demo)
    by_wave: defaultdict[int, list[int]] = defaultdict(list)
    for wave_id, account_id in db.session.execute(asked.where(Wave.closed_at == closed_at)):
        by_wave[wave_id].append(account_id)
    found = cohorts_now([one for some in by_wave.values() for one in some])
    for wave_id, account_ids in by_wave.items():
        freeze_cohorts(wave_id, found.only(account_ids), now=now)


def remove_demo() -> None:
    """Take the demo company out: its accounts with everything on them, its waves, its people.

    Demo people who did something to accounts of your own stay on record, unable to sign in.
    """
    if not has_demo():
        raise DomainError("There is no demo company in this database.")
    with transaction():
        demo_ids = db.session.scalars(select(User.id).where(User.is_demo)).all()
        forget_footprints(demo_ids)
        end_programme()
        forget_mail()
        own_surveys = surveys_of_the_demo()
        db.session.execute(delete(Wave).where(Wave.is_demo))
        forget_surveys(own_surveys)
        db.session.execute(delete(Account).where(Account.is_demo))
        demo_people = select(User.id).where(User.is_demo).scalar_subquery()
        db.session.execute(update(Account).where(Account.owner_id.in_(demo_people)).values(owner_id=None))
        db.session.execute(update(Gap).where(Gap.owner_id.in_(demo_ids)).values(owner_id=None))
        named = _still_named(demo_ids)
        for person in db.session.scalars(select(User).where(User.is_demo)).unique().all():
            person.active = False
            if person.id not in named:
                db.session.delete(person)
        found = company()
        if found is not None and found.is_demo and not _has_staff():
            db.session.delete(db.session.get_one(Company, found.id))


def _still_named(user_ids: Collection[int]) -> set[int]:
    """Return which of some users a row names that stays when its user goes."""
    # Whoever published a survey keeps the library from speaking for it again.
    published = select(SurveyVersion.published_by_id).where(SurveyVersion.published_by_id.in_(user_ids))
    named = {by_id for by_id in db.session.scalars(published) if by_id is not None}
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys:
            if key.column is User.__table__.c.id and key.ondelete is None:
                rows = select(key.parent).where(key.parent.in_(user_ids)).distinct()
                named.update(db.session.scalars(rows))
    return named


def _has_staff() -> bool:
    return db.session.scalar(select(User.id).where(User.active, ~User.is_demo).limit(1)) is not None


def _address(name: str) -> str:
    plain = name.lower().replace("ï", "i").replace("á", "a").replace(" ", ".")
    return f"{plain}@{DOMAIN}"


def _hire_staff() -> list[int]:
    """Add the demo people; return the ids of the CSMs in order."""
    roles = ensure_roles()
    password = hash_password(PASSWORD)
    everybody = [*((RoleName.CSM, name, "Customer Success Manager", zone) for name, zone in CSMS)]
    everybody += [(role, name, title, "UTC") for role, name, title in STAFF]
    people = [
        User(
            email=_address(name),
            name=name,
            title=title,
            time_zone=zone,
            password=password,
            fs_uniquifier=f"demo-{_address(name)}",
            is_demo=True,
        )
        for _role, name, title, zone in everybody
    ]
    db.session.add_all(people)
    db.session.flush()
    links = [
        {"user_id": person.id, "role_id": _role_id(roles, role)}
        for person, (role, *_rest) in zip(people, everybody, strict=True)
    ]
    db.session.execute(insert(user_roles), links)
    return [person.id for person in people[: len(CSMS)]]


def _role_id(roles: dict[RoleName, Role], role: RoleName) -> int:
    return roles[role].id


def _store_customers(customers: list[Customer], csms: list[int], *, began: datetime) -> list[int]:
    """Insert accounts, contacts and their personas; return the account ids in the customers' order."""
    tiers = {name: tier_id for tier_id, name in db.session.execute(select(Tier.id, Tier.name))}
    personas = {key: persona_id for persona_id, key in db.session.execute(select(Persona.id, Persona.key))}
    rows = [
        {
            "external_id": customer.external_id,
            "external_key": customer.external_id,
            "name": customer.name,
            "tier_id": tiers.get(customer.tier),
            "segment": customer.segment,
            "industry": customer.industry,
            "region": customer.region,
            "country": customer.country,
            "product": customer.product,
            "arr": Decimal(customer.arr),
            "currency": customer.currency,
            "lifecycle_stage": "live",
            "renewal_date": customer.renewal_date,
            "owner_id": csms[customer.owner],
            "owner_email": _address(CSMS[customer.owner][0]),
            "status": AccountStatus.CHURNED if customer.is_churned else AccountStatus.ACTIVE,
            "is_demo": True,
            "created_at": began - timedelta(days=30),
        }
        for customer in customers
    ]
    for start in range(0, len(rows), CHUNK):
        db.session.execute(insert(Account), rows[start : start + CHUNK])
    stored = select(Account.external_id, Account.id).where(Account.is_demo)
    ids = {row.external_id: row.id for row in db.session.execute(stored)}
    account_ids = [ids[customer.external_id] for customer in customers]
    people = [
        {
            "account_id": account_id,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "email": person.email,
            "email_key": person.email,
            "title": person.title,
            "language": person.language,
            "time_zone": person.time_zone,
            "status": person.status,
            "is_role_address": person.is_role_address,
            "verified_on": person.verified_on,
            "is_demo": True,
            "created_at": began - timedelta(days=20),
        }
        for customer, account_id in zip(customers, account_ids, strict=True)
        for person in customer.people
    ]
    for start in range(0, len(people), CHUNK):
        db.session.execute(insert(Contact), people[start : start + CHUNK])
    contacts = _contact_ids()
    links = [
        {"contact_id": contacts[account_id, person.email], "persona_id": personas[persona]}
        for customer, account_id in zip(customers, account_ids, strict=True)
        for person in customer.people
        for persona in person.personas
        if persona in personas
    ]
    for start in range(0, len(links), CHUNK):
        db.session.execute(insert(contact_personas), links[start : start + CHUNK])
    return account_ids


def _contact_ids() -> dict[tuple[int, str], int]:
    stored = select(Contact.account_id, Contact.email_key, Contact.id).where(Contact.is_demo)
    return {(account, email): contact for account, email, contact in db.session.execute(stored)}


def _store_outcomes(
    customers: list[Customer], account_ids: list[int], calendar: list[WaveDates], draw: random.Random
) -> None:
    """Give most accounts a renewal in the past year, and the churned ones their end."""
    first, last = calendar[0].closes_at.date(), calendar[-1].launched_at.date()
    rows = []
    for customer, account_id in zip(customers, account_ids, strict=True):
        if customer.is_churned:
            rows.append(_outcome(account_id, _between(first, last, draw), "churned", 0))
        elif draw.random() < 0.6:
            ended = "contracted" if draw.random() < 0.08 else "renewed"
            rows.append(_outcome(account_id, _between(first, last, draw), ended, customer.arr))
    if rows:
        db.session.execute(insert(RenewalOutcome), rows)


def _between(first: date, last: date, draw: random.Random) -> date:
    return first + timedelta(days=draw.randint(0, (last - first).days))


def _outcome(account_id: int, on: date, outcome: str, amount: int) -> dict[str, object]:
    return {"account_id": account_id, "renewal_date": on, "outcome": outcome, "amount": Decimal(amount)}
