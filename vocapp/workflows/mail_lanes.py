"""Looking up which mail hosts take the mails that are due."""

from time import monotonic

from integrations.errors import Retryable
from vocapp.core.clock import utcnow
from vocapp.core.db import reading, transaction
from vocapp.core.gateways import gateways
from vocapp.outbox.lanes import has_lanes, lane_for, place_messages, unplaced_domains

# The rest is looked up in the next round, so that mails whose hosts are known do not wait for the DNS.
LOOKING_SECONDS = 3.0


def place_due_messages() -> None:
    """Give due messages their lane, asking the DNS outside of any transaction.

    A domain whose hosts cannot be learned now is a lane of its own: its mails are slowed like all others.
    """
    if not has_lanes():
        return
    now = utcnow()
    with reading():
        domains = unplaced_domains(now=now)
    if not domains:
        return
    until = monotonic() + LOOKING_SECONDS
    lanes: dict[str, list[int]] = {}
    for domain, message_ids in domains.items():
        try:
            hosts = gateways().dns.mx(domain)
        except Retryable:
            hosts = ()
        lanes.setdefault(lane_for(domain, hosts), []).extend(message_ids)
        if monotonic() > until:
            break
    with transaction():
        for lane in sorted(lanes):
            place_messages(lane, lanes[lane], now=now)
