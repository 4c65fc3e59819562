"""The forms of reports."""

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from surveys.translation import phrase_book
from vocapp.accounts.models import Tier
from vocapp.campaigns.models import Wave
from vocapp.core.forms import Form
from vocapp.identity.models import User
from vocapp.reports.freezing import FACTS
from vocapp.reports.rules import Audience, PaperSize, ReportKind

KIND_WORDS = {
    ReportKind.ACCOUNT: _("Account benchmark: two pages about one customer"),
    ReportKind.PORTFOLIO: _("Portfolio review: all your accounts, and five to talk about"),
    ReportKind.BOOK: _("CSM book: one CSM's accounts, gaps and work"),
    ReportKind.WAVE: _("Wave report: who was asked, who answered, what they said"),
}
AUDIENCE_WORDS = {
    Audience.INTERNAL: _("Our own people"),
    Audience.CUSTOMER: _("The customer, too: no inner notes, no names of others, no small groups"),
}
PAPER_WORDS = {PaperSize.A4: "A4", PaperSize.LETTER: _("US Letter")}


class ReportForm(Form):
    """What a report is about and how it is printed."""

    kind = RadioField(_("Report"), validators=[InputRequired(_("Choose a report."))])
    account = StringField(
        _("Account"),
        description=_("Its name or its external id; for an account benchmark."),
        validators=[Length(max=200)],
    )
    wave = SelectField(_("Wave"), coerce=int, validators=[Optional()])
    csm = SelectField(_("CSM"), coerce=int, validators=[Optional()])
    audience = RadioField(_("For whom"), default=Audience.INTERNAL.value)
    language = SelectField(_("Language"), default="en")
    paper = SelectField(_("Paper"), default=PaperSize.A4.value)
    has_appendix = BooleanField(_("With the data behind it as an appendix"))

    def __init__(self, *, waves: Sequence[Wave], csms: Sequence[User], **values: Any) -> None:
        super().__init__(data=values)
        self.kind.choices = [(kind.value, words) for kind, words in KIND_WORDS.items() if kind in FACTS]
        # Waves of several CSMs often have one name.
        names = [(wave.id, f"{wave.name} · {wave.owner.name}") for wave in waves]
        self.wave.choices = [(0, _("Choose a wave")), *names]
        self.csm.choices = [(user.id, user.name or user.email) for user in csms]
        self.audience.choices = [(audience.value, words) for audience, words in AUDIENCE_WORDS.items()]
        spoken = phrase_book().languages
        self.language.choices = [(code, spoken[code].name) for code in spoken]
        self.paper.choices = [(paper.value, words) for paper, words in PAPER_WORDS.items()]


class TierForm(Form):
    """A tier whose accounts are all reported on, and how."""

    tier = SelectField(_("Tier"), coerce=int)
    audience = RadioField(_("For whom"), default=Audience.INTERNAL.value)
    language = SelectField(_("Language"), default="en")
    paper = SelectField(_("Paper"), default=PaperSize.A4.value)

    def __init__(self, *, tiers: Sequence[Tier], **values: Any) -> None:
        super().__init__(data=values)
        self._tiers = {tier.id: tier for tier in tiers}
        self.tier.choices = [(tier.id, tier.name) for tier in tiers]
        self.audience.choices = [(audience.value, words) for audience, words in AUDIENCE_WORDS.items()]
        spoken = phrase_book().languages
        self.language.choices = [(code, spoken[code].name) for code in spoken]
        self.paper.choices = [(paper.value, words) for paper, words in PAPER_WORDS.items()]

    @property
    def chosen(self) -> Tier:
        """The tier that was chosen."""
        return self._tiers[self.tier.data]
