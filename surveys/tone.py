"""How harsh or warm the words of a comment are: a hint what to read first, never a judgement.

VADER misreads calm complaints (docs/method.md §12), so nothing is concluded from a tone: no class, no score,
no strength. It reads English; in any other language nothing was analysed, which is not the same as neutral.
"""

import re
from collections.abc import Callable
from functools import cache

# Time grows with the square of the length, over a minute for a page of emoji; complaints come early.
LONGEST_READ = 600
_REPEATED = re.compile(r"([^\w\s])\1{2,}")
_LANGUAGE = "en"


def can_read(language: str) -> bool:
    """Whether a tone can be read in a language ("en-GB" is English)."""
    return language.partition("-")[0].lower() == _LANGUAGE


def tone_of(text: str, language: str) -> float | None:
    """Return the tone of a comment's beginning, -1 (harsh) to 1 (warm); None: not analysed.

    None in every language but English, and for a text without a word or sign that has a tone: 0 would read
    as neutral. The formula is VADER's compound (Hutto & Gilbert 2014).
    """
    if not can_read(language) or not text.strip():
        return None
    shown = _REPEATED.sub(r"\1\1\1", text)[:LONGEST_READ]
    scores = _scorer()(shown)
    if not scores["pos"] and not scores["neg"]:
        return None
    return scores["compound"]


@cache
def _scorer() -> Callable[[str], dict[str, float]]:
    # Reading the lexicon takes a tenth of a second, and most processes never need it.
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    scores: Callable[[str], dict[str, float]] = SentimentIntensityAnalyzer().polarity_scores
    return scores
