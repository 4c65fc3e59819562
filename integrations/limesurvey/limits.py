"""How much a structure file may hold, and the counting that refuses more before it costs time or memory."""

from integrations.limesurvey.records import LimeSurveyRefused

MOST_BYTES = 50_000_000
MOST_ROWS = 20_000
# A row of LimeSurvey's tables has five to thirty fields.
MOST_ELEMENTS = 250_000
# All text between tags, the indentation and the tables that are not read included.
MOST_CHARACTERS = 10_000_000
LONGEST_TEXT = 100_000
# What a text costs besides its characters, so that very many short ones are too many as well.
_COST_OF_A_TEXT = 20
# All text that is kept: a hundred questions in seven languages come to a tenth of it.
MOST_KEPT_CHARACTERS = 3_000_000
MOST_LANGUAGES = 100

TOO_MUCH_TEXT = "The file holds far more text than a survey has; export the survey structure alone."
TEXT_TOO_LONG = f"A text in the file is longer than {LONGEST_TEXT:,} characters; shorten it and export again."
TOO_MANY_ROWS = f"The file has more than {MOST_ROWS:,} rows; export the survey structure alone."


class Allowance:
    """What may still come: rows, and characters of text that is kept. Asking for more raises the refusal."""

    def __init__(self) -> None:
        self._rows = MOST_ROWS
        self._characters = MOST_KEPT_CHARACTERS

    def take_row(self) -> None:
        """One more row, of whatever table."""
        self._rows -= 1
        if self._rows < 0:
            raise LimeSurveyRefused(TOO_MANY_ROWS)

    def take_text(self, text: str) -> None:
        """One more text to keep."""
        if len(text) > LONGEST_TEXT:
            raise LimeSurveyRefused(TEXT_TOO_LONG)
        self._characters -= len(text) + _COST_OF_A_TEXT
        if self._characters < 0:
            raise LimeSurveyRefused(TOO_MUCH_TEXT)
