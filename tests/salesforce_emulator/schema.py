"""What an org consists of: objects and their fields, who may see them, and what a field says of itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

TEXTS = {"string", "textarea", "email", "phone", "url", "picklist", "multipicklist"}
NUMBERS = {"double", "currency", "percent", "int"}
# The fields of an owner or of the other side of a task, whatever it is.
NAME_FIELDS = (
    "Id",
    "Name",
    "Email",
    "Username",
    "FirstName",
    "LastName",
    "IsActive",
    "Type",
    "Phone",
    "Title",
)


@dataclass(frozen=True)
class Field:
    """One field of an object."""

    name: str
    type: str = "string"
    label: str = ""
    length: int = 0
    scale: int = 0
    precision: int = 0
    is_createable: bool = True
    is_updateable: bool = True
    is_filterable: bool = True
    is_required: bool = False
    is_external_id: bool = False
    is_unique: bool = False
    is_case_sensitive: bool = False
    choices: tuple[str, ...] = ()
    is_restricted: bool = False
    refers_to: tuple[str, ...] = ()
    relationship: str = ""
    default: Any = None
    needs_grant: bool = False
    # What becomes of the row when the row it refers to is deleted: "clear", "cascade" or "restrict".
    on_delete: str = "clear"

    @property
    def is_custom(self) -> bool:
        """Whether the org's own people made it."""
        return self.name.endswith("__c")

    def describe(self) -> dict[str, Any]:
        """Return what describe says about the field."""
        label = self.label or self.name
        return {
            "name": self.name,
            "label": label,
            "type": self.type,
            "length": self.length if self.type in TEXTS | {"id", "reference"} else 0,
            "precision": self.precision,
            "scale": self.scale,
            "createable": self.is_createable,
            "updateable": self.is_updateable,
            "filterable": self.is_filterable,
            "sortable": self.is_filterable and self.type != "multipicklist",
            "nillable": not self.is_required and self.type not in ("boolean", "id"),
            "defaultedOnCreate": self.default is not None or self.type == "boolean",
            "custom": self.is_custom,
            "externalId": self.is_external_id,
            "unique": self.is_unique,
            "caseSensitive": self.is_case_sensitive,
            "idLookup": self.is_external_id or self.type == "id",
            "calculated": False,
            "picklistValues": [
                {"active": True, "defaultValue": c == self.default, "label": c, "validFor": None, "value": c}
                for c in self.choices
            ],
            "restrictedPicklist": self.is_restricted,
            "referenceTo": list(self.refers_to),
            "relationshipName": self.relationship or None,
        }


@dataclass
class Kind:
    """One object: its name, the first three characters of its ids and its fields by lower-case name."""

    name: str
    prefix: str
    label: str = ""
    plural: str = ""
    is_createable: bool = True
    is_updateable: bool = True
    is_deletable: bool = True
    can_merge: bool = False
    needs_grant: bool = False
    name_format: str = ""  # Of names that are numbers, such as SR-{0000}.
    fields: dict[str, Field] = field(default_factory=dict)

    def add(self, *fields: Field) -> None:
        """Add fields, or put them in the place of those of the same name."""
        for one in fields:
            self.fields[one.name.lower()] = one

    def get(self, name: str) -> Field | None:
        """Return a field by its name in any case."""
        return self.fields.get(name.lower())

    def relationship(self, name: str) -> Field | None:
        """Return the reference field a relationship name stands for, in any case."""
        wanted = name.lower()
        return next((f for f in self.fields.values() if f.relationship.lower() == wanted and wanted), None)

    def summary(self) -> dict[str, Any]:
        """Return what the global describe says about the object."""
        return {
            "name": self.name,
            "label": self.label or self.name,
            "labelPlural": self.plural or f"{self.label or self.name}s",
            "keyPrefix": self.prefix,
            "custom": self.name.endswith("__c"),
            "createable": self.is_createable,
            "updateable": self.is_updateable,
            "deletable": self.is_deletable,
            "undeletable": self.is_deletable,
            "mergeable": self.can_merge,
            "queryable": True,
            "retrieveable": True,
            "replicateable": True,
            "searchable": True,
            "customSetting": False,
            "deprecatedAndHidden": False,
        }


@dataclass
class PermissionSet:
    """What holders of a permission set may see: fields as "Object.Field", and objects."""

    name: str
    label: str
    readable: set[str] = field(default_factory=set)
    editable: set[str] = field(default_factory=set)
    objects: set[str] = field(default_factory=set)


@dataclass
class Schema:
    """All objects of an org, its permission sets and who holds them."""

    kinds: dict[str, Kind] = field(default_factory=dict)
    permission_sets: dict[str, PermissionSet] = field(default_factory=dict)
    assignments: dict[str, set[str]] = field(default_factory=dict)
    hidden_fields: set[tuple[str, str]] = field(default_factory=set)
    read_only_fields: set[tuple[str, str]] = field(default_factory=set)
    hidden_objects: set[str] = field(default_factory=set)
    other_members: set[tuple[str, str]] = field(default_factory=set)

    def add(self, kind: Kind) -> None:
        """Add an object."""
        self.kinds[kind.name.lower()] = kind

    def get(self, name: str) -> Kind | None:
        """Return an object by its name in any case, whoever may see it."""
        return self.kinds.get(name.lower())

    def by_prefix(self, prefix: str) -> Kind | None:
        """Return the object whose ids begin so."""
        return next((kind for kind in self.kinds.values() if kind.prefix == prefix), None)

    def next_prefix(self) -> str:
        """Return the first three characters of the ids of the next custom object."""
        return f"a{sum(1 for kind in self.kinds.values() if kind.prefix[0] == 'a'):02d}"

    def visible_kind(self, name: str, user: str) -> Kind | None:
        """Return an object a user may see."""
        kind = self.get(name)
        if kind is None or kind.name.lower() in self.hidden_objects:
            return None
        if kind.needs_grant and not any(kind.name in held.objects for held in self._held(user)):
            return None
        return kind

    def visible_field(self, kind: Kind, name: str, user: str) -> Field | None:
        """Return a field a user may see."""
        found = kind.get(name)
        if found is None or (kind.name.lower(), found.name.lower()) in self.hidden_fields:
            return None
        if found.needs_grant and not self._is_granted(kind, found, user, "readable"):
            return None
        return found

    def visible_fields(self, kind: Kind, user: str) -> list[Field]:
        """Return the fields a user may see."""
        return [f for f in kind.fields.values() if self.visible_field(kind, f.name, user)]

    def is_editable(self, kind: Kind, one: Field, user: str) -> bool:
        """Tell whether a user who sees a field may write it, as far as security goes."""
        if (kind.name.lower(), one.name.lower()) in self.read_only_fields:
            return False
        return not one.needs_grant or self._is_granted(kind, one, user, "editable")

    def _held(self, user: str) -> Sequence[PermissionSet]:
        names = self.assignments.get(user, set())
        return [held for name, held in self.permission_sets.items() if name in names]

    def _is_granted(self, kind: Kind, one: Field, user: str, how: str) -> bool:
        path = f"{kind.name}.{one.name}"
        if one.is_required:
            return any(kind.name in held.objects for held in self._held(user))
        return any(path in getattr(held, how) for held in self._held(user))


def field_from(values: Mapping[str, Any]) -> Field:
    """Return a field from plain values, as the admin API gets them. Raises TypeError for unknown ones."""
    plain = dict(values)
    for name in ("choices", "refers_to"):
        if name in plain:
            plain[name] = tuple(plain[name])
    return Field(**plain)
