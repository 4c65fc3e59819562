"""A clock that can jump ahead, shared by all processes of a crash test through one small file."""

import mmap
import struct
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

SIZE = struct.calcsize("d")
STEP_SECONDS = 0.02


class JumpingClock:
    """Fake time: real time plus every jump made so far.

    Between jumps it runs as fast as real time does. Were it faster, a busy machine could not keep promises of
    a few seconds, and workers would begin everything in vain.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("r+b")
        self._memory = mmap.mmap(self._file.fileno(), SIZE)

    @classmethod
    def make(cls, path: Path) -> "JumpingClock":
        """Start a clock at the present moment, in a new file."""
        path.write_bytes(struct.pack("d", 0.0))
        return cls(path)

    def now(self) -> datetime:
        """The fake present."""
        return datetime.fromtimestamp(_real_time() + self._jumped(), tz=UTC)

    def jump(self, by: timedelta) -> None:
        """Move every process on at once."""
        self._memory[:] = struct.pack("d", self._jumped() + by.total_seconds())

    def rule_this_process(self) -> None:
        """Let this process live by this clock until it ends."""
        traveller = time_machine.travel(self.now(), tick=True).start()

        def follow() -> None:
            followed = 0.0
            while True:
                time.sleep(STEP_SECONDS)
                if self._jumped() > followed:
                    traveller.move_to(self.now())
                    followed = self._jumped()

        threading.Thread(target=follow, name="clock", daemon=True).start()

    def close(self) -> None:
        """Let go of the file."""
        self._memory.close()
        self._file.close()

    def _jumped(self) -> float:
        (jumped,) = struct.unpack("d", self._memory[:])
        return float(jumped)


def _real_time() -> float:
    # time.time() may be travelling; the clock behind monotonic() never does.
    return time.monotonic() + _OFFSET


_OFFSET = time.time() - time.monotonic()
