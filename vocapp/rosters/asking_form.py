"""The form in which a CSM asks a champion."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import SelectField, TextAreaField
from wtforms.validators import InputRequired

from vocapp.accounts.models import Contact
from vocapp.core.forms import Form


class AskForm(Form):
    """Whom to ask, and the CSM's own words. What is wrong with these is said by the service."""

    champion = SelectField(
        _("Whom do you ask?"), coerce=int, validators=[InputRequired(_("Choose somebody."))]
    )
    note = TextAreaField(_("Your note"))

    def __init__(self, people: Sequence[Contact], **values: Any) -> None:
        super().__init__(data=values)
        self.champion.choices = [(person.id, _described(person)) for person in people]


def _described(person: Contact) -> str:
    parts = ", ".join(persona.name for persona in person.personas)
    return f"{person.full_name} ({parts})" if parts else person.full_name
