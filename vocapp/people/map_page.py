"""The people map of an account, put together: a drawing for screens, one for phones, and the table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from flask_babel import gettext, ngettext

from vocapp.accounts.models import Account
from vocapp.accounts.queries import footprint_of, personas_in_order
from vocapp.accounts.rules import ContactStatus
from vocapp.people.layout import CARD_WIDTH, Box, Drawing, Heading, Member, lay_out
from vocapp.people.lettering import fitted, lines_of
from vocapp.people.phrases import card_label, reading_line, stance_line
from vocapp.people.queries import PersonCard, person_cards, stand_of
from vocapp.people.rules import read_people

WIDE, NARROW = 912, 296
TEXT_AT = 54
# Small text is set at 12 px; of regular weight, its letters run narrower than those of a name.
NAME_SIZE, SMALL_SIZE = 14.0, 11.4
LINE = 17
INFLUENCE_WEIGHT = {"high": 30.0, "medium": 20.0, "low": 5.0}


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text on a card, by its left end and base line."""

    text: str
    y: float
    style: str


@dataclass(frozen=True, slots=True)
class Tile:
    """A box of the drawing as the page draws it; `card` for people, otherwise a seat or folded people.

    `label` says everything it shows; `url` None where there is nothing to open.
    """

    x: float
    y: float
    kind: str
    label: str
    url: str | None
    words: Sequence[Words]
    card: PersonCard | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawing with everything on it, `paths` as SVG path data."""

    width: float
    height: float
    tiles: Sequence[Tile]
    paths: Sequence[str]
    headings: Sequence[tuple[float, float, str]]


@dataclass(frozen=True, slots=True)
class MapPage:
    """Everything on the page of a people map; `names` maps contact id → name, for the table."""

    reading: str
    wide: Picture
    narrow: Picture
    cards: Sequence[PersonCard]
    names: Mapping[int, str]

    @property
    def present(self) -> Sequence[PersonCard]:
        """Those who are still there."""
        return [card for card in self.cards if card.is_here]


@dataclass(frozen=True, slots=True)
class _Scene:
    account_id: int
    cards: Mapping[int, PersonCard]
    personas: Mapping[str, str]
    seats: Mapping[str, int]
    may_change: bool


def map_page(account: Account, *, may_change: bool, now: datetime) -> MapPage:
    """Return the map of an account in a fixed number of statements."""
    cards = person_cards(account.id, now=now)
    footprint = footprint_of([account.id], now.date())[account.id]
    personas = {persona.key: persona.name for persona in personas_in_order()}
    seats = {group.persona.key: group.empty for group in footprint.personas if group.empty}
    scene = _Scene(account.id, {card.id: card for card in cards}, personas, seats, may_change)
    members = [_member(card) for card in cards if not card.is_role_address]
    present = [card for card in cards if card.is_here and not card.is_role_address]
    return MapPage(
        reading=reading_line(read_people([stand_of(card) for card in present])),
        wide=_picture(lay_out(members, seats, groups=list(personas), width=WIDE), scene),
        narrow=_picture(lay_out(members, seats, groups=list(personas), width=NARROW), scene),
        cards=cards,
        names={card.id: card.name for card in cards},
    )


def _member(card: PersonCard) -> Member:
    weight = INFLUENCE_WEIGHT.get(card.influence, 10.0) + 25.0 * card.decides + card.is_fresh
    return Member(
        id=card.id,
        group=card.personas[0] if card.personas else "",
        weight=weight,
        reports_to=card.reports_to_id,
        is_gone=not card.is_here,
    )


def _picture(drawing: Drawing, scene: _Scene) -> Picture:
    return Picture(
        width=drawing.width,
        height=drawing.height,
        tiles=[_tile(box, scene) for box in drawing.boxes],
        paths=[
            "M" + "L".join(f"{round(x, 1):g} {round(y, 1):g}" for x, y in line.points)
            for line in drawing.lines
        ],
        headings=[_heading(heading, scene) for heading in drawing.headings],
    )


def _heading(heading: Heading, scene: _Scene) -> tuple[float, float, str]:
    name = scene.personas.get(heading.group) or str(gettext("Other people"))
    return heading.x, heading.y, fitted(name, size=SMALL_SIZE, room=CARD_WIDTH)


def _tile(box: Box, scene: _Scene) -> Tile:
    if box.member_id is not None:
        return _person(box, scene.cards[box.member_id], scene)
    if box.seat is not None:
        return _seat(box, box.seat, scene)
    label = str(ngettext("and %(num)s more", "and %(num)s more", box.folded))
    return Tile(box.x, box.y, "more", label, "#people-table", [Words(label, 47, "name")])


def _person(box: Box, card: PersonCard, scene: _Scene) -> Tile:
    room = float(CARD_WIDTH - TEXT_AT - 10)
    beside_mark = room - 24 if card.own_view else room
    names = lines_of(card.name, size=NAME_SIZE, rooms=(beside_mark, room))
    lines = [(text, "name") for text in names]
    if card.title and len(lines) == 1:
        lines.append((fitted(card.title, size=SMALL_SIZE, room=room), "quiet"))
    lines.append((fitted(stance_line(card), size=SMALL_SIZE, room=room), "quiet"))
    top = 42 - LINE * len(lines) / 2 + 13
    boss = scene.cards.get(card.reports_to_id) if card.reports_to_id else None
    is_sure = card.is_fresh and card.status in (ContactStatus.ACTIVE, ContactStatus.OPTED_OUT)
    return Tile(
        x=box.x,
        y=box.y,
        kind="gone" if not card.is_here else "sure" if is_sure else "doubtful",
        label=card_label(card, boss.name if boss else ""),
        url=url_for("people.show", contact_id=card.id),
        words=[Words(text, top + LINE * place, style) for place, (text, style) in enumerate(lines)],
        card=card,
    )


def _seat(box: Box, key: str, scene: _Scene) -> Tile:
    count, persona = scene.seats[key], scene.personas.get(key, key)
    empty = str(ngettext("%(num)s empty seat", "%(num)s empty seats", count))
    step = str(gettext("Name somebody")) if scene.may_change else ""
    words = [Words(empty, 38 if step else 47, "name")]
    if step:
        words.append(Words(step, 56, "step"))
    return Tile(
        x=box.x,
        y=box.y,
        kind="seat",
        label="; ".join(filter(None, (f"{persona}: {empty}", step))),
        url=url_for("accounts.new_contact", account_id=scene.account_id, persona=key)
        if scene.may_change
        else None,
        words=words,
    )
