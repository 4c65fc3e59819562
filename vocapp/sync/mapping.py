"""A mapping as a run works with it: loaded once, judged field by field."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vocapp.accounts.columns import comparable_name
from vocapp.sync.comparing import is_blank
from vocapp.sync.fields import EXTERNAL_ID_OF, FIELDS, Entity, OurField
from vocapp.sync.models import CrmField, CrmMapping
from vocapp.sync.rules import Direction, FieldRule, Owner


@dataclass(frozen=True, slots=True)
class ValueRule:
    """One line that gives a tier or a persona when their field holds a value, or with "*" anything.

    `target` is "tier" or "personas"; `gives` a tier's name or a persona's key.
    """

    target: str
    field: str
    equals: str
    gives: str

    def fits(self, values: Mapping[str, Any]) -> bool:
        """Whether a record's values meet the line; several values in one field are told apart by `;`."""
        value = values.get(self.field)
        if is_blank(value):
            return False
        if self.equals == "*":
            return True
        wanted = comparable_name(self.equals)
        return wanted in {comparable_name(part) for part in str(value).split(";")}


@dataclass(frozen=True, slots=True)
class Plan:
    """One mapping, ready for a run: the rules that hold, and what must be read for them.

    `read_only_field` is their mark of records that nobody may write; empty when they have none.
    """

    mapping_id: int
    object: str
    entity: Entity
    creates: bool
    match_field: str
    filter: str
    rules: tuple[FieldRule, ...]
    value_rules: tuple[ValueRule, ...]
    options: Mapping[str, Any]
    read_only_field: str = ""

    def is_read_only(self, theirs: Mapping[str, Any]) -> bool:
        """Whether a record can only be read over there, as `read_only_field` says."""
        return bool(self.read_only_field and theirs.get(self.read_only_field))

    def field(self, name: str) -> OurField:
        """Return what a field of ours is."""
        return FIELDS[self.entity][name]

    def rule(self, ours: str) -> FieldRule | None:
        """Return how a field of ours travels, or None when it does not."""
        return next((rule for rule in self.rules if rule.ours == ours), None)

    def read_fields(self) -> tuple[str, ...]:
        """Return the fields of theirs a run reads, each once."""
        wanted = [rule.theirs for rule in self.rules if not rule.theirs.startswith("=")]
        wanted += [rule.field for rule in self.value_rules if not rule.field.startswith("ContactRole.")]
        wanted += filter(None, (self.match_field, self.read_only_field))
        return tuple(dict.fromkeys(wanted))

    def external_id_field(self) -> str:
        """Return their field that holds our name of a record; empty when none is mapped."""
        rule = self.rule(EXTERNAL_ID_OF.get(self.entity, ""))
        return rule.theirs if rule else ""


def plan_of(mapping: CrmMapping) -> Plan:
    """Return a stored mapping as a run works with it, without the fields that rest."""
    return Plan(
        mapping_id=mapping.id,
        object=mapping.object,
        entity=Entity(mapping.entity),
        creates=mapping.creates,
        match_field=mapping.match_field,
        filter=mapping.filter,
        rules=tuple(rule_of(field) for field in mapping.fields if field.stopped_reason is None),
        value_rules=value_rules_of(mapping.value_rules),
        options=mapping.options,
    )


def rule_of(field: CrmField) -> FieldRule:
    """Return how a stored field travels."""
    return FieldRule(
        ours=field.ours,
        theirs=field.theirs,
        direction=Direction(field.direction),
        owner=Owner(field.owner),
        carries_blank=field.carries_blank,
    )


def value_rules_of(lines: Sequence[Mapping[str, str]]) -> tuple[ValueRule, ...]:
    """Return stored lines as rules."""
    return tuple(ValueRule(line["target"], line["field"], line["equals"], line["gives"]) for line in lines)


def tier_given(rules: Sequence[ValueRule], values: Mapping[str, Any]) -> str | None:
    """Return the tier of the first line that fits, or None."""
    return next((rule.gives for rule in rules if rule.target == "tier" and rule.fits(values)), None)


def personas_given(rules: Sequence[ValueRule], values: Mapping[str, Any]) -> str | None:
    """Return the personas of all lines that fit, as `;`-separated keys in order, or None."""
    given = {rule.gives for rule in rules if rule.target == "personas" and rule.fits(values)}
    return ";".join(sorted(given)) or None
