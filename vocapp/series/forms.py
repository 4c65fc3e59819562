"""The form of a campaign."""

from collections.abc import Iterable, Sequence

from flask_babel import lazy_gettext as _
from wtforms import DateField, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.fields import SelectMultipleField
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from vocapp.accounts.models import Tier
from vocapp.core.forms import Form
from vocapp.questionnaires.queries import ListedSurvey
from vocapp.series.rules import Cadence, CampaignOrder, Unconfirmed


class SomeField(SelectMultipleField):
    """Some of several, as boxes to tick."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class CampaignForm(Form):
    """What is asked at which accounts, how often, and how careful the beginning is."""

    name = StringField(
        _("Name"),
        [InputRequired(_("Give it a name.")), Length(max=100)],
        description=_("Waves are called after it."),
    )
    survey = SelectField(_("Survey"))
    cadence = RadioField(
        _("How often"),
        choices=[
            (Cadence.ONCE.value, _("Once")),
            (Cadence.QUARTERLY.value, _("Every quarter")),
            (Cadence.HALF_YEARLY.value, _("Every half-year")),
            (Cadence.YEARLY.value, _("Every year")),
            (Cadence.RENEWAL.value, _("Before each renewal")),
        ],
        default=Cadence.ONCE.value,
    )
    renewal_days = IntegerField(
        _("Days before the renewal"),
        [Optional(), NumberRange(1, 365)],
        default=90,
        description=_("Only for renewals: each week's accounts are asked together."),
    )
    tiers = SomeField(_("Tiers"), coerce=int, description=_("None means all."))
    segments = SomeField(_("Segments"), description=_("None means all."))
    regions = SomeField(_("Regions"), description=_("None means all."))
    launch_on = DateField(_("First launch"), [InputRequired(_("Choose a day."))])
    confirm_by = DateField(
        _("CSMs confirm their rosters by"),
        [Optional()],
        description=_("Empty: nobody is asked to. Later runs keep the same days in between."),
    )
    unconfirmed = RadioField(
        _("Accounts whose roster is not confirmed"),
        choices=[
            (Unconfirmed.ASK.value, _("Ask anyway, as known")),
            (Unconfirmed.LEAVE_OUT.value, _("Leave out")),
        ],
        default=Unconfirmed.ASK.value,
    )
    length_days = IntegerField(
        _("Days each wave stays open"), [InputRequired(), NumberRange(1, 90)], default=21
    )
    personal_note = TextAreaField(
        _("Note to the people asked"),
        description=_("In the words of every CSM; {{first_name}}, {{sender}} and {{company}} are filled in."),
    )
    pilot_percent = IntegerField(
        _("Ask so many percent first"),
        [Optional(), NumberRange(0, 50)],
        default=0,
        description=_("0 asks everybody at once."),
    )
    pilot_days = IntegerField(
        _("The others follow after so many days"),
        [Optional(), NumberRange(1, 30)],
        description=_("Unless mails come back or somebody complains. Empty: when you say so."),
    )

    def offer(
        self,
        *,
        surveys: Sequence[ListedSurvey],
        tiers: Iterable[Tier],
        segments: Iterable[str],
        regions: Iterable[str],
    ) -> None:
        """Fill the lists."""
        self.survey.choices = [(survey.key, survey.name) for survey in surveys]
        self.tiers.choices = [(tier.id, tier.name) for tier in tiers]
        self.segments.choices = [(segment, segment) for segment in segments]
        self.regions.choices = [(region, region) for region in regions]

    def order(self) -> CampaignOrder:
        """Return what was written; ask only for a form without errors."""
        launch_on = self.launch_on.data
        assert launch_on is not None, "a form without errors has a launch day"
        return CampaignOrder(
            name=self.name.data or "",
            survey_key=self.survey.data,
            cadence=Cadence(self.cadence.data),
            launch_on=launch_on,
            confirm_by=self.confirm_by.data,
            unconfirmed=Unconfirmed(self.unconfirmed.data),
            renewal_days=self.renewal_days.data or 90,
            tiers=tuple(sorted(self.tiers.data or ())),
            segments=tuple(sorted(self.segments.data or ())),
            regions=tuple(sorted(self.regions.data or ())),
            length_days=self.length_days.data or 21,
            personal_note=(self.personal_note.data or "").replace("\r\n", "\n").strip(),
            pilot_percent=self.pilot_percent.data or 0,
            pilot_days=self.pilot_days.data if self.pilot_percent.data else None,
        )
