"""What an import looks up again and again: users, own domains, personas, tiers."""

from sqlalchemy import func, select

from vocapp.accounts.cells import CellProblem, read_address
from vocapp.accounts.columns import comparable_name
from vocapp.accounts.import_rows import persona_key, tier_key
from vocapp.accounts.models import Tier
from vocapp.accounts.queries import personas_in_order, tiers_by_rank
from vocapp.accounts.rules import is_own_domain
from vocapp.core.clock import utcnow
from vocapp.core.db import db
from vocapp.identity.models import User
from vocapp.identity.queries import company


class Directory:
    """The people, personas and tiers of this installation as they stood when the import began.

    In a dry run new tiers get negative numbers instead of rows.
    """

    def __init__(self, *, is_dry_run: bool) -> None:
        self._is_dry_run = is_dry_run
        found = db.session.execute(select(func.lower(User.email), User.id, User.active)).all()
        self._users = {email: user_id for email, user_id, is_active in found if is_active}
        self._staff = frozenset(_comparable(email) for email, _user_id, _is_active in found)
        own = company()
        named = own.domains if own else ()
        self._domains = tuple(_comparable(f"x@{domain}").removeprefix("x@") for domain in named)
        self._personas: dict[str, int] = {}
        self._retired: set[int] = set()
        for persona in personas_in_order():
            self._personas[comparable_name(persona.key)] = persona.id
            self._personas.setdefault(comparable_name(persona.name), persona.id)
            if persona.retired_on is not None and persona.retired_on <= utcnow().date():
                self._retired.add(persona.id)
        self._tiers = {tier_key(tier.name): tier.id for tier in tiers_by_rank()}

    def user_id(self, address: str) -> int | None:
        """Return the active user with an address in comparable form, or None."""
        return self._users.get(address)

    def is_staff(self, email_key: str) -> bool:
        """Whether an address belongs to us: to a user, or to one of the company's domains."""
        return email_key in self._staff or is_own_domain(email_key, self._domains)

    def persona_id(self, name: str) -> int | None:
        """Return the persona a name, key or synonym means, or None; our own names come before synonyms."""
        return self._personas.get(comparable_name(name)) or self._personas.get(persona_key(name))

    def is_retired(self, persona_id: int) -> bool:
        """Whether nobody new gets this persona."""
        return persona_id in self._retired

    def tier_id(self, name: str) -> int | None:
        """Return the tier a name means, or None."""
        return self._tiers.get(tier_key(name))

    def add_tier(self, name: str) -> int:
        """Make a tier below all others and return its id."""
        if self._is_dry_run:
            tier_id = -1 - len(self._tiers)
        else:
            lowest = db.session.scalar(select(func.max(Tier.rank))) or 0
            tier = Tier(name=name, rank=lowest + 1)
            db.session.add(tier)
            db.session.flush()
            tier_id = tier.id
        self._tiers[tier_key(name)] = tier_id
        return tier_id


def _comparable(address: str) -> str:
    """Return an address as contacts' are compared: an international domain as ASCII."""
    if address.isascii():
        return address
    try:
        return read_address(address)[1]
    except CellProblem:
        return address


def not_a_user_yet(address: str) -> str:
    """Return the remark on an owner who cannot sign in yet."""
    return f"{address} is not a user yet; the account is theirs as soon as they are."
