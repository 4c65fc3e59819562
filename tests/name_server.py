"""A name server on loopback, for tests that must really ask."""

import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


@contextmanager
def a_name_server(
    zone: Mapping[tuple[str, str], Sequence[str]], *, answers: bool = True
) -> Iterator[tuple[tuple[str, int], list[str]]]:
    """Serve records over UDP, by (name with its final dot, kind); yield its address and what it was asked."""
    asked: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.05)
        stopped = threading.Event()

        def serve() -> None:
            while not stopped.is_set():
                try:
                    wire, sender = server.recvfrom(4096)
                except TimeoutError:
                    continue
                if answers:
                    server.sendto(_reply(wire, zone, asked), sender)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname(), asked
        finally:
            stopped.set()
            thread.join()


def _reply(wire: bytes, zone: Mapping[tuple[str, str], Sequence[str]], asked: list[str]) -> bytes:
    query = dns.message.from_wire(wire)
    name, kind = query.question[0].name.to_text(), dns.rdatatype.to_text(query.question[0].rdtype)
    asked.append(f"{name} {kind}")
    reply = dns.message.make_response(query)
    reply.flags |= dns.flags.RA
    if name == "broken.example.":
        reply.set_rcode(dns.rcode.SERVFAIL)
    elif (name, kind) in zone:
        reply.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *zone[name, kind]))
    elif name not in {known for known, _ in zone}:
        reply.set_rcode(dns.rcode.NXDOMAIN)
    return reply.to_wire()
