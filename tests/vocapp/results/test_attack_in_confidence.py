"""Somebody who asks for everything, before and after things happen, works out nobody's answer."""

import re
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

from tests.builders import a_contact, a_persona, a_tier, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.results.builders import (
    a_rich_version,
    a_rich_wave,
    an_answer,
    confidential_answers,
    fixed,
)
from tests.vocapp.results.test_in_confidence import counts_on
from vocapp.accounts.models import Account
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import WaveState
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.responses.models import Response, ResponseRevision
from vocapp.responses.service import release

FEWEST = 5


def a_small_company() -> tuple[Wave, list[Account], list[User]]:
    """Seven accounts of two CSMs in two tiers and regions, 19 people in three parts and two languages."""
    wave = a_rich_wave(a_rich_version(is_confidential=True), state=WaveState.CLOSED)
    csms = [a_user(), a_user()]
    accounts = [
        an_account(
            owner_id=csms[number % 2].id,
            tier_id=a_tier(f"Tier {1 + number % 2}", 1 + number % 2).id,
            region=("North", "South")[number // 4],
        )
        for number in range(7)
    ]
    people = [("champion", "en")] * 8 + [("admin", "en")] * 7 + [("decision_maker", "de")] * 4
    for number, (persona, language) in enumerate(people):
        one = [accounts[number % 7]]
        confidential_answers(wave, one, [number % 11], persona=persona, language=language)
    return wave, accounts, csms


def all_filters(accounts: list[Account]) -> list[str]:
    """Every combination of up to two filters; more are refused like two, and would only take time."""
    choices: dict[str, list[Any]] = {
        "tier": ["", *{one.tier_id for one in accounts}],
        "owner": ["", *{one.owner_id for one in accounts}],
        "region": ["", "North", "South"],
        "persona": ["", *(a_persona(key).id for key in ("champion", "admin", "decision_maker"))],
        "language": ["", "en", "de"],
    }
    found = []
    for chosen in product(*choices.values()):
        asked = [f"{name}={value}" for name, value in zip(choices, chosen, strict=True) if value != ""]
        if len(asked) <= 2:
            found.append("&".join(asked))
    return found


def ask_everybody(
    client: CheckingClient, wave: Wave, filters: list[str], readers: list[User]
) -> dict[tuple[int, str], tuple[int, ...]]:
    """(reader, filter) → how many gave each rating, of all that is shown."""
    shown = {}
    for reader in readers:
        client.sign_in(reader)
        for one in filters:
            page = client.get(f"/waves/{wave.id}/results?{one}").get_data(as_text=True)
            counts = counts_on(" ".join(page.split()))
            if counts:
                shown[reader.id, one] = tuple(counts[str(rating)] for rating in range(11))
    return shown


def differences(shown: set[tuple[int, ...]]) -> list[int]:
    """By how many people two figures, or one figure and the sum of two others, differ."""
    figures = [np.array(one) for one in shown]
    sums = figures + [one + other for one, other in combinations(figures, 2)]
    return [int(np.abs(one - other).sum()) for one in sums for other in figures]


def test_every_filter_for_every_reader_before_and_after_tells_nobodys_answer(client: CheckingClient) -> None:
    leader = a_user(RoleName.LEADER)
    wave, accounts, csms = a_small_company()
    doubtful = an_answer(wave, 0, account=accounts[0], quarantine_reason="too_fast")
    twin = db.session.query(Response).filter_by(wave_id=wave.id).first()
    fixed(wave)
    readers, filters = [leader, *csms], all_filters(accounts)
    before = ask_everybody(client, wave, filters, readers)
    assert len(set(before.values())) > 2
    other = a_contact(accounts[1])
    with transaction():
        kept = ResponseRevision(
            response_id=doubtful.id, number=1, answers=dict(doubtful.answers), source="link",
            at=utcnow(), quarantine_reason="too_fast", page="", is_autosaved=False,
        )  # fmt: skip
        db.session.add(kept)
        db.session.flush()
        release(kept, now=utcnow(), by=leader)
        assert twin is not None
        twin.contact.merged_into_id = other.id
        for account in accounts:
            account.tier_id, account.owner_id, account.region = accounts[0].tier_id, csms[0].id, "North"
    assert db.session.get_one(Response, doubtful.id).quarantine_reason is None
    fixed(wave)
    after = ask_everybody(client, wave, filters, readers)
    # Whoever has no account in it any more does not find the wave.
    assert after.items() == {key: shown for key, shown in before.items() if key[0] != csms[1].id}.items()
    for counts in before.values():
        assert sum(counts) >= FEWEST
    assert not [one for one in differences(set(before.values())) if 0 < one < FEWEST]

    with transaction():
        again = ResponseRevision(
            response_id=twin.id, number=2, answers={"rating": 1}, source="link", at=utcnow(),
            quarantine_reason="too_fast", page="", is_autosaved=False,
        )  # fmt: skip
        db.session.add(again)
        db.session.flush()
        with pytest.raises(DomainError, match="is fixed; keep this form out"):
            release(again, now=utcnow(), by=leader)

    with transaction():
        db.session.delete(twin)
    client.sign_in(leader)
    page = client.get(f"/waves/{wave.id}/results").get_data(as_text=True)
    assert "Not shown any more" in page
    assert not re.findall(r"\?persona=", page)


def test_a_wave_shows_nothing_before_it_is_fixed_what_counts(client: CheckingClient) -> None:
    leader = a_user(RoleName.LEADER)
    wave, _accounts, _csms = a_small_company()
    client.sign_in(leader)
    assert "Nearly there" in client.get(f"/waves/{wave.id}/results").get_data(as_text=True)
