"""The form that says whose values stay when two contacts become one."""

from typing import Any

from wtforms import RadioField
from wtforms.validators import Optional

from vocapp.core.forms import Form
from vocapp.duplicates.fields import FIELDS
from vocapp.duplicates.rules import Side


def _choice(**values: Any) -> RadioField:
    sides = [(side.value, side.value) for side in Side]
    return RadioField(choices=sides, validators=[Optional()], **values)


class MergeForm(Form):
    """One choice per field of a contact; a field left out is decided by the rules."""

    first_name = _choice()
    last_name = _choice()
    email = _choice()
    title = _choice()
    phone = _choice()
    language = _choice()
    time_zone = _choice()
    influence = _choice()
    external_id = _choice()
    reports_to = _choice()

    def chosen(self) -> dict[str, str]:
        """Return field → whose value stays, for the fields that were answered."""
        return {name: self[name].data for name in FIELDS if self[name].data}
