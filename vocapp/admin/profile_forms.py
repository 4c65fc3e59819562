"""Forms about tiers, personas, overrides and how long knowledge stays good."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import DateField, FloatField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange

from vocapp.accounts.models import Persona, Tier
from vocapp.accounts.personas import LARGEST_WEIGHT
from vocapp.accounts.profiles import MOST_DAYS, MOST_REQUIRED, MOST_WAVES
from vocapp.accounts.rules import HouseRules, OverrideScope
from vocapp.core.forms import Form

ALL = 0


def _stripped(text: str | None) -> str:
    return " ".join((text or "").split())


class ProfilesForm(Form):
    """From when on the numbers of the grid hold; the numbers themselves stand beside this form."""

    effective_from = DateField(_("Holds from"), [InputRequired()])
    seen = HiddenField()


class TierForm(Form):
    """A tier's name."""

    name = StringField(_("Name"), [InputRequired(), Length(max=60)], filters=[_stripped])


class PersonaForm(Form):
    """What a persona is called and the part it plays."""

    name = StringField(_("Name"), [InputRequired(), Length(max=80)], filters=[_stripped])
    description = TextAreaField(
        _("The part they play"),
        [Length(max=300)],
        filters=[_stripped],
        description=_("In a sentence that helps to tell who it is."),
    )
    customer_words = StringField(
        _("In words for customers"),
        [Length(max=120)],
        filters=[_stripped],
        description=_(
            "For the page a champion sees, such as “Works with the product every day”. Without them our own"
            " personas speak the reader’s language, and other personas are not asked for."
        ),
    )


class NewPersonaForm(PersonaForm):
    """A persona we did not have yet."""

    weight = FloatField(
        _("Weight"),
        [
            InputRequired(_("Write a number above 0.")),
            NumberRange(max=LARGEST_WEIGHT, message=_("Write a number above 0, at most 100.")),
        ],
        default=1.0,
        description=_("How much it counts in footprint and engagement, beside the others."),
    )
    key = StringField(
        _("Key"),
        [Length(max=40)],
        filters=[_stripped],
        description=_("As files name it, such as sponsor; without one it is made from the name."),
    )


class WeightForm(Form):
    """How much a persona weighs from a date on."""

    weight = FloatField(_("Weight"), [InputRequired(_("Write a number above 0."))])
    effective_from = DateField(_("Holds from"), [InputRequired()])


class RetireForm(Form):
    """From when on a persona asks for no seats."""

    on = DateField(_("Retires on"), [InputRequired()])


class OverrideForm(Form):
    """Another number of contacts for a segment, a region or one account."""

    scope = SelectField(
        _("Holds for"),
        choices=[
            (OverrideScope.SEGMENT, _("A segment")),
            (OverrideScope.REGION, _("A region")),
            (OverrideScope.ACCOUNT, _("One account")),
        ],
    )
    where = StringField(
        _("Which one"),
        [InputRequired(), Length(max=120)],
        filters=[_stripped],
        description=_(
            "The name of the segment, the region or the account; an account's identifier does as well."
        ),
    )
    tier_id = SelectField(_("Tier"), coerce=int)
    persona_id = SelectField(_("Persona"), coerce=int)
    required = IntegerField(
        _("Required people"),
        [InputRequired(), NumberRange(0, MOST_REQUIRED, _("Write a whole number from 0 to 100."))],
    )
    reason = StringField(
        _("Reason"),
        [InputRequired(_("Give the reason, so that others understand the exception.")), Length(max=300)],
        filters=[_stripped],
    )
    effective_from = DateField(_("Holds from"), [InputRequired()])

    def offer(self, tiers: list[Tier], personas: list[Persona]) -> None:
        """Fill the lists."""
        self.tier_id.choices = [
            (ALL, _("All tiers")),
            *((tier.id, tier.name) for tier in tiers),
        ]
        self.persona_id.choices = [(persona.id, persona.name) for persona in personas]


class WithdrawForm(Form):
    """From when on an override holds no longer."""

    ends_on = DateField(_("Withdraw from"), [InputRequired()])


def _days(label: Any, hint: Any) -> IntegerField:
    limits = NumberRange(1, MOST_DAYS, _("Write a whole number from 1 to 3650."))
    return IntegerField(label, [InputRequired(), limits], description=hint)


class HouseRulesForm(Form):
    """How long knowledge stays good; the fields are those of `HouseRules`."""

    verified_days = _days(
        _("A contact counts as verified for"), _("Days after somebody confirmed them or they answered.")
    )
    roster_days = _days(_("A confirmed roster is current for"), _("Days after the CSM confirmed it."))
    assessment_days = _days(_("An assessment is current for"), _("Days; older ones are marked as stale."))
    champion_every_days = _days(
        _("A champion may be asked every"), _("Days between two requests to the same account.")
    )
    champion_open_days = _days(_("A champion's page stays open for"), _("Days after the mail went out."))
    silent_waves = IntegerField(
        _("A contact becomes doubtful after"),
        [InputRequired(), NumberRange(1, MOST_WAVES, _("Write a whole number from 1 to 20."))],
        description=_("Unanswered waves in a row."),
    )

    def rules(self) -> HouseRules:
        """Return the sent numbers."""
        names = [name for name in self.data if name != "csrf_token"]
        return HouseRules(**{name: self.data[name] for name in names})
