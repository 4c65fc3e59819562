"""Getting in to HubSpot, the calls of the day, and what happens when it is not well."""

from datetime import timedelta

import pytest

from integrations.crm.base import Access, NoAccess, QuotaSpent, TooBusy
from integrations.crm.hubspot.access import HubspotAccess
from integrations.crm.hubspot.client import HubspotCrm
from integrations.crm.records import Batch, Operation, Write
from tests.hubspot_emulator.server import HubspotEmulator
from tests.integrations.crm.hubspot.builders import START, changed, crm_of

SECRET = "pat-eu1-secret"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.hubapi.com",
        "http://10.0.0.1:80",
        "http://127.0.0.1.example:80",
        "file:///etc",
        "http://a@127.0.0.1",
    ],
)
def test_an_emulator_elsewhere_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="this machine"):
        HubspotAccess(SECRET, emulator_url=url)


@pytest.mark.parametrize("token", ["", "  ", "a b", "tökén", "a\nb"])
def test_a_broken_token_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="copy it again"):
        HubspotAccess(token)


def test_the_token_is_no_part_of_its_text() -> None:
    assert SECRET not in repr(HubspotAccess(SECRET))


def test_without_an_emulator_calls_go_to_hubspot() -> None:
    assert HubspotAccess(SECRET).base_url == "https://api.hubapi.com"


def test_a_token_nobody_knows_is_told_and_not_tried_again(emulator: HubspotEmulator) -> None:
    crm = crm_of(emulator, token=SECRET)
    with pytest.raises(NoAccess) as caught:
        changed(crm)
    assert caught.value.access is Access.WRONG_CREDENTIALS
    assert SECRET not in f"{caught.value} {caught.value.hint}"
    assert len(emulator.log) == 1


def test_another_account_is_refused_before_anything_is_written(emulator: HubspotEmulator) -> None:
    crm = crm_of(emulator, expected_organisation="1")
    with pytest.raises(NoAccess) as caught:
        crm.write(Batch("contacts", Operation.INSERT, [Write("new", {"firstname": "New"})]))
    assert caught.value.access is Access.WRONG_ORGANISATION
    assert emulator.store.items["contacts"] == {}


def test_the_expected_account_is_asked_for_once(emulator: HubspotEmulator) -> None:
    crm = crm_of(emulator, expected_organisation=str(emulator.store.portal))
    changed(crm)
    changed(crm)
    assert emulator.paths().count("/account-info/v3/details") == 1


def test_a_test_account_is_seen_as_one(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    emulator.account_type = "DEVELOPER_TEST"
    assert crm.identity().is_sandbox


def test_a_missing_scope_is_named(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    emulator.scopes.discard("crm.objects.deals.read")
    with pytest.raises(NoAccess) as caught:
        crm.describe("deals")
    assert caught.value.access is Access.WRONG_SCOPE
    assert "crm.objects.deals.read" in caught.value.hint


def test_the_check_tells_what_cannot_be_written(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    emulator.scopes.discard("crm.objects.companies.write")
    bad = [line for line in crm.check({"companies": ["name"], "owners": ["email"]}) if not line.is_fine]
    assert ["crm.objects.companies.write" in line.words for line in bad] == [True]


def test_the_check_ends_at_a_wrong_token(emulator: HubspotEmulator) -> None:
    lines = list(crm_of(emulator, token=SECRET).check({"companies": ["name"]}))
    assert [(line.is_fine, bool(line.hint)) for line in lines] == [(False, True)]


def test_the_check_never_raises_when_nobody_answers(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    emulator.stop()
    assert [line.is_fine for line in crm.check({"companies": ["name"]})] == [False]
    emulator.start()


def test_the_calls_of_the_day_are_heard(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    emulator.allowed, emulator.used = 1_000, 399
    usage = crm.usage()
    assert (usage.allowed, usage.used) == (1_000, 400)


def test_a_day_that_is_used_up_is_not_tried_again(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    emulator.allowed = 0
    with pytest.raises(QuotaSpent) as caught:
        changed(crm)
    assert caught.value.retry_after == timedelta(hours=1)
    assert len(emulator.log) == 1


def test_the_clock_is_theirs(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    assert crm.now() == START


def test_a_pause_that_is_asked_for_is_made(emulator: HubspotEmulator) -> None:
    pauses: list[float] = []
    emulator.fail("/search", status=429, count=2, retry_after=7, policy="SECONDLY")
    emulator.store.create("contacts", {"firstname": "Ann"})
    assert len(changed(crm_of(emulator, pauses=pauses))) == 1
    assert pauses == [7, 7]


def test_without_a_wish_pauses_grow(emulator: HubspotEmulator) -> None:
    pauses: list[float] = []
    emulator.fail("/search", status=503, count=3, body="<html>Down for maintenance</html>")
    changed(crm_of(emulator, pauses=pauses))
    assert pauses == [1, 2, 4]


def test_reading_gives_up_after_five_tries(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    emulator.fail("/search", status=502, count=9)
    with pytest.raises(TooBusy):
        changed(crm)
    assert emulator.paths().count("/crm/v3/objects/contacts/search") == 5


def test_a_long_pause_is_left_to_the_caller(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    emulator.fail("/search", status=503, retry_after=900)
    with pytest.raises(TooBusy) as caught:
        changed(crm)
    assert caught.value.retry_after == timedelta(minutes=15)


def test_a_line_that_drops_while_reading_is_taken_up_again(
    emulator: HubspotEmulator, crm: HubspotCrm
) -> None:
    emulator.store.create("contacts", {"firstname": "Ann"})
    emulator.fail("/search", status=0)
    assert len(changed(crm)) == 1


def test_an_answer_that_takes_too_long_is_asked_for_again(emulator: HubspotEmulator) -> None:
    emulator.store.create("contacts", {"firstname": "Ann"})
    emulator.fail("/search", status=200, latency=0.8)
    assert len(changed(crm_of(emulator, patience=0.5))) == 1
    assert emulator.paths().count("/crm/v3/objects/contacts/search") == 2


def test_a_page_where_json_should_be_is_not_taken_for_an_answer(
    emulator: HubspotEmulator, crm: HubspotCrm
) -> None:
    emulator.fail("/search", status=201, count=9, body="<html>Sign in to the network</html>")
    with pytest.raises(TooBusy, match="JSON"):
        changed(crm)


def test_a_redirection_is_not_followed(emulator: HubspotEmulator, crm: HubspotCrm) -> None:
    emulator.fail("/details", status=302, count=9)
    with pytest.raises(TooBusy):
        crm.identity()
