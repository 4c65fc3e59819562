"""A LimeSurvey survey → the draft of one of ours, and what could not be mapped."""

from integrations.limesurvey.records import LimeSurveyFile, LimeSurveyGroup
from surveys.documents import FORMAT, MOST_PAGES, MOST_QUESTIONS
from surveys.questions import SCALES
from vocapp.questionnaires.limesurvey_conditions import NEVER
from vocapp.questionnaires.limesurvey_questions import Entry, take_question
from vocapp.questionnaires.limesurvey_state import ImportState
from vocapp.questionnaires.limesurvey_words import in_one_line, languages_of, survey_names

NO_RATING = "Put a rating (NPS, CSAT or CES) first before you publish."
_MOST_SENTENCES = 300


def draft_from_limesurvey(file: LimeSurveyFile, *, key: str) -> tuple[dict[str, object], list[str]]:
    """Return a draft document and one sentence for everything that could not be mapped, with its place.

    `surveys.documents` can always read the draft; whether it can be published is for `surveys.checks` to say.
    """
    languages = languages_of(file)
    state = ImportState(languages)
    pages = _pages(file, state)
    asked = [question for page in pages for question in _questions(page)]
    has_rating = any(question["kind"] in SCALES for question in asked)
    sentences = [
        *([] if has_rating else [NO_RATING]),
        *file.notes,
        *languages.unmapped,
        *([f"Left out of the survey: {', '.join(file.extras)}."] if file.extras else []),
        *state.unmapped,
    ]
    names = survey_names(file, languages)
    document: dict[str, object] = {
        "format": FORMAT,
        "key": key,
        "occasion": "relationship",
        "is_custom": True,
        "is_confidential": False,
        "default_language": languages.default,
        "languages": {code: {"name": name, "needs_review": False} for code, name in names.items()},
        "pages": pages or [{"key": "page-1", "questions": []}],
    }
    return document, _bounded(sentences)


def _pages(file: LimeSurveyFile, state: ImportState) -> list[Entry]:
    pages: list[Entry] = []
    room = MOST_QUESTIONS
    for number, group in enumerate(file.groups, start=1):
        page = _page(group, number, state, room)
        made = _questions(page)
        if made and len(pages) == MOST_PAGES:
            state.tell("The survey", f"only its first {MOST_PAGES} groups with questions were taken.")
            break
        room -= len(made)
        if made:
            pages.append(page)
    return pages


def _page(group: LimeSurveyGroup, number: int, state: ImportState, room: int) -> Entry:
    name = next(iter(group.names.values()), str(number))
    place = f"Group “{in_one_line(name)}”"
    if group.relevance.strip().lower() in NEVER:
        state.tell(place, "it is never shown and was left out.")
        return {"key": f"page-{number}", "questions": []}
    if group.descriptions:
        state.tell(place, "its description was left out.")
    if group.is_shuffled:
        state.tell(place, "groups keep their order here.")
    page: Entry = {"key": f"page-{number}"}
    condition = state.condition(group.relevance, place, what="the page")
    if condition is not None:
        page["show_if"] = condition
    made: list[Entry] = []
    for question in group.questions:
        if question.relevance.strip().lower() in NEVER:
            state.tell(f"Question {question.code}", "it is never shown and was left out.")
            continue
        if len(made) >= room:
            state.tell("The survey", f"only its first {MOST_QUESTIONS} questions were taken.")
            break
        made += take_question(state, question, is_for_everybody=condition is None)
    return page | {"questions": made[:room]}


def _questions(page: Entry) -> list[Entry]:
    questions = page["questions"]
    return questions if isinstance(questions, list) else []


def _bounded(sentences: list[str]) -> list[str]:
    if len(sentences) <= _MOST_SENTENCES:
        return sentences
    rest = len(sentences) - _MOST_SENTENCES
    return [*sentences[:_MOST_SENTENCES], f"And {rest:,} more of the kind."]
