"""Forms of the connection pages: access, options, mapping."""

from typing import Any

from flask_babel import lazy_gettext as _
from wtforms import (
    BooleanField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError

from integrations.crm.salesforce.access import Flow, read_domain
from vocapp.core.forms import Form
from vocapp.sync.fields import FIELDS, Entity
from vocapp.sync.phrases import CONTACTS_BACK, DIRECTIONS, OWNERS, field_name
from vocapp.sync.rules import Direction, Owner

FLOWS = [
    (Flow.CLIENT_CREDENTIALS, _("As the integration user, with key and secret (proposed)")),
    (Flow.JWT, _("As the integration user, with a private key")),
    (Flow.WEB_SERVER, _("Somebody signs in at Salesforce in the browser")),
]
MOST_MINUTES = 7 * 24 * 60
KEEP = _("Not shown again. Leave empty to keep the one that is stored.")


def _stripped(text: str | None) -> str:
    return " ".join((text or "").split())


def _trimmed(text: str | None) -> str:
    return (text or "").strip()


class NameForm(Form):
    """What a connection is called here."""

    name = StringField(
        _("Name"),
        [DataRequired(_("Give it a name, such as the company or “sandbox”.")), Length(max=120)],
        filters=[_stripped],
        description=_("As it stands on pages here."),
    )


class SalesforceForm(NameForm):
    """How to get into a Salesforce organisation. `has_secrets` are those that are stored already."""

    is_by_settings = BooleanField(
        _("Use the server’s settings"),
        description=_("Domain, key and secret come from VOCAPP_SALESFORCE_… and nothing is stored here."),
    )
    flow = RadioField(_("How to sign in"), choices=FLOWS, default=Flow.CLIENT_CREDENTIALS)
    domain = StringField(
        _("My Domain"),
        [Length(max=300)],
        filters=[_trimmed],
        description=_("Such as acme.my.salesforce.com. A sandbox’s holds two dashes and “sandbox”."),
    )
    consumer_key = StringField(_("Consumer key"), [Length(max=500)], filters=[_trimmed], description=KEEP)
    consumer_secret = PasswordField(
        _("Consumer secret"), [Length(max=500)], filters=[_trimmed], description=KEEP
    )
    username = StringField(
        _("User name of the integration user"),
        [Length(max=200)],
        filters=[_trimmed],
        description=_("For a private key only."),
    )
    private_key = TextAreaField(_("Private key"), [Length(max=20_000)], filters=[_trimmed], description=KEEP)

    has_secrets: frozenset[str] = frozenset()

    def validate_domain(self, field: StringField) -> None:
        """Read the address in any form people copy it."""
        if self.is_by_settings.data:
            return
        try:
            field.data = read_domain(field.data or "")
        except ValueError as problem:
            raise ValidationError(str(problem)) from None
        if self.flow.data == Flow.CLIENT_CREDENTIALS and field.data in {"login", "test"}:
            raise ValidationError(
                _(
                    "Key and secret work only at the organisation’s own address: enter its My Domain, such "
                    "as acme.my.salesforce.com."
                )
            )

    def validate_consumer_key(self, field: StringField) -> None:
        """Ask for the key once."""
        self._need(field, "consumer_key", _("Enter the consumer key of the External Client App."))

    def validate_consumer_secret(self, field: PasswordField) -> None:
        """Ask for the secret once where it is what lets us in."""
        if self.flow.data == Flow.CLIENT_CREDENTIALS:
            self._need(field, "consumer_secret", _("Enter the consumer secret of the External Client App."))

    def validate_username(self, field: StringField) -> None:
        """A private key belongs to a user."""
        if self.flow.data == Flow.JWT and not self.is_by_settings.data and not field.data:
            raise ValidationError(_("Enter the user name that the private key signs in as."))

    def validate_private_key(self, field: TextAreaField) -> None:
        """Take a key in PEM form."""
        if self.flow.data != Flow.JWT:
            return
        self._need(field, "private_key", _("Paste the private key that belongs to the app’s certificate."))
        if field.data and "PRIVATE KEY-----" not in field.data:
            raise ValidationError(
                _("This is no key in PEM form; paste all of it, from “-----BEGIN PRIVATE KEY-----” on.")
            )

    def _need(self, field: Any, name: str, words: Any) -> None:
        if not field.data and not self.is_by_settings.data and name not in self.has_secrets:
            raise ValidationError(words)

    def access(self) -> dict[str, Any]:
        """Return what is no secret."""
        if self.is_by_settings.data:
            return {"is_by_settings": True, "flow": self.flow.data}
        return {"flow": self.flow.data, "domain": self.domain.data, "username": self.username.data or ""}

    def secret_values(self) -> dict[str, str]:
        """Return the secrets that were entered."""
        if self.is_by_settings.data:
            return {}
        names = ("consumer_key", "consumer_secret", "private_key")
        return {name: self[name].data for name in names if self[name].data}


class HubspotForm(NameForm):
    """How to get into a HubSpot account."""

    token = PasswordField(_("Access token"), [Length(max=500)], filters=[_trimmed], description=KEEP)
    has_secrets: frozenset[str] = frozenset()
    is_by_settings = False

    def validate_token(self, field: PasswordField) -> None:
        """Ask for the token once."""
        if not field.data and "token" not in self.has_secrets and not self.is_by_settings:
            raise ValidationError(_("Enter the access token of the private app."))

    def access(self) -> dict[str, Any]:
        """Return what is no secret: nothing."""
        return {}

    def secret_values(self) -> dict[str, str]:
        """Return the token if one was entered."""
        return {"token": self.token.data} if self.token.data else {}


class FolderForm(NameForm):
    """A drop folder, whose place stands in the server's settings."""

    has_secrets: frozenset[str] = frozenset()

    def access(self) -> dict[str, Any]:
        """Return what is no secret: nothing."""
        return {}

    def secret_values(self) -> dict[str, str]:
        """Return no secrets."""
        return {}


class OptionsForm(Form):
    """The policies of a connection."""

    contacts_back = RadioField(
        _("What happens with people over there"), choices=[(str(k), v) for k, v in CONTACTS_BACK.items()]
    )
    email_owner = SelectField(
        _("When an e-mail address changed on both sides"),
        choices=[
            (str(owner), OWNERS[owner])
            for owner in (Owner.MANUAL, Owner.SALESFORCE, Owner.VOCAPP, Owner.NEWEST, Owner.FILL_BLANK)
        ],
        description=_("Surveys go to this address, so asking a person is proposed."),
    )
    every_minutes = IntegerField(
        _("Run every … minutes"),
        [
            InputRequired(_("Enter how many minutes lie between two runs.")),
            NumberRange(5, MOST_MINUTES, _("Enter a number of minutes from 5 to 10,080, which is a week.")),
        ],
    )
    call_cap = IntegerField(
        _("Most calls in one run"),
        [Optional(), NumberRange(10, 10_000_000, _("Enter at least 10 calls, or leave it empty."))],
        description=_("Without one, a run takes no more than 30% of the calls of the day."),
    )
    allows_duplicates = BooleanField(
        _("Save new people even where their duplicate rules would hold them back"),
        description=_(
            "This makes duplicates over there. Leave it off unless the administrators there agree."
        ),
    )


class ObjectForm(Form):
    """What of an object comes in, and how its records find theirs here."""

    is_active = BooleanField(_("This object takes part"))
    creates = BooleanField(
        _("Make accounts and people that are not here yet"),
        description=_("Otherwise records that nobody here is are only counted."),
    )
    filter = StringField(
        _("Only records where"),
        [Length(max=1000)],
        filters=[_trimmed],
        description=_("In their language, such as Type = 'Customer'. Empty means all."),
    )
    match_field = SelectField(
        _("Field that holds our identifier"),
        description=_(
            "For accounts and people that were imported here before. Empty means by id and address."
        ),
    )

    def validate_filter(self, field: StringField) -> None:
        """Refuse what cannot be a filter."""
        text = field.data or ""
        if not text.isprintable() and text:
            raise ValidationError(_("The filter holds signs that cannot be typed; write it on one line."))
        if text.count("(") != text.count(")") or text.replace("\\'", "").count("'") % 2:
            raise ValidationError(_("A bracket or quote is not closed; check the filter."))


class FieldForm(Form):
    """How one field travels."""

    ours = SelectField(_("Our field"))
    theirs = StringField(
        _("Their field"),
        [
            DataRequired(_("Choose or type the field over there, such as Industry or Owner.Email.")),
            Length(max=120),
        ],
        filters=[_trimmed],
    )
    direction = SelectField(_("Way"), choices=[(str(k), v) for k, v in DIRECTIONS.items()])
    owner = SelectField(_("When both changed it"), choices=[(str(k), v) for k, v in OWNERS.items()])
    carries_blank = BooleanField(
        _("An emptied field empties the other side, too"),
        description=_("Otherwise nothing is ever emptied by the sync."),
    )

    def offer(self, entity: str) -> None:
        """List our fields of a kind of record, with the ways they can go."""
        self.ours.choices = [
            (name, f"{field_name(name)} ({', '.join(str(DIRECTIONS[way]) for way in sorted(one.ways))})")
            for name, one in FIELDS[Entity(entity)].items()
        ]

    def validate_theirs(self, field: StringField) -> None:
        """Take names and paths only."""
        text = (field.data or "").removeprefix("=")
        if not all(part.replace("_", "").isalnum() and part.isascii() for part in text.split(".")):
            raise ValidationError(_("This is no name of a field; choose one from the list."))

    def way(self) -> Direction:
        """Return the chosen direction."""
        return Direction(self.direction.data)

    def whose(self) -> Owner:
        """Return the chosen owner."""
        return Owner(self.owner.data)


class RuleForm(Form):
    """One line that gives a tier or a persona."""

    target = SelectField(_("Gives"), choices=[("tier", _("a tier")), ("personas", _("a persona"))])
    field = StringField(
        _("When their field"),
        [DataRequired(_("Choose the field to look at.")), Length(max=120)],
        filters=[_trimmed],
        description=_("Any field, RecordType.DeveloperName, or ContactRole.Role for people."),
    )
    equals = StringField(
        _("holds"),
        [DataRequired(_("Enter the value, or * for any.")), Length(max=200)],
        filters=[_stripped],
        description=_("* means any value."),
    )
    gives = SelectField(_("then it is"))
