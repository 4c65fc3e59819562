"""The form of a rule that gives accounts their tier or coverage model."""

import re

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, DecimalField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from vocapp.accounts.models import Tier, TierRule
from vocapp.accounts.rules import CoverageModel, Degree
from vocapp.accounts.tier_rules import TierConditions, conditions_from
from vocapp.core.forms import Form

NO_TIER = 0
LONGEST_NAME = 80
MOST_NAMES = 50
LARGEST_ARR = 10**12 - 1

ONE_PER_LINE = _("One per line; none means all.")


def _stripped(text: str | None) -> str:
    return " ".join((text or "").split())


def names_in(text: str | None) -> tuple[str, ...]:
    """Return the names of a text with one per line."""
    return tuple(name for line in (text or "").splitlines() if (name := _stripped(line)))


class NamesField(TextAreaField):
    """Some names, one per line."""

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 - WTForms calls it so
        """Refuse more than anybody means."""
        names = names_in(self.data)
        if len(names) > MOST_NAMES or any(len(name) > LONGEST_NAME for name in names):
            raise ValidationError(_("Write at most 50 names of at most 80 characters."))


class RuleForm(Form):
    """Which accounts a rule means, and what it gives them."""

    name = StringField(_("Name of the rule"), [InputRequired(), Length(max=80)], filters=[_stripped])
    arr_from = DecimalField(_("ARR from"), [Optional(), NumberRange(0, LARGEST_ARR)])
    arr_below = DecimalField(_("ARR below"), [Optional(), NumberRange(0, LARGEST_ARR)])
    currency = SelectField(
        _("Currency of the ARR"),
        description=_("Accounts in another currency do not fit. Nothing is converted."),
    )
    growth_potentials = SelectMultipleField(
        _("Growth potential"),
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        choices=[
            (Degree.LOW, _("Low")),
            (Degree.MEDIUM, _("Medium")),
            (Degree.HIGH, _("High")),
        ],
    )
    lifecycle_stages = NamesField(_("Lifecycle stages"), description=ONE_PER_LINE)
    segments = NamesField(_("Segments"), description=ONE_PER_LINE)
    regions = NamesField(_("Regions"), description=ONE_PER_LINE)
    needs_red = BooleanField(
        _("Only accounts whose status is red"),
        description=_("For the coverage model only; it goes back to standard when no rule fits any more."),
    )
    tier_id = SelectField(_("Tier"), coerce=int)
    coverage_model = SelectField(
        _("Coverage model"),
        choices=[
            ("", _("Leave as it is")),
            (CoverageModel.STANDARD, _("Standard")),
            (CoverageModel.HIGH_TOUCH, _("High touch")),
        ],
    )
    is_automatic = BooleanField(_("Apply each night"), description=_("Otherwise only when somebody does."))

    def offer(self, tiers: list[Tier], currencies: list[str]) -> None:
        """Fill the lists."""
        self.tier_id.choices = [
            (NO_TIER, _("Leave as it is")),
            *((tier.id, tier.name) for tier in tiers),
        ]
        known = sorted({*currencies, *filter(None, [self.currency.data])})
        known = [code for code in known if re.fullmatch("[A-Z]{3}", code)]
        self.currency.choices = [
            ("", _("Any, as the plain number")),
            *((code, code) for code in known),
        ]

    def show(self, rule: TierRule) -> None:
        """Fill the form with what a rule says."""
        asked = conditions_from(rule.conditions)
        self.name.data, self.is_automatic.data = rule.name, rule.is_automatic
        self.tier_id.data, self.coverage_model.data = rule.tier_id or NO_TIER, rule.coverage_model or ""
        self.arr_from.data, self.arr_below.data, self.currency.data = (
            asked.arr_from,
            asked.arr_below,
            asked.currency,
        )
        self.growth_potentials.data, self.needs_red.data = list(asked.growth_potentials), asked.needs_red
        for name in ("lifecycle_stages", "segments", "regions"):
            self[name].data = "\n".join(getattr(asked, name))

    def conditions(self) -> TierConditions:
        """Return what the rule asks about."""
        has_band = self.arr_from.data is not None or self.arr_below.data is not None
        return TierConditions(
            arr_from=self.arr_from.data,
            arr_below=self.arr_below.data,
            currency=(self.currency.data or "") if has_band else "",
            growth_potentials=tuple(self.growth_potentials.data or ()),
            lifecycle_stages=names_in(self.lifecycle_stages.data),
            segments=names_in(self.segments.data),
            regions=names_in(self.regions.data),
            needs_red=bool(self.needs_red.data),
        )
