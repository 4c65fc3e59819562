"""The pages of results: what they say, whose answers they show, how they are filtered."""

from datetime import timedelta
from typing import Any

import pytest

from tests.builders import NOW, a_tier, a_user, a_wave, an_account, an_invitation, save
from tests.conftest import CheckingClient
from tests.vocapp.results.builders import a_document, a_rich_version, a_rich_wave, an_answer
from vocapp.campaigns.models import Invitation
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.db import transaction
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.open_links.models import OpenLink, OpenResponse
from vocapp.questionnaires.models import Survey, SurveyVersion
from vocapp.responses.models import LinkClick


@pytest.fixture
def leader(client: CheckingClient) -> User:
    person = a_user(RoleName.LEADER)
    client.sign_in(person)
    return person


def read(client: CheckingClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.text.split())


@pytest.mark.usefixtures("leader")
def test_a_wave_nobody_has_answered_says_so(client: CheckingClient) -> None:
    wave = a_rich_wave()
    assert "No answers yet" in read(client, f"/waves/{wave.id}/results")
    an_invitation(wave)
    assert "Nobody has answered yet." in read(client, f"/waves/{wave.id}/results")


@pytest.mark.usefixtures("leader")
def test_one_answer_is_shown_and_called_a_hint(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9)
    page = read(client, f"/waves/{wave.id}/results")
    assert "One answer so far, a 9: treat as a hint." in page
    assert "a hint only" in page


@pytest.mark.usefixtures("leader")
def test_the_page_reads_score_interval_funnel_and_questions(client: CheckingClient) -> None:
    wave = a_rich_wave()
    said = {"what": ["price"], "drivers": {"price": 2}, "again": True, "why": "Too slow"}
    for rating in (9, 10, 3):
        an_answer(wave, rating, said=said, started_at=NOW, completed_at=NOW + timedelta(seconds=40))
    an_invitation(wave)
    page = read(client, f"/waves/{wave.id}/results")
    assert "The NPS is +33 from 3 answers; the true one most likely lies between" in page
    assert "40 seconds" in page
    assert "3 answers timed" in page
    assert "What matters, …?" in page
    assert "Price" in page
    assert "Too slow" in page
    assert "Speed <small" in page or "<bdi>Speed</bdi>" in page
    assert "(<bdi>slow</bdi>)" in page


@pytest.mark.usefixtures("leader")
def test_an_answer_in_quarantine_counts_nowhere(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9)
    an_answer(wave, 0, said={"why": "I am a machine"}, quarantine_reason="trap_field")
    page = read(client, f"/waves/{wave.id}/results")
    assert "One answer so far" in page
    assert "I am a machine" not in page
    assert "I am a machine" not in client.get(f"/waves/{wave.id}/results/export.csv").text


@pytest.mark.usefixtures("leader")
def test_partial_answers_tell_where_people_stop(client: CheckingClient) -> None:
    wave = a_rich_wave()
    response = an_answer(wave, 9)
    with transaction():
        response.state, response.last_page = "partial", "start"
    page = read(client, f"/waves/{wave.id}/results")
    assert "Stopped after page 1 of 2" in page
    assert "How likely?</small>" in page
    assert "one person" in page


@pytest.mark.usefixtures("leader")
def test_answers_by_phone_and_from_other_tools_are_marked(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9, source="phone", said={"why": "Said on the phone"})
    page = read(client, f"/waves/{wave.id}/results")
    assert "Came in by phone" in page
    an_answer(wave, 2)
    assert "One answer so far, a 2" in read(client, f"/waves/{wave.id}/results?source=link")


@pytest.mark.usefixtures("leader")
def test_a_wording_of_ones_own_is_not_benchmarked(client: CheckingClient) -> None:
    wave = a_rich_wave(a_rich_version(is_standard=False))
    an_answer(wave, 9)
    assert "own wording: not benchmarked" in read(client, f"/waves/{wave.id}/results")


@pytest.mark.usefixtures("leader")
def test_versions_of_different_kinds_are_scored_apart(client: CheckingClient) -> None:
    version = a_rich_version()
    document = a_document()
    document["pages"][0]["questions"][0]["kind"] = "csat"
    newer = save(SurveyVersion(survey_id=version.survey_id, number=2, definition=document))
    an_answer(a_rich_wave(version), 10)
    an_answer(a_rich_wave(newer), 5)
    page = read(client, "/surveys/relations/results")
    assert "Different scales and wordings are never added up." in page
    assert "CSAT: share of 4 and 5" in page


FILTERS = ["tier", "persona", "region", "owner", "language", "class", "q", "question", "theme"]


@pytest.mark.usefixtures("leader")
@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_narrows_the_comments(client: CheckingClient, name: str) -> None:
    wave = a_rich_wave()
    ours = an_account(tier_id=a_tier().id, region="North", owner_id=a_user().id)
    theirs = an_account(tier_id=a_tier("Tier 2", 2).id, region="South", owner_id=a_user().id)
    kept = an_answer(
        wave, 2, account=ours, persona="admin", language="de", said={"why": "Der Preis ist zu hoch"}
    )
    an_answer(wave, 9, account=theirs, said={"what": ["other"], "what.other": "Free lunch"})
    wishes = {
        "tier": ours.tier_id,
        "persona": kept.invitation.persona_id,
        "region": "North",
        "owner": ours.owner_id,
        "language": "de",
        "class": "bad",
        "q": "PREIS",
        "question": "why",
        "theme": "price",
    }
    page = read(client, f"/waves/{wave.id}/results?{name}={wishes[name]}")
    assert "Der Preis ist zu hoch" in page
    assert "Free lunch" not in page


@pytest.mark.usefixtures("leader")
def test_the_wave_filters_the_results_of_a_survey(client: CheckingClient) -> None:
    version = a_rich_version()
    one, other = a_rich_wave(version), a_rich_wave(version)
    an_answer(one, 9)
    an_answer(other, 1)
    assert "from 2 answers" in read(client, "/surveys/relations/results")
    assert "One answer so far, a 1" in read(client, f"/surveys/relations/results?wave={other.id}")


@pytest.mark.usefixtures("leader")
def test_nonsense_in_the_address_filters_nothing(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9)
    page = read(client, f"/waves/{wave.id}/results?tier=x&class=odd&owner=-3&page=zz&wave=99999999999999")
    assert "One answer so far" in page


def test_each_comment_leads_to_its_person_and_account(client: CheckingClient, leader: User) -> None:
    wave = a_rich_wave()
    response = an_answer(wave, 9, said={"why": "Fine"})
    page = read(client, f"/waves/{wave.id}/results")
    assert f'href="/people/{response.contact_id}"' in page
    assert f'href="/accounts/{response.account_id}"' in page


def test_a_csm_sees_what_their_own_accounts_said(client: CheckingClient) -> None:
    wave, me = a_rich_wave(owner=a_user(RoleName.LEADER)), a_user()
    an_answer(wave, 9, account=an_account(owner_id=me.id), said={"why": "From mine"})
    an_answer(wave, 1, said={"why": "From another"})
    client.sign_in(me)
    for path in (f"/waves/{wave.id}/results", "/surveys/relations/results"):
        page = read(client, path)
        assert "From mine" in page
        assert "From another" not in page
        assert "One answer so far, a 9" in page
    assert "From another" not in client.get(f"/waves/{wave.id}/results/export.csv").text


def test_a_csm_does_not_find_a_wave_that_asked_at_none_of_their_accounts(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9)
    client.sign_in(a_user())
    assert client.get(f"/waves/{wave.id}/results").status_code == 404
    assert client.get(f"/waves/{wave.id}/results/export.csv").status_code == 404
    assert client.get("/surveys/none/results").status_code == 404


@pytest.mark.usefixtures("leader")
def test_a_draft_has_no_results(client: CheckingClient) -> None:
    assert client.get(f"/waves/{a_rich_wave(state=WaveState.DRAFT).id}/results").status_code == 404


@pytest.mark.usefixtures("leader")
def test_a_survey_that_was_never_published_has_no_results(client: CheckingClient) -> None:
    save(Survey(key="unfinished", name="Unfinished"))
    assert client.get("/surveys/unfinished/results").status_code == 404


@pytest.mark.usefixtures("leader")
def test_the_moving_part_is_sent_only_when_something_moved(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9)
    page = client.get(f"/waves/{wave.id}/results").text
    seen = page.split("seen=")[1].split('"')[0]
    assert 'hx-trigger="every 15s"' in page
    assert client.get(f"/waves/{wave.id}/results/live?seen={seen}").status_code == 204
    an_answer(wave, 2)
    moved = client.get(f"/waves/{wave.id}/results/live?seen={seen}", headers={"HX-Request": "true"})
    assert moved.status_code == 200
    assert "from 2 answers" in moved.text
    assert "<h1" not in moved.text


@pytest.mark.usefixtures("leader")
def test_a_closed_wave_does_not_ask_again(client: CheckingClient) -> None:
    wave = a_rich_wave(state=WaveState.CLOSED)
    an_answer(wave, 9)
    assert "hx-trigger" not in client.get(f"/waves/{wave.id}/results").text


@pytest.mark.usefixtures("leader")
def test_history_from_another_tool_has_answers_and_no_funnel(client: CheckingClient) -> None:
    wave = a_rich_wave(is_imported=True, state=WaveState.CLOSED)
    an_answer(wave, 9, source="import")
    page = read(client, f"/waves/{wave.id}/results")
    assert "nobody knows who was asked" in page
    assert "Came in from another tool" in page


@pytest.mark.usefixtures("leader")
def test_each_step_of_the_funnel_holds_those_further_on(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9)
    # Answered before the batch noted that the mail had left.
    an_answer(wave, 9, invitation={"sent_at": None, "delivered_at": None})
    an_invitation(wave, state=InvitationState.STARTED)
    an_invitation(wave, state=InvitationState.BOUNCED, delivered_at=None)
    funnel = read(client, f"/waves/{wave.id}/results").split('class="v-funnel"')[1].split("</ol>")[0]
    counts = [part.split("<")[0].strip() for part in funnel.split('v-funnel-count">')[1:]]
    assert counts == ["4", "3", "3", "2", "2"]


def a_click(invitation: Invitation, **values: Any) -> None:
    save(LinkClick(invitation_id=invitation.id, target="score:7", first_at=NOW, last_at=NOW, **values))


def test_numbers_clicked_without_an_answer_are_an_intent_and_in_no_score(
    client: CheckingClient, leader: User
) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9)
    a_click(an_invitation(wave))
    a_click(an_invitation(wave), doubt="many_scores")
    page = read(client, f"/waves/{wave.id}/results")
    assert "One answer so far, a 9" in page
    assert "Chose a number in the mail and sent nothing" in page
    assert "33%" in page.split("counts in no score.")[1][:200]
    assert "Chose a number" not in read(client, f"/waves/{wave.id}/results?source=link")


@pytest.mark.usefixtures("leader")
def test_open_links_stand_apart_and_in_no_number_above(client: CheckingClient) -> None:
    version = a_rich_version()
    an_answer(a_rich_wave(version), 9)
    link = save(
        OpenLink(
            kind="event",
            name="Fair",
            survey_version_id=version.id,
            nonce="n",
            token_hash="h",
            allowed_origins=[],
        )
    )
    for number in range(2):
        save(
            OpenResponse(open_link_id=link.id, visit_hash=str(number), rating=0, answers={}, answered_at=NOW)
        )
    page = read(client, "/surveys/relations/results")
    assert "One answer so far, a 9" in page
    assert "Through open links" in page
    assert "The NPS is −100 from 2 answers" in page


@pytest.mark.usefixtures("leader")
def test_a_comment_in_a_language_without_words_is_not_analysed(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9, language="nl", said={"why": "De prijs"})
    page = read(client, f"/waves/{wave.id}/results")
    assert "not analysed" in page
    assert "one of them in a language without theme words" in page


@pytest.mark.usefixtures("leader")
def test_words_in_any_script_are_shown_as_text(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9, language="ar", said={"why": "السعر مرتفع <script>alert(1)</script>"})
    page = read(client, f"/waves/{wave.id}/results")
    assert "السعر مرتفع &lt;script&gt;" in page
    assert 'dir="auto" lang="ar"' in page


@pytest.mark.usefixtures("leader")
def test_results_are_linked_from_the_wave(client: CheckingClient) -> None:
    wave = a_wave()
    assert f"/waves/{wave.id}/results" in client.get(f"/waves/{wave.id}").text


@pytest.mark.usefixtures("leader")
def test_a_question_that_quotes_an_answer_reads_without_its_merge_field(client: CheckingClient) -> None:
    wave = a_wave()
    an_answer(wave, 8, said={"drivers_mid": ["support"]})
    page = read(client, f"/waves/{wave.id}/results")
    assert "You chose …." in page
    assert "{{" not in page
