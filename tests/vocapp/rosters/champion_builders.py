"""Champions who were asked, for tests of the page behind their link."""

from typing import Any

from sqlalchemy import select

from tests.builders import NOW, a_company, a_contact, a_profile, a_tier, a_user, an_account, save
from tests.conftest import SECRET_KEY
from vocapp.accounts.models import Account, Contact, TierProfile
from vocapp.core.db import db, transaction
from vocapp.core.machines import Signal
from vocapp.core.tokens import derive_token
from vocapp.freshness.models import Evidence, Suggestion
from vocapp.identity.models import User
from vocapp.outbox.models import Message
from vocapp.rosters.champion import request_roster
from vocapp.rosters.champion_rules import ChampionAnswer
from vocapp.rosters.models import RosterRequest, RosterRevision
from vocapp.rosters.rules import RequestState

BROWSER = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/124.0 Mobile Safari/537.36"


def an_account_of_acme(owner: User | None = None, **values: Any) -> Account:
    """Acme, a tier 1 account that should have two decision makers, a champion and an admin."""
    a_company()
    if db.session.scalar(select(TierProfile).limit(1)) is None:
        a_profile(decision_maker=2, champion=1, admin=1)
    owner = owner or a_user(name="Ana Silva")
    return an_account(**{"name": "Acme", "owner_id": owner.id, "tier_id": a_tier().id, **values})


def a_champion(account: Account | None = None, **values: Any) -> Contact:
    """Zenobia Quist, champion at Acme."""
    person = {"first_name": "Zenobia", "last_name": "Quist", "email": "zenobia@acme.example"}
    return a_contact(account or an_account_of_acme(), **{**person, **values})


def a_request(champion: Contact | None = None, *, is_sent: bool = True, **values: Any) -> RosterRequest:
    """A request of the account's owner to its champion, by default sent at NOW and not answered."""
    champion = champion or a_champion()
    account = db.session.get_one(Account, champion.account_id)
    sender = db.session.get_one(User, account.owner_id)
    with transaction():
        request = request_roster(account, champion, sender=sender, now=values.pop("at", NOW))
    if is_sent:
        request.state, request.sent_at = RequestState.SENT, request.created_at
    for column, value in values.items():
        setattr(request, column, value)
    return save(request)


def a_doubtful_form(request: RosterRequest, **values: Any) -> RosterRevision:
    """A form of that request that waits for somebody's decision."""
    answer = ChampionAnswer(comment="Buy now").as_json()
    defaults = {"number": 1, "answer": answer, "at": NOW, "quarantine_reason": Signal.TRAP_FIELD}
    return save(RosterRevision(**{"request_id": request.id, **defaults, **values}))


def link_of(request: RosterRequest) -> str:
    return "/r/" + derive_token(SECRET_KEY, "roster", request.nonce)


def messages_of(request: RosterRequest) -> list[Message]:
    rows = select(Message).where(Message.subject_kind == "roster_request", Message.subject_id == request.id)
    return list(db.session.scalars(rows.order_by(Message.id).execution_options(populate_existing=True)))


def revisions_of(request: RosterRequest) -> list[RosterRevision]:
    rows = select(RosterRevision).where(RosterRevision.request_id == request.id)
    return list(db.session.scalars(rows.order_by(RosterRevision.number)))


def evidence() -> list[tuple[int, str]]:
    rows = select(Evidence.contact_id, Evidence.kind).order_by(Evidence.id)
    return [(contact_id, kind) for contact_id, kind in db.session.execute(rows)]


def suggestions() -> list[Suggestion]:
    return list(db.session.scalars(select(Suggestion).order_by(Suggestion.id)))
