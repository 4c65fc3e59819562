"""What a sender's domains publish about its mail (SPF, DKIM, DMARC, mail hosts), read from the DNS."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from integrations.dns import Resolver
from integrations.mail.dkim import record_name

# RFC 7208 §4.6.4: beyond that, receivers take the whole record for broken.
MOST_SPF_LOOKUPS = 10
# Where counting ends: a record that includes itself has no end of its own.
_COUNTED_LOOKUPS = 25


@dataclass(frozen=True)
class SpfReading:
    """What the SPF records of a domain come to.

    `records` are those of the domain itself; `lookups` counts the questions they make a receiver ask, those
    of included records too. `everybody` is what they say about everybody else: "-", "~", "?", "+", or None
    when they say nothing. `is_permitted` says whether all given addresses may send, None when none was given.
    """

    records: tuple[str, ...] = ()
    lookups: int = 0
    everybody: str | None = None
    is_permitted: bool | None = None


@dataclass(frozen=True)
class DkimReading:
    """The published keys of a selector, each as its base64 text; an empty one was withdrawn."""

    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class DmarcReading:
    """The DMARC record that holds for a domain: where it stands, how often, and what it asks for.

    `domain` is None when no domain from the asked one upwards publishes one.
    """

    domain: str | None = None
    records: tuple[str, ...] = ()
    policy: str = ""
    is_dkim_strict: bool = False
    is_spf_strict: bool = False


@dataclass(frozen=True, kw_only=True)
class Published:
    """Everything the DNS says about a sender; `relay_names`: addresses of the relay, each with names."""

    spf: SpfReading
    dkim: DkimReading
    dmarc: DmarcReading
    return_hosts: tuple[str, ...]
    relay_names: tuple[tuple[str, tuple[str, ...]], ...] = ()


def read_published(
    resolver: Resolver,
    *,
    from_domain: str,
    return_domain: str,
    dkim: tuple[str, str] | None,
    relay_host: str | None,
) -> Published:
    """Return what the DNS says; `dkim` is domain and selector, `relay_host` the mail server if it counts.

    Raises Retryable when the DNS does not answer.
    """
    addresses = _addresses_of(resolver, relay_host) if relay_host else ()
    return Published(
        spf=read_spf(resolver, return_domain, addresses),
        dkim=read_dkim(resolver, *dkim) if dkim else DkimReading(),
        dmarc=read_dmarc(resolver, from_domain),
        return_hosts=resolver.mx(return_domain) or resolver.address(return_domain),
        relay_names=tuple((address, resolver.pointer(address)) for address in addresses),
    )


def is_aligned(one: str, other: str, *, is_strict: bool = False) -> bool:
    """Whether two domains align (RFC 7489 §3.1): the same one or, unless strict, one above the other.

    Two that are only sisters may align as well, but which parents are common ones nobody can tell by name.
    """
    one, other = one.lower().rstrip("."), other.lower().rstrip(".")
    if one == other:
        return True
    return not is_strict and (one.endswith(f".{other}") or other.endswith(f".{one}"))


def read_dkim(resolver: Resolver, domain: str, selector: str) -> DkimReading:
    """Return the keys published under a selector of a domain."""
    found = (tags_of(text) for text in resolver.txt(record_name(domain, selector)))
    usable = (tags for tags in found if tags.get("v", "DKIM1") == "DKIM1" and "p" in tags)
    return DkimReading(tuple("".join(tags["p"].split()) for tags in usable))


def read_dmarc(resolver: Resolver, domain: str) -> DmarcReading:
    """Return the DMARC record of a domain, or else of the nearest domain above it that has one."""
    labels = domain.lower().rstrip(".").split(".")
    for start in range(max(len(labels) - 1, 1)):
        above = ".".join(labels[start:])
        texts = resolver.txt(f"_dmarc.{above}")
        records = tuple(text for text in texts if _version(text) == "v=dmarc1")
        if records:
            tags = tags_of(records[0])
            # A subdomain without a record of its own follows the `sp` of the domain above it.
            policy = tags.get("p", "") if start == 0 else tags.get("sp", tags.get("p", ""))
            return DmarcReading(
                above,
                records,
                policy.lower(),
                is_dkim_strict=tags.get("adkim", "r").lower() == "s",
                is_spf_strict=tags.get("aspf", "r").lower() == "s",
            )
    return DmarcReading()


def read_spf(resolver: Resolver, domain: str, addresses: Sequence[str] = ()) -> SpfReading:
    """Return what the SPF records of a domain come to, for a sender of some IP addresses."""
    records = _spf_records(resolver, domain)
    if len(records) != 1:
        return SpfReading(records)
    senders = [ip_address(address) for address in addresses]
    walk = _SpfWalk(resolver, senders)
    everybody = walk.follow(records[0], domain)
    is_permitted = walk.permitted.issuperset(senders) if senders else None
    return SpfReading(records, walk.lookups, everybody, is_permitted)


def tags_of(record: str) -> dict[str, str]:
    """Return the `tag=value` pairs of a DKIM or DMARC record, tags in lower case; a tag's first counts."""
    tags: dict[str, str] = {}
    for part in record.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            tags.setdefault(name.strip().lower(), value.strip())
    return tags


class _SpfWalk:
    """Goes through an SPF record and all it includes, counting questions and permitted addresses."""

    def __init__(self, resolver: Resolver, addresses: Sequence[IPv4Address | IPv6Address]) -> None:
        self.permitted: set[IPv4Address | IPv6Address] = set()
        self.lookups = 0
        self._addresses = addresses
        self._resolver = resolver

    def follow(self, record: str, domain: str) -> str | None:
        """Return what a record says about everybody else, in the end by its `redirect`."""
        redirect = None
        for term in record.split()[1:]:
            is_permit = term[0] not in "-~?"
            name, _, value = term.lstrip("+-~?").partition(":")
            name, _, mask = name.lower().partition("/")
            if name == "all":
                return "+" if is_permit else term[0]
            if name.startswith("redirect="):
                redirect = term.partition("=")[2]
            elif name in {"ip4", "ip6"} and is_permit:
                self._permit_network(value)
            elif name in {"a", "mx"}:
                self.lookups += 1
                target, _, value_mask = value.partition("/")
                if is_permit and self._addresses:
                    self._permit_hosts(name, target or domain, (value_mask or mask).partition("/")[0])
            elif name == "include":
                # Whom an included record lets everybody be, this one does, too.
                if self._go_on_to(value) == "+" and is_permit:
                    return "+"
            elif name in {"exists", "ptr"}:
                self.lookups += 1
        return self._go_on_to(redirect) if redirect else None

    def _go_on_to(self, domain: str) -> str | None:
        self.lookups += 1
        if self.lookups > _COUNTED_LOOKUPS or "%" in domain:
            return None
        records = _spf_records(self._resolver, domain)
        return self.follow(records[0], domain) if records else None

    def _permit_network(self, network: str) -> None:
        try:
            allowed = ip_network(network, strict=False)
        except ValueError:
            return
        self.permitted.update(address for address in self._addresses if address in allowed)

    def _permit_hosts(self, kind: str, domain: str, mask: str) -> None:
        if "%" in domain or self.lookups > _COUNTED_LOOKUPS:
            return
        hosts = self._resolver.mx(domain) if kind == "mx" else (domain,)
        for host in hosts[:MOST_SPF_LOOKUPS]:
            for address in self._resolver.address(host):
                self._permit_network(f"{address}/{mask}" if mask and ":" not in address else address)


def _spf_records(resolver: Resolver, domain: str) -> tuple[str, ...]:
    texts = resolver.txt(domain)
    return tuple(text for text in texts if text.lower() == "v=spf1" or text.lower().startswith("v=spf1 "))


def _version(record: str) -> str:
    return "".join(record.partition(";")[0].split()).lower()


def _addresses_of(resolver: Resolver, host: str) -> tuple[str, ...]:
    try:
        return (str(ip_address(host)),)
    except ValueError:
        return resolver.address(host)
