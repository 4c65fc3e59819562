"""Accounts, contacts and footprint, as pure judgements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from surveys.coverage import footprint as coverage
from surveys.coverage import footprint_measure
from surveys.measure import Measure

# A configurable choice: people change jobs, so after a quarter somebody has to say again that they are there.
VERIFIED_FOR = timedelta(days=90)

NO_REPLY_NAMES = frozenset(
    {"noreply", "donotreply", "mailerdaemon", "postmaster", "bounce", "bounces", "notifications", "abuse"}
)
ROLE_NAMES = frozenset(
    {
        "accounting", "accounts", "accountspayable", "admin", "administrator", "ap", "billing", "buero",
        "careers", "compliance", "contact", "customercare", "customerservice", "einkauf", "enquiries",
        "finance", "frontdesk", "hello", "help", "helpdesk", "hostmaster", "hr", "info", "inquiries",
        "invoice", "invoices", "it", "itsupport", "jobs", "kontakt", "legal", "mail", "marketing", "news",
        "newsletter", "office", "orders", "post", "press", "privacy", "procurement", "purchasing",
        "reception", "root", "sales", "security", "service", "spam", "support", "team", "webmaster",
    }
)  # fmt: skip


class ContactStatus(StrEnum):
    """Whether a contact can be asked."""

    ACTIVE = "active"
    LEFT = "left"
    BOUNCED = "bounced"
    OPTED_OUT = "opted_out"


class AccountStatus(StrEnum):
    """Whether an account is a customer."""

    ACTIVE = "active"
    CHURNED = "churned"


class CoverageModel(StrEnum):
    """How closely an account is looked after."""

    STANDARD = "standard"
    HIGH_TOUCH = "high_touch"


class Degree(StrEnum):
    """Low to high: a contact's influence, an account's potential to grow."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class OverrideScope(StrEnum):
    """What another number than the tier profile's holds for; the narrowest wins: account, segment, region."""

    ACCOUNT = "account"
    SEGMENT = "segment"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class HouseRules:
    """How long knowledge stays good; all are configurable choices.

    In days: how long a confirmed contact counts as verified, a CSM's roster confirmation and an assessment as
    current, how often a champion may be asked, and how long their page stays open. `silent_waves`: after so
    many unanswered waves in a row a contact becomes doubtful.
    """

    verified_days: int = 90
    silent_waves: int = 4
    roster_days: int = 30
    champion_every_days: int = 90
    champion_open_days: int = 21
    assessment_days: int = 90


class SlotState(StrEnum):
    """How sure we are of one seat: known, confirmed lately and reachable; known only; nobody."""

    FILLED = "filled"
    DOUBTFUL = "doubtful"
    EMPTY = "empty"


class StepKind(StrEnum):
    """What closes a gap."""

    CONFIRM = "confirm"
    ASK_CHAMPION = "ask_champion"
    ASK_SOMEBODY = "ask_somebody"
    FIND_FIRST = "find_first"


@dataclass(frozen=True, slots=True)
class PersonaFacts:
    """A persona as rules need it; `weight` > 0."""

    id: int
    key: str
    name: str
    weight: float
    description: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A contact as footprint sees them; `personas` are keys."""

    contact_id: int
    name: str
    title: str
    personas: tuple[str, ...]
    is_verified: bool
    is_reachable: bool

    @property
    def is_certain(self) -> bool:
        """Whether this person fills a seat: confirmed lately, and we can write to them."""
        return self.is_verified and self.is_reachable


@dataclass(frozen=True, slots=True)
class Slot:
    """One seat; `person` is None exactly when it is empty."""

    state: SlotState
    person: Person | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to do about one gap.

    `person` is whom to confirm (CONFIRM), whom to ask (ASK_CHAMPION, ASK_SOMEBODY), or None (FIND_FIRST:
    nobody is known yet). `missing` counts the seats this step is about.
    """

    kind: StepKind
    persona: PersonaFacts
    person: Person | None
    missing: int


@dataclass(frozen=True, slots=True)
class PersonaSlots:
    """The seats of one persona, certain people first, then doubtful ones, then empty seats."""

    persona: PersonaFacts
    slots: tuple[Slot, ...]

    @property
    def required(self) -> int:
        """How many contacts the tier profile asks for."""
        return len(self.slots)

    @property
    def name(self) -> str:
        """The persona's name."""
        return self.persona.name

    @property
    def filled(self) -> int:
        """How many seats are filled beyond doubt."""
        return self._count(SlotState.FILLED)

    @property
    def doubtful(self) -> int:
        """How many seats are held by somebody not confirmed lately, or not reachable."""
        return self._count(SlotState.DOUBTFUL)

    @property
    def empty(self) -> int:
        """How many seats nobody is known for."""
        return self._count(SlotState.EMPTY)

    def _count(self, state: SlotState) -> int:
        return sum(slot.state is state for slot in self.slots)


@dataclass(frozen=True, slots=True)
class Footprint:
    """Who is known at one account, against its tier profile; `personas` lists only those it asks for.

    `measure` is 0-1, a census without interval, and not measured where no profile applies.
    """

    personas: tuple[PersonaSlots, ...]
    measure: Measure
    steps: tuple[NextStep, ...]

    @property
    def required(self) -> int:
        """How many seats there are."""
        return sum(group.required for group in self.personas)

    @property
    def filled(self) -> int:
        """How many of them are filled beyond doubt."""
        return sum(group.filled for group in self.personas)

    @property
    def gaps(self) -> dict[str, int]:
        """Persona key → seats that are not filled beyond doubt; only personas with such seats."""
        missing = {group.persona.key: group.required - group.filled for group in self.personas}
        return {key: count for key, count in missing.items() if count}


def is_verified(verified_on: date | None, *, on: date) -> bool:
    """Whether somebody confirmed this contact in the 90 days before a date.

    Only the latest confirmation is kept, so one after `on` counts as well: the person was there before.
    """
    return verified_on is not None and verified_on >= on - VERIFIED_FOR


def is_reachable(status: str, *, is_role_address: bool) -> bool:
    """Whether a contact can be mailed as a person."""
    return status == ContactStatus.ACTIVE and not is_role_address


def status_after_import(current: str, wanted: str, *, has_new_address: bool) -> str:
    """Return the status a contact has after a file names one.

    No file lifts an opt-out, and none revives an address that bounced; a new address may.
    """
    if current == ContactStatus.OPTED_OUT:
        return current
    if current == ContactStatus.BOUNCED and wanted == ContactStatus.ACTIVE and not has_new_address:
        return current
    return wanted


def judge_footprint(
    required: Mapping[str, int], people: Sequence[Person], personas: Sequence[PersonaFacts]
) -> Footprint:
    """Return seats, measure (docs/method.md §3) and next steps of one account.

    `required` maps persona key → contacts; `people` leaves out those who left; `personas` is in page order.
    Only people who are verified and reachable count in the measure.
    """
    groups = tuple(
        PersonaSlots(persona, _seat(required[persona.key], persona.key, people))
        for persona in personas
        if required.get(persona.key, 0) > 0
    )
    have = {group.persona.key: group.filled for group in groups}
    asked = {group.persona.key: group.required for group in groups}
    weights = {persona.key: persona.weight for persona in personas}
    return Footprint(
        personas=groups,
        measure=footprint_measure(coverage(asked, have, weights=weights)),
        steps=tuple(next_steps(groups, people)),
    )


def _seat(seats: int, key: str, people: Sequence[Person]) -> tuple[Slot, ...]:
    known = sorted((person for person in people if key in person.personas), key=_least_certain_last)
    taken = [
        Slot(SlotState.FILLED if person.is_certain else SlotState.DOUBTFUL, person)
        for person in known[:seats]
    ]
    return (*taken, *(Slot(SlotState.EMPTY) for _missing in range(seats - len(taken))))


def _least_certain_last(person: Person) -> tuple[bool, bool, str, int]:
    return (not person.is_certain, not person.is_reachable, person.name, person.contact_id)


def next_steps(groups: Iterable[PersonaSlots], people: Sequence[Person]) -> list[NextStep]:
    """Return what closes each gap, the weightiest persona first: ask somebody certain, or confirm."""
    steps = []
    for group in sorted(groups, key=lambda group: -group.persona.weight):
        empty = group.empty
        if empty:
            asked = whom_to_ask(people)
            kind = StepKind.FIND_FIRST
            if asked is not None:
                is_champion = "champion" in asked.personas
                kind = StepKind.ASK_CHAMPION if is_champion else StepKind.ASK_SOMEBODY
            steps.append(NextStep(kind, group.persona, asked, empty))
        steps += [
            NextStep(StepKind.CONFIRM, group.persona, slot.person, 1)
            for slot in group.slots
            if slot.state is SlotState.DOUBTFUL
        ]
    return steps


def whom_to_ask(people: Iterable[Person]) -> Person | None:
    """Return the reachable person who can best name others: a champion before anybody else."""
    reachable = [person for person in people if person.is_reachable]
    return min(
        reachable,
        key=lambda person: ("champion" not in person.personas, *_least_certain_last(person)),
        default=None,
    )


def is_role_address(email_key: str) -> bool:
    """Whether an address belongs to a function rather than a person: noreply@, info@, support+eu@."""
    local = email_key.partition("@")[0].partition("+")[0]
    name = "".join(character for character in local if character.isalnum())
    return name in ROLE_NAMES or name in NO_REPLY_NAMES or "noreply" in name or "donotreply" in name


CRM_CHECK_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def comparable_id(text: str) -> str:
    """Return an identifier in comparable form: an 18-character CRM id with a right checksum as its first 15.

    Case and leading zeros count: the CRM's 15-character ids differ by case alone.
    """
    text = text.strip()
    if len(text) == 18 and text.isascii() and text.isalnum() and crm_checksum(text[:15]) == text[15:].upper():
        return text[:15]
    return text


def crm_checksum(id15: str) -> str:
    """Return the three characters that turn a 15-character CRM id into its case-safe 18-character form."""
    blocks = (id15[start : start + 5] for start in (0, 5, 10))
    return "".join(
        CRM_CHECK_DIGITS[sum(1 << place for place, letter in enumerate(block) if "A" <= letter <= "Z")]
        for block in blocks
    )


def is_own_domain(email_key: str, domains: Iterable[str]) -> bool:
    """Whether an address lies in one of the company's own domains, or below one."""
    domain = email_key.rpartition("@")[2]
    return any(domain == own or domain.endswith(f".{own}") for own in (name.lower() for name in domains))
