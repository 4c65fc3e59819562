"""The forms that say how often people, accounts and surveys may be asked."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import IntegerField
from wtforms.validators import InputRequired, Optional

from vocapp.campaigns.fatigue import Budget, Pace
from vocapp.core.forms import Form


def _number(label: Any, description: Any) -> IntegerField:
    # What is wrong with a number is said by the service.
    return IntegerField(label, [InputRequired(_("Write a whole number."))], description=description)


class BudgetForm(Form):
    """How often anybody is asked; the fields are those of `fatigue.Budget`."""

    relationship_rest_days = _number(
        _("Days between two relationship surveys"), _("For one person, over all waves and all of us.")
    )
    tolerance_days = _number(
        _("Days forgiven of it"), _("Quarterly waves do not start exactly ninety days after each other.")
    )
    transactional_rest_days = _number(
        _("Days before a question about an event"), _("After any survey, for one person.")
    )
    person_mails = _number(
        _("Most mails to one person"), _("Invitations and reminders together, in the days of the next field.")
    )
    person_days = _number(_("… in so many days"), _("Counted back from the day somebody would be asked."))
    account_people = IntegerField(
        _("Most people of one account asked the same survey"),
        [Optional()],
        description=_("In the days of the next field, the heaviest personas first. Empty: everybody."),
    )
    account_days = _number(_("… in so many days"), _("Only matters with a number above."))
    quiet_days = _number(
        _("Quiet days before a relationship wave"),
        _("No event asks at an account whose relationship wave begins within so many days. 0: never quiet."),
    )
    answer_days = _number(
        _("Days left to answer"),
        _("Who rests or is away is asked later in the same wave, if so many days are left then."),
    )

    def budget(self) -> Budget:
        """Return the sent numbers."""
        return Budget(**{name: self.data[name] for name in self.data if name != "csrf_token"})


class PaceForm(Form):
    """How often one survey asks."""

    rest_days = IntegerField(
        _("Days before the same person is asked it again"),
        [Optional()],
        description=_("Beside the rest that holds for all surveys. Empty: none of its own."),
    )
    share = _number(
        _("Share of events that ask (percent)"),
        _("For surveys that triggers ask. Which events it is does not change when somebody looks again."),
    )

    def pace(self) -> Pace:
        """Return the sent numbers."""
        return Pace(self.rest_days.data, self.share.data or 0)
