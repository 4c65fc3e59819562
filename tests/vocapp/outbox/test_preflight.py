"""Is our mail recognisably ours? Every fault refuses or warns, with the record that mends it."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.builders import NOW, a_contact
from tests.vocapp.campaigns.builders import a_draft
from tests.vocapp.outbox.senders import RECORDS, SIGNER, a_sender, mail_settings
from vocapp.campaigns.launching import launch_wave
from vocapp.campaigns.rules import WaveState
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.core.mail_settings import DkimSettings
from vocapp.outbox.models import SenderCheck
from vocapp.outbox.preflight import check_sender, identity_findings
from vocapp.outbox.sender_rules import Check, DnsRecord, Finding, Severity


def found(app: Flask, dns: dict[str, dict[str, list[str]]] | None = None, **changes: Any) -> list[Finding]:
    with a_sender(app, dns, **changes):
        return [one for one in identity_findings(NOW) if one.severity is not Severity.GOOD]


def the_finding(app: Flask, dns: dict[str, dict[str, list[str]]] | None = None, **changes: Any) -> Finding:
    (finding,) = found(app, dns, **changes)
    return finding


def test_a_sender_in_order_is_told_so_check_by_check(app: Flask) -> None:
    with a_sender(app):
        findings = identity_findings(NOW)
    assert [(one.check, one.severity) for one in findings] == [
        (check, Severity.GOOD) for check in (Check.SIGNATURE, Check.POLICY, Check.RETURN_PATH, Check.SENDERS)
    ]


def test_with_the_built_in_mailbox_nothing_is_asked(app: Flask) -> None:
    with a_sender(app, mail_url="mailbox:///somewhere") as dns:
        assert identity_findings(NOW) == check_sender(NOW) == []
        assert dns.asked == []


def test_mail_without_a_signature_is_stopped_and_told_how_to_get_one(app: Flask) -> None:
    finding = the_finding(app, signer=None, mail=mail_settings(dkim=None))
    assert (finding.check, finding.severity) == (Check.SIGNATURE, Severity.STOPS)
    for name in ("vocapp mail dkim-key", "VOCAPP_DKIM_DOMAIN to vendor.example", "VOCAPP_DKIM_SELECTOR"):
        assert name in finding.fix


def test_a_signature_by_somebody_else_is_stopped(app: Flask) -> None:
    findings = found(app, mail_from="voice@other.example")
    assert findings[0].severity is Severity.STOPS
    assert "signed by vendor.example, which does not align" in findings[0].what


def test_a_key_that_is_not_published_is_stopped_with_the_record(app: Flask) -> None:
    finding = the_finding(app, {SIGNER.record_name: {}})
    assert finding.severity is Severity.STOPS
    assert finding.record == DnsRecord(SIGNER.record_name, "TXT", SIGNER.record)
    assert finding.record.line.startswith('voice1._domainkey.vendor.example. IN TXT "v=DKIM1; k=rsa; p=MII')
    assert max(map(len, finding.record.line.split('"'))) <= 255


@pytest.mark.parametrize(
    ("published", "complaint"),
    [
        (["v=DKIM1; p="], "was withdrawn"),
        (["v=DKIM1; p=AAAA"], "Another key than ours"),
        ([SIGNER.record, "v=DKIM1; p=AAAA"], "2 keys are published"),
    ],
)
def test_a_key_that_is_not_ours_is_stopped(app: Flask, published: list[str], complaint: str) -> None:
    finding = the_finding(app, {SIGNER.record_name: {"txt": published}})
    assert finding.severity is Severity.STOPS
    assert complaint in finding.what


def test_when_the_mail_server_signs_its_key_has_to_be_there(app: Flask) -> None:
    server_signs = {"signer": None, "mail": mail_settings(dkim=DkimSettings("vendor.example", "voice1"))}
    assert found(app, {SIGNER.record_name: {"txt": ["k=rsa; p=AAAA"]}}, **server_signs) == []
    finding = the_finding(app, {SIGNER.record_name: {}}, **server_signs)
    assert (finding.severity, finding.record) == (Severity.STOPS, None)
    assert "key of your mail server" in finding.fix


def test_a_domain_without_a_policy_is_stopped_with_the_record(app: Flask) -> None:
    finding = the_finding(app, {"_dmarc.vendor.example": {}})
    assert (finding.check, finding.severity) == (Check.POLICY, Severity.STOPS)
    assert finding.record is not None
    assert finding.record.line == '_dmarc.vendor.example. IN TXT "v=DMARC1; p=none"'


@pytest.mark.parametrize(
    ("published", "complaint"),
    [
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "2 DMARC records"),
        (["v=DMARC1; p=perhaps"], "has no policy"),
        (["v=DMARC1; rua=mailto:a@vendor.example"], "has no policy"),
    ],
)
def test_a_policy_nobody_heeds_is_stopped(app: Flask, published: list[str], complaint: str) -> None:
    finding = the_finding(app, {"_dmarc.vendor.example": {"txt": published}})
    assert finding.severity is Severity.STOPS
    assert complaint in finding.what


def test_a_strict_policy_wants_exactly_our_domain(app: Flask) -> None:
    strict = {"_dmarc.mail.vendor.example": {"txt": ["v=DMARC1; p=none; adkim=s"]}}
    findings = found(app, strict, mail_from="voice@mail.vendor.example")
    assert findings[0].severity is Severity.STOPS
    assert "adkim=s" in findings[0].what
    assert "VOCAPP_DKIM_DOMAIN to mail.vendor.example" in findings[0].fix


def test_a_policy_above_holds_for_domains_below(app: Flask) -> None:
    below = {"mail_from": "voice@mail.vendor.example", "mail": mail_settings(bounce_domain="vendor.example")}
    dns = {"vendor.example": {"mx": ["a.vendor.example"], "txt": ["v=spf1 ip4:192.0.2.7 -all"]}}
    assert found(app, dns, **below) == []


@pytest.mark.parametrize("policy", ["v=DMARC1; p=none; aspf=s", "v=DMARC1; p=none"])
def test_a_return_path_that_does_not_align_is_warned_of(app: Flask, policy: str) -> None:
    domain = "bounce.vendor.example" if "aspf" in policy else "bounces.other.example"
    dns = {"_dmarc.vendor.example": {"txt": [policy]}, domain: RECORDS["bounce.vendor.example"]}
    finding = the_finding(app, dns, mail=mail_settings(bounce_domain=domain))
    assert (finding.check, finding.severity) == (Check.POLICY, Severity.WARNS)
    assert "signature alone" in finding.what


def test_a_return_path_no_mail_reaches_is_stopped_with_the_record(app: Flask) -> None:
    finding = the_finding(app, {"bounce.vendor.example": {"txt": ["v=spf1 ip4:192.0.2.7 -all"]}})
    assert (finding.check, finding.severity) == (Check.RETURN_PATH, Severity.STOPS)
    assert finding.record is not None
    assert finding.record.line == "bounce.vendor.example. IN MX 10 voice.vendor.example."


def test_without_a_bounce_domain_it_is_told_what_is_missed(app: Flask) -> None:
    dns = {"vendor.example": {"mx": ["mx.vendor.example"], "txt": ["v=spf1 ip4:192.0.2.7 -all"]}}
    finding = the_finding(app, dns, mail=mail_settings(bounce_domain=None))
    assert (finding.check, finding.severity) == (Check.RETURN_PATH, Severity.WARNS)
    assert "bounce.vendor.example" in finding.fix


@pytest.mark.parametrize(
    ("published", "complaint"),
    [
        ([], "does not say which machines"),
        (["v=spf1 -all", "v=spf1 ~all"], "2 SPF records"),
        (["v=spf1 +all"], "lets everybody"),
        (
            ["v=spf1 " + " ".join(f"exists:{n}.example" for n in range(11)) + " ip4:192.0.2.7 -all"],
            "10 look-ups",
        ),
        (["v=spf1 ip4:198.51.100.1 -all"], "does not name the addresses of relay.vendor.example"),
    ],
)
def test_who_may_send_is_warned_of(app: Flask, published: list[str], complaint: str) -> None:
    dns = {"bounce.vendor.example": {"mx": ["voice.vendor.example"], "txt": published}}
    finding = the_finding(app, dns)
    assert (finding.check, finding.severity) == (Check.SENDERS, Severity.WARNS)
    assert complaint in finding.what
    if not published:
        assert finding.record is not None
        assert finding.record.line == 'bounce.vendor.example. IN TXT "v=spf1 a:relay.vendor.example ~all"'


def test_a_relay_without_a_name_is_only_mentioned(app: Flask) -> None:
    finding = the_finding(app, {"192.0.2.7": {}})
    assert (finding.check, finding.severity) == (Check.NAMES, Severity.TELLS)


def test_links_have_to_be_https_and_to_lead_somewhere(app: Flask) -> None:
    plain = the_finding(app, base_url="http://voice.vendor.example")
    assert (plain.check, plain.severity) == (Check.LINKS, Severity.WARNS)
    nowhere = the_finding(app, base_url="http://127.0.0.1:8000")
    assert (nowhere.check, nowhere.severity) == (Check.LINKS, Severity.STOPS)


def test_the_way_to_the_relay_has_to_be_encrypted(app: Flask) -> None:
    finding = the_finding(app, mail_url="smtp://relay.vendor.example")
    assert (finding.check, finding.severity) == (Check.ENCRYPTION, Severity.WARNS)


def test_a_relay_on_this_machine_is_not_looked_up(app: Flask) -> None:
    with a_sender(app, mail_url="smtp://127.0.0.1:25", base_url="http://127.0.0.1:8000") as dns:
        findings = identity_findings(NOW)
    assert {one.check for one in findings if one.severity is not Severity.GOOD} == {Check.LINKS}
    assert not {kind for _, kind in dns.asked} & {"address", "pointer"}


def test_silence_stops_unless_a_check_was_good_lately(app: Flask) -> None:
    assert the_finding(app, is_silent=True).severity is Severity.STOPS
    with a_sender(app), transaction():
        check_sender(NOW - timedelta(days=7))
    finding = the_finding(app, is_silent=True)
    assert (finding.check, finding.severity) == (Check.DNS, Severity.WARNS)
    assert "2026-" in finding.what
    with a_sender(app, is_silent=True):
        (later,) = identity_findings(NOW + timedelta(seconds=1))
    assert later.severity is Severity.STOPS


def test_a_good_check_of_other_settings_does_not_count(app: Flask) -> None:
    with a_sender(app), transaction():
        check_sender(NOW)
    changed = mail_settings(bounce_domain="vendor.example")
    assert the_finding(app, is_silent=True, mail=changed).severity is Severity.STOPS


def test_only_a_check_that_was_answered_and_good_is_remembered(app: Flask) -> None:
    for changes in (
        {"is_silent": True},
        {"dns": {"_dmarc.vendor.example": {}}},
        {"mail": mail_settings(has_dns=False)},
    ):
        with a_sender(app, **changes), transaction():
            check_sender(NOW)
        assert db.session.scalar(db.select(db.func.count()).select_from(SenderCheck)) == 0
    for moment in (NOW, NOW + timedelta(hours=1)):
        with a_sender(app), transaction():
            check_sender(moment)
    assert db.session.scalars(db.select(SenderCheck.checked_at)).all() == [NOW + timedelta(hours=1)]


def test_where_no_dns_may_be_asked_that_is_said_and_stops_nothing(app: Flask) -> None:
    with a_sender(app, is_silent=True, mail=mail_settings(has_dns=False)) as dns:
        (finding,) = identity_findings(NOW)
    assert (finding.check, finding.severity) == (Check.DNS, Severity.WARNS)
    assert dns.asked == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"signer": None, "mail": mail_settings(dkim=None)}, "VOCAPP_DKIM_PRIVATE_KEY_FILE"),
        ({"mail_from": "voice@other.example"}, "VOCAPP_DKIM_DOMAIN to other.example"),
        ({"dns": {"_dmarc.vendor.example": {}}}, '_dmarc.vendor.example. IN TXT "v=DMARC1; p=none"'),
    ],
)
def test_a_launch_is_refused_with_the_fix_named(app: Flask, changes: dict[str, Any], named: str) -> None:
    wave = a_draft(a_contact().account)
    with a_sender(app, **changes):
        with pytest.raises(DomainError) as refused, transaction():
            launch_wave(wave, at=None, now=NOW)
        assert named in str(refused.value)
    db.session.expire_all()
    assert wave.state == WaveState.DRAFT


def test_a_launch_goes_on_in_order_and_through_a_short_silence(app: Flask) -> None:
    first, second = a_draft(a_contact().account), a_draft(a_contact().account)
    with a_sender(app), transaction():
        launch_wave(first, at=None, now=NOW)
    with a_sender(app, is_silent=True), transaction():
        launch_wave(second, at=None, now=NOW + timedelta(days=2))
    assert second.state == WaveState.OPEN
