"""What can go wrong outside, sorted by what the caller should do next."""

from datetime import timedelta


class Retryable(Exception):
    """It did not happen, and trying again later may work.

    `reason` is one plain sentence; `retry_after` is the wait the other side asked for, if it said so.
    """

    def __init__(self, reason: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


class Rejected(Exception):
    """It did not happen, and trying the same again will not work.

    `reason` is one plain sentence; `code` is the other side's own code for it, if it gave one.
    """

    def __init__(self, reason: str, *, code: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Uncertain(Exception):
    """Nobody on this side can know whether it happened: the other side may have it (RFC 1047).

    Trying again may do it twice; only a look-up on the other side settles it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
