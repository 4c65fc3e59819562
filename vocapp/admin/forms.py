"""Forms of the settings pages."""

import re

from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from vocapp.core.errors import DomainError
from vocapp.core.forms import Form
from vocapp.identity.branding import read_accent
from vocapp.identity.rules import RoleName

DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+")

ROLES = [
    (RoleName.CSM, _("Customer success manager: sees and asks the accounts they own")),
    (RoleName.LEADER, _("Leader: sees every account")),
    (RoleName.EXECUTIVE, _("Executive: reads")),
    (RoleName.ADMIN, _("Administrator: also sets up company, users and rules")),
]


def _stripped(text: str | None) -> str:
    return " ".join((text or "").split())


class CompanyForm(Form):
    """Who runs this installation."""

    name = StringField(_("Company"), [InputRequired(), Length(max=200)], filters=[_stripped])
    domains = TextAreaField(
        _("Our own mail domains"),
        [Length(max=5000)],
        description=_(
            "One per line. People with such an address are never imported as a customer's contact."
        ),
    )

    def validate_domains(self, _field: TextAreaField) -> None:
        """Accept plain domain names only."""
        for domain in self.domain_list():
            if not DOMAIN.fullmatch(domain):
                raise ValidationError(
                    _("%(domain)s is not a domain; write one such as example.com.", domain=domain)
                )

    def domain_list(self) -> list[str]:
        """Return the domains in lower case, without an @ in front."""
        return [word.lower().lstrip("@") for word in (self.domains.data or "").split()]


class ScoredAnswersForm(Form):
    """Which answers count in scores; the fields are those of `Company`."""

    is_phone_scored = BooleanField(
        _("Answers given by phone"),
        description=_("People are kinder to whoever they talk to. That they took part counts either way."),
    )
    is_reply_scored = BooleanField(
        _("Numbers in replies to our mails"),
        description=_("They are the person’s own, written down by one of us, without the other questions."),
    )
    is_import_scored = BooleanField(
        _("Answers imported from another tool"),
        description=_("They were asked in another way, and the questions may have differed."),
    )


class LogoForm(Form):
    """The logo that reports carry."""

    logo = FileField(
        _("Picture"),
        [FileRequired(_("Choose a picture first."))],
        description=_(
            "PNG, JPEG or WebP, up to 2 MB and 4000 × 4000 pixels; best 720 pixels wide or more, cropped"
            " close, on a transparent or white ground."
        ),
    )


class AccentForm(Form):
    """The colour that leads the eye through a report."""

    accent = StringField(
        _("Colour"),
        description=_(
            "# and six digits or letters, as your style guide has it. Dark enough to read on white."
        ),
    )

    def validate_accent(self, field: StringField) -> None:
        """Accept a colour that can be read on paper, written in one way."""
        try:
            field.data = read_accent(field.data or "")
        except DomainError as refusal:
            raise ValidationError(str(refusal)) from None


class NewUserForm(Form):
    """Somebody who may sign in."""

    email = StringField(_("E-mail"), [InputRequired(), Length(max=320)], filters=[_stripped])
    name = StringField(
        _("Name"),
        [InputRequired(), Length(max=200)],
        filters=[_stripped],
        description=_("As customers read it."),
    )
    title = StringField(_("Title"), [Length(max=200)], filters=[_stripped])
    role = SelectField(_("Role"), choices=ROLES, default=RoleName.CSM)


class UserForm(Form):
    """A known user."""

    name = StringField(
        _("Name"),
        [InputRequired(), Length(max=200)],
        filters=[_stripped],
        description=_("As customers read it."),
    )
    title = StringField(_("Title"), [Length(max=200)], filters=[_stripped])
    role = SelectField(_("Role"), choices=ROLES)
    active = BooleanField(_("May sign in"))
