"""A clock that runs fast and can jump, shared by all processes of a crash test through one small file."""

import mmap
import struct
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import time_machine

SIZE = struct.calcsize("4d")
STEP_SECONDS = 0.01


class FastClock:
    """Fake time: `speed` times as fast as real time, plus every jump made so far."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("r+b")
        self._memory = mmap.mmap(self._file.fileno(), SIZE)

    @classmethod
    def make(cls, path: Path, *, speed: float) -> "FastClock":
        """Start a clock at the present moment, in a new file."""
        path.write_bytes(struct.pack("4d", time.time(), time.monotonic(), speed, 0.0))
        return cls(path)

    def now(self) -> datetime:
        """The fake present."""
        began, real, speed, jumped = struct.unpack("4d", self._memory[:SIZE])
        return datetime.fromtimestamp(began + (time.monotonic() - real) * speed + jumped, tz=UTC)

    def jump(self, by: timedelta) -> None:
        """Move every process on at once."""
        (jumped,) = struct.unpack("d", self._memory[SIZE - 8 : SIZE])
        self._memory[SIZE - 8 : SIZE] = struct.pack("d", jumped + by.total_seconds())

    def rule_this_process(self) -> None:
        """Let this process live by this clock until it ends."""
        traveller = time_machine.travel(self.now(), tick=True).start()

        def follow() -> None:
            while True:
                time.sleep(STEP_SECONDS)
                traveller.move_to(self.now())

        threading.Thread(target=follow, name="clock", daemon=True).start()

    def close(self) -> None:
        """Let go of the file."""
        self._memory.close()
        self._file.close()
