"""Running a query: which rows, in which order, and how each is written."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from tests.salesforce_emulator import soql_parser
from tests.salesforce_emulator.conditions import IDS, Getter, compile_expression
from tests.salesforce_emulator.ids import normal_id
from tests.salesforce_emulator.moments import parse_moment, write_moment
from tests.salesforce_emulator.refusals import no_such_column, no_such_object
from tests.salesforce_emulator.schema import NAME_FIELDS, TEXTS, Field, Kind
from tests.salesforce_emulator.soql_parser import Condition, Expression, Joined, Key, Path, Query, complain
from tests.salesforce_emulator.table import AFTER, Row, Table

if TYPE_CHECKING:
    from tests.salesforce_emulator.org import Org

NAME_KIND = Kind("Name", "")
NAME_KIND.add(*(Field(name, "boolean" if name == "IsActive" else "string") for name in NAME_FIELDS))
NAME_TYPE = NAME_KIND.fields["type"]
MOST_OFFSET = 2000
Writer = Callable[[Row], dict[str, Any]]
Bound = tuple[str, str] | None
Column = tuple[tuple[Field, ...], tuple[str, ...], Field]


@dataclass(frozen=True)
class Found:
    """The result of a query: rows as they were when it ran, and how they are written."""

    kind: Kind
    rows: list[Row]
    total: int
    paths: tuple[tuple[str, ...], ...]
    getters: tuple[Getter, ...]
    types: tuple[str, ...]
    write: Writer


class Binder:
    """Turns paths into fields and getters, as one user sees the org."""

    def __init__(self, org: "Org", query: Query, kind: Kind, user: str) -> None:
        self.org, self.kind, self.user = org, kind, user
        self.source = query.source
        self.today: datetime = org.clock.now()

    def bind(self, path: Path) -> tuple[Field, Getter]:
        """Return the field at the end of a path and how to read it."""
        steps, field, _ = self.follow(path)
        return field, reader(self.org, steps, field)

    def follow(self, path: Path) -> tuple[tuple[Field, ...], Field, tuple[str, ...]]:
        """Return the references on the way, the field at the end, and the path in its own spelling."""
        kind, steps, spelled = self.kind, [], []
        for name in path.parts[:-1]:
            step = kind.relationship(name)
            if step is None or not self._sees(kind, step.name):
                message = f"Didn't understand relationship '{name}' in field path."
                raise complain(self.source, path.at, message, "INVALID_FIELD")
            steps.append(step)
            spelled.append(step.relationship)
            targets = [self.org.schema.visible_kind(target, self.user) for target in step.refers_to]
            kind = NAME_KIND if len(targets) > 1 else targets[0] or NAME_KIND
        field = kind.get(path.parts[-1])
        if field is None or not self._sees(kind, field.name):
            refusal = no_such_column(path.parts[-1], kind.name)
            raise complain(self.source, path.at, refusal.message, "INVALID_FIELD")
        return tuple(steps), field, (*spelled, field.name)

    def _sees(self, kind: Kind, name: str) -> bool:
        return kind is NAME_KIND or self.org.schema.visible_field(kind, name, self.user) is not None


def reader(org: "Org", steps: tuple[Field, ...], field: Field) -> Getter:
    """Return how to read a field behind references; a checkbox nobody touched is false."""
    last = _own_reader(org, field)
    if not steps:
        return last
    links = [step.name for step in steps]

    def over_parents(row: Row) -> Any:
        current: Row | None = row
        for link in links:
            current = org.parent(current.get(link))
            if current is None:
                return None
        return last(current)

    return over_parents


def _own_reader(org: "Org", field: Field) -> Getter:
    name, default = field.name, field.default
    if field is NAME_TYPE:
        return lambda row: org.kind_name(row["Id"])
    if field.type == "boolean":
        return lambda row: row.get(name, default)
    return lambda row: row.get(name)


def run(org: "Org", source: str, user: str, version: str, *, with_deleted: bool) -> tuple[Query, Found]:
    """Run a query as a user. Raises `ApiError` for what is not understood or not visible."""
    query = soql_parser.parse(source)
    kind = org.schema.visible_kind(query.entity, user)
    if kind is None:
        raise no_such_object(query.entity)
    binder = Binder(org, query, kind, user)
    followed = [binder.follow(path) for path in query.paths]
    getters = tuple(reader(org, steps, field) for steps, field, _ in followed)
    test = compile_expression(query.where, binder)
    keys = [(key, *binder.bind(key.path)) for key in query.order]
    for key, field, _ in keys:
        if not field.is_filterable or field.type == "multipicklist":
            message = f"field '{key.path.parts[-1]}' can not be sorted in a query call"
            raise complain(query.source, key.path.at, message, "INVALID_FIELD")
    if query.offset is not None and query.offset > MOST_OFFSET:
        raise complain(
            query.source, 0, f"Maximum SOQL offset allowed is {MOST_OFFSET}", "NUMBER_OUTSIDE_VALID_RANGE"
        )
    rows = _rows(org, query, kind, test, keys, with_deleted=with_deleted)
    total = len(rows)
    if query.is_count:
        rows = []
    columns = [(steps, path, field) for steps, field, path in followed]
    paths = tuple(path for _, path, _ in columns)
    types = tuple(field.type for _, _, field in columns)
    return query, Found(kind, rows, total, paths, getters, types, _writer(org, kind, columns, version))


def _rows(
    org: "Org", query: Query, kind: Kind, test: Any, keys: list[Any], *, with_deleted: bool
) -> list[Row]:
    table = org.table(kind.name)
    names = [".".join(key.path.parts).lower() for key in query.order]
    is_rising = not any(key.is_descending for key in query.order)
    by_stamp = is_rising and names in (["systemmodstamp"], ["systemmodstamp", "id"])
    by_id = is_rising and names == ["id"]
    limit = None if query.limit is None else query.limit + (query.offset or 0)
    is_sorted, candidates = _candidates(table, query, by_stamp=by_stamp, by_id=by_id)
    sees = org.visibility()
    stop = limit if is_sorted or not keys else None
    found: list[Row] = []
    if stop != 0:
        for row in candidates:
            if row.get("IsDeleted") and not with_deleted:
                continue
            if (sees is None or sees(row["Id"])) and (test is None or test(row)):
                found.append(row)
                if len(found) == stop:
                    break
    if not is_sorted:
        for key, field, get in reversed(keys):
            _sort(found, key, field, get)
    return found[query.offset or 0 : limit]


def _candidates(table: Table, query: Query, *, by_stamp: bool, by_id: bool) -> tuple[bool, Iterable[Row]]:
    """Return rows that may pass, cheaply, and whether they come in the order asked for."""
    rows = table.rows
    few = _looked_up(table, query.where)
    if few is not None:
        return False, few
    low, high = _stamp_bounds(query.where)
    if by_stamp or low or high:
        return by_stamp, (rows[key] for _, key in table.stamped(low, high))
    if by_id:
        return True, (rows[key] for key in table.ids(_id_bound(query.where)))
    return False, rows.values()


def _conjuncts(where: Expression | None) -> tuple[Expression, ...]:
    if where is None:
        return ()
    return where.parts if isinstance(where, Joined) and where.word == "AND" else (where,)


def _looked_up(table: Table, where: Expression | None) -> list[Row] | None:
    for part in _conjuncts(where):
        if not isinstance(part, Condition) or part.operator not in ("=", "IN") or len(part.path.parts) > 1:
            continue
        field = table.kind.get(part.path.parts[0])
        if field is None or not all(value.kind == "text" and value.value for value in part.values):
            continue
        if field.type == "id":
            keys = sorted({str(normal_id(value.value)) for value in part.values})
            return [table.rows[key] for key in keys if key in table.rows]
        if field.type in IDS or (field.type in TEXTS and (field.is_external_id or field.type == "email")):
            values = {normal_id(v.value) if field.type in IDS else str(v.value) for v in part.values}
            found = {row["Id"]: row for value in values for row in table.find(field.name, value)}
            return [found[key] for key in sorted(found)]
    return None


def _id_bound(where: Expression | None) -> str:
    for part in _conjuncts(where):
        if (
            isinstance(part, Condition)
            and part.operator in (">", ">=")
            and part.path.parts[0].lower() == "id"
        ):
            return normal_id(part.values[0].value) or ""
    return ""


def _stamp_bounds(where: Expression | None) -> tuple[Bound, Bound]:
    """Return what (stamp, id) must be at least and stay below, as far as a condition says so plainly."""
    if isinstance(where, Condition):
        if [name.lower() for name in where.path.parts] != ["systemmodstamp"] or where.values[
            0
        ].kind != "moment":
            return None, None
        moment = parse_moment(str(where.values[0].value))
        if moment is None:
            return None, None
        stamp = write_moment(moment)
        before, behind = (stamp, ""), (stamp, AFTER)
        return {
            "=": (before, behind),
            ">": (behind, None),
            ">=": (before, None),
            "<": (None, before),
            "<=": (None, behind),
        }.get(where.operator, (None, None))
    if not isinstance(where, Joined):
        return None, None
    bounds = [_stamp_bounds(part) for part in where.parts]
    lows, highs = [low for low, _ in bounds], [high for _, high in bounds]
    if where.word == "AND":
        return max(filter(None, lows), default=None), min(filter(None, highs), default=None)
    return (
        None if None in lows else min(low for low in lows if low),
        None if None in highs else max(high for high in highs if high),
    )


def _sort(rows: list[Row], key: Key, field: Field, get: Getter) -> None:
    folds = field.type in TEXTS and not field.is_case_sensitive
    empties = [row for row in rows if get(row) is None]
    full = [row for row in rows if get(row) is not None]
    full.sort(key=lambda row: get(row).lower() if folds else get(row), reverse=key.is_descending)
    rows[:] = full + empties if key.nulls_last else empties + full


def _writer(org: "Org", kind: Kind | None, columns: list[Column], version: str) -> Writer:
    """Return how a row is written with its parents nested in it; without a kind, rows tell it by their id."""
    flat = [(path[0], reader(org, (), field)) for _, path, field in columns if len(path) == 1]
    below: dict[str, list[Column]] = {}
    for column in columns:
        if len(column[1]) > 1:
            below.setdefault(column[1][0], []).append(column)
    parents = []
    for name, nested in below.items():
        link: Field = nested[0][0][0]
        target = org.schema.get(link.refers_to[0]) if len(link.refers_to) == 1 else None
        shorter = [(steps[1:], path[1:], field) for steps, path, field in nested]
        parents.append((name, link.name, _writer(org, target, shorter, version)))
    base = f"/services/data/v{version}/sobjects"

    def write(row: Row) -> dict[str, Any]:
        name = kind.name if kind else org.kind_name(row["Id"])
        answer: dict[str, Any] = {"attributes": {"type": name, "url": f"{base}/{name}/{row['Id']}"}}
        for column, get in flat:
            answer[column] = get(row)
        for parent_name, link_name, write_parent in parents:
            parent = org.parent(row.get(link_name))
            answer[parent_name] = None if parent is None else write_parent(parent)
        return answer

    return write
