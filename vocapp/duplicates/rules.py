"""When are two contacts the same person, and which of their values stays? Pure judgements."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from vocapp.accounts.rules import comparable_id, is_role_address
from vocapp.accounts.search_text import fold

# A configurable choice: long enough to notice a mistake, short enough that both have not lived on apart.
UNMERGE_WITHIN = timedelta(days=30)

# So many people who share a number or an initial are a switchboard or a large family, not one person.
MOST_SHARING = 12
# Within larger groups each is compared with its neighbours only: otherwise ten thousand people of one name
# make fifty million pairs.
NEIGHBOURS = 2
SHORTEST_PHONE = 7
DIGITS_COMPARED = 9

_WORD = re.compile(r"[^\W_]+")
_NOT_DIGIT = re.compile(r"\D+")
_ID_NOISE = re.compile(r"[\W_]+")
_LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_CRM_ID = re.compile(r"[0-9A-Za-z]{15}|[0-9A-Za-z]{18}")


class Grade(StrEnum):
    """How sure we are that two contacts are one person."""

    LIKELY = "likely"
    POSSIBLE = "possible"


class Reason(StrEnum):
    """What two contacts have in common, strongest first."""

    SAME_MAILBOX = "same_mailbox"
    SAME_IDENTIFIER = "same_identifier"
    SAME_NAME = "same_name"
    SAME_LOCAL_PART = "same_local_part"
    SAME_PHONE = "same_phone"
    NAME_IN_ADDRESS = "name_in_address"
    INITIAL = "initial"
    OTHER_NAMES = "other_names"


_STRONG = frozenset({Reason.SAME_MAILBOX, Reason.SAME_IDENTIFIER, Reason.SAME_NAME})


@dataclass(frozen=True, slots=True)
class Card:
    """A contact as likeness sees it; `email_key` is the address in comparable form."""

    contact_id: int
    account_id: int
    first_name: str = ""
    last_name: str = ""
    email_key: str = ""
    external_id: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Traits:
    """What of a card is compared; empty where it says nothing.

    `spelled` are the words of the name without case and accents, `name` the same sorted; `mailbox` is the
    part before the @ without a tag, `in_address` its words sorted.
    """

    card: Card
    name: tuple[str, ...]
    spelled: tuple[str, ...]
    mailbox: str
    in_address: tuple[str, ...]
    domain: str
    is_role: bool
    identifier: str
    phone: str


@dataclass(frozen=True, slots=True)
class Likeness:
    """Why two contacts of one account may be one person; `reasons` strongest first."""

    first_id: int
    second_id: int
    grade: Grade
    reasons: tuple[Reason, ...]


def traits_of(card: Card) -> Traits:
    """Return what of a contact is compared with others."""
    mailbox = _mailbox(card.email_key)
    spelled = _words(f"{card.first_name} {card.last_name}")
    return Traits(
        card=card,
        name=tuple(sorted(spelled)),
        spelled=spelled,
        mailbox=mailbox,
        in_address=tuple(sorted(_words(mailbox))),
        domain=card.email_key.rpartition("@")[2],
        is_role=is_role_address(card.email_key),
        identifier=_identifier(card.external_id),
        phone=_digits(card.phone),
    )


def likeness(one: Card, other: Card) -> Likeness | None:
    """Return why two contacts of one account may be the same person, or None when nothing says so."""
    return compare(traits_of(one), traits_of(other))


def compare(one: Traits, other: Traits) -> Likeness | None:
    """Return the likeness of two contacts whose traits are known, or None."""
    if one.card.account_id != other.card.account_id or one.card.contact_id == other.card.contact_id:
        return None
    reasons = [reason for reason, holds in _signals(one, other) if holds]
    if not reasons:
        return None
    is_contradicted = _have_other_names(one, other)
    is_strong = not _STRONG.isdisjoint(reasons) and not _is_numbered_namesake(one, other, reasons)
    is_likely = not is_contradicted and (is_strong or len(reasons) > 1)
    if is_contradicted:
        if reasons == [Reason.SAME_PHONE]:
            return None  # Colleagues at one desk.
        reasons.append(Reason.OTHER_NAMES)
    first, second = sorted((one.card.contact_id, other.card.contact_id))
    return Likeness(first, second, Grade.LIKELY if is_likely else Grade.POSSIBLE, tuple(reasons))


def find_pairs(cards: Iterable[Card]) -> list[Likeness]:
    """Return the pairs of contacts that may be one person, likely ones first.

    Only contacts of one account that share a key are compared, so time grows with the number of contacts and
    not with its square.
    """
    people: defaultdict[int, list[Card]] = defaultdict(list)
    for card in cards:
        people[card.account_id].append(card)
    found: dict[tuple[int, int], Likeness] = {}
    for of_account in people.values():
        for one, other in _worth_comparing(of_account):
            first, second = one.card.contact_id, other.card.contact_id
            pair = (first, second) if first < second else (second, first)
            if pair not in found:
                alike = compare(one, other)
                if alike is not None:
                    found[pair] = alike
    return in_order(found.values())


def in_order(pairs: Iterable[Likeness]) -> list[Likeness]:
    """Return pairs with the likely ones first."""
    return sorted(pairs, key=lambda pair: (pair.grade is not Grade.LIKELY, pair.first_id, pair.second_id))


def _worth_comparing(cards: Sequence[Card]) -> Iterator[tuple[Traits, Traits]]:
    """Yield the pairs of one account that share a key; traits are only read where two share one."""
    traits: dict[int, Traits] = {}

    def of(place: int) -> Traits:
        if place not in traits:
            traits[place] = traits_of(cards[place])
        return traits[place]

    for key, block in _blocks(cards):
        if len(block) > MOST_SHARING and key[0] in (_PHONE, _INITIAL):
            continue
        reach = MOST_SHARING if len(block) <= MOST_SHARING else NEIGHBOURS
        for number, one in enumerate(block):
            for other in block[number + 1 : number + 1 + reach]:
                yield of(one), of(other)


def _blocks(cards: Sequence[Card]) -> Iterator[tuple[str, list[int]]]:
    """Yield every key that at least two contacts share, with their places in the list."""
    if len(cards) < 2:
        return
    first: dict[str, int] = {}
    shared: dict[str, list[int]] = {}
    spelled = [_words(f"{card.first_name} {card.last_name}") for card in cards]
    abbreviated = {
        key for words in spelled if any(len(word) == 1 for word in words) for key in _initials(words)
    }
    for place, card in enumerate(cards):
        initials = abbreviated.intersection(_initials(spelled[place])) if abbreviated else ()
        for key in (*_keys(card, spelled[place]), *initials):
            before = first.setdefault(key, place)
            if before != place:
                shared.setdefault(key, [before]).append(place)
    yield from shared.items()


# What a key is about, in its first letter.
_NAME, _MAILBOX, _IDENTIFIER, _PHONE, _INITIAL = "nmipx"


def _keys(card: Card, spelled: Sequence[str]) -> Iterator[str]:
    mailbox = _mailbox(card.email_key)
    if len(spelled) > 1:
        yield _NAME + " ".join(sorted(spelled))
    elif not spelled:
        # A contact without a name is found by the words of the address.
        yield _NAME + " ".join(sorted(_words(mailbox)))
    if mailbox:
        yield _MAILBOX + mailbox
    if card.external_id:
        yield _IDENTIFIER + _identifier(card.external_id)
    if card.phone:
        yield _PHONE + _digits(card.phone)


def _signals(one: Traits, other: Traits) -> Iterator[tuple[Reason, bool]]:
    is_same_local = bool(one.mailbox) and one.mailbox == other.mailbox
    yield Reason.SAME_MAILBOX, is_same_local and one.domain == other.domain
    yield Reason.SAME_IDENTIFIER, bool(one.identifier) and one.identifier == other.identifier
    is_same_name = len(one.name) > 1 and one.name == other.name
    yield Reason.SAME_NAME, is_same_name
    yield Reason.SAME_LOCAL_PART, is_same_local and one.domain != other.domain and not one.is_role
    yield Reason.SAME_PHONE, bool(one.phone) and one.phone == other.phone
    yield (
        Reason.NAME_IN_ADDRESS,
        not is_same_name and (_is_spelled_in(one, other) or _is_spelled_in(other, one)),
    )
    yield Reason.INITIAL, not is_same_name and _share_initial(one, other)


def _is_spelled_in(nameless: Traits, named: Traits) -> bool:
    """Whether a contact without a name has an address that spells the other's."""
    if nameless.name or nameless.is_role or len(named.name) < 2:
        return False
    return nameless.in_address == named.name


def _share_initial(one: Traits, other: Traits) -> bool:
    """Whether one first name is the other's initial, with the same last name: "A. Ruiz" and "Ana Ruiz"."""
    if len(one.spelled) != 2 or len(other.spelled) != 2 or 1 not in map(len, (*one.spelled, *other.spelled)):
        return False
    return any(
        first[0] == second[0] and 1 in (len(first), len(second)) and last == also_last and len(last) > 1
        for first, last in (one.spelled, one.spelled[::-1])
        for second, also_last in (other.spelled, other.spelled[::-1])
    )


def _initials(spelled: Sequence[str]) -> Iterator[str]:
    if len(spelled) == 2:
        for first, last in (spelled, spelled[::-1]):
            if len(last) > 1:
                yield f"{_INITIAL}{first[0]} {last}"


def _have_other_names(one: Traits, other: Traits) -> bool:
    """Whether both have a full name and these are not ways to write one."""
    if len(one.name) < 2 or len(other.name) < 2:
        return False
    # A second first name or a double last name is left out now and then.
    return not (set(one.name) <= set(other.name) or set(other.name) <= set(one.name)) and not _share_initial(
        one, other
    )


def _is_numbered_namesake(one: Traits, other: Traits, reasons: Sequence[Reason]) -> bool:
    """Whether a company tells two people of one name apart by a number: ana.ruiz@ and ana.ruiz2@."""
    if reasons != [Reason.SAME_NAME] or one.domain != other.domain:
        return False
    return one.mailbox.rstrip("0123456789") == other.mailbox.rstrip("0123456789")


def _mailbox(email_key: str) -> str:
    """Return what stands before the @, without a tag."""
    local = email_key.rpartition("@")[0]
    return local.partition("+")[0] or local


def _digits(phone: str) -> str:
    """Return the last digits of a phone number, which every way to write it shares; empty for short ones."""
    digits = _NOT_DIGIT.sub("", phone)
    return digits[-DIGITS_COMPARED:] if len(digits) >= SHORTEST_PHONE else ""


def _identifier(text: str) -> str:
    """Return an identifier without case, punctuation and leading zeros; the CRM's ids keep their case."""
    plain = comparable_id(text)
    if _CRM_ID.fullmatch(plain) and not plain.isdigit():
        return plain
    return _LEADING_ZEROS.sub("", _ID_NOISE.sub("", plain).casefold())


def _words(text: str) -> tuple[str, ...]:
    """Return the words of a name in any case and with any accents, a leading "Last," put behind."""
    last, comma, first = text.strip().partition(",")
    if comma and first.strip():
        text = f"{first} {last}"
    if text.isascii():
        return tuple(_WORD.findall(text.lower()))
    return tuple(_WORD.findall(fold(text)))


@dataclass(frozen=True, slots=True)
class Record:
    """How much weight a contact's values have: a reachable and lately confirmed one knows better."""

    contact_id: int
    is_active: bool
    verified_on: date | None
    has_identifier: bool = False


class Side(StrEnum):
    """Which of two merged contacts a value comes from."""

    KEPT = "kept"
    MERGED = "merged"


def default_side(
    field: str, kept_value: str | None, merged_value: str | None, kept: Record, merged: Record
) -> Side:
    """Return whose value to propose: the one that says something, the fuller name, else the fresher.

    The address goes by whether it can be written to.
    """
    if field == "email":
        return Side.MERGED if merged.is_active and not kept.is_active else Side.KEPT
    if not kept_value or not merged_value:
        return Side.MERGED if merged_value and not kept_value else Side.KEPT
    if field in {"first_name", "last_name"} and len(kept_value.rstrip(".")) != len(merged_value.rstrip(".")):
        one, other = kept_value.rstrip(".").casefold(), merged_value.rstrip(".").casefold()
        if one.startswith(other) or other.startswith(one):
            return Side.MERGED if len(other) > len(one) else Side.KEPT
    return Side.MERGED if _day(merged.verified_on) > _day(kept.verified_on) else Side.KEPT


def better_kept(one: Record, other: Record) -> tuple[int, int]:
    """Return the ids of the contact to keep and the one to merge into it, as a proposal."""
    first, second = sorted(
        (one, other),
        key=lambda record: (
            not record.is_active,
            -_day(record.verified_on).toordinal(),
            not record.has_identifier,
            record.contact_id,
        ),
    )
    return first.contact_id, second.contact_id


def _day(day: date | None) -> date:
    return day or date.min


def reporting_line(kept_id: int, manager_id: int | None, managers: dict[int, int | None]) -> int | None:
    """Return whom a merged person reports to: `manager_id`, or None when the line would lead back to them.

    `managers` maps contact → whom they report to, as it is after the merge; lines that circle without the
    person end the search.
    """
    seen: set[int] = set()
    above = manager_id
    while above is not None and above not in seen:
        if above == kept_id:
            return None
        seen.add(above)
        above = managers.get(above)
    return manager_id


# Of two invitations of one person in one wave, the one higher up here counts.
OUTCOME_ORDER = (
    "answered", "partial", "declined", "opted_out", "referred", "doubtful", "started", "delivered", "sent",
    "silent", "planned", "unwritten", "too_late", "gone", "bounced",
)  # fmt: skip


def outcome_rank(state: str, *, response_state: str | None, is_doubtful: bool) -> int:
    """Return how much an invitation's outcome weighs, higher is better; see `OUTCOME_ORDER`."""
    outcome = state
    if response_state is not None:
        answered = "partial" if response_state == "partial" else "answered"
        outcome = "doubtful" if is_doubtful else answered
    elif state == "completed":
        outcome = "started"
    return -OUTCOME_ORDER.index(outcome)
