"""Forms of the method: one field for each value, and why."""

from wtforms import Field, HiddenField, StringField, TextAreaField

from surveys.parameters import (
    PARAMETERS,
    MethodParameters,
    Parameter,
    parameters_of,
    plain_number,
    read_parameters,
)
from surveys.parameters import Section as MethodSection
from vocapp.core.forms import Form
from vocapp.method.models import MethodVersion
from vocapp.method.rules import LONGEST_NOTE


def _hint(one: Parameter) -> str:
    whole = ", whole" if one.is_whole else ""
    return f"{one.does} Default {one.shown(one.default)}; {one.range_words}{whole}."


class DraftForm(Form):
    """The values of a draft, as typed; `seen` is the save number that was looked at."""

    note = TextAreaField(
        "Why the method changes",
        description="Whoever approves it, and whoever asks in a year, reads this.",
        render_kw={"maxlength": LONGEST_NOTE, "rows": 2},
    )
    seen = HiddenField()

    def show(self, draft: MethodVersion) -> None:
        """Put the stored values into the fields."""
        for one in PARAMETERS:
            self[one.key].data = plain_number(getattr(draft.chosen, one.key))
        self.note.data = draft.note
        self.seen.data = str(draft.saves)

    def parameters(self) -> MethodParameters | None:
        """Return the values, or None when one is wrong; each wrong one then has its sentence."""
        chosen, faults = read_parameters({one.key: self[one.key].data or "" for one in PARAMETERS})
        for key, sentence in faults.items():
            self[key].errors = [sentence]
        return None if faults else chosen

    @property
    def save_number(self) -> int:
        """The save number that was looked at; -1 for nonsense."""
        return number_from(self.seen.data or "")

    @property
    def parts(self) -> list[tuple[MethodSection, list[Field]]]:
        """The fields by parts of the method."""
        return [(part, [self[one.key] for one in parameters_of(part)]) for part in MethodSection]


for _one in PARAMETERS:
    _typed = StringField(
        f"{_one.name} ({_one.unit})" if _one.unit else _one.name,
        description=_hint(_one),
        render_kw={"inputmode": "decimal", "autocomplete": "off", "maxlength": 20},
    )
    setattr(DraftForm, _one.key, _typed)


def number_from(text: str) -> int:
    """Return the save number that a page sent back; -1, which nothing has, for nonsense."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else -1
