"""The form that changes what a launched wave still has before it."""

import re
from datetime import date, datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import DateField, Field, StringField, TextAreaField
from wtforms.validators import InputRequired, Optional, ValidationError

from vocapp.campaigns.changing import Plan
from vocapp.core.forms import Form
from vocapp.core.workdays import end_of_day
from vocapp.identity.telling import day_of, reader_zone

_DAYS = re.compile(r"\s*(?:[0-9]{1,3}(?:[\s,;]+[0-9]{1,3}){0,9})?\s*", re.ASCII)


class ChangeForm(Form):
    """A wave's plan in the user's time zone; what cannot be is said by `changing`."""

    note = TextAreaField(_("Your note"))
    reminders = StringField(
        _("Reminders on working days"),
        description=_("Counted from the mail that asks, such as 3, 8. Empty: no more reminders."),
    )
    closes_on = DateField(_("Closes at the end of"), validators=[InputRequired(_("Choose a day."))])
    sends_until = DateField(
        _("First mails leave until the end of"),
        validators=[Optional()],
        description=_("Whoever could not be written to by then is not asked. Empty: as long as it is open."),
    )

    def __init__(self, plan: Plan, **values: Any) -> None:
        self.stands = plan
        super().__init__(
            data={
                "note": plan.note,
                "reminders": ", ".join(map(str, plan.reminder_days)),
                "closes_on": day_of(plan.closes_at),
                "sends_until": day_of(plan.send_by),
                **values,
            }
        )

    def validate_reminders(self, field: Field) -> None:
        """Take only numbers of days."""
        if not _DAYS.fullmatch(field.data or ""):
            raise ValidationError(gettext("Write working days as numbers, such as 3, 8."))

    def plan(self) -> Plan:
        """Return the plan as somebody wants it; a day that was left alone keeps its hour."""
        return Plan(
            note=(self.note.data or "").replace("\r\n", "\n").strip(),
            reminder_days=tuple(int(day) for day in re.findall("[0-9]+", self.reminders.data or "")),
            closes_at=_end_of(self.closes_on.data, self.stands.closes_at),
            send_by=_end_of(self.sends_until.data, self.stands.send_by),
        )


def _end_of(day: date | None, stands: datetime | None) -> datetime | None:
    if day is None or day == day_of(stands):
        return stands if day else None
    return end_of_day(day, reader_zone())
