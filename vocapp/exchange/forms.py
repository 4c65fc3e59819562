"""The forms of the exchange."""

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length, Optional

from vocapp.core.forms import Form
from vocapp.exchange.rules import Trait

MOST_TYPED = 200


class ExportForm(Form):
    """Under which name, and what is told most finely."""

    source = StringField(
        _("Name in the file"),
        [Optional(), Length(max=80)],
        description=_("What the file calls you. Empty: it names nobody, and partners know you by your key."),
    )
    first = RadioField(
        _("Tell most finely"),
        choices=[
            (Trait.TIER.value, _("by tier")),
            (Trait.INDUSTRY.value, _("by industry")),
            (Trait.REGION.value, _("by region")),
        ],
        default=Trait.TIER.value,
    )


class ImportForm(Form):
    """A file of a partner."""

    file = FileField(_("File"), [FileRequired()], description=_("What your partner exported, up to 2 MB."))


class TrustForm(Form):
    """A key, and whose it is."""

    fingerprint = StringField(
        _("Fingerprint"),
        [InputRequired(_("Enter the fingerprint your partner tells you.")), Length(max=MOST_TYPED)],
        description=_(
            "Have it told to you by phone or in person: whoever could change the file could change a mail."
        ),
    )
    name = StringField(
        _("Whose key it is"),
        [InputRequired(_("Give the key a name, such as that of the company.")), Length(max=80)],
    )
