"""One row of another tool's history, before the database is asked whose answer it is."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from surveys.branching import way_through
from surveys.definition import SurveyDefinition
from surveys.questions import QuestionKind
from surveys.reading import TEXT_LIMIT
from vocapp.accounts.cells import CellProblem, read_address, read_moment
from vocapp.accounts.columns import comparable_name
from vocapp.accounts.import_rows import MOST_ID, RowReader, RowRefused
from vocapp.accounts.rules import comparable_id
from vocapp.core.typed_text import UNSTORABLE
from vocapp.questionnaires.queries import ListedSurvey

MOST_WAVE_NAME = 120
FIRST_YEAR = 1990

# Other tools name a survey by what it measures; in comparable form.
KIND_NAMES: Mapping[QuestionKind, tuple[str, ...]] = {
    QuestionKind.NPS: ("nps", "netpromoter", "netpromoterscore", "relationshipnps", "rnps", "recommendation"),
    QuestionKind.CSAT: ("csat", "customersatisfaction", "customersatisfactionscore", "satisfaction"),
    QuestionKind.CES: ("ces", "ces2", "ces20", "customereffort", "customereffortscore", "effort"),
}
# Of several ready-made surveys that measure the same, the one meant by the bare kind.
USUAL_KEYS: Mapping[QuestionKind, tuple[str, ...]] = {
    QuestionKind.NPS: ("nps",),
    QuestionKind.CSAT: ("csat-review", "csat-onboarding"),
    QuestionKind.CES: ("ces-case",),
}

_RATING = re.compile(r"(\d{1,3})(?:[.,]0{1,6})?")


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """An answer as a file describes it; an empty `account_key` or `email_key` was not said."""

    line: int
    survey_key: str
    account_key: str
    email_key: str
    responded_at: datetime
    rating: int
    comment: str
    wave: str


class SurveyShelf:
    """The surveys that answers can belong to, found by whatever another tool calls them."""

    def __init__(self, surveys: Sequence[ListedSurvey]) -> None:
        self.by_key = {survey.key: survey for survey in surveys}
        self._by_name: dict[str, str] = {}
        for survey in surveys:
            for language in survey.definition.languages.values():
                self._by_name.setdefault(comparable_name(language.name), survey.key)
        self._by_name |= {comparable_name(key): key for key in self.by_key}

    def find(self, text: str) -> ListedSurvey:
        """Return the survey a text means: by key, by name in any language, or by what it measures.

        Raises `RowRefused` for a text that means none, or one of several.
        """
        name = comparable_name(text)
        kind = next((kind for kind, names in KIND_NAMES.items() if name in names), None)
        key = self._by_name.get(name) or (self._usual(kind) if kind else None)
        if key is None:
            known = ", ".join(sorted(self.by_key))
            raise RowRefused("survey_type", f"There is no survey {text[:40]!r}; write one of: {known}.")
        found = self.by_key[key]
        if found.version is not None and found.version.survey.is_confidential:
            raise RowRefused(
                "survey_type",
                "This survey is confidential, and what a file says of single people can never be; "
                "leave these rows out.",
            )
        return found

    def _usual(self, kind: QuestionKind) -> str | None:
        measuring = [
            key for key, survey in self.by_key.items() if survey.definition.rating_question.kind is kind
        ]
        usual = next((key for key in USUAL_KEYS[kind] if key in measuring), None)
        if usual is None and len(measuring) > 1:
            raise RowRefused(
                "survey_type",
                f"Several surveys measure {kind.upper()}; write the key of one: "
                f"{', '.join(sorted(measuring))}.",
            )
        return usual or next(iter(measuring), None)


def read_history(
    line: int, cells: Sequence[str], reader: RowReader, shelf: SurveyShelf, *, zone: tzinfo, now: datetime
) -> HistoryRow:
    """Return a row as an answer. Raises `RowRefused`, or `FileRefused` when a required column is missing."""
    for column in ("survey_type", "responded_at", "rating"):
        reader.required(column)
    named = _filled(reader, cells, "survey_type")
    survey = shelf.find(named)
    if comparable_name(named) != comparable_name(survey.key):
        reader.warn(line, "survey_type", f"{named[:40]!r} was read as the survey {survey.key}.")
    email = reader.text(cells, "contact_email", most=320)
    account = reader.text(cells, "account_external_id", most=MOST_ID)
    if not email and not account:
        raise RowRefused(
            "contact_email", "Nothing says whose answer this is; fill in contact_email, with the account."
        )
    responded_at = _moment(_filled(reader, cells, "responded_at"), zone, now)
    return HistoryRow(
        line=line,
        survey_key=survey.key,
        account_key=comparable_id(account),
        email_key=_read_email(email) if email else "",
        responded_at=responded_at,
        rating=_rating(_filled(reader, cells, "rating"), survey.definition),
        comment=_comment(reader, cells),
        wave=reader.text(cells, "wave", most=MOST_WAVE_NAME)
        or responded_at.astimezone(zone).strftime("%Y-%m"),
    )


def comment_key(definition: SurveyDefinition, rating: int) -> str:
    """Return the key under which a comment is stored: that of the first open question after such a rating."""
    way = way_through(definition, {definition.rating_question.key: rating})
    asked = [question for step in way.steps for question in step.questions]
    return next(
        (question.key for question in (*asked, *definition.questions) if question.kind is QuestionKind.TEXT),
        "comment",
    )


def _filled(reader: RowReader, cells: Sequence[str], column: str) -> str:
    text = reader.text(cells, column)
    if not text:
        raise RowRefused(column, "The cell is empty; every row needs one.")
    return text


def _read_email(text: str) -> str:
    try:
        return read_address(text)[1]
    except CellProblem as problem:
        raise RowRefused("contact_email", problem.reason) from None


def _moment(text: str, zone: tzinfo, now: datetime) -> datetime:
    try:
        moment = read_moment(text, zone)
    except CellProblem as problem:
        raise RowRefused("responded_at", problem.reason) from None
    # A day without a time is read as noon, which today may still be to come.
    if moment > now and moment.astimezone(zone).date() > now.astimezone(zone).date():
        raise RowRefused("responded_at", "Nobody can have answered in the future; correct the date.")
    if moment.year < FIRST_YEAR:
        raise RowRefused("responded_at", f"The year {moment.year} cannot be right; correct the date.")
    return moment


def _rating(text: str, definition: SurveyDefinition) -> int:
    scale = definition.rating_question.scale or range(0)
    found = _RATING.fullmatch(text)
    if not found or not text.isascii() or int(found[1]) not in scale:
        raise RowRefused(
            "rating",
            f"{text[:20]!r} is not on the scale; write a whole number from {scale[0]} to {scale[-1]}.",
        )
    return int(found[1])


def _comment(reader: RowReader, cells: Sequence[str]) -> str:
    """Return what somebody wrote, to the character, less what cannot be stored."""
    written = UNSTORABLE.sub("", reader.written(cells, "comment")).replace("\r\n", "\n").strip()
    if len(written) > TEXT_LIMIT:
        raise RowRefused("comment", f"The text is longer than {TEXT_LIMIT} characters; shorten it.")
    return written
