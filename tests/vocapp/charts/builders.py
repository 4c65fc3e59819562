"""Charts of a few accounts, for tests."""

from typing import Any

from vocapp.charts.bubbles import Axis, Bubble
from vocapp.charts.ratings import RatingBar, rating_bars
from vocapp.charts.specs import Corners, Strip, TrendPoint, bubble_chart, peer_dots, strength_trend

WORDS = {"green": "Strong", "amber": "Watch", "red": "At risk", "grey": "Not known yet"}
ACROSS, UP = Axis("Engagement", 0, 1, "share"), Axis("Sentiment", 0, 1, "share")
CORNERS = Corners("strong", "quiet friends", "vocal critics", "silent risk")


def a_bubble(number: int = 1, **values: Any) -> Bubble:
    defaults: dict[str, Any] = {
        "id": number,
        "name": f"Account {number}",
        "x": 0.1 * (number % 10),
        "y": 0.5,
        "area": 300.0,
        "status": "green",
    }
    return Bubble(**{**defaults, **values})


def a_bubble_chart(*bubbles: Bubble, is_static: bool = False, **values: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "x": ACROSS,
        "y": UP,
        "status_words": WORDS,
        "description": "Of 2 accounts, one is strong.",
        "corners": CORNERS,
        "split": (0.5, 0.5),
    }
    return bubble_chart(bubbles or (a_bubble(1), a_bubble(2)), is_static=is_static, **{**defaults, **values})


def peer_dots_of(is_static: bool = False) -> dict[str, Any]:
    strips = [Strip("Strength", 26, [40.0, 55.0, 61.0]), Strip("Sentiment", None, [50.0])]
    return peer_dots(strips, own_word="Meridian", description="Below all others.", is_static=is_static)


def a_trend(is_static: bool = False) -> dict[str, Any]:
    points = [
        TrendPoint("Q1", 66, (52, 79), "amber"),
        TrendPoint("Q2", None),
        TrendPoint("Q3", 26, (15, 37), "red"),
    ]
    return strength_trend(
        points, status_words=WORDS, title="Strength", description="Falling.", is_static=is_static
    )


def ratings_of(**values: Any) -> dict[str, Any]:
    bars = [RatingBar(6, 2, "bad"), RatingBar(7, 0, "middle"), RatingBar(9, 5, "good")]
    words = {"good": "Promoters", "middle": "Passives", "bad": "Detractors"}
    described = {"title": "Answers", "description": "How 7 answers are spread"}
    return rating_bars(bars, band_words=words, **described, **values)


EVERY_CHART = {"bubbles": a_bubble_chart, "dots": peer_dots_of, "trend": a_trend, "ratings": ratings_of}
