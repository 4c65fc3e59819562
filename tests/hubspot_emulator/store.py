"""The state of an emulated account: records with their past, links, merges, owners, and its clock."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.hubspot_emulator.properties import OBJECTS, STAMPS, standard_properties, unique_names

PRIMARY = {"contacts": 1, "deals": 5}
PLAIN = {"contacts": 279, "deals": 341}


@dataclass
class Version:
    """What a search sees of a record from some moment on; None is a record that is not to be found."""

    visible_at: datetime
    properties: dict[str, str | None] | None


@dataclass
class Item:
    """One record."""

    id: int
    properties: dict[str, str | None]
    created_at: datetime
    updated_at: datetime
    archived_at: datetime | None = None
    merged_into: int | None = None
    versions: list[Version] = field(default_factory=list)


@dataclass
class Owner:
    """One person over there."""

    id: int
    email: str
    first_name: str
    last_name: str
    updated_at: datetime
    is_archived: bool = False


class Clash(Exception):
    """A unique value is taken by another record."""

    def __init__(self, name: str, item_id: int) -> None:
        super().__init__(name)
        self.name = name
        self.item_id = item_id


class Store:
    """Records by object and id. `search_lag` is how long the search takes to see a change."""

    def __init__(self) -> None:
        self.portal = 4_242_001
        self.search_lag = timedelta()
        self.properties = standard_properties()
        self.items: dict[str, dict[int, Item]] = {name: {} for name in OBJECTS}
        self.links: dict[str, dict[int, dict[int, bool]]] = {name: {} for name in PRIMARY}
        self.owners: dict[int, Owner] = {}
        self._numbers = itertools.count(101)
        self._moment: datetime | None = None

    def now(self) -> datetime:
        """Return the account's clock in whole milliseconds: the real one until it is set."""
        moment = self._moment or datetime.now(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def set_clock(self, moment: datetime) -> None:
        """Stop the clock at a moment."""
        self._moment = moment

    def advance(self, pause: timedelta) -> None:
        """Stop the clock, if it runs, and move it on."""
        self._moment = self.now() + pause

    def run_clock(self) -> None:
        """Let the clock run with the real one."""
        self._moment = None

    def add_owner(self, email: str, first_name: str = "", last_name: str = "") -> Owner:
        """Add a person."""
        owner = Owner(next(self._numbers), email, first_name, last_name, self.now())
        self.owners[owner.id] = owner
        return owner

    def leave(self, owner_id: int) -> None:
        """Make an owner one who left."""
        self.owners[owner_id].is_archived = True
        self.owners[owner_id].updated_at = self.now()

    def create(self, name: str, properties: Mapping[str, str | None], *, number: int | None = None) -> Item:
        """Make a record. Raises Clash when a unique value is taken."""
        self._refuse_clash(name, properties, None)
        item = Item(number or next(self._numbers), {}, self.now(), self.now())
        self.items[name][item.id] = item
        item.properties = {"hs_object_id": str(item.id), "createdate": moment_text(item.created_at)}
        self._save(name, item, properties)
        return item

    def update(self, name: str, item: Item, properties: Mapping[str, str | None]) -> None:
        """Change a record. Raises Clash when a unique value is taken."""
        self._refuse_clash(name, properties, item.id)
        self._save(name, item, properties)

    def archive(self, name: str, item_id: int) -> None:
        """Put a record into the bin."""
        item = self.items[name][item_id]
        item.archived_at = self.now()
        item.versions.append(Version(self.now() + self.search_lag, None))

    def restore(self, name: str, item_id: int) -> None:
        """Take a record out of the bin."""
        item = self.items[name][item_id]
        item.archived_at = None
        self._save(name, item, {})

    def merge(self, name: str, primary_id: int, other_id: int, *, is_new: bool = True) -> Item:
        """Merge two records into a new one, as HubSpot does now, or into the first, as it did before."""
        primary, other = self.items[name][primary_id], self.items[name][other_id]
        values = {**other.properties, **{key: value for key, value in primary.properties.items() if value}}
        losers = [primary, other] if is_new else [other]
        for loser in losers:
            self.archive(name, loser.id)
        winner = primary
        if is_new:
            values = {
                key: value for key, value in values.items() if key not in ("hs_object_id", "createdate")
            }
            winner = Item(next(self._numbers), {}, self.now(), self.now())
            self.items[name][winner.id] = winner
            winner.properties = {"hs_object_id": str(winner.id), "createdate": moment_text(winner.created_at)}
        merged = {str(loser.id) for loser in losers}
        for loser in [primary, other]:
            merged |= set(filter(None, str(loser.properties.get("hs_merged_object_ids") or "").split(";")))
        for loser in losers:
            loser.merged_into = winner.id
        values["hs_merged_object_ids"] = ";".join(sorted(merged, key=int))
        self._save(name, winner, values)
        return winner

    def item(self, name: str, item_id: str) -> Item | None:
        """Return the record of an id, following merges; None for one that is not there or in the bin."""
        item = self.items[name].get(int(item_id)) if item_id.isdecimal() else None
        while item is not None and item.merged_into is not None:
            item = self.items[name].get(item.merged_into)
        return None if item is None or item.archived_at else item

    def named(self, name: str, property_name: str, value: str) -> Item | None:
        """Return the record with a value of a unique property."""
        return next(
            (
                item
                for item in self.items[name].values()
                if item.archived_at is None
                and (item.properties.get(property_name) or "").lower() == value.lower()
            ),
            None,
        )

    def link(self, name: str, item_id: int, company_id: int, *, is_primary: bool) -> None:
        """Link a record to a company; a record has one primary company."""
        links = self.links[name].setdefault(item_id, {})
        if is_primary:
            links.update(dict.fromkeys(links, False))
        links[company_id] = is_primary or links.get(company_id, False)

    def searchable(self, name: str) -> list[tuple[Item, dict[str, str | None]]]:
        """Return the records as the search sees them now."""
        now, seen = self.now(), []
        for item in self.items[name].values():
            past = [version for version in item.versions if version.visible_at <= now]
            if past and past[-1].properties is not None:
                seen.append((item, past[-1].properties))
        return seen

    def _save(self, name: str, item: Item, properties: Mapping[str, str | None]) -> None:
        item.updated_at = self.now()
        written = {key: value or None for key, value in properties.items()}
        if written.get("email") and name == "contacts":
            written["email"] = str(written["email"]).lower()
        item.properties = {**item.properties, **written, STAMPS[name]: moment_text(item.updated_at)}
        item.versions.append(Version(self.now() + self.search_lag, dict(item.properties)))
        if not self.search_lag:
            del item.versions[:-1]

    def _refuse_clash(self, name: str, properties: Mapping[str, str | None], own: int | None) -> None:
        for key in unique_names(self.properties[name], name) & properties.keys():
            taken = self.named(name, key, str(properties[key])) if properties[key] else None
            if taken is not None and taken.id != own:
                raise Clash(key, taken.id)


def moment_text(moment: datetime) -> str:
    """Return a moment as HubSpot writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def as_json(item: Item, properties: Mapping[str, str | None], wanted: list[str]) -> dict[str, Any]:
    """Return a record as HubSpot answers; properties it does not know are left out without a word."""
    shown = {name: properties.get(name) for name in {*wanted, "hs_object_id", "createdate"}}
    found: dict[str, Any] = {
        "id": str(item.id),
        "properties": shown,
        "createdAt": moment_text(item.created_at),
        "updatedAt": moment_text(item.updated_at),
        "archived": item.archived_at is not None,
    }
    if item.archived_at is not None:
        found["archivedAt"] = moment_text(item.archived_at)
    return found
