"""Sealing: only the right key opens, only for the right purpose, and only what nobody touched."""

import base64
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Column, Integer, MetaData, Table, Text, create_engine, insert, select, type_coerce
from sqlalchemy.engine import Connection

from vocapp.core.crypto import (
    CannotUnseal,
    KeyMissing,
    Keyring,
    SealedText,
    is_sealed_with_newest,
    seal,
    unseal,
    using_keyring,
)
from vocapp.core.db import db
from vocapp.core.errors import DomainError

OLD, NEW = b"o" * 32, b"n" * 32
SECRET = "a refresh token, ünïcode and all"

metadata = MetaData()
wallets = Table(
    "wallets", metadata, Column("id", Integer, primary_key=True), Column("token", SealedText("wallet token"))
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A database that no app knows, as a migration or a script has it."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection)
        yield connection
    engine.dispose()


def changed_at(sealed: str, place: int) -> str:
    """The same sealed text with one bit of its body turned."""
    head, _, body = sealed.rpartition(".")
    raw = bytearray(base64.urlsafe_b64decode(body))
    raw[place] ^= 1
    return f"{head}.{base64.urlsafe_b64encode(raw).decode()}"


def test_what_was_sealed_can_be_opened() -> None:
    ring = Keyring([NEW])
    assert ring.unseal(ring.seal(SECRET, purpose="p"), purpose="p") == SECRET


def test_even_an_empty_text_can_be_sealed() -> None:
    ring = Keyring([NEW])
    assert ring.unseal(ring.seal("", purpose="p"), purpose="p") == ""


def test_a_sealed_text_shows_nothing_of_the_secret_and_is_never_the_same() -> None:
    ring = Keyring([NEW])
    first, second = ring.seal(SECRET, purpose="p"), ring.seal(SECRET, purpose="p")
    assert first != second
    assert "refresh" not in first
    assert b"refresh" not in base64.urlsafe_b64decode(first.rpartition(".")[2])


@pytest.mark.parametrize("place", [0, 11, 12, 20, -16, -1])
def test_one_bit_turned_is_noticed(place: int) -> None:
    ring = Keyring([NEW])
    with pytest.raises(CannotUnseal, match="damaged or was moved"):
        ring.unseal(changed_at(ring.seal(SECRET, purpose="p"), place), purpose="p")


@pytest.mark.parametrize("text", ["", "plain", "sealed1", "sealed2.x.y", "a.b.c", "é.é.é"])
def test_what_was_never_sealed_is_said_to_be_damaged(text: str) -> None:
    with pytest.raises(CannotUnseal):
        Keyring([NEW]).unseal(text, purpose="p")


@pytest.mark.parametrize("body", ["", "AAAA", "!!!!", "é", "A", "AAAA" * 20])
def test_a_body_that_is_none_is_said_to_be_damaged(body: str) -> None:
    ring = Keyring([NEW])
    with pytest.raises(CannotUnseal, match="damaged"):
        ring.unseal(ring.newest_prefix + body, purpose="p")


def test_a_secret_cannot_be_moved_to_another_purpose() -> None:
    ring = Keyring([NEW])
    with pytest.raises(CannotUnseal, match="moved from another place"):
        ring.unseal(ring.seal(SECRET, purpose="one"), purpose="another")


def test_the_key_id_cannot_be_exchanged() -> None:
    ring = Keyring([NEW, OLD])
    sealed = Keyring([OLD]).seal(SECRET, purpose="p")
    with pytest.raises(CannotUnseal, match="damaged"):
        ring.unseal(ring.newest_prefix + sealed.rpartition(".")[2], purpose="p")


def test_an_older_key_still_opens_while_the_newest_seals() -> None:
    sealed = Keyring([OLD]).seal(SECRET, purpose="p")
    both = Keyring([NEW, OLD])
    assert both.unseal(sealed, purpose="p") == SECRET
    assert not both.is_sealed_with_newest(sealed)
    assert both.is_sealed_with_newest(both.seal(SECRET, purpose="p"))


def test_a_missing_key_is_said_with_what_to_do() -> None:
    sealed = Keyring([OLD]).seal(SECRET, purpose="p")
    with pytest.raises(KeyMissing, match="put it back into VOCAPP_ENCRYPTION_KEYS") as problem:
        Keyring([NEW]).unseal(sealed, purpose="p")
    assert Keyring([OLD]).newest_id in str(problem.value)


def test_without_a_key_nothing_is_sealed() -> None:
    with pytest.raises(DomainError, match="set VOCAPP_ENCRYPTION_KEYS"):
        Keyring([]).seal(SECRET, purpose="p")


def test_keys_do_not_show_when_a_keyring_is_printed() -> None:
    assert "nnn" not in repr(Keyring([NEW]))


def test_a_chosen_keyring_counts_before_the_apps(app: Flask) -> None:
    with using_keyring(Keyring([OLD])):
        sealed = seal(SECRET, purpose="p")
        assert unseal(sealed, purpose="p") == SECRET
        assert is_sealed_with_newest(sealed)
    with using_keyring(Keyring([NEW])), pytest.raises(KeyMissing):
        unseal(sealed, purpose="p")


def test_a_column_is_sealed_in_the_database_and_plain_in_the_program(connection: Connection) -> None:
    with using_keyring(Keyring([NEW])):
        connection.execute(insert(wallets).values(id=1, token=SECRET))
        assert connection.scalar(select(wallets.c.token)) == SECRET
        raw = connection.scalar(select(type_coerce(wallets.c.token, Text)))
        assert raw is not None
        assert raw.startswith("sealed1.")


def test_no_secret_stays_no_secret(connection: Connection) -> None:
    with using_keyring(Keyring([NEW])):
        connection.execute(insert(wallets).values(id=1, token=None))
        assert connection.scalar(select(wallets.c.token)) is None
        assert connection.scalar(select(wallets.c.id).where(wallets.c.token.is_(None))) == 1


def test_every_sealed_column_of_the_product_has_a_purpose_of_its_own(app: Flask) -> None:
    kinds = [column.type for table in db.metadata.tables.values() for column in table.columns]
    purposes = [kind.purpose for kind in kinds if isinstance(kind, SealedText)]
    assert len(purposes) == len(set(purposes))
