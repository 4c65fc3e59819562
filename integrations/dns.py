"""Asking the DNS: text records, mail hosts, addresses, and the names of addresses."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from time import monotonic
from typing import Protocol, cast

import dns.exception
import dns.rdatatype
import dns.resolver
import dns.reversename
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.TXT import TXT

from integrations.errors import Retryable

Names = tuple[str, ...]

_LONGEST_KEPT = 300.0
_NOTHING_KEPT = 60.0
_SILENCE_KEPT = 15.0


class Resolver(Protocol):
    """Answers questions about names. Each answer is empty when the name has no such record.

    Every question raises Retryable with one plain sentence when the DNS does not answer.
    """

    def txt(self, name: str) -> Names:
        """Return the text records of a name, the pieces of each joined."""
        ...

    def mx(self, domain: str) -> Names:
        """Return the mail hosts of a domain in lower case, preferred first; a null MX (RFC 7505) is none."""
        ...

    def address(self, name: str) -> Names:
        """Return the IPv4 addresses of a host, then its IPv6 addresses."""
        ...

    def pointer(self, address: str) -> Names:
        """Return the names an IP address points back to."""
        ...

    def forget(self) -> None:
        """Ask anew from now on, whatever was answered before."""
        ...


class SystemResolver:
    """Asks the name servers of this machine, or one that is named; safe to share between threads.

    Answers are kept as long as they say, five minutes at most; that there is none, for a minute.
    """

    def __init__(self, server: tuple[str, int] | None = None, *, seconds: float = 4.0) -> None:
        """`server` is an IP address and a port; `seconds` is the longest wait for one answer."""
        self._server = server
        self._seconds = seconds
        self._asking: dns.resolver.Resolver | None = None
        self._kept: OrderedDict[tuple[str, str], tuple[float, Names | Retryable]] = OrderedDict()
        self._lock = Lock()

    def txt(self, name: str) -> Names:
        """See `Resolver.txt`."""
        return self._ask(name, "TXT", _texts)

    def mx(self, domain: str) -> Names:
        """See `Resolver.mx`."""
        return self._ask(domain, "MX", _hosts)

    def address(self, name: str) -> Names:
        """See `Resolver.address`."""
        return self._ask(name, "A", _plain) + self._ask(name, "AAAA", _plain)

    def pointer(self, address: str) -> Names:
        """See `Resolver.pointer`."""
        try:
            name = dns.reversename.from_address(address).to_text()
        except (dns.exception.SyntaxError, ValueError):
            return ()
        return self._ask(name, "PTR", _plain)

    def forget(self) -> None:
        """See `Resolver.forget`."""
        with self._lock:
            self._kept.clear()

    def _ask(self, name: str, kind: str, read: Callable[[dns.resolver.Answer], Names]) -> Names:
        question = (_plain_name(name), kind)
        if not question[0]:
            return ()
        with self._lock:
            until, known = self._kept.get(question, (0.0, ()))
        if until <= monotonic():
            known, seconds = self._look_up(question, read)
            with self._lock:
                self._kept[question] = (monotonic() + seconds, known)
                self._kept.move_to_end(question)
                if len(self._kept) > 10_000:
                    self._kept.popitem(last=False)
        if isinstance(known, Retryable):
            raise Retryable(known.reason)
        return known

    def _look_up(
        self, question: tuple[str, str], read: Callable[[dns.resolver.Answer], Names]
    ) -> tuple[Names | Retryable, float]:
        name, kind = question
        try:
            answer = self._resolver().resolve(f"{name}.", kind, raise_on_no_answer=False, search=False)
        except dns.resolver.NXDOMAIN:
            return (), _NOTHING_KEPT
        except (dns.resolver.LifetimeTimeout, dns.resolver.NoNameservers, OSError):
            return Retryable(f"The DNS does not answer about {name}."), _SILENCE_KEPT
        except dns.resolver.NoResolverConfiguration:
            return Retryable("This machine has no DNS server set up."), _SILENCE_KEPT
        except (dns.exception.DNSException, UnicodeError):
            # Such a name cannot stand in the DNS at all.
            return (), _NOTHING_KEPT
        if answer.rrset is None:
            return (), _NOTHING_KEPT
        return read(answer), min(float(answer.rrset.ttl), _LONGEST_KEPT)

    def _resolver(self) -> dns.resolver.Resolver:
        # Not at the start: a machine may have no resolver set up, and may never need one.
        if self._asking is None:
            asking = dns.resolver.Resolver(configure=self._server is None)
            if self._server is not None:
                asking.nameservers, asking.port = [self._server[0]], self._server[1]
            asking.lifetime = self._seconds
            self._asking = asking
        return self._asking


class FixedResolver:
    """Answers from a table: `{"vendor.example": {"txt": [...], "mx": [...], "address": [...]}}`.

    The names an address points to stand under the address, as `pointer`. What the table does not hold has no
    such record. With `is_silent`, nothing is answered at all. `asked` lists the questions, as (name, kind).
    """

    def __init__(
        self, records: Mapping[str, Mapping[str, Sequence[str]]] | None = None, *, is_silent: bool = False
    ) -> None:
        self.records = {_plain_name(name): dict(kinds) for name, kinds in (records or {}).items()}
        self.is_silent = is_silent
        self.asked: list[tuple[str, str]] = []

    def txt(self, name: str) -> Names:
        """See `Resolver.txt`."""
        return self._answer(name, "txt")

    def mx(self, domain: str) -> Names:
        """See `Resolver.mx`."""
        return self._answer(domain, "mx")

    def address(self, name: str) -> Names:
        """See `Resolver.address`."""
        return self._answer(name, "address")

    def pointer(self, address: str) -> Names:
        """See `Resolver.pointer`."""
        return self._answer(address, "pointer")

    def forget(self) -> None:
        """See `Resolver.forget`."""

    def _answer(self, name: str, kind: str) -> Names:
        name = _plain_name(name)
        self.asked.append((name, kind))
        if self.is_silent:
            raise Retryable(f"The DNS does not answer about {name}.")
        return tuple(self.records.get(name, {}).get(kind, ()))


def _plain_name(name: str) -> str:
    return name.strip().rstrip(".").lower()


def _texts(answer: dns.resolver.Answer) -> Names:
    return tuple(b"".join(cast(TXT, record).strings).decode("utf-8", "replace") for record in answer)


def _hosts(answer: dns.resolver.Answer) -> Names:
    records = sorted((cast(MX, record) for record in answer), key=lambda one: (one.preference, one.exchange))
    hosts = (_plain_name(record.exchange.to_text()) for record in records)
    return tuple(host for host in hosts if host)


def _plain(answer: dns.resolver.Answer) -> Names:
    return tuple(_plain_name(record.to_text()) for record in answer)
