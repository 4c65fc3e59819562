"""The form of an open link."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import DateField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from vocapp.core.forms import Form
from vocapp.open_links.rules import MOST_ORIGINS, OpenLinkKind, origin_of
from vocapp.questionnaires.queries import ListedSurvey


class OpenLinkForm(Form):
    """What a link is for, what it asks, until when, and on which pages it may stand."""

    name = StringField(
        _("Name"),
        description=_("For you and your colleagues; visitors never see it."),
        validators=[InputRequired(_("Give the link a name.")), Length(max=120)],
    )
    survey = SelectField(_("Survey"), validators=[InputRequired(_("Choose a survey."))])
    kind = RadioField(
        _("What it is for"),
        choices=[
            (OpenLinkKind.EVENT.value, _("An event: a link and a code to print or show")),
            (OpenLinkKind.EMBED.value, _("A web page: the survey stands in a page of yours")),
        ],
        default=OpenLinkKind.EVENT.value,
    )
    closes_on = DateField(_("Closes at the end of"), validators=[Optional()])
    origins = TextAreaField(
        _("Pages that may show it"),
        description=_("For a web page: one per line, such as https://www.example.com."),
        validators=[Length(max=4000)],
    )

    def __init__(self, *, surveys: Sequence[ListedSurvey]) -> None:
        super().__init__()
        self.survey.choices = [(survey.key, survey.name) for survey in surveys]

    @property
    def allowed_origins(self) -> list[str]:
        """The origins as browsers name them, each once."""
        lines = (self.origins.data or "").split()
        return list(dict.fromkeys(origin for line in lines if (origin := origin_of(line))))

    def validate(self, extra_validators: Any = None) -> bool:
        """A survey in a web page needs the pages that may show it, each by its exact address."""
        is_valid = bool(super().validate(extra_validators))
        if self.kind.data != OpenLinkKind.EMBED:
            return is_valid
        lines = (self.origins.data or "").split()
        wrong = next((line for line in lines if origin_of(line) is None), None)
        if wrong is not None:
            problem = gettext(
                "%(line)s is not the start of a page's address: write https:// and the host, nothing more.",
                line=wrong[:80],
            )
        elif not lines:
            problem = gettext("Say which pages may show it.")
        elif len(self.allowed_origins) > MOST_ORIGINS:
            problem = gettext("A link may stand on ten sites; make another one for more.")
        else:
            return is_valid
        self.origins.errors = [problem]
        return False
