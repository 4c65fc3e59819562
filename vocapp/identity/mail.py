"""The mails of sign-in: asked for by Flask-Security, sent through the outbox, written when they are sent."""

from datetime import timedelta
from typing import Any

from flask_security import MailUtil
from flask_security.recoverable import generate_reset_password_token

from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.core.web import absolute_url
from vocapp.identity.models import User
from vocapp.identity.queries import administrators, company
from vocapp.outbox.models import Message
from vocapp.outbox.rules import LetterContext
from vocapp.outbox.service import queue_message

RESET_HOURS = 2
# The link is made when the mail is sent, so that a mail server that is down for a day costs nothing.
WELCOME_WORTH = timedelta(days=3)


class OutboxMail(MailUtil):
    """Flask-Security's way of sending mail: a row in the outbox.

    What the library rendered, and the secret link in it, is thrown away: the row holds only whose mail it
    is, and the letter is written, with a fresh secret, when it is sent. A database dump opens no account.
    """

    def send_mail(self, template: str, *_rendered: Any, **kwargs: Any) -> None:
        """Put one of the two mails that our configuration sends on its way; ValueError for any other."""
        asking: User = kwargs["user"]
        # The caller is a view of the library, which leaves committing to whoever stores the mail.
        with transaction():
            match template:
                case "security/email/reset_instructions":
                    _queue("password_reset", asking, about=asking, worth=timedelta(hours=RESET_HOURS))
                case "security/email/two_factor_rescue":
                    for administrator in administrators():
                        _queue("second_factor_lost", administrator, about=asking, worth=timedelta(days=3))
                case _:
                    raise ValueError(f"there is no mail for {template}")


def queue_welcome_mail(user: User, *, by: User) -> None:
    """Put the first mail to a user on its way, in the caller's transaction: who added them, and a link."""
    _queue("welcome", user, about=by, worth=WELCOME_WORTH)


def _queue(template: str, reader: User, *, about: User, worth: timedelta) -> None:
    """Queue a mail to a user about a user, the same one at most once a minute."""
    now = utcnow()
    queue_message(
        key=f"{template}:{reader.id}:{about.id}:{now:%Y%m%d%H%M}",
        template=template,
        context={"user_id": about.id},
        subject_kind="user",
        subject_id=reader.id,
        to_address=reader.email,
        to_name=reader.name,
        send_by=now + worth,
    )


def password_reset_letter(message: Message) -> LetterContext | None:
    """Return the mail with a reset link that works from now on; None when the user may not sign in."""
    user = _active_user(message.subject_id)
    if user is None:
        return None
    return LetterContext(_way_to_password(user))


def welcome_letter(message: Message) -> LetterContext | None:
    """Return the first mail to a user; None when they may not sign in, or nobody knows who added them."""
    user, by = _active_user(message.subject_id), db.session.get(User, message.context["user_id"])
    if user is None or by is None:
        return None
    ours = company()
    return LetterContext(
        {
            **_way_to_password(user),
            "by": by.name or by.email,
            "company": ours.name if ours else "",
            "ask_url": absolute_url("security.forgot_password"),
        }
    )


def _way_to_password(user: User) -> dict[str, Any]:
    token = generate_reset_password_token(user)  # type: ignore[no-untyped-call]
    return {
        "name": user.name,
        "email": user.email,
        "reset_url": absolute_url("security.reset_password", token=token),
        "hours": RESET_HOURS,
    }


def second_factor_lost_letter(message: Message) -> LetterContext | None:
    """Return the mail that asks an administrator for help; None when either of them is gone."""
    administrator, asking = _active_user(message.subject_id), _active_user(message.context["user_id"])
    if administrator is None or asking is None:
        return None
    return LetterContext({"name": administrator.name, "person": asking.name, "email": asking.email})


def _active_user(user_id: int) -> User | None:
    user = db.session.get(User, user_id)
    return user if user is not None and user.active else None
