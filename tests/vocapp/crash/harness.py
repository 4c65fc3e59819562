"""Workers that are killed while they send, and a judge of what became of the mails."""

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

from tests.builders import a_company, a_wave, an_account
from tests.conftest import environment_for
from tests.vocapp.crash.clock import JumpingClock
from tests.vocapp.crash.points import POINTS, RARE_POINTS
from tests.vocapp.crash.sink import Sink
from vocapp.accounts.models import Contact
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.queries import invitation_key
from vocapp.campaigns.rules import InvitationState
from vocapp.core.db import db, reading, transaction
from vocapp.core.gateways import gateways
from vocapp.core.settings import PROJECT_ROOT
from vocapp.core.tokens import derive_token, hash_token, new_nonce
from vocapp.outbox.lanes import set_pacing
from vocapp.outbox.models import Message
from vocapp.outbox.queries import troubled_messages
from vocapp.outbox.rules import MessageState
from vocapp.outbox.service import queue_message

AT_RANDOM = "at random"
# With fewer mails to send the workers have little to do.
IDLE = 12
DOMAINS = 5
LEAP = timedelta(minutes=3)
# Seconds between two leaps, and which of them wait for nobody.
SHORTEST_CALM, LONGEST_CALM = 0.3, 20.0
LEAPS_AT_ANY_TIME = 5
UNSETTLED = (MessageState.QUEUED, MessageState.SENDING)


class Workers:
    """Some worker processes at a time; whoever dies is replaced by `refill`."""

    def __init__(
        self,
        server: subprocess.Popen[str],
        at_work: Path,
        *,
        size: int,
        armed: int,
        fault: str | None = None,
    ) -> None:
        """`armed` of them are to die at a point; `at_work` is the folder where each says that it is."""
        self._server, self._size, self._armed, self._fault = server, size, armed, fault
        self._at_work = at_work
        self._chance = random.Random(7)
        self.living: dict[int, str | None] = {}
        self.deaths: Counter[str] = Counter()

    def refill(self, points: Iterator[str] | None = None, *, are_all_armed: bool = False) -> None:
        """Count the dead by where they died, and start as many anew, some or all with a point to die at."""
        most = self._size if are_all_armed else self._armed
        for process, point in list(self.living.items()):
            if not is_alive(process):
                del self.living[process]
                self.deaths[point or "by itself"] += 1
        while len(self.living) < self._size:
            armed = sum(1 for point in self.living.values() if point is not None)
            point = next(points) if points is not None and armed < most else None
            order = {"point": point, "passes": self._passes(point), "fault": self._fault}
            assert self._server.stdin is not None
            assert self._server.stdout is not None
            self._server.stdin.write(json.dumps(order) + "\n")
            self._server.stdin.flush()
            self.living[int(self._server.stdout.readline())] = point

    def _passes(self, point: str | None) -> int:
        return 1 if point in RARE_POINTS else self._chance.randint(1, 6)

    def kill_one(self) -> None:
        """Kill any of those that would not die by themselves, wherever it is."""
        unarmed = [one for one, point in self.living.items() if point is None]
        process = self._chance.choice(unarmed) if unarmed else None
        if process is not None and is_alive(process):
            del self.living[process]
            os.kill(process, signal.SIGKILL)
            self.deaths[AT_RANDOM] += 1

    def live_in_peace(self) -> None:
        """Replace those that would die by themselves, while none of them is at work for long."""
        for process, point in list(self.living.items()):
            if point is not None and is_alive(process):
                os.kill(process, signal.SIGKILL)
                del self.living[process]
                self.deaths[AT_RANDOM] += 1
        self.refill()

    def are_at_work(self) -> bool:
        """Whether any of the living has mail in hand."""
        owners = {int(note.name.partition(".")[0]) for note in self._at_work.iterdir()}
        return any(is_alive(process) for process in owners & self.living.keys())

    @property
    def kills(self) -> int:
        """How many have died."""
        return self.deaths.total()


def is_alive(process: int) -> bool:
    """Whether a process is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def workers_for(
    sink: Sink,
    clock: JumpingClock,
    *,
    size: int = 4,
    armed: int = 2,
    fault: str | None = None,
    **settings: str,
) -> Iterator[Workers]:
    """Have worker processes that send to a sink and live by a clock, until the end."""
    ours = replace(gateways().settings, mail_url=f"smtp://127.0.0.1:{sink.port}")
    environment = {**environment_for(ours), **settings}
    at_work = clock.path.with_name("at work")
    at_work.mkdir()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.vocapp.crash.worker_server", str(clock.path), str(at_work)],
        env=environment,
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if os.environ.get("CRASH_LOG") else subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        yield Workers(server, at_work, size=size, armed=armed, fault=fault)
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.communicate()


def plan_wave(number: int) -> list[int]:
    """Plan invitations for so many people; return their ids. Nobody is asked before `ask`."""
    a_company()
    account, wave = an_account(), a_wave()
    people = [
        {
            "account_id": account.id,
            "email": address(index),
            "email_key": address(index),
            "first_name": "Ana",
        }
        for index in range(number)
    ]
    with transaction():
        set_pacing(per_minute=0, warm_up_from=None)
        wave.closes_at = wave.closes_at.replace(year=wave.closes_at.year + 3)
        db.session.execute(insert(Contact), people)
        contacts = db.session.scalars(select(Contact.id).order_by(Contact.id)).all()
        rows = [_invitation(wave.id, account.id, contact) for contact in contacts]
        db.session.execute(insert(Invitation), rows)
        return list(db.session.scalars(select(Invitation.id).order_by(Invitation.id)))


def _invitation(wave_id: int, account_id: int, contact_id: int) -> dict[str, Any]:
    nonce = new_nonce()
    token = derive_token(gateways().settings.secret_key, "answer", nonce)
    return {
        "wave_id": wave_id,
        "account_id": account_id,
        "contact_id": contact_id,
        "nonce": nonce,
        "token_hash": hash_token(token),
        "state": InvitationState.PLANNED,
    }


def address(index: int) -> str:
    """The address of the person with this number."""
    return f"p{index}@customer{index % DOMAINS}.example"


def ask(invitations: Sequence[int], *, first: int = 0) -> None:
    """Put the mails of some invitations on their way; `first` is the number of the first person."""
    with transaction():
        for place, invitation_id in enumerate(invitations):
            queue_message(
                key=invitation_key(invitation_id),
                template="invitation",
                context={},
                subject_kind="invitation",
                subject_id=invitation_id,
                to_address=address(first + place),
                from_name="Ana Silva",
                reply_to="ana.silva@vendor.example",
            )


@dataclass(frozen=True)
class Verdict:
    """What became of all mails, by recipient."""

    arrived: Counter[str]
    states: dict[str, str]
    shown: frozenset[str]
    without_follow_up: frozenset[str]
    deaths: Counter[str] = field(default_factory=Counter)

    @property
    def doubled(self) -> set[str]:
        """Who was written to twice."""
        return {recipient for recipient, count in self.arrived.items() if count > 1}

    @property
    def lost(self) -> set[str]:
        """Whose mail neither arrived nor is known not to have, nor is in doubt where a person sees it."""
        silent = {
            recipient
            for recipient, state in self.states.items()
            if state in {MessageState.SENT, *UNSETTLED} and recipient not in self.arrived
        }
        return silent | (self.unknown - self.shown)

    @property
    def unknown(self) -> set[str]:
        """Whose mail is in doubt."""
        return self.of(MessageState.UNKNOWN)

    def of(self, state: MessageState) -> set[str]:
        """Whose mail stands so."""
        return {recipient for recipient, found in self.states.items() if found == state}

    def __str__(self) -> str:
        states = Counter(str(state) for state in self.states.values())
        return (
            f"{len(self.states)} mails, {sum(self.arrived.values())} arrivals, "
            f"{self.deaths.total()} deaths {dict(self.deaths)}; "
            f"lost {len(self.lost)}, doubled {len(self.doubled)}, "
            f"without follow-up {len(self.without_follow_up)}, states {dict(states)}"
        )


def judge(sink: Sink, deaths: Counter[str] | None = None) -> Verdict:
    """Compare what the database says with what the mail server took."""
    with reading() as session:
        states = dict(session.execute(select(Message.to_address, Message.state)).all())
        shown = frozenset(message.to_address for message in session.scalars(troubled_messages()))
        forgotten = (
            select(Message.to_address)
            .join(Invitation, Invitation.id == Message.subject_id)
            .where(Message.state == MessageState.SENT, Invitation.state == InvitationState.PLANNED)
        )
        without = frozenset(session.scalars(forgotten))
    arrived = Counter(arrival.recipient for arrival in sink.arrivals)
    return Verdict(arrived, states, shown, without, deaths or Counter())


def state_of(recipient: str) -> str | None:
    """How the mail to somebody stands, as the transaction under way sees it."""
    return db.session.scalar(select(Message.state).where(Message.to_address == recipient))


def about_to_be_sent() -> list[str]:
    """Whose mail a worker has claimed and not yet marked."""
    with reading() as session:
        claimed = select(Message.to_address).where(
            Message.state == MessageState.QUEUED, Message.claimed_by.is_not(None)
        )
        return list(session.scalars(claimed.order_by(Message.id)))


def count(*states: MessageState) -> int:
    """How many messages stand in these states."""
    with reading() as session:
        return session.scalar(select(func.count()).select_from(Message).where(Message.state.in_(states))) or 0


def nothing_is_under_way() -> bool:
    """Whether every mail has an end or is in doubt, and everything that follows from it is written down."""
    return count(*UNSETTLED) == 0 and follow_ups_owed() == 0


def nothing_is_open(sink: Sink) -> bool:
    """Whether nothing is under way and no mail is in doubt; the mail server's log goes on meanwhile."""
    sink.say_something()
    return nothing_is_under_way() and count(MessageState.UNKNOWN) == 0


class Hurry:
    """Lets time leap whenever no worker has mail in hand; now and then, whoever has.

    Did it never wait, a busy machine would lose each reservation before it could use it, and get nowhere.
    """

    def __init__(self, workers: Workers, clock: JumpingClock) -> None:
        self._workers, self._clock = workers, clock
        self._leaps = itertools.count(1)
        self._is_patient = True
        self._last_leap = time.monotonic()

    def look(self) -> bool:
        """Leap if it is time to; return whether it was."""
        calm = time.monotonic() - self._last_leap
        longest = LONGEST_CALM if self._is_patient else SHORTEST_CALM
        if calm < SHORTEST_CALM or (calm < longest and self._workers.are_at_work()):
            return False
        self._clock.jump(LEAP)
        self._is_patient = next(self._leaps) % LEAPS_AT_ANY_TIME != 0
        self._last_leap = time.monotonic()
        return True


def settle(
    workers: Workers,
    clock: JumpingClock,
    *,
    patience: float = 180.0,
    is_settled: Callable[[], bool] = nothing_is_under_way,
) -> None:
    """Let workers finish in peace: time passes until no mail is under way and all follow-ups are made."""
    ends = time.monotonic() + patience
    hurry = Hurry(workers, clock)
    workers.live_in_peace()
    while not is_settled():
        assert time.monotonic() < ends, f"{count(*UNSETTLED)} mails are still under way after {patience} s"
        hurry.look()
        time.sleep(0.1)


def follow_ups_owed() -> int:
    """How many sent mails still have an owner, because what follows is not written down."""
    with reading() as session:
        owed = select(func.count()).select_from(Message)
        owed = owed.where(Message.state == MessageState.SENT, Message.claimed_by.is_not(None))
        return session.scalar(owed) or 0


def storm(
    workers: Workers,
    clock: JumpingClock,
    invitations: Sequence[int],
    *,
    kills: int,
    points: Sequence[str] = tuple(POINTS),
    after_each: Callable[[int], None] = lambda _asked: None,
    seconds: float = 600,
) -> int:
    """Kill workers again and again while mails come in, at random and at the named points.

    `invitations` are more than enough: a share of them is asked with every kill, and a few more whenever the
    workers have little to do, so that there is always a mail to die with. For each few more, one who only
    takes mails away from those who are to die with them is killed, too. `after_each` kill is called with how
    many have been asked so far. Returns how many were asked in the end.
    """
    chance = random.Random(11)
    orders = itertools.cycle(points)
    hurry = Hurry(workers, clock)
    asked = killed = 0
    share = len(invitations) * 2 // 3
    ends = time.monotonic() + seconds
    while workers.kills < kills or asked < share or not set(points) <= set(workers.deaths):
        assert time.monotonic() < ends, f"{workers.deaths} and {asked} asked after {seconds} s"
        wanted = min(share, share * (workers.kills + 8) // kills)
        is_idle = wanted <= asked and count(*UNSETTLED) < IDLE
        if is_idle:
            wanted = min(len(invitations), asked + IDLE)
            workers.kill_one()
        workers.refill(orders, are_all_armed=is_idle)
        if wanted > asked:
            ask(invitations[asked:wanted], first=asked)
            asked = wanted
        if workers.kills > killed:
            killed = workers.kills
            after_each(asked)
        hurry.look()
        time.sleep(chance.uniform(0.0, 0.1))
        if workers.deaths[AT_RANDOM] <= workers.kills * 0.6:
            workers.kill_one()
    return asked
