"""Who stands in the demo company's books: accounts and their people, drawn from a seed."""

import itertools
import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from vocapp.accounts.profiles import DEFAULT_PROFILES
from vocapp.demo.words import (
    COMPANY_ENDINGS,
    COMPANY_ROOTS,
    JOB_TITLES,
    LATIN_NAMES,
    NAMES,
    REGIONS,
)

ARR_BANDS = {"Tier 1": (180_000, 640_000), "Tier 2": (60_000, 170_000), "Tier 3": (9_000, 55_000)}
TIER_SHARES = (("Tier 1", 0.2), ("Tier 2", 0.33), ("Tier 3", 0.47))
SEGMENTS = {"Tier 1": "Enterprise", "Tier 2": "Mid-market", "Tier 3": "Growth"}
CURRENCIES = {"North America": "USD", "Asia Pacific": "USD", "Middle East": "USD"}


@dataclass
class Person:
    """A contact to be: `mood` is the rating they lean to, `keenness` the chance that they answer."""

    first_name: str
    last_name: str
    email: str
    title: str
    personas: tuple[str, ...]
    language: str
    time_zone: str
    mood: float
    keenness: float
    verified_on: date | None
    status: str = "active"
    is_role_address: bool = False


@dataclass
class Customer:
    """An account to be, with its people."""

    external_id: str
    name: str
    tier: str
    segment: str
    industry: str
    region: str
    country: str
    product: str
    arr: int
    currency: str
    renewal_date: date
    owner: int
    people: list[Person] = field(default_factory=list)
    story: str = ""
    is_churned: bool = False


def cast_customers(count: int, *, draw: random.Random, today: date, owners: int) -> list[Customer]:
    """Return `count` customers with their people; the same seed and day give the same cast."""
    names = _company_names(draw)
    customers = []
    for number in range(count):
        tier = _tier_of(number, count)
        region = _pick_region(draw)
        country, language, zone, pool = draw.choice(REGIONS[region])
        industry = draw.choice(sorted(COMPANY_ENDINGS))
        name = next(names[industry])
        low, high = ARR_BANDS[tier]
        customer = Customer(
            external_id=f"KC-{1001 + number}",
            name=name,
            tier=tier,
            segment=SEGMENTS[tier],
            industry=industry,
            region=region,
            country=country,
            product=draw.choice(("Planner", "Planner", "Planner + Insights")),
            arr=int(round(draw.triangular(low, high, low * 1.4), -2)),
            currency=CURRENCIES.get(region, "EUR"),
            renewal_date=today + timedelta(days=draw.randint(12, 360)),
            owner=number % owners,
        )
        warmth = draw.gauss(8.1, 1.0)
        # Answering is a habit of the whole account as much as of a person.
        habit = min(max(draw.gauss(0.62, 0.17), 0.15), 0.95)
        customer.people = _cast_people(
            customer,
            language=language,
            zone=zone,
            pool=pool,
            warmth=warmth,
            habit=habit,
            draw=draw,
            today=today,
        )
        # The coldest small customers did not renew.
        customer.is_churned = warmth < 7.3 and habit < 0.66 and tier != "Tier 1"
        customers.append(customer)
    return customers


def _tier_of(number: int, count: int) -> str:
    """Deal tiers out in fixed shares, so that every size of company has all of them."""
    reached = 0.0
    for tier, share in TIER_SHARES:
        reached += share
        if number < round(reached * count):
            return tier
    return TIER_SHARES[-1][0]


def _pick_region(draw: random.Random) -> str:
    weights = {
        "DACH": 5,
        "Western Europe": 6,
        "North America": 6,
        "Middle East": 2,
        "Asia Pacific": 4,
        "Eastern Europe": 3,
    }
    return draw.choices(list(weights), weights=list(weights.values()))[0]


def _company_names(draw: random.Random) -> dict[str, Iterator[str]]:
    """Return an endless stream of distinct names per industry."""

    def stream(industry: str) -> Iterator[str]:
        pairs = [f"{root} {ending}" for root in COMPANY_ROOTS for ending in COMPANY_ENDINGS[industry]]
        draw.shuffle(pairs)
        # A company larger than the supply of names has numbered branches.
        for branch in itertools.count(1):
            yield from (f"{pair} {branch}" if branch > 1 else pair for pair in pairs)

    return {industry: stream(industry) for industry in COMPANY_ENDINGS}


def _cast_people(
    customer: Customer,
    *,
    language: str,
    zone: str,
    pool: str,
    warmth: float,
    habit: float,
    draw: random.Random,
    today: date,
) -> list[Person]:
    """Fill most seats of the tier profile: a few stay empty, a few details are stale."""
    wanted = dict(DEFAULT_PROFILES)[customer.tier]
    people = []
    domain = _domain_of(customer)
    taken: set[str] = set()
    names: set[tuple[str, str]] = set()
    for persona, seats in wanted.items():
        surplus = draw.randint(0, 2) if persona == "power_user" else draw.random() < 0.2
        for _seat in range(seats + surplus):
            if draw.random() < 0.12:
                continue
            first, last = _person_name(pool, names, draw)
            email = _address(first, last, domain, taken, draw)
            # People who sign the cheques answer less, champions more.
            lean = {"decision_maker": -0.18, "champion": 0.16}.get(persona, 0.0)
            stale = draw.random() < 0.18
            verified = today - timedelta(days=draw.randint(100, 400) if stale else draw.randint(2, 80))
            people.append(
                Person(
                    first_name=first,
                    last_name=last,
                    email=email,
                    title=draw.choice(JOB_TITLES[persona]),
                    personas=(persona,),
                    language=language,
                    time_zone=zone,
                    mood=warmth + draw.gauss(0, 0.9) + (0.5 if persona == "champion" else 0),
                    keenness=min(max(habit + lean + draw.gauss(0, 0.12), 0.05), 0.97),
                    verified_on=verified,
                    status=draw.choices(("active", "bounced", "opted_out"), weights=(97, 1.5, 1.5))[0],
                )
            )
    return people


def _person_name(pool: str, taken: set[tuple[str, str]], draw: random.Random) -> tuple[str, str]:
    """Return a first and last name nobody at the account has yet, while there are any."""
    first, last = NAMES[pool]
    drawn = draw.choice(first), draw.choice(last)
    everybody = list(itertools.product(first, last))
    start = everybody.index(drawn)
    name = next((name for name in everybody[start:] + everybody[:start] if name not in taken), drawn)
    taken.add(name)
    return name


def _domain_of(customer: Customer) -> str:
    words = "".join(letter if letter.isalnum() else "-" for letter in customer.name.lower())
    return f"{'-'.join(filter(None, words.split('-')))}.example"


def _address(first: str, last: str, domain: str, taken: set[str], draw: random.Random) -> str:
    """Return an address nobody at the account has yet, in plain letters."""
    plain = unicodedata.normalize("NFKD", f"{first[0]}.{last}".lower().replace("ß", "ss").replace("ł", "l"))
    local = "".join(letter for letter in plain if letter.isascii() and (letter.isalnum() or letter == "."))
    if len(local) < 4 or local.startswith(".") or local.endswith("."):
        local = draw.choice(LATIN_NAMES)
    address, number = f"{local}@{domain}", 2
    while address in taken:
        address, number = f"{local}{number}@{domain}", number + 1
    taken.add(address)
    return address
