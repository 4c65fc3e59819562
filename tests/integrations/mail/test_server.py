"""The mail URL."""

from pathlib import Path

import pytest

from integrations.mail.server import parse_mail_url


def test_a_url_with_starttls_names_server_and_credentials() -> None:
    server = parse_mail_url("smtp://ana%40vendor.example:p%3Aa%2Fss@mail.example:2525?starttls=1")
    assert (server.host, server.port, server.user, server.password, server.is_starttls) == (
        "mail.example",
        2525,
        "ana@vendor.example",
        "p:a/ss",
        True,
    )


@pytest.mark.parametrize(
    ("url", "port"),
    [("smtp://mail.example", 25), ("smtp://mail.example?starttls=1", 587), ("smtps://mail.example", 465)],
)
def test_the_usual_port_is_taken_when_none_is_named(url: str, port: int) -> None:
    assert parse_mail_url(url).port == port


def test_an_ipv6_address_can_be_a_host() -> None:
    assert parse_mail_url("smtp://[::1]:2525").host == "::1"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example:99999",
        "smtp://mail.example/inbox",
        "smtp://mail.example?startls=1",
        "smtp://mail.example?starttls=yes",
        "smtp://mail.example?starttls",
        "smtps://mail.example?starttls=1",
        "smtps://mail.example?verify=0",
        "smtps://user@mail.example",
        "smtp://user:s3cret@mail.example",
        "smtp://user:s3cret@[mail.example",
    ],
)
def test_a_bad_url_is_refused_in_one_sentence_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"^The (mail URL|option) [^\n]*\.$") as caught:
        parse_mail_url(url)
    assert "s3cret" not in str(caught.value)


def test_verification_may_be_off_on_this_machine() -> None:
    assert not parse_mail_url("smtps://127.0.0.1?verify=0").is_verified


def test_the_password_is_not_in_the_text_form() -> None:
    assert "s3cret" not in repr(parse_mail_url("smtps://user:s3cret@mail.example"))


def test_a_certificate_file_that_is_not_there_is_named() -> None:
    server = parse_mail_url("smtps://mail.example?ca=missing.pem")
    with pytest.raises(ValueError, match=r"missing\.pem"):
        server.tls_context()


def test_a_certificate_file_without_certificates_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    server = parse_mail_url(f"smtps://mail.example?ca={tmp_path / 'empty.pem'}")
    with pytest.raises(ValueError, match=r"empty\.pem"):
        server.tls_context()
