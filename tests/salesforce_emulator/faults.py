"""Faults on demand: answers that go wrong, late or not at all."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass
class Fault:
    """What goes wrong, with which requests and how often.

    It lets `after` matching requests pass and then hits `count` of them (None: all). `drop` is "before" (the
    connection breaks and nothing happened) or "after" (everything happened, and then it breaks). Without
    `drop`, `status` is answered before anything happens; with status 0 there is only the latency (seconds).
    """

    path: str = ""
    method: str = ""
    status: int = 0
    code: str = "SERVER_UNAVAILABLE"
    message: str = "The server is unavailable."
    html: str = ""
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    count: int | None = 1
    after: int = 0
    latency: float = 0.0
    drop: str = ""

    def hits(self, method: str, path: str) -> bool:
        """Tell whether this request goes wrong, and count it."""
        if (self.method and self.method != method) or not re.search(self.path, path):
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.count is None:
            return True
        self.count -= 1
        return self.count >= 0
