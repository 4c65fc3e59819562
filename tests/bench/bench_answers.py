"""Answer POSTs per second, against a bare Flask view that inserts and commits one row."""

import io
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Flask, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Integer, String, insert, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.bench.places import DATABASES, fresh_app
from tests.builders import a_company, a_wave, an_account
from vocapp.accounts.models import Contact
from vocapp.campaigns.models import Invitation
from vocapp.core.clock import utcnow
from vocapp.core.db import db, engine_options, transaction
from vocapp.core.gateways import gateways
from vocapp.core.tokens import derive_token, hash_token, new_nonce

ANSWERS = 400


class FloorBase(DeclarativeBase):
    """The floor's own tables."""


class Line(FloorBase):
    """One inserted row."""

    __tablename__ = "floor_lines"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    text: Mapped[str] = mapped_column(String)


def main() -> None:
    """Print both rates and their ratio per database."""
    for database in DATABASES:
        app = fresh_app(database)
        with app.app_context():
            url = gateways().settings.database_url
            tokens = plan_invitations(ANSWERS)
        floor = bare_app(url)
        paths = [f"/s/{token}" for token in tokens]
        # Both are warmed up by a tenth of the posts, then take turns in two halves.
        split = ANSWERS // 10
        post_all(floor, ["/"] * split), post_all(app, paths[:split])
        floor_seconds = post_all(floor, ["/"] * (ANSWERS - split))
        seconds = post_all(app, paths[split:])
        count = ANSWERS - split
        rate, floor_rate = count / seconds, count / floor_seconds
        ratio = rate / floor_rate
        print(f"{database:<11} {rate:7.0f} answers/s   floor {floor_rate:7.0f}/s   ratio {ratio:.2f}")


def bare_app(url: str) -> Flask:
    """Return the floor: one view, one row, one commit, on the same kind of connection."""
    floor_db = SQLAlchemy(model_class=FloorBase)
    app = Flask("floor")
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=engine_options(url))
    floor_db.init_app(app)
    with app.app_context():
        FloorBase.metadata.create_all(floor_db.engine)

    @app.post("/")
    def post() -> tuple[str, int]:
        floor_db.session.add(Line(text=request.form["why"]))
        floor_db.session.commit()
        return "", 204

    return app


def plan_invitations(count: int) -> list[str]:
    """Insert a wave with `count` delivered invitations; return their tokens."""
    a_company()
    account, wave = (
        an_account(),
        a_wave(launched_at=utcnow(), closes_at=utcnow().replace(year=utcnow().year + 1), is_any_hour=True),
    )
    people = [
        {
            "account_id": account.id,
            "email": f"p{n}@c.example",
            "email_key": f"p{n}@c.example",
            "first_name": "Ana",
        }
        for n in range(count)
    ]
    secret = gateways().settings.secret_key
    with transaction():
        db.session.execute(insert(Contact), people)
        contacts = db.session.scalars(select(Contact.id).order_by(Contact.id)).all()
        nonces = [new_nonce() for _contact in contacts]
        tokens = [derive_token(secret, "answer", nonce) for nonce in nonces]
        rows = [
            {
                "wave_id": wave.id,
                "account_id": account.id,
                "contact_id": contact,
                "nonce": nonce,
                "token_hash": hash_token(token),
                "state": "delivered",
                "sent_at": utcnow(),
                "delivered_at": utcnow(),
            }
            for contact, nonce, token in zip(contacts, nonces, tokens, strict=True)
        ]
        db.session.execute(insert(Invitation), rows)
    return tokens


def post_all(app: Any, paths: Sequence[str]) -> float:
    """Post an answer to each path straight at the WSGI app; return the seconds it took."""
    body = urlencode({"rating": "9", "why": "It just works, most days.", "may_contact": "yes"}).encode()
    environments = [_environment(path, body) for path in paths]
    start = time.perf_counter()
    for environment in environments:
        statuses: list[str] = []
        for _chunk in app(environment, lambda status, *_rest, seen=statuses: seen.append(status)):
            pass
        if not statuses[0].startswith(("2", "3")):
            raise SystemExit(f"an answer was refused: {statuses[0]}")
    return time.perf_counter() - start


def _environment(path: str, body: bytes) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "POST",
        # A nameless sender within seconds of the mail would be put in quarantine, which is less work.
        "HTTP_USER_AGENT": "Mozilla/5.0",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
    }


if __name__ == "__main__":
    main()
