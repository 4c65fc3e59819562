"""The survey editor in a real browser: by keyboard, saved as one goes, readable by everybody."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from surveys.conditions import Between
from surveys.definition import SurveyDefinition
from tests.builders import a_company, a_persona, a_user
from tests.journeys.browser import Live, Trouble, assert_accessible, assert_fits, sign_in
from vocapp.identity.rules import RoleName
from vocapp.questionnaires.queries import definition_of, definition_of_draft, draft_of, latest_version

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def author(live: Live, open_page: Callable[..., Page]) -> Callable[..., Page]:
    """Return a function that seats an administrator at a browser."""
    with live.app.app_context():
        a_company()
        a_persona("champion")

    def sit_down(**options: object) -> Page:
        page = open_page(**options)
        with live.app.app_context():
            sign_in(page, live, a_user(RoleName.ADMIN, name="Ingrid Solberg"))
        return page

    return sit_down


def begin(page: Page, *, source: str, name: str) -> None:
    page.goto("/surveys/new")
    page.get_by_label("Begin with").select_option(source)
    page.get_by_label("Name").fill(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Edit: {name}")


def is_saved(page: Page, what: str) -> None:
    expect(page.locator("#saved")).to_contain_text(f"Saved: {what}")


def prompt(page: Page, language: str) -> Locator:
    """The question's text for everybody in a language."""
    return page.locator(f"textarea[name='words|{language}|prompt']")


def press(control: Locator, key: str = "Enter") -> None:
    """Use a control as somebody without a mouse does."""
    control.focus()
    control.press(key)


def draft(live: Live, key: str) -> SurveyDefinition:
    with live.app.app_context():
        found = draft_of(key)
        assert found is not None
        return definition_of_draft(found)


def test_an_administrator_makes_a_survey_by_keyboard(live: Live, author: Callable[..., Page]) -> None:
    page = author()
    begin(page, source="pulse", name="Short pulse")

    press(page.locator("#to-start\\.why"))
    expect(page.locator("#place-title")).to_contain_text("why")
    page.locator("#into").select_option("de")
    german = prompt(page, "de")
    german.fill("Woran liegt das?")
    german.press("Tab")
    is_saved(page, "Changed the words of “why” in Deutsch")
    preview = page.frame_locator("#preview")
    expect(preview.get_by_text("Woran liegt das?")).to_be_visible()

    page.locator("#new-kind").select_option("multiple_choice")
    press(page.locator("#question-add"))
    expect(page.locator("#place-title")).to_contain_text("choices")
    page.get_by_label("Key, for exports and conditions").fill("drivers")
    page.get_by_label("Key, for exports and conditions").press("Tab")
    is_saved(page, "Renamed question “choices” to “drivers”")
    for number in (1, 2):
        press(page.locator("#option-add"))
        expect(page.locator(".v-options > li .v-option-key")).to_have_count(number)
    page.locator("#asked-when-subject").select_option("between:rating")
    press(page.locator("#asked-when-add"))
    is_saved(page, "Question “drivers” is asked when the rating is 1 to 3")

    # A shortcut moves the question, undo and redo walk the steps.
    page.locator("#place-title").focus()
    page.keyboard.press("Alt+ArrowUp")
    is_saved(page, "Moved question “drivers”")
    page.locator("#place-title").focus()
    page.keyboard.press("Control+z")
    is_saved(page, "Question “drivers” is asked when")
    page.locator("#place-title").focus()
    page.keyboard.press("Control+Shift+z")
    is_saved(page, "Moved question “drivers”")
    page.locator("#place-title").focus()
    page.keyboard.press("Control+z")
    is_saved(page, "Question “drivers” is asked when")

    survey = draft(live, "short-pulse")
    languages = [code for code in survey.languages if code != survey.default_language]
    for code in languages:
        page.locator("#into").select_option(code)
        expect(page.locator("#editor-bar")).to_be_visible()
        expect(page.locator(f"textarea[name='words|{code}|prompt']").first).to_be_visible()
        for field in page.locator("#words .v-word-pair textarea:not([data-optional])").all():
            if not field.input_value():
                field.fill("…")
                field.press("Tab")
        is_saved(page, "Changed the words of “drivers” in")
    expect(page.locator("#findings summary")).not_to_contain_text("error")

    press(page.get_by_role("link", name="Publish…"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Publish Short pulse")
    press(page.get_by_role("button", name="Publish version 1"))
    expect(page.get_by_text("Version 1 is published and frozen.")).to_be_visible()
    with live.app.app_context():
        version = latest_version("short-pulse")
        assert version is not None
        asked = definition_of(version).question("drivers")
        assert asked.show_if == Between("rating", 1, 3)
        assert definition_of(version).question("why").texts["de"].prompt == "Woran liegt das?"


def test_what_was_typed_survives_a_reload(live: Live, author: Callable[..., Page]) -> None:
    page = author()
    begin(page, source="pulse", name="Typed")
    page.goto("/surveys/typed/edit?at=start.why&into=ar")
    field = prompt(page, "ar")
    field.press_sequentially("لماذا؟")
    # The field keeps the focus: it saves itself a moment after the last key.
    field.press("End")
    is_saved(page, "Changed the words of “why” in العربية")
    page.reload()
    assert "لماذا؟" in prompt(page, "ar").input_value()


def test_the_slower_of_two_keeps_what_they_typed(
    live: Live, author: Callable[..., Page], trouble: Trouble
) -> None:
    trouble.expected.add("409")
    one = author()
    begin(one, source="pulse", name="Two of us")
    two = author()
    for page in (one, two):
        page.goto("/surveys/two-of-us/edit?at=start.why&into=de")
    prompt(one, "en").fill("Why is that?")
    prompt(one, "en").press("Tab")
    is_saved(one, "Changed the words of “why” in English")
    german = prompt(two, "de")
    german.fill("Weshalb denn?")
    german.press("Tab")
    expect(two.get_by_role("alert")).to_contain_text("Ingrid Solberg changed this draft since you opened it")
    expect(two.get_by_role("alert")).to_contain_text("Weshalb denn?")
    expect(german).to_have_value("Weshalb denn?")
    press(two.get_by_role("link", name="Show the draft as it is now"))
    expect(prompt(two, "en")).to_have_value("Why is that?")


def test_without_scripts_a_button_saves(live: Live, author: Callable[..., Page]) -> None:
    page = author(javascript=False)
    begin(page, source="pulse", name="Plain")
    page.goto("/surveys/plain/edit?at=start.why&into=de")
    prompt(page, "de").fill("Warum?")
    page.locator("#words").get_by_role("button", name="Save").click()
    is_saved(page, "Changed the words of “why” in Deutsch")
    assert draft(live, "plain").question("why").texts["de"].prompt == "Warum?"


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("dark", [False, True])
def test_the_survey_pages_are_accessible_and_fit(author: Callable[..., Page], width: int, dark: bool) -> None:
    page = author(width=width, dark=dark)
    begin(page, source="renewal", name="A survey with a name that is very long indeed, up to its last letter")
    address = page.url.partition("?")[0]
    for at in (":survey", "start", "start.rating", "start.why&into=ar", "plans.change"):
        page.goto(f"{address}?at={at}")
        assert_accessible(page)
        assert_fits(page)
    for path in ("/surveys", "/surveys/new", "/surveys/renewal", address.replace("/edit", "/publish")):
        page.goto(path)
        assert_accessible(page)
        assert_fits(page)


def test_words_typed_while_the_editor_is_fetched_anew_are_kept(
    live: Live, author: Callable[..., Page]
) -> None:
    page = author()
    begin(page, source="pulse", name="Quick fingers")
    page.goto("/surveys/quick-fingers/edit?at=start.why&into=de")
    page.route("**/edit/question-copy", lambda route: (page.wait_for_timeout(800), route.continue_()))
    page.locator("#question-copy").click(no_wait_after=True)
    prompt(page, "de").fill("Schnell getippt?")
    prompt(page, "de").press("Tab")
    expect(page.locator("#place-title")).to_contain_text("why-2")
    is_saved(page, "Changed the words of “why” in Deutsch")
    assert draft(live, "quick-fingers").question("why").texts["de"].prompt == "Schnell getippt?"
    assert draft(live, "quick-fingers").has_question("why-2")
