"""Comments are taken out of answers, kept as these change, and never out of what was said in confidence."""

from typing import Any

import pytest

from surveys.questions import OTHER, other_key
from tests.builders import NOW, a_contact, a_user
from tests.vocapp.comments.builders import (
    a_comment,
    a_listening_wave,
    answered_again,
    read_all,
    stored,
    stored_of,
)
from tests.vocapp.results.builders import a_rich_version, a_rich_wave, an_answer
from vocapp.comments.models import CommentLabel
from vocapp.comments.rules import Verdict
from vocapp.comments.service import label_comment
from vocapp.core.db import db, transaction
from vocapp.identity.rules import RoleName
from vocapp.responses.rules import themes_of
from vocapp.results.dictionary import active_themes
from vocapp.results.service import add_theme, reset_themes, switch_theme
from vocapp.worker import run_due_jobs
from vocapp.workflows.response_received import response_received

pytestmark = pytest.mark.usefixtures("app")


def test_every_open_question_and_something_else_is_a_comment() -> None:
    said = {"what": ["price", OTHER], other_key("what"): "Your people"}
    a_comment("The price is too high", 3, said=said)
    read_all()
    texts = {comment.question: comment.text for comment in stored()}
    assert texts == {"why": "The price is too high", "what": "Your people"}


def test_a_comment_is_kept_with_its_class_themes_and_tone() -> None:
    comment_of = a_comment("Terrible price, horrible", 3, language="en")
    read_all()
    comment = stored_of(comment_of)
    assert (comment.kind, comment.band, comment.language) == ("nps", "bad", "en")
    assert "price" in "".join(themes_of(comment.themes) or ())
    assert comment.tone is not None
    assert comment.tone < 0
    assert comment.search_text == "terrible price, horrible"


def test_other_languages_have_no_tone_and_unknown_ones_no_themes() -> None:
    german = a_comment("Der Preis ist furchtbar", language="de")
    finnish = a_comment("Hinta on kauhea", language="fi")
    read_all()
    assert stored_of(german).tone is None
    assert stored_of(german).themes
    assert stored_of(finnish).tone is None
    assert stored_of(finnish).themes is None


def test_what_was_said_in_confidence_is_not_kept() -> None:
    wave = a_rich_wave(a_rich_version(is_confidential=True))
    an_answer(wave, 3, said={"why": "A secret"})
    read_all()
    assert stored() == []


def test_an_answer_in_quarantine_is_not_kept() -> None:
    held = a_comment("Doubtful", quarantine_reason="too fast")
    read_all()
    assert stored() == []
    with transaction():
        held.quarantine_reason = None
    read_all()
    assert [comment.text for comment in stored()] == ["Doubtful"]


def test_reading_again_changes_nothing_and_follows_the_answer() -> None:
    response = a_comment("First words")
    read_all()
    first = stored_of(response).id
    read_all()
    assert [comment.id for comment in stored()] == [first]
    answered_again(response, why="Other words")
    read_all()
    assert (stored_of(response).id, stored_of(response).text) == (first, "Other words")
    assert stored_of(response).search_text == "other words"
    answered_again(response, why="  ")
    read_all()
    assert stored() == []


def test_labels_of_other_words_are_forgotten() -> None:
    response, me = a_comment("The price is high"), a_user(RoleName.LEADER)
    read_all()
    comment = stored_of(response)
    theme = (themes_of(comment.themes) or ("",))[0]
    with transaction():
        label_comment(comment.id, theme, Verdict.RIGHT, by=me, now=NOW)
    read_all()
    assert db.session.query(CommentLabel).count() == 1
    answered_again(response, why="The price is low")
    read_all()
    assert db.session.query(CommentLabel).count() == 0


def test_an_answer_that_arrives_is_read_at_once() -> None:
    response = a_comment("At once")
    response_received({"response_id": response.id, "account_id": response.account_id})
    assert [comment.text for comment in stored()] == ["At once"]


def test_a_changed_dictionary_reads_every_comment_again() -> None:
    response, me = a_comment("The llama is fine"), a_user(RoleName.ADMIN)
    read_all()
    assert stored_of(response).themes == ""
    with transaction():
        add_theme(names={"en": "Animals"}, words={"en": ["llama"]}, by=me)
    run_due_jobs()
    db.session.expire_all()
    assert stored_of(response).themes == ",animals,"
    with transaction():
        switch_theme("animals", is_active=False, by=me)
    run_due_jobs()
    db.session.expire_all()
    assert stored_of(response).themes == ""
    with transaction():
        reset_themes(by=me)
    run_due_jobs()
    assert "animals" not in {theme.key for theme in active_themes()}


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10_000,
        "😀" * 3_000,
        "\u202eمرحبا\u202c שלום",
        "<script>alert(1)</script>",
        "100%_'\";--",
        "a" + "\u0301" * 500,
    ],
)
def test_odd_texts_are_kept_whole(text: str) -> None:
    response = a_comment(text)
    read_all()
    assert stored_of(response).text == text


def test_many_answers_are_read_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vocapp.comments.reading.ANSWERS_AT_ONCE", 2)
    wave = a_listening_wave()
    for number in range(5):
        a_comment(f"Number {number}", wave=wave)
    read_all()
    assert len(stored()) == 5


def test_nothing_answered_is_nothing_to_read() -> None:
    read_all()
    assert stored() == []


def test_an_erased_answer_takes_its_comment_along() -> None:
    response: Any = a_comment("Gone soon")
    read_all()
    with transaction():
        db.session.delete(db.session.get(type(response), response.id))
    db.session.expire_all()
    assert stored() == []


def test_a_comment_follows_its_answer_to_another_account_and_person() -> None:
    response, other = a_comment("Moves along"), a_contact()
    read_all()
    with transaction():
        response.account_id, response.contact_id = other.account_id, other.id
    db.session.expire_all()
    moved = stored_of(response)
    assert (moved.account_id, moved.contact_id) == (other.account_id, other.id)
