"""Reading encryption keys: two ways to write one, and what is wrong is said by its number."""

import base64

import pytest

from vocapp.core.errors import SettingsError
from vocapp.core.keys import read_encryption_keys
from vocapp.core.settings import load_settings

FIRST, SECOND = bytes(range(32)), bytes(range(224, 256))
FIRST_BASE64 = base64.urlsafe_b64encode(FIRST).decode()


def test_keys_are_read_in_their_order_in_either_writing() -> None:
    value = f"{SECOND.hex().upper()}, {FIRST_BASE64.rstrip('=')}"
    assert read_encryption_keys(value, name="KEYS") == (SECOND, FIRST)


def test_padding_may_stay() -> None:
    assert read_encryption_keys(FIRST_BASE64, name="KEYS") == (FIRST,)


@pytest.mark.parametrize("bad", ["", "short", "ab" * 31, "z" * 64, "+" * 43, "é" * 43, "ab" * 33])
def test_a_bad_key_is_named_by_its_number(bad: str) -> None:
    with pytest.raises(SettingsError, match="KEYS: key 2 is not 32 bytes"):
        read_encryption_keys(f"{FIRST.hex()},{bad}", name="KEYS")


def test_a_message_never_holds_the_key() -> None:
    with pytest.raises(SettingsError) as problem:
        read_encryption_keys("ab" * 31, name="KEYS")
    assert "abab" not in str(problem.value)


def test_the_same_key_twice_is_a_mistake() -> None:
    with pytest.raises(SettingsError, match="key 2 stands there twice"):
        read_encryption_keys(f"{FIRST.hex()},{FIRST_BASE64}", name="KEYS")


def test_the_setting_is_named() -> None:
    with pytest.raises(SettingsError, match="VOCAPP_ENCRYPTION_KEYS: key 1"):
        load_settings({"VOCAPP_SECRET_KEY": "x" * 40, "VOCAPP_ENCRYPTION_KEYS": "nonsense"})
