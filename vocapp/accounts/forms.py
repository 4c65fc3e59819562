"""Forms about accounts, contacts and files."""

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    DateField,
    DecimalField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional, Regexp, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from vocapp.accounts.cells import clean_text, read_language, read_time_zone
from vocapp.accounts.columns import TableKind
from vocapp.accounts.rules import AccountStatus, ContactStatus, CoverageModel, Degree
from vocapp.core.forms import Form

Choices = list[tuple[Any, str]]
NOBODY = 0


def _clean(text: str | None) -> str:
    return clean_text(text or "", most=10_000)


def _is_time_zone(_form: Form, field: StringField) -> None:
    """Accept a time zone's name, and write it the usual way."""
    if field.data:
        field.data = read_time_zone(field.data)
        if field.data is None:
            raise ValidationError(_("This is not a time zone; write one such as Europe/Berlin."))


class PersonasField(SelectMultipleField):
    """Any number of personas, as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ContactForm(Form):
    """What is known about a person, without the address, which stays as it is."""

    first_name = StringField(_("First name"), [Length(max=120)], filters=[_clean])
    last_name = StringField(_("Last name"), [Length(max=120)], filters=[_clean])
    title = StringField(_("Title"), [Length(max=200)], filters=[_clean])
    phone = StringField(_("Phone"), [Length(max=60)], filters=[_clean])
    personas = PersonasField(_("Personas"), coerce=int)
    language = StringField(
        _("Language"), [Length(max=16)], filters=[_clean], description=_("Such as en, de or pt-BR.")
    )
    time_zone = StringField(
        _("Time zone"),
        [Length(max=64), _is_time_zone],
        filters=[_clean],
        description=_("Such as Europe/Berlin."),
    )

    influence = SelectField(
        _("Influence"),
        description=_("How much their word counts when the decision is made."),
        default="",
        choices=[
            ("", _("Not known")),
            (Degree.LOW, _("Low")),
            (Degree.MEDIUM, _("Medium")),
            (Degree.HIGH, _("High")),
        ],
    )
    reports_to_id = SelectField(
        _("Reports to"), coerce=int, default=NOBODY, choices=[(NOBODY, _("Not known"))]
    )
    is_role_address = BooleanField(
        _("This address is shared"),
        description=_("Several people or a function read it, so it fills no seat and is not asked."),
    )

    def validate_language(self, field: StringField) -> None:
        """Accept a language tag, and write it the usual way."""
        if field.data:
            field.data = read_language(field.data)
            if field.data is None:
                raise ValidationError(_("This is not a language code; write one such as en or pt-BR."))

    def values(self) -> dict[str, Any]:
        """Return the columns of the contact."""
        names = ("first_name", "last_name", "title", "phone", "language", "time_zone", "influence")
        return {
            **{name: self[name].data or "" for name in names},
            "reports_to_id": self.reports_to_id.data or None,
            "is_role_address": bool(self.is_role_address.data),
        }


class ChangeContactForm(ContactForm):
    """A known person; the status can be changed, but an opt-out not lifted. An empty address stays."""

    email = StringField(_("E-mail"), [Length(max=320)], filters=[_clean])

    status = SelectField(
        _("Status"),
        choices=[
            (ContactStatus.ACTIVE, _("Active")),
            (ContactStatus.LEFT, _("Left the company")),
            (ContactStatus.BOUNCED, _("Mail bounces")),
            (ContactStatus.OPTED_OUT, _("Opted out of surveys")),
        ],
    )

    def values(self) -> dict[str, Any]:
        """Return the columns of the contact."""
        return {**super().values(), "status": self.status.data}


class NewContactForm(ContactForm):
    """A person we did not know yet."""

    email = StringField(_("E-mail"), [InputRequired(), Length(max=320)], filters=[_clean])
    is_confirmed = BooleanField(
        _("I confirmed this today"),
        description=_("You made sure that they still work there and still play this part."),
    )


class AccountForm(Form):
    """What is known about an account."""

    name = StringField(_("Name"), [InputRequired(), Length(max=200)], filters=[_clean])
    tier_id = SelectField(_("Tier"), coerce=int)
    owner_id = SelectField(_("Owner"), coerce=int)
    arr = DecimalField(
        _("ARR"), [Optional(), NumberRange(min=0, max=10**12 - 1)], description=_("Without separators.")
    )
    currency = StringField(
        _("Currency"),
        [Optional(), Regexp("^[A-Za-z]{3}$", message=_("Write its three letters, such as EUR."))],
        filters=[_clean],
    )
    renewal_date = DateField(_("Renewal"), [Optional()])
    review_date = DateField(_("Next business review"), [Optional()])
    segment = StringField(_("Segment"), [Length(max=80)], filters=[_clean])
    industry = StringField(_("Industry"), [Length(max=80)], filters=[_clean])
    region = StringField(_("Region"), [Length(max=80)], filters=[_clean])
    country = StringField(_("Country"), [Length(max=80)], filters=[_clean])
    time_zone = StringField(
        _("Time zone"),
        [Length(max=64), _is_time_zone],
        filters=[_clean],
        description=_("Such as Europe/Berlin. Empty: that of the country. People may have their own."),
    )
    product = StringField(_("Product"), [Length(max=80)], filters=[_clean])
    lifecycle_stage = StringField(_("Lifecycle stage"), [Length(max=40)], filters=[_clean])
    parent = StringField(
        _("Belongs to"),
        [Length(max=200)],
        filters=[_clean],
        description=_("The name or identifier of the account above this one."),
    )
    growth_potential = SelectField(
        _("Growth potential"),
        choices=[
            ("", _("Not known")),
            (Degree.LOW, _("Low")),
            (Degree.MEDIUM, _("Medium")),
            (Degree.HIGH, _("High")),
        ],
    )
    coverage_model = SelectField(
        _("Coverage model"),
        choices=[(CoverageModel.STANDARD, _("Standard")), (CoverageModel.HIGH_TOUCH, _("High touch"))],
    )
    status = SelectField(
        _("Status"), choices=[(AccountStatus.ACTIVE, _("Customer")), (AccountStatus.CHURNED, _("Churned"))]
    )

    def values(self) -> dict[str, Any]:
        """Return the columns of the account; whoever may not give it away has no owner field."""
        texts = ("name", "segment", "industry", "region", "country", "product", "lifecycle_stage", "status")
        values: dict[str, Any] = {name: self[name].data or "" for name in texts}
        values |= {name: self[name].data for name in ("growth_potential", "coverage_model")}
        values["time_zone"] = self.time_zone.data or ""
        values |= {name: self[name].data for name in ("arr", "renewal_date", "review_date")}
        values["currency"] = (self.currency.data or "").upper()
        for name in ("tier_id", "owner_id"):
            if name in self:
                values[name] = self[name].data or None
        return values


class ImportForm(Form):
    """A file to bring in."""

    kind = RadioField(
        _("What is in the file?"),
        choices=[
            (TableKind.ACCOUNTS, _("Accounts")),
            (TableKind.CONTACTS, _("Contacts")),
            (TableKind.RESPONSES, _("Answers from another tool")),
            (TableKind.OUTCOMES, _("How renewals ended")),
            (TableKind.BENCHMARKS, _("Figures of others, to compare with")),
        ],
        default=TableKind.ACCOUNTS,
    )
    file = FileField(_("File"), [FileRequired()], description=_("CSV or XLSX, up to 50 MB."))
    creates_accounts = BooleanField(
        _("Make accounts that only a contact's row names"),
        description=_("Needs columns with the account's identifier and name."),
    )
