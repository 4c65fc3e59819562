"""A newer key: everything is sealed again, nothing is lost, whoever writes meanwhile."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    insert,
    literal,
    select,
    type_coerce,
    update,
)

from tests.vocapp.meetings import at_once
from vocapp.commands.secrets import rotate_all
from vocapp.core.crypto import Keyring, SealedText, using_keyring
from vocapp.core.db import db, reading, transaction
from vocapp.core.rotation import Outcome, SecretPlace, reseal, secrets_under_older_keys

OLD, NEW, LOST = Keyring([b"o" * 32]), Keyring([b"n" * 32, b"o" * 32]), Keyring([b"l" * 32])
ROWS = 30

# Tables of its own: what the product's migrations make is compared with the product's metadata.
metadata = MetaData()
wallets = Table(
    "wallets",
    metadata,
    Column("shelf", String(20), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("token", SealedText("wallet token")),
    Column("pin", SealedText("wallet pin")),
    Column("note", Text),
)
RAW = {name: type_coerce(wallets.c[name], Text) for name in ("token", "pin")}


@pytest.fixture
def shelves(separate_app: Flask) -> Iterator[Flask]:
    """An app whose database holds thirty wallets sealed with the old key, one of them without a token."""
    with separate_app.app_context():
        metadata.create_all(db.engine)
        with using_keyring(OLD), transaction():
            for number in range(ROWS):
                row = {
                    "shelf": f"s{number % 3}",
                    "number": number,
                    "token": f"token {number}",
                    "note": "plain",
                }
                db.session.execute(insert(wallets).values({**row, "pin": f"pin {number}", "note": "plain"}))
            db.session.execute(update(wallets).where(wallets.c.number == 0).values(token=None))
        db.session.remove()
    yield separate_app
    with separate_app.app_context():
        metadata.drop_all(db.engine)


def rotate(app: Flask, keyring: Keyring = NEW) -> list[tuple[str, int, int]]:
    with app.app_context(), using_keyring(keyring):
        return [(one.column, one.resealed, one.unreadable) for one in rotate_all(metadata)]


def opened(app: Flask, keyring: Keyring) -> dict[int, tuple[Any, Any]]:
    with app.app_context(), using_keyring(keyring), reading() as session:
        rows = session.execute(select(wallets.c.number, wallets.c.token, wallets.c.pin))
        return {number: (token, pin) for number, token, pin in rows}


def everything_as_written() -> dict[int, tuple[Any, Any]]:
    return {number: (f"token {number}" if number else None, f"pin {number}") for number in range(ROWS)}


def raw_values(app: Flask) -> list[str]:
    with app.app_context(), reading() as session:
        return [value for row in session.execute(select(*RAW.values())) for value in row if value is not None]


def test_everything_is_sealed_again_and_the_old_key_may_go(shelves: Flask) -> None:
    assert rotate(shelves) == [("token", ROWS - 1, 0), ("pin", ROWS, 0)]
    assert opened(shelves, Keyring(NEW.keys[:1])) == everything_as_written()


def test_a_second_run_finds_nothing_to_do_and_writes_nothing(shelves: Flask) -> None:
    rotate(shelves)
    before = raw_values(shelves)
    assert rotate(shelves) == [("token", 0, 0), ("pin", 0, 0)]
    assert raw_values(shelves) == before


def test_a_run_that_was_cut_off_is_taken_up_where_it_stopped(shelves: Flask) -> None:
    with shelves.app_context(), using_keyring(NEW):
        with reading():
            places = list(secrets_under_older_keys(wallets.c.pin))
        for place in places[:10]:
            with transaction():
                reseal(place)
    assert rotate(shelves) == [("token", ROWS - 1, 0), ("pin", ROWS - 10, 0)]


def test_the_old_key_reads_on_until_the_last_one_is_sealed_again(shelves: Flask) -> None:
    with shelves.app_context(), using_keyring(NEW):
        with reading():
            place = next(secrets_under_older_keys(wallets.c.pin))
        with transaction():
            assert reseal(place) is Outcome.RESEALED
    assert opened(shelves, NEW) == everything_as_written()


def test_a_secret_whose_key_is_gone_is_counted_and_left_alone(shelves: Flask) -> None:
    lost = LOST.seal("lost", purpose="wallet pin")
    with shelves.app_context(), transaction():
        spoil = update(wallets).where(wallets.c.number == 7)
        db.session.execute(spoil.values({wallets.c.pin: literal(lost, Text)}))
    assert rotate(shelves) == [("token", ROWS - 1, 0), ("pin", ROWS - 1, 1)]
    assert lost in raw_values(shelves)


def test_a_secret_removed_or_renewed_meanwhile_is_no_trouble(shelves: Flask) -> None:
    with shelves.app_context(), using_keyring(NEW):
        with transaction():
            db.session.execute(update(wallets).where(wallets.c.number == 1).values(pin="renewed"))
            db.session.execute(wallets.delete().where(wallets.c.number == 2))
        with transaction():
            assert reseal(SecretPlace(wallets.c.pin, ("s1", 1))) is Outcome.CURRENT
            assert reseal(SecretPlace(wallets.c.pin, ("s2", 2))) is Outcome.CURRENT
    assert opened(shelves, NEW)[1] == ("token 1", "renewed")


def test_rotating_while_others_write_and_read_fails_nobody(shelves: Flask) -> None:
    """A process that still seals with the old key writes all the time; a reader reads all the time."""
    written: dict[int, str] = {}
    is_over = threading.Event()

    def write() -> None:
        # Renews each token as often as it can, as a sync does when its refresh token rotates.
        try:
            for turn in range(4):
                for number in range(1, ROWS):
                    value = f"turn {turn} of {number}"
                    with using_keyring(Keyring([*OLD.keys, *NEW.keys[:1]])), transaction():
                        db.session.execute(
                            update(wallets).where(wallets.c.number == number).values(token=value)
                        )
                    written[number] = value
        finally:
            is_over.set()

    def read() -> None:
        while not is_over.is_set():
            with using_keyring(NEW), reading() as session:
                assert len(session.scalars(select(wallets.c.token)).all()) == ROWS

    def keep_rotating() -> None:
        while not is_over.is_set():
            with using_keyring(NEW):
                assert all(report.unreadable == 0 for report in rotate_all(metadata))

    at_once(shelves, write, read, keep_rotating, keep_rotating)
    rotate(shelves)
    tokens = {number: token for number, (token, _pin) in opened(shelves, Keyring(NEW.keys[:1])).items()}
    assert tokens == {0: None, **written}


def test_a_value_written_between_reading_and_swapping_stays(slow_app: Flask) -> None:
    """Statements are slow here, so that the writer comes between the two of the rotation."""
    with slow_app.app_context():
        metadata.create_all(db.engine)
        with using_keyring(OLD), transaction():
            row = {"shelf": "s", "number": 1, "token": "before", "pin": "before"}
            db.session.execute(insert(wallets).values(row))
        db.session.remove()

    def write() -> None:
        with using_keyring(OLD), transaction():
            db.session.execute(update(wallets).values(token="after"))

    def rotate_one() -> None:
        with using_keyring(NEW), transaction():
            reseal(SecretPlace(wallets.c.token, ("s", 1)))

    at_once(slow_app, write, rotate_one)
    assert opened(slow_app, NEW)[1] == ("after", "before")
    with slow_app.app_context():
        metadata.drop_all(db.engine)


def test_a_dump_of_the_rows_holds_no_secret(shelves: Flask) -> None:
    rotate(shelves)
    with shelves.app_context(), reading() as session:
        dump = repr(session.execute(select(*RAW.values(), wallets.c.note)).all())
    assert "plain" in dump
    assert "token 5" not in dump
    assert "pin 5" not in dump
