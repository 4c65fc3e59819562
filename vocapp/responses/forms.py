"""The forms beside the questions of a survey, which `surveys.reading` reads."""

import re
from typing import Any

from wtforms import EmailField, Field, StringField
from wtforms.validators import AnyOf, DataRequired, Length, ValidationError

from surveys.reading import ERROR_REQUIRED
from vocapp.accounts.cells import CellProblem, read_address
from vocapp.core.forms import Form
from vocapp.responses.rules import ReferralReason

ERROR_CHOOSE = "error_choose"
ERROR_EMAIL = "error_email"
NOT_ME = (ReferralReason.LEFT_COMPANY, ReferralReason.WRONG_PERSON)

_UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class PublicForm(Form):
    """A form behind a secret link: the token in its address is its authority, so it needs no CSRF."""

    class Meta(Form.Meta):
        """No token but the one in the address."""

        csrf = False


def _one_line(text: str | None) -> str:
    return _UNSTORABLE.sub(" ", text or "").strip()


def _check_address(_form: Any, field: Field) -> None:
    try:
        read_address(field.data)
    except CellProblem:
        raise ValidationError(ERROR_EMAIL) from None


class NotMeForm(PublicForm):
    """Why the person asked is not the right one; its errors are phrase keys."""

    reason = StringField(validators=[AnyOf(NOT_ME, message=ERROR_CHOOSE)])


class SomebodyElseForm(PublicForm):
    """Who should be asked instead; its errors are phrase keys."""

    name = StringField(
        filters=[_one_line],
        validators=[DataRequired(ERROR_REQUIRED), Length(max=200, message=ERROR_REQUIRED)],
    )
    email = EmailField(
        filters=[_one_line],
        validators=[DataRequired(ERROR_EMAIL), Length(max=320, message=ERROR_EMAIL), _check_address],
    )
