"""The words one person meets."""

from surveys.conditions import AnswerValue
from surveys.definition import Occasion, Page, SurveyDefinition, SurveyLanguage
from surveys.questions import Option, Question, QuestionKind, QuestionText
from surveys.wording import (
    LONGEST_QUOTE,
    Spoken,
    answer_values,
    option_words,
    ordered_options,
    shown_answer,
    words_of,
)

PHRASES = {"yes": "Ja", "no": "Nein", "other_option": "Anderes", "contact_phone": "Per Telefon"}
GERMAN = Spoken("de", "en", ("champion",), {"company": "Acme"}, PHRASES)
OPTIONS = tuple(Option(key, {"en": key.title(), "de": f"{key}-de"}) for key in ("price", "support", "speed"))
SCALE = Question(
    "scale",
    QuestionKind.RATING,
    required=False,
    texts={
        "en": QuestionText("How is {{company}}?", "bad", "good", "Think."),
        "de": QuestionText("Wie ist {{ company }}?", "schlecht", "gut"),
    },
)


def a_question(kind: QuestionKind, *, has_other: bool = False, is_shuffled: bool = False) -> Question:
    return Question(
        "q",
        kind,
        required=False,
        texts={"en": QuestionText("What?")},
        options=OPTIONS if kind.value in ("single_choice", "multiple_choice", "matrix") else (),
        has_other=has_other,
        is_shuffled=is_shuffled,
    )


def with_variant(text: QuestionText, language: str = "de") -> Question:
    return Question(
        SCALE.key, SCALE.kind, SCALE.required, SCALE.texts, variants={"champion": {language: text}}
    )


def test_merge_fields_are_filled_in_the_persons_language() -> None:
    assert words_of(SCALE, GERMAN) == QuestionText("Wie ist Acme?", "schlecht", "gut")


def test_what_a_draft_lacks_is_said_in_its_own_language() -> None:
    assert words_of(SCALE, Spoken("ar", "en")).prompt == "How is {{company}}?"
    half = Question("q", QuestionKind.TEXT, False, {"en": QuestionText("Why?"), "de": QuestionText(" ")})
    assert words_of(half, GERMAN).prompt == "Why?"
    assert words_of(Question("q", QuestionKind.TEXT, False, {}), GERMAN) == QuestionText("")


def test_people_of_a_persona_are_asked_in_their_words() -> None:
    whole = QuestionText("Und Sie?", "nie", "immer", "Hm.")

    assert words_of(with_variant(whole), GERMAN) == whole
    assert words_of(with_variant(whole), Spoken("de", "en", ("admin",))).prompt == "Wie ist {{ company }}?"
    assert words_of(with_variant(whole, "en"), GERMAN).prompt == "Wie ist Acme?"


def test_a_variant_without_the_ends_of_the_scale_keeps_them() -> None:
    assert words_of(with_variant(QuestionText("Und Sie?")), GERMAN) == QuestionText(
        "Und Sie?", "schlecht", "gut"
    )


def test_answers_are_named_in_the_persons_language_or_the_surveys() -> None:
    assert option_words(OPTIONS[0], GERMAN) == "price-de"
    assert option_words(Option("a", {"en": "At {{company}}"}), GERMAN) == "At Acme"
    assert option_words(Option("a", {"de": ""}), GERMAN) == ""


def test_a_shuffled_order_is_ones_own_and_stays() -> None:
    question = a_question(QuestionKind.SINGLE_CHOICE, is_shuffled=True)
    orders = {seed: ordered_options(question, seed) for seed in map(str, range(30))}

    assert all(ordered_options(question, seed) == order for seed, order in orders.items())
    keys = {tuple(option.key for option in order) for order in orders.values()}
    assert len(keys) > 3
    assert {frozenset(order) for order in keys} == {frozenset(("price", "support", "speed"))}
    assert ordered_options(a_question(QuestionKind.SINGLE_CHOICE), "7") == OPTIONS


def test_every_kind_of_answer_can_be_read() -> None:
    def shown(kind: QuestionKind, value: AnswerValue, **more: AnswerValue) -> str:
        other = {f"q.{key}": words for key, words in more.items()}
        return shown_answer(a_question(kind, has_other=True), {"q": value, **other}, GERMAN)

    assert shown(QuestionKind.NPS, 0) == "0"
    assert (shown(QuestionKind.YES_NO, True), shown(QuestionKind.YES_NO, False)) == ("Ja", "Nein")
    assert shown(QuestionKind.SINGLE_CHOICE, "price") == "price-de"
    assert shown(QuestionKind.SINGLE_CHOICE, "gone") == "gone"
    assert shown(QuestionKind.SINGLE_CHOICE, "other") == "Anderes"
    assert shown(QuestionKind.MULTIPLE_CHOICE, ["price", "other"], other="Slow") == "price-de, Slow"
    assert shown(QuestionKind.MATRIX, {"price": 2, "gone": 1, "speed": 5}) == "price-de: 2, speed-de: 5"
    assert shown(QuestionKind.CONTACT, "phone") == "Per Telefon"
    assert shown(QuestionKind.REFERRAL, {"name": "Kim", "email": "kim@f.example"}) == "Kim kim@f.example"
    assert shown_answer(a_question(QuestionKind.TEXT), {"q": "price"}, GERMAN) == "price"
    assert shown_answer(SCALE, {}, GERMAN) == ""
    assert shown_answer(a_question(QuestionKind.YES_NO), {"q": True}, Spoken("de", "en")) == "yes"


def test_a_quoted_answer_is_one_short_line_and_a_missing_one_is_no_gap() -> None:
    asked = (SCALE, a_question(QuestionKind.TEXT))
    survey = SurveyDefinition(
        "s", Occasion.RELATIONSHIP, "en", {"en": SurveyLanguage("S", False)}, (Page("start", asked),)
    )

    values = answer_values(survey, {"q": " long\n " + "x" * 300}, GERMAN)

    assert values["answer.scale"] == "…"
    assert values["answer.q"].startswith("long xxx")
    assert (len(values["answer.q"]), values["answer.q"][-1]) == (LONGEST_QUOTE, "…")


def test_an_answer_cannot_smuggle_in_a_merge_field() -> None:
    question = Question("q", QuestionKind.TEXT, False, {"en": QuestionText("You said {{answer.why}}.")})
    speaking = Spoken("en", "en", values={"answer.why": "{{company}}", "company": "Acme"})

    assert words_of(question, speaking).prompt == "You said {{company}}."
