"""The survey editor by HTTP: every operation, and what it refuses."""

import re
from pathlib import Path

import pytest

from surveys.questions import QuestionKind
from tests.builders import a_user, a_wave
from tests.conftest import CheckingClient
from tests.vocapp.questionnaires.editing import do, draft, words
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.questionnaires.operations import OPERATIONS


def test_the_editor_shows_every_place_of_a_survey(editing: CheckingClient) -> None:
    survey = draft()
    places = [":survey", *(page.key for page in survey.pages)]
    places += [f"{survey.page_of(question.key).key}.{question.key}" for question in survey.questions]
    for place in places:
        page = editing.get(f"/surveys/pulse-2/edit?at={place}&into=ar")
        assert page.status_code == 200
        assert 'id="place-title"' in page.get_data(as_text=True)
    assert 'dir="rtl"' in page.get_data(as_text=True)


def test_the_list_and_the_page_of_a_survey_show_its_draft(editing: CheckingClient) -> None:
    listed = editing.get("/surveys").get_data(as_text=True)
    assert "draft waiting" in listed
    assert "Go on editing" in editing.get("/surveys/pulse-2").get_data(as_text=True)


def test_the_page_of_a_survey_shows_versions_and_the_waves_that_used_them(
    client: CheckingClient, author: User
) -> None:
    a_wave(author, name="Spring wave")
    page = client.get("/surveys/nps").get_data(as_text=True)
    assert "Version 1" in page
    assert "Spring wave" in page


def test_every_operation_is_tried_by_http_in_this_file() -> None:
    tried = re.findall(r'do\(\s*\w+,\s*"([a-z-]+)"', Path(__file__).read_text(encoding="utf-8"))
    assert set(OPERATIONS) - set(tried) == set()


def test_pages_are_added_named_moved_copied_and_removed(editing: CheckingClient) -> None:
    begun = draft()
    first = begun.pages[0].key
    do(editing, "page-add", after=first)
    made = draft().pages[1].key
    do(editing, "page", page=made, key="later", is_extra="1")
    assert draft().page("later").is_extra
    do(editing, "page-move", page="later", to="down")
    assert draft().pages[2 if len(begun.pages) > 1 else 1].key == "later"
    do(editing, "page-copy", page="later")
    assert draft().page("later-2").is_extra
    do(editing, "page-remove", page="later-2")
    do(editing, "page-remove", page="later")
    assert draft() == begun


def test_a_page_has_a_condition_and_jumps(editing: CheckingClient) -> None:
    first = draft().pages[0].key
    do(editing, "page-add")
    last = draft().pages[-1].key
    do(editing, "page-condition", page=last, add="1", subject="between:rating")
    assert "the rating is 0 to 6" in editing.get(f"/surveys/pulse-2/edit?at={last}").get_data(as_text=True)
    do(editing, "jump-add", page=first, to=last)
    rows = {
        "subject.0": "among:persona",
        "chosen.0": "champion",
        "subject.1": "between:rating",
        "low.1": "9",
        "high.1": "10",
    }
    do(editing, "jump", page=first, jump=1, to="end", join="any", **rows)
    page = editing.get(f"/surveys/pulse-2/edit?at={first}").get_data(as_text=True)
    assert "the persona is champion or the rating is 9 to 10" in page
    do(editing, "jump-remove", page=first, jump=1)
    assert draft().page(first).jumps == ()


def test_questions_are_added_set_moved_copied_and_removed(editing: CheckingClient) -> None:
    begun = draft()
    page = begun.pages[0].key
    added = do(editing, "question-add", page=page, kind="rating", after="rating")
    assert "at=start.rating-2" in added.location
    do(
        editing,
        "question",
        question="rating-2",
        key="ease",
        page=page,
        kind="rating",
        points="7",
        required="1",
    )
    made = draft().question("ease")
    assert (made.points, made.required) == (7, True)
    do(editing, "question-move", question="ease", to="down")
    do(editing, "question-copy", question="ease")
    assert draft().question("ease-2").points == 7
    do(editing, "question-remove", question="ease-2")
    do(editing, "question-remove", question="ease")
    assert draft() == begun


def test_answers_are_added_named_moved_copied_and_removed(editing: CheckingClient) -> None:
    page = draft().pages[0].key
    do(editing, "question-add", page=page, kind="single_choice")
    for _ in range(2):
        do(editing, "option-add", question="choice")
    do(editing, "option-rename", question="choice", option="answer-1", key="price")
    do(editing, "option-move", question="choice", option="price", to="down")
    do(editing, "option-copy", question="choice", option="price")
    assert [option.key for option in draft().question("choice").options] == ["answer-2", "price", "price-2"]
    do(editing, "option-remove", question="choice", option="price-2")
    do(editing, "words", question="choice", **{"option|de|price": " Preis\r\n"})
    option = draft().question("choice").option("price")
    assert option is not None
    assert option.texts == {"de": "Preis"}


def test_words_are_kept_as_they_were_written_in_any_script(editing: CheckingClient) -> None:
    words(editing, "why", **{"words|ar|prompt": "لماذا؟ 🙂\u200d", "words|de|help": "Zwei\nZeilen\x00"})
    texts = draft().question("why").texts
    assert texts["ar"].prompt == "لماذا؟ 🙂\u200d"
    assert texts["de"].help == "Zwei\nZeilen"


def test_a_survey_speaks_to_a_persona_in_other_words(editing: CheckingClient) -> None:
    do(editing, "variant-add", question="why", persona="champion")
    words(editing, "why", **{"variant|en|prompt|champion": "You know us well: why?"})
    assert draft().question("why").variants["champion"]["en"].prompt == "You know us well: why?"
    do(editing, "variant-remove", question="why", persona="champion")
    assert not draft().question("why").variants


def test_the_rating_keeps_its_standard_words_until_somebody_wants_their_own(editing: CheckingClient) -> None:
    own = {"words|en|prompt": "Do you love us?"}
    refused = words(editing, "rating", **own)
    assert refused.status_code == 422
    assert "standard words, which are locked" in refused.get_data(as_text=True)
    do(editing, "wording-own")
    words(editing, "rating", **own)
    assert draft().is_custom
    assert draft().rating_question.texts["en"].prompt == "Do you love us?"
    assert "Custom, not benchmarked" in editing.get("/surveys").get_data(as_text=True)
    do(editing, "wording-standard", form="overall")
    assert not draft().is_custom
    assert draft().rating_question.texts["en"].prompt != "Do you love us?"


def test_the_survey_has_names_languages_an_occasion_and_a_promise(editing: CheckingClient) -> None:
    names = {f"name|{code}": f"Name in {code}" for code in draft().languages}
    do(editing, "survey", occasion="transactional", default_language="fr", is_confidential="1", **names)
    survey = draft()
    assert (survey.occasion, survey.default_language, survey.name) == ("transactional", "fr", "Name in fr")
    assert survey.is_confidential
    do(editing, "language-remove", language="de")
    assert "de" not in draft().languages
    do(editing, "language-add", language="de")
    assert draft().languages["de"].needs_review


def test_a_question_is_asked_under_a_condition_built_row_by_row(editing: CheckingClient) -> None:
    do(editing, "question-condition", question="why", add="1", subject="between:rating")
    row = {"subject.0": "between:rating", "low.0": "3", "high.0": "1"}
    do(editing, "question-condition", question="why", add="1", subject="among:tier", **row)
    page = editing.get("/surveys/pulse-2/edit?at=start.why").get_data(as_text=True)
    assert "the rating is 1 to 3 and the tier is Tier 1" in page
    do(editing, "question-condition", question="why", remove="0", **row)
    assert draft().question("why").show_if is None


def test_conditions_inside_conditions_are_written_as_json(editing: CheckingClient) -> None:
    nested = '{"any": [{"all": [{"answered": "rating"}, {"persona": ["champion"]}]}, {"answered": "rating"}]}'
    do(editing, "question-condition", question="why", json=nested)
    page = editing.get("/surveys/pulse-2/edit?at=start.why").get_data(as_text=True)
    assert "(the rating is answered and the persona is champion) or the rating is answered" in page
    refused = do(editing, "question-condition", question="why", json="{")
    assert refused.status_code == 422
    assert "This is not JSON" in refused.get_data(as_text=True)
    do(editing, "question-condition", question="why", json="")
    assert draft().question("why").show_if is None


def test_an_operation_nobody_knows_is_not_found(editing: CheckingClient) -> None:
    assert editing.post("/surveys/pulse-2/edit/explode", data={"step": "1"}).status_code == 404


@pytest.mark.parametrize("broken", ["", "x", "0", "9" * 30])
def test_a_form_that_builds_on_no_step_is_refused(editing: CheckingClient, broken: str) -> None:
    assert editing.post("/surveys/pulse-2/edit/page-add", data={"step": broken}).status_code == 400


@pytest.mark.parametrize("role", [RoleName.LEADER, RoleName.CSM, RoleName.EXECUTIVE])
def test_others_look_at_surveys_and_find_no_button_to_change_them(
    client: CheckingClient, author: User, role: RoleName
) -> None:
    a_wave(author, name="Spring wave")
    client.sign_in(a_user(role))
    for page in (client.get("/surveys"), client.get("/surveys/nps")):
        assert page.status_code == 200
        assert "/draft" not in page.get_data(as_text=True)


def test_hostile_words_stay_words(editing: CheckingClient) -> None:
    words(editing, "why", **{"words|en|prompt": "<script>alert(1)</script>{{7*7}}{% raw %}"})
    page = editing.get("/surveys/pulse-2/edit?at=start.why").get_data(as_text=True)
    assert "<script>alert(1)" not in page
    assert "{{7*7}}" in page


@pytest.mark.parametrize("kind", list(QuestionKind))
def test_the_phone_shows_a_question_that_has_no_words_and_no_answers_yet(
    editing: CheckingClient, kind: QuestionKind
) -> None:
    do(editing, "question-add", page="start", kind=kind.value, after="rating")
    preview = "/surveys/pulse-2/preview?version=draft&lang=de&page=start"
    assert editing.get(preview).status_code == 200
    do(editing, "question-move", question=draft().questions[1].key, to="up")
    assert editing.get(preview).status_code == 200
    assert editing.get("/surveys").status_code == 200
