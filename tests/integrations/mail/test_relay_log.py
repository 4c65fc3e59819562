"""Finding mails in the log of a relay: what it says, and what may be concluded when it says nothing."""

import gzip
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.errors import Retryable
from integrations.mail.lookup import Fate, Found
from integrations.mail.relay_log import RelayLog

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SINCE, UNTIL = NOON, NOON + timedelta(minutes=20)
ID = "<invitation-7@vendor.example>"


def line(minute: float, text: str, *, host: str = "relay") -> str:
    return f"{(NOON + timedelta(minutes=minute)).isoformat()} {host} postfix/{text}\n"


def started(minute: float = -5) -> str:
    return line(minute, "master[1]: daemon started -- version 3.7.11, configuration /etc/postfix")


def goes_on(minute: float = 21) -> str:
    return line(minute, "anvil[9]: statistics: max connection rate 1/60s for (smtp:192.0.2.7) at Mar 2")


def named(minute: float = 1, *, queue_id: str = "4A0F1C0012", message_id: str = ID) -> str:
    return line(minute, f"cleanup[7]: {queue_id}: message-id={message_id}")


def taken(minute: float = 1, *, queue_id: str = "4A0F1C0012") -> str:
    return line(
        minute, f"qmgr[3]: {queue_id}: from=<voice@vendor.example>, size=9000, nrcpt=1 (queue active)"
    )


def status(what: str, minute: float = 2, *, dsn: str = "2.0.0", queue_id: str = "4A0F1C0012") -> str:
    return line(
        minute,
        f"smtp[8]: {queue_id}: to=<ken@customer.example>, relay=mx.customer.example[192.0.2.1]:25, "
        f"delay=0.8, delays=0.1/0/0.2/0.5, dsn={dsn}, status={what} (host mx.customer.example said so)",
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "mail.log"


def find(log: Path, *parts: str, **limits: int) -> Found | None:
    log.write_text("".join(parts))
    return RelayLog(log, **limits).find([ID], since=SINCE, until=UNTIL).get(ID)


def test_a_mail_the_queue_took_was_accepted(log):
    assert find(log, named(), taken()) == Found(Fate.ACCEPTED, NOON + timedelta(minutes=1))


@pytest.mark.parametrize("what", ["sent", "deferred"])
def test_a_mail_that_was_sent_on_or_waits_there_was_accepted(log, what):
    assert find(log, named(), status(what)).fate is Fate.ACCEPTED


@pytest.mark.parametrize("what", ["bounced", "expired"])
def test_a_mail_that_came_back_bounced_with_its_status(log, what):
    found = find(log, named(), taken(), status(what, dsn="5.1.1"))
    assert (found.fate, found.status, found.at) == (Fate.BOUNCED, "5.1.1", NOON + timedelta(minutes=2))
    assert "said so" in found.detail


def test_a_mail_handed_to_a_content_filter_bounced_when_its_second_entry_did(log):
    found = find(
        log,
        named(),
        status("sent"),
        named(queue_id="77AA0B0044"),
        status("bounced", dsn="5.2.2", queue_id="77AA0B0044"),
    )
    assert found.fate is Fate.BOUNCED


def test_a_mail_that_a_whole_log_does_not_name_never_came(log):
    assert find(log, started(), goes_on()) == Found(Fate.NEVER)


def test_a_mail_that_was_broken_off_before_its_end_never_came(log):
    assert find(log, started(), named(), goes_on()) == Found(Fate.NEVER)


@pytest.mark.parametrize(
    "parts",
    [
        (),
        (started(),),
        (goes_on(),),
        (started(minute=1), goes_on()),
        (started(), goes_on(minute=19)),
        (named(),),
        (started(), named()),
    ],
)
def test_a_log_that_does_not_reach_from_before_to_after_proves_no_absence(log, parts):
    assert find(log, *parts) is None


def test_a_log_that_cannot_be_read_is_asked_again_later(log):
    with pytest.raises(Retryable):
        RelayLog(log).find([ID], since=SINCE, until=UNTIL)


def test_a_queue_id_that_is_used_again_speaks_of_the_new_mail(log):
    other = named(3, message_id="<other@vendor.example>")
    assert find(log, started(), named(), other, taken(3), goes_on()).fate is Fate.NEVER
    assert find(log, started(), other, named(4), taken(4), goes_on()).fate is Fate.ACCEPTED


def test_a_log_rotated_in_between_is_read_as_one(log):
    log.with_name("mail.log.1").write_text(started() + named())
    assert find(log, taken(), status("sent"), goes_on()).fate is Fate.ACCEPTED


def test_rotated_and_packed_logs_count_as_well(log):
    with gzip.open(log.with_name("mail.log.2.gz"), "wt") as packed:
        packed.write(started() + named())
    log.with_name("mail.log.1").write_text(line(1, "smtpd[5]: connect from app[192.0.2.7]"))
    assert find(log, status("bounced", dsn="5.1.1")).fate is Fate.BOUNCED
    assert RelayLog(log).find(["<x@y>"], since=SINCE, until=NOON) == {"<x@y>": Found(Fate.NEVER)}


def test_older_files_than_needed_are_not_opened(log):
    log.with_name("mail.log.1").write_bytes(b"\xff" * 99)
    assert find(log, started(), goes_on()) == Found(Fate.NEVER)


def test_a_packed_log_that_is_broken_is_asked_again_later(log):
    log.with_name("mail.log.1.gz").write_bytes(gzip.compress(started().encode())[:-9])
    with pytest.raises(Retryable):
        find(log, goes_on())


@pytest.mark.parametrize(
    "cut",
    [
        named()[:-20] + "\n",
        named()[:-40] + taken(),
        named()[:45] + "\n",
        named()[45:],
        named()[70:],
        named().rstrip("\n") + taken().replace("T", " ", 1)[20:],
    ],
)
def test_a_line_cut_short_proves_nothing(log, cut):
    found = find(log, started(), cut, goes_on())
    assert found is None or found.fate is Fate.ACCEPTED


def test_a_line_cut_long_before_does_not_matter(log):
    assert find(log, started(-30), named()[45:], started(-9), goes_on()) == Found(Fate.NEVER)


def test_what_follows_a_line_cut_short_is_read_all_the_same(log):
    assert find(log, "host postfix/smtpd[5]: conn" + named(), taken()).fate is Fate.ACCEPTED


def test_a_last_line_still_being_written_is_left_for_the_next_time(log):
    assert find(log, started(), goes_on(), named()[:-9]) == Found(Fate.NEVER)


def test_other_words_of_cleanup_and_other_programs_are_no_damage(log):
    other = (
        line(1, "cleanup[7]: 4A0F1C0012: warning: header Subject: Hi from app[192.0.2.7]; from=<v@x.example>")
        + line(2, "cleanup[7]: 4A0F1C0012: milter-reject: END-OF-MESSAGE from app[192.0.2.7]: 5.7.1 no")
        + line(3, "cleanup[7]: warning: dict_nis_init: NIS domain name not set - NIS lookups disabled")
        + line(3, "smtps/smtpd[7]: lost connection after DATA from app[192.0.2.7]")
        + f"{(NOON + timedelta(minutes=4)).isoformat()} relay dovecot: imap-login: Login: user=<ken>\n"
    )
    assert find(log, started(), other, goes_on()) == Found(Fate.NEVER)


def test_no_more_is_read_than_allowed_and_the_newest_counts(log):
    noise = "".join(goes_on(3) for _ in range(2000))
    assert find(log, started(), noise, named(4), taken(4), goes_on(), longest_read=2000).fate is Fate.ACCEPTED
    assert find(log, started(), noise, goes_on(), longest_read=2000) is None


def test_the_older_way_to_write_times_is_read_in_this_machines_zone(log, monkeypatch):
    local = NOON.astimezone()

    def old(minute: float, text: str) -> str:
        return f"{local + timedelta(minutes=minute):%b} {(local + timedelta(minutes=minute)).day:2} " + (
            f"{local + timedelta(minutes=minute):%H:%M:%S} relay postfix/{text}\n"
        )

    log.write_text(
        old(-9, "master[1]: daemon started")
        + old(1, f"cleanup[7]: 4A0F1C: message-id={ID}")
        + old(30, "x[1]: y")
    )
    os.utime(log, (NOON.timestamp() + 3600, NOON.timestamp() + 3600))
    found = RelayLog(log).find([ID, "<none@x>"], since=SINCE, until=UNTIL)
    assert {each.fate for each in found.values()} == {Fate.NEVER}


@given(text=st.text(alphabet=st.characters(codec="utf-8"), max_size=300), at=st.integers(0, 400))
def test_no_garbage_in_a_log_raises(tmp_path_factory, text, at):
    whole = started() + named() + goes_on()
    log = tmp_path_factory.mktemp("log") / "mail.log"
    log.write_bytes((whole[:at] + text + whole[at:]).encode("utf-8", "surrogateescape"))
    RelayLog(log).find([ID], since=SINCE, until=UNTIL)


def test_hostile_lines_are_read_in_time_that_grows_with_their_length(log):
    hostile = f"{NOON.isoformat()} r postfix/smtp[1]: 4A0F1C0012: " + "dsn=5." * 9000 + "\n"
    assert find(log, started(), named(), *(hostile,) * 50, taken(), goes_on()).fate is Fate.ACCEPTED
