"""How each way that mail and news of it come in by is faring."""

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from vocapp.core.db import Base


class MailWay(Base):
    """One way in, by name: `imap`, or a mail provider's.

    `worked_at` is when it last did, to the minute; `trouble` one sentence about what is wrong since, "" when
    nothing is. `confirm_url` is where a topic of Amazon SNS waits to be confirmed. `place` names the mailbox
    that `uid_validity` and `last_uid` are about, the last mail taken out of it (RFC 3501 §2.3.1.1).
    """

    __tablename__ = "mail_ways"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    worked_at: Mapped[datetime | None]
    trouble: Mapped[str] = mapped_column(String(500), default="")
    confirm_url: Mapped[str] = mapped_column(String(2000), default="")
    place: Mapped[str] = mapped_column(String(64), default="")
    uid_validity: Mapped[int] = mapped_column(BigInteger, default=0)
    last_uid: Mapped[int] = mapped_column(BigInteger, default=0)
