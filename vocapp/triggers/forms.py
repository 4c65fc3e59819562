"""The form of a trigger."""

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, NumberRange
from wtforms.widgets import CheckboxInput, ListWidget

from surveys.definition import Occasion
from vocapp.accounts.models import Persona, Tier
from vocapp.core.forms import Form
from vocapp.identity.models import User
from vocapp.questionnaires.queries import ListedSurvey
from vocapp.triggers.rules import MOST_RENEWAL_DAYS, TriggerKind, TriggerOrder

OWNER = 0


def _stripped(text: str | None) -> str:
    return " ".join((text or "").split())


class SomeField(SelectMultipleField):
    """Some of several, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class TriggerForm(Form):
    """What asks whom about what, after how long."""

    name = StringField(
        _("Name"),
        [InputRequired(), Length(max=100)],
        filters=[_stripped],
        description=_("Its waves are called after it."),
    )
    kind = SelectField(
        _("What happens"),
        choices=[
            (TriggerKind.CASE, _("A case is closed")),
            (TriggerKind.ONBOARDING, _("Onboarding is finished")),
            (TriggerKind.MILESTONE, _("A milestone is reached")),
            (TriggerKind.RENEWAL, _("A renewal comes near")),
        ],
    )
    delay_days = IntegerField(
        _("Days"),
        [InputRequired(), NumberRange(0, MOST_RENEWAL_DAYS)],
        default=1,
        description=_("After it happened; of a renewal, before its day. Mails go out in working hours."),
    )
    tiers = SomeField(_("At accounts of these tiers"), coerce=int, description=_("None means all."))
    products = SomeField(_("With these products"), description=_("None means all."))
    share = IntegerField(
        _("Share of events that ask (%)"),
        [InputRequired(), NumberRange(1, 100)],
        default=100,
        description=_("Which ones is settled by the event itself and stays so."),
    )
    survey = SelectField(_("Survey"))
    personas = SomeField(
        _("Whom to ask when the event names nobody"),
        coerce=int,
        description=_("An event's own person comes first. Without a persona, only they are asked."),
    )
    sender = SelectField(_("Who asks"), coerce=int)

    def offer(
        self,
        *,
        surveys: Sequence[ListedSurvey],
        personas: Iterable[Persona],
        tiers: Iterable[Tier],
        products: Iterable[str],
        senders: Iterable[User],
    ) -> None:
        """Fill the lists; what a trigger holds already stays on offer."""
        # What is meant for such a moment stands first.
        apt = sorted(surveys, key=lambda survey: survey.definition.occasion is Occasion.RELATIONSHIP)
        self.survey.choices = [(survey.key, survey.name) for survey in apt]
        self.personas.choices = [(persona.id, persona.name) for persona in personas]
        self.tiers.choices = [(tier.id, tier.name) for tier in tiers]
        offered = sorted({*products, *(self.products.data or ())}, key=str.casefold)
        self.products.choices = [(product, product) for product in offered]
        self.sender.choices = [
            (OWNER, _("The account's owner")),
            *((user.id, user.name or user.email) for user in senders),
        ]

    def show(self, order: TriggerOrder) -> None:
        """Fill the form with what a trigger does."""
        values: dict[str, Any] = {
            "name": order.name,
            "kind": order.kind,
            "delay_days": order.delay_days,
            "tiers": list(order.tiers),
            "products": list(order.products),
            "share": order.share,
            "survey": order.survey_key,
            "personas": list(order.personas),
            "sender": order.sender_id or OWNER,
        }
        for name, value in values.items():
            self[name].data = value

    def order(self) -> TriggerOrder:
        """Return what was written; ask only for a form without errors."""
        return TriggerOrder(
            name=self.name.data or "",
            survey_key=self.survey.data,
            kind=TriggerKind(self.kind.data),
            delay_days=self.delay_days.data or 0,
            personas=tuple(sorted(self.personas.data or ())),
            tiers=tuple(sorted(self.tiers.data or ())),
            products=tuple(sorted(self.products.data or ())),
            share=self.share.data or 0,
            sender_id=self.sender.data or None,
        )
