"""Champions who are told first: what they get, and when everybody is asked then."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask

from tests.builders import NOW, a_company, a_contact, an_account
from tests.vocapp.campaigns.builders import invitations_of, messages_for
from tests.vocapp.campaigns.test_right_time import launched, pass_time
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.errors import DomainError
from vocapp.worker import run_due_jobs
from vocapp.workflows import launch_wave as planning


@pytest.fixture(autouse=True)
def inside(separate_app: Flask) -> Iterator[Flask]:
    with separate_app.app_context():
        a_company()
        yield separate_app


def test_champions_hear_before_everybody_is_asked_and_nobody_gets_more_than_three_mails() -> None:
    thursday = NOW + timedelta(days=1)
    with time_machine.travel(thursday, tick=False) as clock:
        account = an_account()
        champion = a_contact(account, personas=("decision_maker", "champion"))
        user = a_contact(account, personas=("power_user",))
        wave = launched(account, at=thursday, has_heads_up=True)
        run_due_jobs()
        told = {(mail.template, mail.to_address) for mail in messages_for(wave)}
        assert told == {
            ("heads_up", champion.email),
            ("invitation", champion.email),
            ("invitation", user.email),
        }
        monday = datetime(2026, 3, 16, 9, tzinfo=UTC)
        asked = [mail for mail in messages_for(wave) if mail.template == "invitation"]
        assert {mail.next_attempt_at for mail in asked} == {monday}
        assert {invitation.state for invitation in invitations_of(wave)} == {InvitationState.PLANNED}
        pass_time(clock, until=thursday + timedelta(days=20), step=timedelta(hours=6))
        mails = Counter((mail.template, mail.to_address) for mail in messages_for(wave))
        assert mails == {
            ("heads_up", champion.email): 1,
            ("invitation", champion.email): 1,
            ("reminder", champion.email): 1,
            ("invitation", user.email): 1,
            ("reminder", user.email): 2,
        }


def test_a_champion_gets_the_heads_up_in_the_place_of_the_announcement() -> None:
    with time_machine.travel(NOW, tick=False):
        account = an_account()
        a_contact(account, personas=("champion",))
        a_contact(account, personas=("power_user",))
        wave = launched(account, has_heads_up=True, has_prenotice=True)
        run_due_jobs()
        assert Counter(mail.template for mail in messages_for(wave)) == {
            "heads_up": 1,
            "prenotice": 1,
            "invitation": 2,
        }


def test_a_champion_who_is_asked_alone_is_told_of_no_colleagues() -> None:
    with time_machine.travel(NOW, tick=False):
        account = an_account()
        a_contact(account, personas=("champion",))
        wave = launched(account, has_heads_up=True)
        run_due_jobs()
        assert Counter(mail.template for mail in messages_for(wave)) == {"invitation": 1}


@pytest.mark.parametrize("announced", ["has_heads_up", "has_prenotice"])
def test_a_wave_that_would_close_before_it_asks_is_refused(announced: str) -> None:
    with time_machine.travel(NOW, tick=False):
        account = an_account()
        a_contact(account, personas=("champion",))
        a_contact(account)
        with pytest.raises(DomainError, match="would close before 2 of 2 people are asked"):
            launched(account, days=1, **{announced: True})
        assert launched(account, days=9, **{announced: True}).state == WaveState.OPEN


def test_colleagues_count_wherever_a_large_launch_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "BATCH", 2)
    with time_machine.travel(NOW, tick=False):
        account = an_account(name="Aster")
        for name in ("Ade", "Bo", "Cam"):
            a_contact(account, last_name=name, personas=("champion",))
        alone = a_contact(an_account(name="Birch"), personas=("champion",))
        wave = launched(account, alone.account, has_heads_up=True)
        run_due_jobs()
        told = Counter(mail.to_address for mail in messages_for(wave) if mail.template == "heads_up")
        assert len(invitations_of(wave)) == 4
        assert sorted(told.values()) == [1, 1, 1]
        assert alone.email not in told
