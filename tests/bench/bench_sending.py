"""Mails per second from the outbox to a local server, against a bare smtplib loop of ready messages."""

import smtplib
import subprocess
import sys
import time

from sqlalchemy import func, select

from integrations.mail.message import build
from tests.bench.bench_answers import plan_invitations
from tests.bench.places import DATABASES, fresh_app
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.service import invited, queue_invitations
from vocapp.core.clock import utcnow
from vocapp.core.db import db, transaction
from vocapp.outbox.lanes import set_pacing
from vocapp.outbox.models import Message
from vocapp.outbox.rendering import write_mail
from vocapp.workflows.deliver_mail import LETTERS, deliver_mail

MESSAGES = 1000

SINK = """
import asyncio, sys
from aiosmtpd.smtp import SMTP

class Sink:
    async def handle_DATA(self, server, session, envelope):
        return "250 OK"

async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Sink(), enable_SMTPUTF8=True), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(300)

asyncio.run(main())
"""


def main() -> None:
    """Print both rates and their ratio per database."""
    sink = subprocess.Popen([sys.executable, "-W", "ignore", "-c", SINK], stdout=subprocess.PIPE, text=True)
    try:
        assert sink.stdout is not None
        port = int(sink.stdout.readline())
        for database in DATABASES:
            measure(database, port)
    finally:
        sink.kill()


def measure(database: str, port: int) -> None:
    """Send a wave's mails both ways to the sink."""
    app = fresh_app(database, mail_url=f"smtp://127.0.0.1:{port}")
    with app.app_context():
        plan_invitations(MESSAGES)
        with transaction():
            set_pacing(per_minute=0, warm_up_from=None)
            for invitation in db.session.scalars(select(Invitation)).all():
                queue_invitations(invitation.wave, [invited(invitation)])
        message = db.session.scalars(select(Message)).first()
        assert message is not None
        letter = LETTERS[message.template](message)
        assert letter is not None
        ready = build(write_mail(message, letter, now=utcnow()))
        floor_seconds = bare_loop(port, ready, message.to_address)
        start = time.perf_counter()
        deliver_mail({})
        while db.session.scalar(select(func.count()).select_from(Message).where(Message.state == "queued")):
            db.session.rollback()
            deliver_mail({})
        seconds = time.perf_counter() - start
        sent = db.session.scalar(select(func.count()).select_from(Message).where(Message.state == "sent"))
        if sent != MESSAGES:
            raise SystemExit(f"only {sent} of {MESSAGES} messages were sent")
    rate, floor_rate = MESSAGES / seconds, MESSAGES / floor_seconds
    size = len(ready) / 1024
    print(
        f"{database:<11} {rate:7.0f} mails/s   floor {floor_rate:7.0f}/s   ratio {rate / floor_rate:.2f}"
        f"   ({size:.0f} KB each)"
    )


def bare_loop(port: int, ready: bytes, recipient: str) -> float:
    """Send the same finished message again and again over one connection; return the seconds it took."""
    start = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port) as connection:
        for _message in range(MESSAGES):
            connection.sendmail("voice@vendor.example", [recipient], ready)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
