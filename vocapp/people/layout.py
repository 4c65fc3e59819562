"""Where everybody stands on a people map: reporting lines as trees, the others by persona; pure geometry.

All measures are in pixels of the drawing. A tree whose people do not fit beside each other hangs them below
each other instead, so that the same rule lays out a wide screen and a phone.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from vocapp.accounts.rules import would_circle

CARD_WIDTH = 216
CARD_HEIGHT = 84
GAP = 16
LEVEL = 40
INDENT = 24
HEADING = 30
SECTION = 32

MOST_SHOWN = 48
MOST_REPORTS = 8
MOST_IN_GROUP = 5
MOST_COLUMNS = 4
# People beside each other read as a company; below each other, as a list.
HANGING_COSTS = 1.5


@dataclass(frozen=True, slots=True)
class Member:
    """One person to place; `weight` says who is kept when there is no room for all (more matters more).

    `is_gone`: somebody who left; they are placed only where they hold a reporting line.
    """

    id: int
    group: str
    weight: float = 0.0
    reports_to: int | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    """A card: a person (`member_id`), empty seats of a persona (`seat`), or `folded` people not drawn."""

    x: float
    y: float
    member_id: int | None = None
    seat: str | None = None
    folded: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A reporting line as the corners of a path."""

    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """The name of a group, by its key, at its upper left corner."""

    x: float
    y: float
    group: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything placed, and how large it became."""

    width: float
    height: float
    boxes: Sequence[Box]
    lines: Sequence[Line]
    headings: Sequence[Heading]


@dataclass
class _Block:
    """A placed part; `root` is the left edge of its topmost card, `anchor` where a line meets its top."""

    width: float = 0.0
    height: float = 0.0
    root: float = 0.0
    anchor: float = 0.0
    boxes: list[Box] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)

    def take(self, other: "_Block", x: float, y: float) -> None:
        """Place another part inside this one."""
        self.boxes += [replace(box, x=box.x + x, y=box.y + y) for box in other.boxes]
        self.headings += [replace(one, x=one.x + x, y=one.y + y) for one in other.headings]
        self.lines += [Line(tuple((left + x, top + y) for left, top in line.points)) for line in other.lines]
        self.width = max(self.width, x + other.width)
        self.height = max(self.height, y + other.height)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Who is drawn: the people below each person, those without a line, and how many are folded where."""

    roots: Sequence[Member]
    below: Mapping[int, Sequence[Member]]
    folded_below: Mapping[int, int]
    loose: Mapping[str, Sequence[Member]]
    folded_in: Mapping[str, int]


def lay_out(
    members: Sequence[Member], seats: Mapping[str, int], *, groups: Sequence[str], width: float
) -> Drawing:
    """Return a drawing about `width` wide, wider only where a single line of people is.

    `seats` maps group → empty seats, drawn as one card each; `groups` gives the order of the groups, others
    come last.
    """
    chosen = _choose(members)
    whole = _Block()
    forest = _forest(chosen, width)
    if forest.boxes:
        whole.take(forest, 0, 0)
    columns = _columns(chosen, seats, groups, width)
    if columns.boxes:
        whole.take(columns, 0, whole.height + SECTION if forest.boxes else 0)
    return Drawing(whole.width, whole.height, whole.boxes, whole.lines, whole.headings)


def _choose(members: Sequence[Member]) -> _Chosen:
    ordered = sorted(members, key=lambda member: (-member.weight, member.id))
    bosses = _bosses(ordered)
    below: defaultdict[int, list[Member]] = defaultdict(list)
    for member in ordered:
        boss = bosses[member.id]
        if boss is not None:
            below[boss].append(member)
    tops = [member for member in ordered if bosses[member.id] is None and below.get(member.id)]
    sizes = _sizes(tops, below)
    roots, kept, folded = _kept(tops, below, sizes)
    loose: defaultdict[str, list[Member]] = defaultdict(list)
    for member in ordered:
        if bosses[member.id] is None and not below.get(member.id) and not member.is_gone:
            loose[member.group].append(member)
    folded_in = {group: len(people) - MOST_IN_GROUP for group, people in loose.items()}
    return _Chosen(
        roots=roots,
        below=kept,
        folded_below=folded,
        loose={group: people[:MOST_IN_GROUP] for group, people in loose.items()},
        folded_in={group: count for group, count in folded_in.items() if count > 0},
    )


def _bosses(members: Sequence[Member]) -> dict[int, int | None]:
    """Return whom each reports to among those present; a line that would close a circle is left out."""
    known = {member.id for member in members}
    lines: dict[int, int | None] = {}
    for member in members:
        boss = member.reports_to
        is_line = boss is not None and boss in known and not would_circle(member.id, boss, lines)
        lines[member.id] = boss if is_line else None
    return lines


def _sizes(tops: Sequence[Member], below: Mapping[int, Sequence[Member]]) -> dict[int, int]:
    """Return how many people stand below each, at any distance."""
    order: list[int] = []
    waiting = [member.id for member in tops]
    while waiting:
        member_id = waiting.pop()
        order.append(member_id)
        waiting += [child.id for child in below.get(member_id, ())]
    sizes: dict[int, int] = {}
    for member_id in reversed(order):
        sizes[member_id] = sum(1 + sizes[child.id] for child in below.get(member_id, ()))
    return sizes


def _kept(
    tops: Sequence[Member], below: Mapping[int, Sequence[Member]], sizes: Mapping[int, int]
) -> tuple[list[Member], dict[int, list[Member]], dict[int, int]]:
    """Return who of the trees is drawn, level by level while there is room, and what is folded below whom.

    Trees beyond the room are folded below nobody, key 0.
    """
    room = MOST_SHOWN
    roots = list(tops[:room])
    folded = {0: sum(1 + sizes[top.id] for top in tops[room:])}
    room -= len(roots)
    kept: dict[int, list[Member]] = {}
    level = roots
    while level:
        following: list[Member] = []
        for member in level:
            children = below.get(member.id, ())
            kept[member.id] = list(children[: min(MOST_REPORTS, room)])
            room -= len(kept[member.id])
            folded[member.id] = sum(1 + sizes[child.id] for child in children[len(kept[member.id]) :])
            following += kept[member.id]
        level = following
    return roots, kept, {key: count for key, count in folded.items() if count}


def _forest(chosen: _Chosen, width: float) -> _Block:
    trees = [_tree(root, chosen, width) for root in chosen.roots]
    if chosen.folded_below.get(0):
        trees.append(_card(Box(0, 0, folded=chosen.folded_below[0])))
    whole, x, top = _Block(), 0.0, 0.0
    for tree in trees:
        if x and x + tree.width > width:
            x, top = 0.0, whole.height + SECTION
        whole.take(tree, x, top)
        x += tree.width + GAP * 2
    return whole


def _card(box: Box) -> _Block:
    return _Block(CARD_WIDTH, CARD_HEIGHT, 0, CARD_WIDTH / 2, [box])


def _tree(member: Member, chosen: _Chosen, available: float) -> _Block:
    """Return a person with everybody below them, in the lowest of the forms that are not too wide."""
    children = chosen.below.get(member.id, ())
    folded = chosen.folded_below.get(member.id, 0)
    if not children and not folded:
        return _card(Box(0, 0, member_id=member.id))
    ordered = sorted(children, key=lambda child: _has_reports(child, chosen))
    hanging = _hanging(member, _parts(ordered, folded, chosen, available - INDENT))
    forms = [(hanging.height * HANGING_COSTS, hanging)]
    forms += [(form.height, form) for form in _forms_beside(member, ordered, folded, chosen, available)]
    fitting = [form for form in forms if form[1].width <= available]
    return min(fitting or forms[:1], key=lambda form: form[0])[1]


def _forms_beside(
    member: Member, ordered: Sequence[Member], folded: int, chosen: _Chosen, available: float
) -> list[_Block]:
    """Return the ways to put a person above columns of those below: of one width, or branches wider."""
    forms = []
    for columns in range(2, min(len(ordered) + bool(folded), MOST_COLUMNS) + 1):
        room = (available - GAP * (columns - 1)) / columns
        if room >= CARD_WIDTH:
            forms.append(_in_columns(member, _parts(ordered, folded, chosen, room - INDENT), columns))
    leaves = [child for child in ordered if not _has_reports(child, chosen)]
    branches = ordered[len(leaves) :]
    column = INDENT * (len(leaves) + bool(folded) > 1) + CARD_WIDTH + GAP if leaves or folded else 0
    room = (available - column - GAP * (len(branches) - 1)) / max(len(branches), 1)
    if column and branches and room >= CARD_WIDTH:
        alone = _parts(leaves, folded, chosen, CARD_WIDTH)
        parts = [alone[0] if len(alone) == 1 else _hung(alone), *_parts(branches, 0, chosen, room)]
        forms.append(_beside(member, parts))
    return forms


def _has_reports(member: Member, chosen: _Chosen) -> bool:
    return bool(chosen.below.get(member.id)) or member.id in chosen.folded_below


def _parts(children: Sequence[Member], folded: int, chosen: _Chosen, room: float) -> list[_Block]:
    more = [_card(Box(0, 0, folded=folded))] if folded else []
    return [*(_tree(child, chosen, room) for child in children), *more]


def _hung(parts: Sequence[_Block]) -> _Block:
    """Return parts below each other on one line that comes from above."""
    whole, top, spine = _Block(anchor=INDENT / 2), 0.0, INDENT / 2
    for part in parts:
        whole.take(part, INDENT, top)
        middle = top + CARD_HEIGHT / 2
        whole.lines.append(Line(((spine, 0), (spine, middle), (INDENT + part.root, middle))))
        top = whole.height + GAP
    return whole


def _hanging(member: Member, parts: Sequence[_Block]) -> _Block:
    whole = _card(Box(0, 0, member_id=member.id))
    below = _hung(parts)
    whole.take(below, 0, CARD_HEIGHT + GAP)
    whole.lines.append(Line(((INDENT / 2, CARD_HEIGHT), (INDENT / 2, CARD_HEIGHT + GAP))))
    return whole


def _in_columns(member: Member, parts: Sequence[_Block], columns: int) -> _Block:
    """Return a person above columns of parts, each about as high as the others; one part needs no column."""
    per_column = sum(part.height + GAP for part in parts) / columns
    split: list[list[_Block]] = [[]]
    filled = 0.0
    for part in parts:
        if split[-1] and filled + part.height / 2 > per_column * len(split) and len(split) < columns:
            split.append([])
        split[-1].append(part)
        filled += part.height + GAP
    return _beside(member, [column[0] if len(column) == 1 else _hung(column) for column in split])


def _beside(member: Member, parts: Sequence[_Block]) -> _Block:
    whole, x, anchors = _Block(), 0.0, []
    for part in parts:
        whole.take(part, x, CARD_HEIGHT + LEVEL)
        anchors.append(x + part.anchor)
        x += part.width + GAP
    middle = (anchors[0] + anchors[-1]) / 2
    root = min(max(middle - CARD_WIDTH / 2, 0), whole.width - CARD_WIDTH)
    start, bus = root + CARD_WIDTH / 2, CARD_HEIGHT + LEVEL / 2
    whole.take(_card(Box(0, 0, member_id=member.id)), root, 0)
    whole.lines += [
        Line(((start, CARD_HEIGHT), (start, bus), (anchor, bus), (anchor, CARD_HEIGHT + LEVEL)))
        for anchor in anchors
    ]
    whole.root, whole.anchor = root, start
    return whole


def _columns(chosen: _Chosen, seats: Mapping[str, int], groups: Sequence[str], width: float) -> _Block:
    """Return those without a line by group, each group where the page is shortest so far."""
    count = max(1, int((width + GAP) // (CARD_WIDTH + GAP)))
    heights = [0.0] * count
    whole = _Block()
    extra = [group for group in (*chosen.loose, *seats) if group not in groups]
    for group in (*groups, *dict.fromkeys(extra)):
        part = _group(group, chosen, seats.get(group, 0))
        if part is None:
            continue
        column = heights.index(min(heights))
        whole.take(part, column * (CARD_WIDTH + GAP), heights[column])
        heights[column] += part.height + GAP
    return whole


def _group(group: str, chosen: _Chosen, seats: int) -> _Block | None:
    boxes = [Box(0, 0, member_id=member.id) for member in chosen.loose.get(group, ())]
    if chosen.folded_in.get(group):
        boxes.append(Box(0, 0, folded=chosen.folded_in[group]))
    if seats > 0:
        boxes.append(Box(0, 0, seat=group))
    if not boxes:
        return None
    whole = _Block(headings=[Heading(0, 0, group)])
    top = float(HEADING)
    for box in boxes:
        whole.take(_card(box), 0, top)
        top += CARD_HEIGHT + GAP
    return whole
