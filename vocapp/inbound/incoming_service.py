"""What an administrator does with a mail that came in."""

from vocapp.core.audit import record_act
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.inbound.models import InboundMail
from vocapp.inbound.reply_service import SUBJECT
from vocapp.inbound.service import judge_again


def have_judged_again(mail: InboundMail, *, by: User) -> None:
    """Have a mail judged once more, whatever it was taken for.

    Raises `DomainError` for one that waits to be judged anyway, and for one that is not here any more as it
    came.
    """
    before = mail.state
    if not judge_again(mail.id):
        raise DomainError("It cannot be judged again: it waits for that already, or it is not kept whole.")
    record_act(
        "mail_judged_again",
        actor_id=by.id,
        subject_kind=SUBJECT,
        subject_id=mail.id,
        details={"state": str(before)},
    )
