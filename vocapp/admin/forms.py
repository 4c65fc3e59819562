"""Forms of the settings pages."""

import re

from flask_babel import lazy_gettext as _
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, ValidationError

from vocapp.core.forms import Form
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
