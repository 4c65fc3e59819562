"""The connection test: every step tried in turn, each with what to do when it does not go well."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from integrations.crm.base import NoAccess, SchemaChanged
from integrations.crm.records import Batch, CheckLine, ObjectInfo, Operation, Write
from integrations.crm.salesforce import describing, identity, reading, soql, writing
from integrations.crm.salesforce.errors import is_schema_code
from integrations.crm.salesforce.line import Line
from integrations.errors import Rejected, Retryable

# A signed request is good for three minutes, and the windows of a sync end two minutes ago.
_MOST_SKEW = timedelta(minutes=2)
_MOST_USED = 0.8
_TRY_LATER = "Wait some minutes and test again."
_ASK_LOG = "Look up the code in Salesforce's documentation, or ask whoever administers the organisation."
_GIVE_SIGHT = "Give the integration user a permission set that may read this object and its fields."
_NO_RIGHT = ("INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY", "CANNOT_UPDATE", "NO_ACCESS")


def check(line: Line, objects: Mapping[str, Sequence[str]]) -> Iterator[CheckLine]:
    """Yield one line per step; stops where nothing after it could work. Never raises, never writes."""
    first = _tried("Signing in", lambda: _sign_in(line))
    yield first
    if not first.is_fine:
        return
    yield _tried("API version", lambda: _version(line))
    yield _tried("Organisation", lambda: _organisation(line))
    yield _tried("Clock", lambda: _clock(line))
    yield _tried("Calls of the day", lambda: _usage(line))
    for name, fields in objects.items():
        yield from _check_object(line, name, fields)


def _check_object(line: Line, name: str, fields: Sequence[str]) -> Iterator[CheckLine]:
    infos: list[ObjectInfo] = []
    samples: list[str] = []

    def described() -> CheckLine:
        infos.append(describing.describe_object(line, name))
        return _fields(infos[0], fields)

    def read() -> CheckLine:
        samples.extend(_sample(line, infos[0], fields))
        if samples:
            return CheckLine(f"Reading {name}", True, f"We can read {name}.")
        return CheckLine(
            f"Reading {name}",
            True,
            f"We may read {name}, but see no record of it.",
            hint="If there are records, give the integration user “View All” for this object.",
        )

    yield _tried(f"Fields of {name}", described)
    if not infos:
        return
    yield _tried(f"Reading {name}", read)
    yield _tried(f"Writing {name}", lambda: _writing(line, infos[0], samples))


def _tried(name: str, step: Callable[[], CheckLine]) -> CheckLine:
    try:
        return step()
    except NoAccess as refused:
        return CheckLine(name, False, refused.reason, refused.hint, {"access": refused.access.value})
    except SchemaChanged as changed:
        return CheckLine(name, False, changed.reason, _GIVE_SIGHT, {"object": changed.object})
    except Rejected as refused:
        return CheckLine(name, False, refused.reason, _ASK_LOG, {"code": refused.code})
    except Retryable as busy:
        return CheckLine(name, False, busy.reason, _TRY_LATER)
    except (ValueError, KeyError, TypeError, AttributeError) as surprise:
        # An answer in a form that Salesforce never gives, or a name that cannot be one.
        words = str(surprise) if isinstance(surprise, ValueError) else "The answer has an unknown form."
        return CheckLine(name, False, words, "Check the My Domain and the mapping.")


def _sign_in(line: Line) -> CheckLine:
    token = line.token()
    return CheckLine(
        "Signing in", True, f"Signed in at {identity.host(line)}.", details={"user": token.user_id}
    )


def _version(line: Line) -> CheckLine:
    wanted, offered = line.access.api_version, identity.read_versions(line)
    if wanted in offered:
        return CheckLine("API version", True, f"Version {wanted} is on offer.")
    newest = max(offered, key=_as_number, default="none")
    return CheckLine(
        "API version",
        False,
        f"The organisation does not offer version {wanted}; the newest is {newest}.",
        "Enter a version that is on offer in the connection's settings.",
        {"offered": offered},
    )


def _as_number(version: str) -> float:
    return float(version) if version.replace(".", "", 1).isdigit() else 0.0


def _organisation(line: Line) -> CheckLine:
    # Signing in has already refused any other organisation than the expected one.
    who = identity.read_identity(line)
    kind = "a sandbox" if who.is_sandbox else "a production organisation"
    return CheckLine(
        "Organisation",
        bool(who.organisation),
        f"This is {kind}, {who.organisation}." if who.organisation else "Salesforce does not say who it is.",
        ""
        if who.organisation
        else "Give the External Client App the scope “Access the identity URL service (id)”.",
        {"organisation": who.organisation, "is_sandbox": who.is_sandbox, "address": who.address},
    )


def _clock(line: Line) -> CheckLine:
    skew = datetime.now(UTC) - identity.read_clock(line)
    seconds = round(abs(skew.total_seconds()))
    if abs(skew) <= _MOST_SKEW:
        return CheckLine(
            "Clock", True, f"Our clock and theirs are {seconds} s apart.", details={"seconds": seconds}
        )
    way = "ahead of" if skew > timedelta(0) else "behind"
    return CheckLine(
        "Clock",
        False,
        f"This computer's clock is {seconds} s {way} Salesforce's.",
        "Let this computer set its clock from the network (NTP).",
        {"seconds": seconds, "access": "clock"},
    )


def _usage(line: Line) -> CheckLine:
    usage = identity.read_usage(line)
    if not usage.allowed or usage.used is None:
        return CheckLine("Calls of the day", True, "Salesforce does not say how many calls are left.")
    is_fine = usage.used < usage.allowed * _MOST_USED
    return CheckLine(
        "Calls of the day",
        is_fine,
        f"{usage.used:,} of {usage.allowed:,} API calls are used.",
        ""
        if is_fine
        else "Find out under Setup, System Overview, what uses so many, or run the sync less often.",
        {"allowed": usage.allowed, "used": usage.used},
    )


def _fields(info: ObjectInfo, wanted: Sequence[str]) -> CheckLine:
    missing = [path for path in wanted if not _is_known(info, path)]
    known = [info.fields[path] for path in wanted if path in info.fields]
    details = {
        "missing": missing,
        "read_only": [field.name for field in known if not field.is_updateable],
        "lengths": {field.name: field.length for field in known if field.length},
        "external_ids": [field.name for field in known if field.is_external_id],
        "is_createable": info.is_createable,
        "is_updateable": info.is_updateable,
    }
    name = f"Fields of {info.name}"
    if missing:
        return CheckLine(
            name,
            False,
            f"We do not see {', '.join(missing)} of {info.name}.",
            "Check that the fields are there, and let a permission set show them to the integration user; "
            "our own come with the package and its permission set VOC_Integration.",
            details,
        )
    return CheckLine(name, True, f"We see every field of {info.name} that is needed.", "", details)


def _is_known(info: ObjectInfo, path: str) -> bool:
    try:
        soql.known_paths(info, [path])
    except (Rejected, ValueError):
        return False
    return True


def _sample(line: Line, info: ObjectInfo, wanted: Sequence[str]) -> list[str]:
    parents = [path for path in wanted if "." in path and _is_known(info, path)]
    query = soql.select(["Id", *dict.fromkeys(parents)], info.name, []) + " LIMIT 1"
    return [str(row["Id"]) for row in reading.rows_of(line, "query", query)]


def _writing(line: Line, info: ObjectInfo, samples: Sequence[str]) -> CheckLine:
    """Try to change a record that cannot exist: we learn whether we might, and nothing is written."""
    name = f"Writing {info.name}"
    give = f"Give the integration user “Edit” for {info.name}, if anything is to be written there."
    if not info.is_updateable:
        return CheckLine(
            name, True, f"We may read {info.name}, but not change it.", give, {"may_write": False}
        )
    if not samples:
        return CheckLine(
            name, True, f"We should be able to change {info.name}; there is no record to try it on."
        )
    nobody = samples[0][:3] + "0" * 12
    batch = Batch(info.name, Operation.UPDATE, [Write("probe", {}, id=nobody)])
    refusal = writing.write(line, batch)[0].refusal
    if refusal is not None and (refusal.code in _NO_RIGHT or is_schema_code(refusal.code)):
        return CheckLine(
            name,
            False,
            f"Salesforce does not let us change {info.name} ({refusal.code}).",
            give,
            {"may_write": False, "code": refusal.code},
        )
    return CheckLine(name, True, f"We may change {info.name}.", details={"may_write": True})
