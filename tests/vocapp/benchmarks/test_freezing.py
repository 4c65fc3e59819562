"""What others were like when a wave closed stays as it was, whatever happens to them later."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from surveys.standing import standing
from tests.builders import NOW, a_profile, a_tier, a_user
from tests.conftest import CheckingClient
from tests.vocapp.benchmarks.builders import a_scored_account
from tests.vocapp.relationship.builders import a_closed_wave, asked, people
from vocapp.accounts.models import Account
from vocapp.benchmarks.freezing import cohorts_now, freeze_cohorts
from vocapp.benchmarks.models import FrozenCohort
from vocapp.benchmarks.queries import standings_by_wave, standings_of
from vocapp.benchmarks.rules import Compared, Rung
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.relationship.models import AccountScore
from vocapp.workflows.wave_closed import wave_closed


def page(client: CheckingClient, path: str) -> str:
    return " ".join(client.get(path).get_data(as_text=True).split())


def test_a_standing_of_a_closed_wave_never_moves(client: CheckingClient) -> None:
    tier, later = a_tier(), a_tier("Tier 2", 2)
    a_profile(tier, champion=1)
    with time_machine.travel(NOW, tick=False):
        own = a_scored_account(tier_id=tier.id)
        others = [a_scored_account(strength=8.0 * number, tier_id=tier.id) for number in range(12)]
        unasked = a_closed_wave(NOW - timedelta(days=150))
        asked(*people(own, "champion"), unasked, rating=9)
        wave = a_closed_wave()
        asked(*people(own, "champion"), wave, rating=9)
        wave_closed({"wave_id": wave.id})
        then = standings_by_wave(own.id)
        live = standings_of(own.id)

        assert set(then) == {wave.id}
        assert not any(standings_by_wave(other.id) for other in others)
        for measure, kept in then[wave.id].items():
            now = live[measure]
            assert (kept.value, kept.rung, kept.cohort, kept.n) == (now.value, Rung.TIER, ("Tier 1",), now.n)
            assert (kept.percentile, kept.ci, kept.without_value) == (
                now.percentile,
                now.ci,
                now.without_value,
            )
        cohort = db.session.scalars(select(FrozenCohort)).one()
        figures = list(cohort.figures["strength"])
        figures.remove(live[Compared.STRENGTH].value)
        again = standing(live[Compared.STRENGTH].value, figures)
        assert again is not None
        assert again.percentile == then[wave.id][Compared.STRENGTH].percentile

        with transaction():
            db.session.execute(update(Account).where(Account.id != own.id).values(tier_id=later.id))
            db.session.execute(update(AccountScore).values(strength=1.0))
            db.session.expire_all()
        wave_closed({"wave_id": wave.id})
        assert standings_of(own.id)[Compared.STRENGTH].rung is not Rung.TIER
        assert standings_by_wave(own.id) == then

        client.sign_in(a_user(RoleName.LEADER))
        percentile = f"{then[wave.id][Compared.STRENGTH].percentile:.0f}"
        for path in (f"/accounts/{own.id}", f"/accounts/{own.id}/why"):
            shown = page(client, path)
            assert "not frozen then" in shown
            assert (
                f'<span class="v-figure">{percentile}</span> <small class="v-quiet">among 12 others' in shown
            )


@pytest.mark.usefixtures("app")
def test_a_wave_is_frozen_once_and_only_for_customers_it_asked() -> None:
    wave = a_closed_wave()
    accounts = [a_scored_account(strength=8.0 * number) for number in range(12)]
    gone = a_scored_account(status="churned")
    asked_ = [accounts[0].id, gone.id]
    with transaction():
        assert freeze_cohorts(wave.id, cohorts_now(asked_), now=NOW)
        assert not freeze_cohorts(wave.id, cohorts_now(asked_), now=NOW)
        assert not freeze_cohorts(wave.id + 1, cohorts_now(asked_), now=NOW)
    assert standings_by_wave(accounts[0].id)[wave.id][Compared.STRENGTH].n == 11
    assert standings_by_wave(gone.id) == {}
    assert len(db.session.scalars(select(FrozenCohort)).all()) == 1
