"""Drafts by HTTP: undo and redo, two people at once, publishing, archiving, new surveys."""

import re

import pytest

from surveys.questions import QuestionKind
from tests.builders import a_user
from tests.conftest import CheckingClient
from tests.vocapp.questionnaires.editing import do, draft, step, words
from vocapp.core.db import transaction
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.questionnaires.queries import definition_of, draft_of, latest_version, listed_surveys
from vocapp.questionnaires.service import askable_version


def test_undo_and_redo_walk_the_steps_and_a_new_step_drops_the_undone(editing: CheckingClient) -> None:
    begun = draft()
    do(editing, "question-remove", question="why")
    without = draft()
    editing.post("/surveys/pulse-2/undo", data={"step": step()})
    assert draft() == begun
    editing.post("/surveys/pulse-2/redo", data={"step": step()})
    assert draft() == without
    editing.post("/surveys/pulse-2/undo", data={"step": step()})
    do(editing, "question-copy", question="why")
    nothing = editing.post("/surveys/pulse-2/redo", data={"step": step()})
    assert "There is nothing to redo" in nothing.get_data(as_text=True)


def test_typing_on_is_one_step(editing: CheckingClient) -> None:
    begun = draft()
    for text in ("W", "Why", "Why so?"):
        words(editing, "why", **{"words|en|prompt": text})
    editing.post("/surveys/pulse-2/undo", data={"step": step()})
    assert draft() == begun


def test_what_changes_nothing_is_no_step(editing: CheckingClient) -> None:
    before = step()
    words(editing, "why", **{"words|en|prompt": draft().question("why").texts["en"].prompt})
    assert step() == before


def test_of_two_administrators_the_slower_is_told_who_did_what_and_keeps_the_words(
    editing: CheckingClient,
) -> None:
    seen = step()
    do(editing, "question-copy", question="why")
    editing.sign_in(a_user(RoleName.ADMIN, name="Kim Lee"))
    late = do(
        editing,
        "words",
        on=seen,
        question="why",
        at="start.why",
        **{"words|de|prompt": "Warum <eigentlich>?"},
    )
    page = late.get_data(as_text=True)
    assert late.status_code == 409
    assert "Ingrid Solberg changed this draft since you opened it (Copied question “why”)" in page
    assert "Warum &lt;eigentlich&gt;?" in page
    assert draft().question("why").texts["de"].prompt != "Warum <eigentlich>?"


def test_an_old_step_never_passes_for_a_new_one(editing: CheckingClient) -> None:
    do(editing, "question-copy", question="why")
    old = step()
    editing.post("/surveys/pulse-2/undo", data={"step": old})
    do(editing, "question-remove", question="why")
    assert step() != old
    assert do(editing, "question-copy", on=old, question="rating").status_code == 409


def test_only_the_newest_200_steps_are_kept(editing: CheckingClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vocapp.questionnaires.drafting.MOST_STEPS", 3)
    for _ in range(5):
        do(editing, "page-add")
    for _ in range(2):
        editing.post("/surveys/pulse-2/undo", data={"step": step()})
    over = editing.post("/surveys/pulse-2/undo", data={"step": step()})
    assert "There is nothing more to undo" in over.get_data(as_text=True)


def test_a_draft_with_errors_is_not_published_and_the_first_is_named(editing: CheckingClient) -> None:
    do(editing, "question-add", page="start", kind="text")
    page = editing.get("/surveys/pulse-2/publish").get_data(as_text=True)
    assert "It can be published once the errors are mended" in page
    editing.post("/surveys/pulse-2/publish", data={"step": step()})
    assert latest_version("pulse-2") is None
    assert "This cannot be published yet" in editing.get("/surveys/pulse-2/publish").get_data(as_text=True)


def test_a_published_version_is_frozen_numbered_and_says_who_published_it(
    editing: CheckingClient, author: User
) -> None:
    published = draft()
    editing.post("/surveys/pulse-2/publish", data={"step": step()})
    first = latest_version("pulse-2")
    assert first is not None
    assert (first.number, first.published_by_id, definition_of(first)) == (1, author.id, published)
    assert draft_of("pulse-2") is None
    editing.post("/surveys/pulse-2/draft")
    do(editing, "question-remove", question="why")
    page = editing.get("/surveys/pulse-2/publish").get_data(as_text=True)
    assert "“why” is no longer asked." in page
    assert "changes the meaning" in page
    editing.post("/surveys/pulse-2/publish", data={"step": step()})
    second = latest_version("pulse-2")
    assert second is not None
    assert second.number == 2
    assert definition_of(first) == published
    assert re.search(
        r"Version 2.*Ingrid Solberg", editing.get("/surveys/pulse-2").get_data(as_text=True), re.DOTALL
    )


def test_nothing_new_is_no_version(editing: CheckingClient) -> None:
    editing.post("/surveys/pulse-2/publish", data={"step": step()})
    editing.post("/surveys/pulse-2/draft")
    editing.post("/surveys/pulse-2/publish", data={"step": step()})
    page = editing.get("/surveys/pulse-2/publish").get_data(as_text=True)
    assert "Nothing changed since version 1" in page


def test_the_promise_is_fixed_with_the_first_version(editing: CheckingClient) -> None:
    editing.post("/surveys/pulse-2/publish", data={"step": step()})
    editing.post("/surveys/pulse-2/draft")
    do(editing, "survey", occasion="relationship", default_language="en", is_confidential="1")
    assert not draft().is_confidential


def test_a_discarded_draft_takes_an_unpublished_survey_with_it(editing: CheckingClient) -> None:
    editing.post("/surveys/pulse-2/discard", data={"step": step()})
    assert editing.get("/surveys/pulse-2").status_code == 404


def test_nobody_discards_steps_they_have_not_seen(editing: CheckingClient) -> None:
    seen = step()
    do(editing, "question-remove", question="why")
    refused = editing.post("/surveys/pulse-2/discard", data={"step": seen})
    assert refused.status_code == 409
    assert "changed this draft since you opened it" in refused.get_data(as_text=True)
    assert draft() is not None


def test_a_library_survey_is_edited_under_its_own_key(client: CheckingClient, author: User) -> None:
    assert client.post("/surveys/pulse/draft").location.endswith("/surveys/pulse/edit")
    do(client, "question-copy", survey="pulse", question=draft("pulse").questions[-1].key)
    client.post("/surveys/pulse/publish", data={"step": step("pulse")})
    version = latest_version("pulse")
    assert version is not None
    assert len(definition_of(version).questions) > 2


def test_an_empty_survey_begins_with_a_page_and_says_what_is_missing(
    client: CheckingClient, author: User
) -> None:
    client.post("/surveys/new", data={"source": "", "name": "Ganz neu", "key": "", "language": "de"})
    page = client.get("/surveys/ganz-neu/edit").get_data(as_text=True)
    assert "Put a rating (NPS, CSAT or CES) first" in page
    do(client, "question-add", survey="ganz-neu", page="start", kind="nps")
    assert draft("ganz-neu").rating_question.texts["de"].prompt
    assert draft("ganz-neu").kind is QuestionKind.NPS


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("nps", "a survey with the key “nps” already"),
        ("new", "part of an address"),
        ("Ä", "small letter"),
        ("", "No key can be made"),
    ],
)
def test_a_new_survey_needs_a_key_of_its_own(
    client: CheckingClient, author: User, key: str, sentence: str
) -> None:
    response = client.post("/surveys/new", data={"source": "", "name": "調査", "key": key, "language": "ja"})
    assert response.status_code == 422
    assert sentence in response.get_data(as_text=True)


def test_an_archived_survey_is_offered_for_no_new_wave(client: CheckingClient, author: User) -> None:
    client.post("/surveys/pulse/archive")
    assert "pulse" not in [survey.key for survey in listed_surveys()]
    assert "Archived" in client.get("/surveys").get_data(as_text=True)
    assert 'value="pulse"' not in client.get("/waves/new").get_data(as_text=True)
    client.post("/surveys/pulse/unarchive")
    assert "pulse" in [survey.key for survey in listed_surveys()]


def test_an_archived_survey_is_refused_by_name_too(client: CheckingClient, author: User) -> None:
    client.post("/surveys/pulse/archive")
    with pytest.raises(DomainError, match="archived"), transaction():
        askable_version("pulse")
