"""Settings of mail: a signature that can hold, names that can be asked, and one sentence when not."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from integrations.dns import FixedResolver, SystemResolver
from integrations.mail.dkim import new_private_key
from tests.conftest import environment_for, settings_for
from vocapp.core.errors import SettingsError
from vocapp.core.gateways import make_gateways
from vocapp.core.mail_settings import DkimSettings, MailSettings, read_mail
from vocapp.core.settings import load_settings

BASIS = {
    "VOCAPP_SECRET_KEY": "x" * 40,
    "VOCAPP_DATABASE_URL": "sqlite:///somewhere.db",
    "VOCAPP_ENCRYPTION_KEYS": "00" * 32,
}
NAMES = {"VOCAPP_DKIM_DOMAIN": "vendor.example", "VOCAPP_DKIM_SELECTOR": "voice1"}


def read(values: dict[str, str], mail_from: str = "voice@vendor.example") -> MailSettings:
    return read_mail(values, mail_from=mail_from)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "dkim.pem"
    path.write_bytes(new_private_key())
    return path


def pem_of(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, *, password: bytes = b"") -> bytes:
    protection = serialization.BestAvailableEncryption(password) if password else None
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        protection or serialization.NoEncryption(),
    )


def test_without_a_word_nothing_is_signed_and_mail_comes_back_to_the_sender() -> None:
    assert read({}) == MailSettings(bounce_domain=None, dkim=None, has_bulk_marks=False, has_dns=True)


def test_all_of_it_can_be_set(key_file: Path) -> None:
    settings = load_settings(
        {
            **BASIS,
            **NAMES,
            "VOCAPP_MAIL_FROM": "voice@vendor.example",
            "VOCAPP_DKIM_PRIVATE_KEY_FILE": str(key_file),
            "VOCAPP_BOUNCE_DOMAIN": "Bounce.Vendor.Example.",
            "VOCAPP_MAIL_BULK_MARKS": "Yes",
            "VOCAPP_DNS_SERVER": "192.0.2.53",
        }
    )
    assert settings.mail == MailSettings(
        bounce_domain="bounce.vendor.example",
        dkim=DkimSettings("vendor.example", "voice1", key_file.resolve()),
        has_bulk_marks=True,
        dns_server=("192.0.2.53", 53),
    )


def test_without_a_key_file_the_mail_server_signs() -> None:
    assert read(NAMES).dkim == DkimSettings("vendor.example", "voice1", None)


@pytest.mark.parametrize("missing", ["VOCAPP_DKIM_DOMAIN", "VOCAPP_DKIM_SELECTOR"])
def test_half_a_signature_is_named(missing: str, key_file: Path) -> None:
    given = {**NAMES, "VOCAPP_DKIM_PRIVATE_KEY_FILE": str(key_file)}
    del given[missing]
    with pytest.raises(SettingsError, match=f"{missing} is missing beside"):
        read(given)


@pytest.mark.parametrize("domain", ["vendor.example", "mail.vendor.example", "eu.mail.vendor.example"])
def test_a_signature_by_the_sender_or_above_or_below_aligns(domain: str) -> None:
    dkim = read({**NAMES, "VOCAPP_DKIM_DOMAIN": domain}, "voice@mail.vendor.example").dkim
    assert dkim is not None
    assert dkim.domain == domain


@pytest.mark.parametrize("domain", ["other.example", "othervendor.example", "news.vendor.example"])
def test_a_signature_that_does_not_align_is_refused(domain: str) -> None:
    with pytest.raises(SettingsError, match=r"does not align with VOCAPP_MAIL_FROM at mail\.vendor\.example"):
        read({**NAMES, "VOCAPP_DKIM_DOMAIN": domain}, "voice@mail.vendor.example")


def test_a_key_that_cannot_sign_is_refused_by_the_name_of_its_setting(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    given = {**NAMES, "VOCAPP_DKIM_PRIVATE_KEY_FILE": str(path)}
    with pytest.raises(SettingsError, match="VOCAPP_DKIM_PRIVATE_KEY_FILE is not a file on this machine"):
        read(given)
    for content, complaint in (
        (b"no key at all", "is not a private key in PEM form"),
        (pem_of(ec.generate_private_key(ec.SECP256R1())), "is not an RSA key"),
        (pem_of(rsa.generate_private_key(65537, 1024)), "is an RSA key of 1024 bits; 2048 are the least"),
        (pem_of(rsa.generate_private_key(65537, 2048), password=b"x"), "is .* without a passphrase"),
    ):
        path.write_bytes(content)
        with pytest.raises(SettingsError, match=f"VOCAPP_DKIM_PRIVATE_KEY_FILE {complaint}") as refused:
            read(given)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VOCAPP_BOUNCE_DOMAIN", "localhost"),
        ("VOCAPP_BOUNCE_DOMAIN", "bounce@vendor.example"),
        ("VOCAPP_BOUNCE_DOMAIN", "bounce vendor.example"),
        ("VOCAPP_BOUNCE_DOMAIN", "b." * 99 + "vendor.example"),
        ("VOCAPP_DKIM_DOMAIN", "https://vendor.example"),
        ("VOCAPP_DKIM_SELECTOR", "voice 1"),
        ("VOCAPP_DKIM_SELECTOR", "voice1._domainkey.vendor.example"),
        ("VOCAPP_MAIL_BULK_MARKS", "1"),
        ("VOCAPP_DNS_SERVER", "ns.vendor.example"),
        ("VOCAPP_DNS_SERVER", "192.0.2.53:0"),
        ("VOCAPP_DNS_SERVER", "192.0.2.53:99999"),
        ("VOCAPP_DNS_SERVER", "2001:db8::53"),
    ],
)
def test_a_bad_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read({**NAMES, name: value})


@pytest.mark.parametrize(
    ("value", "server"),
    [("192.0.2.53:5353", ("192.0.2.53", 5353)), ("[2001:db8::53]", ("2001:db8::53", 53))],
)
def test_a_name_server_may_have_a_port(value: str, server: tuple[str, int]) -> None:
    assert read({"VOCAPP_DNS_SERVER": value}).dns_server == server


def test_gateways_ask_and_sign_as_the_settings_say(tmp_path: Path, key_file: Path) -> None:
    silent = settings_for("sqlite://", tmp_path, mail=read({"VOCAPP_DNS_SERVER": "none"}))
    assert isinstance(make_gateways(silent).dns, FixedResolver)
    signing = read({**NAMES, "VOCAPP_DKIM_PRIVATE_KEY_FILE": str(key_file)})
    made = make_gateways(settings_for("sqlite://", tmp_path, mail=signing))
    assert isinstance(made.dns, SystemResolver)
    assert made.signer is not None
    assert made.signer.record_name == "voice1._domainkey.vendor.example"


def test_a_child_process_gets_the_same_settings(tmp_path: Path, key_file: Path) -> None:
    mail = MailSettings(
        bounce_domain="bounce.vendor.example",
        dkim=DkimSettings("vendor.example", "voice1", key_file.resolve()),
        has_bulk_marks=True,
    )
    environment = environment_for(settings_for("sqlite:///some.db", tmp_path, mail=mail))
    ours = {name: value for name, value in environment.items() if name.startswith("VOCAPP_")}
    read_back = load_settings({**ours, "VOCAPP_DNS_SERVER": ""}).mail
    assert read_back == mail
