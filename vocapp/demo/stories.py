"""The stories the demo company tells, each one told by changing a customer that fits."""

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from vocapp.demo.casting import Customer, Person
from vocapp.demo.words import COMEBACK, COMPANY_ENDINGS, NAMES

SILENT = "silent"
CHAMPION_LEFT = "champion_left"
CARRIED_BY_ONE = "carried_by_one"
NO_DECISION_MAKER = "no_decision_maker"
COMEBACK_STORY = "comeback"
STRICT_REGION = "DACH"
# From so many accounts on it can be said how a rating stands in its region; two to spare.
STRICT_ACCOUNTS = 12
# Where the customers that are missing come from, and which part of the strict region speaks as they do.
NEIGHBOUR, THERE = "France", "Switzerland"

STORY_NAMES = {
    SILENT: "Meridian Harbour Logistics",
    CHAMPION_LEFT: "Halden Robotics",
    CARRIED_BY_ONE: "Solstice Outfitters",
    NO_DECISION_MAKER: "Brightwater Diagnostics",
    COMEBACK_STORY: "Fenwick Insurance Group",
}


@dataclass(frozen=True)
class Answer:
    """What a person does in a wave: a rating, or None for silence; a comment when they wrote one."""

    rating: int | None
    comment: str | None = None


def stage_stories(customers: list[Customer], *, draw: random.Random, today: date) -> None:
    """Turn five customers into the stories' heroes; with fewer customers, tell fewer stories.

    The strict region gets customers from next door, if those make it large enough to be judged by itself.
    """
    heroes = [c for c in customers if c.region != STRICT_REGION and not c.is_churned]
    first = [customer for customer in heroes if customer.tier == "Tier 1"]
    second = [customer for customer in heroes if customer.tier != "Tier 1"]
    plots = (
        (SILENT, first[:1]),
        (COMEBACK_STORY, first[1:2]),
        (CHAMPION_LEFT, second[:1]),
        (CARRIED_BY_ONE, second[1:2]),
        (NO_DECISION_MAKER, second[2:3]),
    )
    for story, found in plots:
        for customer in found:
            customer.story = story
            _rename(customer, STORY_NAMES[story])
            _tell(customer, draw=draw, today=today)
    _fill_strict_region(customers)


def _fill_strict_region(customers: list[Customer]) -> None:
    missing = STRICT_ACCOUNTS - sum(customer.region == STRICT_REGION for customer in customers)
    near = [one for one in customers if one.country == NEIGHBOUR and not one.story and not one.is_churned]
    if len(near) >= missing:
        for customer in near[: max(0, missing)]:
            customer.region, customer.country = STRICT_REGION, THERE


def _rename(customer: Customer, name: str) -> None:
    customer.name = name
    customer.industry = next(
        industry for industry, endings in COMPANY_ENDINGS.items() if name.endswith(endings)
    )
    domain = f"{name.lower().replace(' ', '-')}.example"
    for person in customer.people:
        person.email = f"{person.email.partition('@')[0]}@{domain}"


def _tell(customer: Customer, *, draw: random.Random, today: date) -> None:
    people = customer.people
    if customer.story == SILENT:
        customer.arr, customer.renewal_date = 512_000, today + timedelta(days=71)
        _need(customer, "decision_maker", today)
    elif customer.story == COMEBACK_STORY:
        customer.renewal_date = today + timedelta(days=148)
        _need(customer, "decision_maker", today)
    elif customer.story == CHAMPION_LEFT:
        _need(customer, "champion", today)
        for person in people:
            if "champion" in person.personas:
                person.status = "left"
        customer.renewal_date = today + timedelta(days=41)
    elif customer.story == CARRIED_BY_ONE:
        hero = _need(customer, "champion", today)
        hero.keenness, hero.mood = 1.0, 9.8
        for person in people:
            if person is not hero:
                person.keenness = 0.03
    elif customer.story == NO_DECISION_MAKER:
        customer.people = [person for person in people if "decision_maker" not in person.personas]
        for person in customer.people:
            person.mood, person.keenness = draw.uniform(9.2, 10.0), 0.95


def _need(customer: Customer, persona: str, today: date) -> Person:
    """Return the customer's first person of a persona, hired when there is none."""
    for person in customer.people:
        if persona in person.personas:
            person.verified_on = today - timedelta(days=20)
            return person
    model = customer.people[0]
    first, last = NAMES["english"][0][0], NAMES["english"][1][0]
    hired = replace(
        model, first_name=first, last_name=last, personas=(persona,), email=f"grace.{model.email}"
    )
    hired.verified_on = today - timedelta(days=20)
    customer.people.append(hired)
    return hired


def answer_of(customer: Customer, person: Person, *, wave: int, draw: random.Random) -> Answer:
    """Return what a person does in wave 0 (a year ago) to 4 (the open one)."""
    keen = draw.random() < person.keenness
    noise = draw.gauss(0, 0.8)
    comment_roll = draw.random()
    if customer.story == SILENT:
        # They talked to us once, and then no more.
        keen = keen and wave == 0
    if customer.story == COMEBACK_STORY:
        rating, words = COMEBACK[min(wave, len(COMEBACK) - 1)]
        is_voice = person is _voice_of(customer)
        if is_voice:
            return Answer(rating, words)
        person_rating = _on_scale(rating + noise / 2)
        return Answer(person_rating if draw.random() < 0.45 + wave * 0.12 else None, None)
    if not keen:
        return Answer(None)
    top = 7 if customer.region == STRICT_REGION else 10
    lean = -1.2 if customer.region == STRICT_REGION else 0.0
    rating = min(_on_scale(person.mood + lean + noise), top)
    return Answer(rating, "" if comment_roll < 0.62 else None)


def _voice_of(customer: Customer) -> Person:
    return next(person for person in customer.people if "decision_maker" in person.personas)


def _on_scale(value: float) -> int:
    return min(max(round(value), 0), 10)
