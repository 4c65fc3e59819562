"""The pages "Who answered" and "Is the change real?": what they say and whose answers they use."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event

from tests.builders import NOW, a_contact, a_persona, a_user, a_wave, an_account, an_invitation
from tests.conftest import CheckingClient
from tests.vocapp.results.builders import (
    a_rich_version,
    a_rich_wave,
    accounts_of,
    an_answer,
    confidential_answers,
    fixed,
)
from vocapp.campaigns.models import Wave
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName


@pytest.fixture
def leader(client: CheckingClient) -> User:
    person = a_user(RoleName.LEADER)
    client.sign_in(person)
    return person


def read(client: CheckingClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.text.split())


def a_silence(wave: Wave, persona: str, **values: object) -> None:
    contact = a_contact(an_account(), personas=(persona,))
    asked = {"state": InvitationState.SILENT, "persona_id": a_persona(persona).id, "settled_at": NOW}
    an_invitation(wave, contact, **{**asked, **values})


def waves(first: list[int], second: list[int], *, is_confidential: bool = False) -> tuple[Wave, Wave]:
    """Two closed waves of one survey with these ratings."""
    version = a_rich_version(is_confidential=is_confidential)
    closed = {"state": WaveState.CLOSED, "closed_at": NOW}
    earlier = a_rich_wave(version, name="Spring", launched_at=NOW - timedelta(days=200), **closed)
    later = a_rich_wave(version, name="Autumn", launched_at=NOW - timedelta(days=20), **closed)
    for wave, ratings in ((earlier, first), (later, second)):
        confidential_answers(wave, accounts_of(3), ratings)
    fixed(earlier, later)
    return earlier, later


@pytest.mark.usefixtures("leader")
def test_a_wave_nobody_got_says_so(client: CheckingClient) -> None:
    wave = a_rich_wave()
    assert "Nobody got the question" in read(client, f"/waves/{wave.id}/who-answered")


@pytest.mark.usefixtures("leader")
def test_a_wave_that_has_just_begun_says_so(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_invitation(wave)
    page = read(client, f"/waves/{wave.id}/who-answered")
    assert "Nobody has had the time to answer yet" in page
    assert "One invitation is still open." in page


@pytest.mark.usefixtures("leader")
def test_an_open_wave_tells_no_share_and_claims_no_change(client: CheckingClient) -> None:
    version = a_rich_version()
    closed = {"state": WaveState.CLOSED, "launched_at": NOW - timedelta(days=200), "closed_at": NOW}
    for _ in range(12):
        an_answer(a_rich_wave(version, name="Spring", **closed), 2)
    wave = a_rich_wave(version)
    for _ in range(12):
        an_answer(wave, 10, invitation={"state": InvitationState.COMPLETED})
    an_invitation(wave)
    page = read(client, f"/waves/{wave.id}/who-answered")
    assert "12 people have rated us so far, one invitation is still open." in page
    assert "AAPOR" not in page
    assert "The wave is still open." in read(client, f"/waves/{wave.id}/change")


@pytest.mark.usefixtures("leader")
def test_the_page_names_the_rate_how_sure_it_is_and_who_is_missing(client: CheckingClient) -> None:
    wave = a_rich_wave(state=WaveState.CLOSED, closed_at=NOW)
    for _ in range(6):
        an_answer(wave, 9, invitation={"state": InvitationState.COMPLETED})
    for _ in range(5):
        a_silence(wave, "decision_maker")
    a_silence(wave, "champion", state=InvitationState.BOUNCED, language="de")
    page = read(client, f"/waves/{wave.id}/who-answered")
    assert (
        "6 of 11 people who got the question rated us: 55\N{NARROW NO-BREAK SPACE}%" in page or "55%" in page
    )
    assert "Answers are missing from: Decision maker." in page
    assert "AAPOR RR1" in page
    assert "the same day" in page
    assert "By language" in page
    assert "Deutsch" in page


@pytest.mark.usefixtures("leader")
def test_in_confidence_shares_are_shown_and_scores_of_kinds_of_people_are_not(client: CheckingClient) -> None:
    wave, _later = waves([9] * 6, [], is_confidential=True)
    page = read(client, f"/waves/{wave.id}/who-answered")
    assert "only the shares below are shown" in page
    assert "NPS" not in page


def test_a_csm_sees_their_own_accounts_only(client: CheckingClient) -> None:
    csm = a_user()
    client.sign_in(csm)
    wave = a_rich_wave(owner_id=csm.id, state=WaveState.CLOSED, closed_at=NOW)
    an_answer(wave, 9, account=an_account(owner_id=csm.id))
    an_answer(wave, 2)
    assert "1 of 1 people who got the question" in read(client, f"/waves/{wave.id}/who-answered")


def test_what_a_csm_has_nothing_to_do_with_is_not_found(client: CheckingClient) -> None:
    client.sign_in(a_user())
    wave = a_rich_wave()
    for page in ("who-answered", "change"):
        assert client.get(f"/waves/{wave.id}/{page}").status_code == 404


@pytest.mark.usefixtures("leader")
def test_the_first_wave_of_a_survey_has_nothing_to_compare_with(client: CheckingClient) -> None:
    wave = a_rich_wave()
    assert "Nothing to compare with yet" in read(client, f"/waves/{wave.id}/change")


@pytest.mark.usefixtures("leader")
def test_a_change_of_everybody_is_real(client: CheckingClient) -> None:
    _earlier, later = waves([2] * 12, [10] * 12)
    page = read(client, f"/waves/{later.id}/change")
    assert "Yes. The difference of +200 is more than chance" in page
    assert "compared with Spring" in page


@pytest.mark.usefixtures("leader")
@pytest.mark.parametrize(
    ("first", "second", "sentence"),
    [
        ([9, 3, 7, 8, 9, 2], [9, 9, 7, 8, 9, 2], "Not proven."),
        ([9], [2, 3], "Too few answers to say"),
        ([], [9, 9], "there is nothing to compare"),
    ],
)
def test_what_may_be_chance_is_not_called_a_change(
    client: CheckingClient, first: list[int], second: list[int], sentence: str
) -> None:
    _earlier, later = waves(first, second)
    assert sentence in read(client, f"/waves/{later.id}/change")


@pytest.mark.usefixtures("leader")
def test_waves_that_came_out_the_same_have_no_change_to_prove(client: CheckingClient) -> None:
    _earlier, later = waves([10] * 12, [10] * 12)
    assert "No. Both waves came out the same." in read(client, f"/waves/{later.id}/change")


@pytest.mark.usefixtures("leader")
def test_waves_in_confidence_are_compared_as_wholes_or_not_at_all(client: CheckingClient) -> None:
    _earlier, later = waves([2] * 12, [10] * 12, is_confidential=True)
    page = read(client, f"/waves/{later.id}/change")
    assert "Yes. The difference of +200" in page
    assert "People who rated in both" not in page


@pytest.mark.usefixtures("leader")
def test_too_few_in_confidence_are_not_compared(client: CheckingClient) -> None:
    _earlier, later = waves([2] * 3, [10] * 12, is_confidential=True)
    assert "cannot be compared" in read(client, f"/waves/{later.id}/change")


@pytest.mark.usefixtures("leader")
def test_a_wave_from_another_tool_is_compared_as_it_lies_in_time(client: CheckingClient) -> None:
    earlier, later = waves([2] * 12, [10] * 12)
    brought = a_rich_wave(
        earlier.survey_version,
        name="Before us",
        is_imported=True,
        launched_at=None,
        created_at=NOW - timedelta(days=300),
    )
    assert "Nothing to compare with yet" in read(client, f"/waves/{brought.id}/change")
    assert "Before us" in read(client, f"/waves/{later.id}/change")


@pytest.mark.usefixtures("leader")
def test_a_wave_of_another_survey_is_no_choice(client: CheckingClient) -> None:
    _earlier, later = waves([2] * 12, [10] * 12)
    stranger = a_rich_wave(a_rich_version("other"), launched_at=NOW - timedelta(days=300))
    assert "compared with Spring" in read(client, f"/waves/{later.id}/change?with={stranger.id}")


@pytest.mark.usefixtures("leader")
@pytest.mark.parametrize("page", ["who-answered", "change"])
def test_more_people_do_not_mean_more_statements(app: Flask, client: CheckingClient, page: str) -> None:
    _earlier, later = waves([2] * 2, [10] * 2)

    def count() -> int:
        statements: list[str] = []

        def note(_connection, _cursor, statement, *_rest):
            statements.append(statement)

        event.listen(db.engine, "before_cursor_execute", note)
        read(client, f"/waves/{later.id}/{page}")
        event.remove(db.engine, "before_cursor_execute", note)
        return len(statements)

    few = count()
    for _ in range(20):
        an_answer(later, 9)
    assert count() == few


@pytest.mark.usefixtures("leader")
def test_the_last_wave_of_the_same_sender_is_compared_first(client: CheckingClient) -> None:
    earlier, later = waves([2] * 12, [10] * 12)
    other = a_user(name="Ben Okafor")
    shared = {"survey_version_id": earlier.survey_version_id, "owner_id": other.id, "state": WaveState.CLOSED}
    a_wave(name="Summer", launched_at=NOW - timedelta(days=100), closed_at=NOW, **shared)
    with transaction():
        earlier.owner_id = later.owner_id
    page = read(client, f"/waves/{later.id}/change")
    assert "compared with Spring" in page
    assert "Summer (Ben Okafor)" in page
