"""The style sheets know every class that templates use, and their colours can be read."""

import re
from itertools import chain
from pathlib import Path

import pytest

from vocapp.core.assets import STATIC
from vocapp.core.settings import PROJECT_ROOT

OURS = r"(?:v|a)-[a-z0-9][a-z0-9_-]*"
TEMPLATES = PROJECT_ROOT / "templates"
RESPONDENT_LIMIT = 50 * 1024


def styles(*names: str) -> str:
    return "".join((STATIC / "css" / name).read_text(encoding="utf-8") for name in names)


def used_classes(template: Path) -> set[str]:
    """Return our classes a template writes, without names that a value completes."""
    text = template.read_text(encoding="utf-8")
    attributes = chain(re.findall(r'class="([^"]*)"', text), re.findall(r"class='([^']*)'", text))
    found = chain.from_iterable(re.findall(rf"(?<![\w-]){OURS}", attribute) for attribute in attributes)
    return {name for name in found if not name.endswith("-")}


def test_every_class_of_ours_has_a_style() -> None:
    known = set(re.findall(rf"\.({OURS})", styles("app.css", "answer.css")))
    missing = {
        str(template.relative_to(TEMPLATES)): sorted(used_classes(template) - known)
        for template in TEMPLATES.rglob("*.html")
        if used_classes(template) - known
    }
    assert missing == {}


def test_the_style_of_answer_pages_leaves_room_for_the_page() -> None:
    assert len(styles("answer.css").encode()) < RESPONDENT_LIMIT / 4


def tokens(theme: int) -> dict[str, str]:
    """Return the colours of the light (0) or dark (1) theme by name."""
    pairs = re.findall(r"--(v-[a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", styles("app.css"))
    return {name: colours[theme] for name, *colours in pairs}


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


TEXT_ON_GROUND = [
    (text, ground)
    for text in ("v-ink", "v-ink-quiet", "v-accent", "v-accent-strong", "v-red-ink")
    for ground in ("v-paper", "v-surface", "v-raised")
] + [
    ("v-green-ink", "v-green-wash"),
    ("v-amber-ink", "v-amber-wash"),
    ("v-red-ink", "v-red-wash"),
    ("v-accent-strong", "v-accent-wash"),
    ("v-ink", "v-green-wash"),
    ("v-ink", "v-amber-wash"),
    ("v-ink", "v-red-wash"),
]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_can_be_read(theme: int, text: str, ground: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[text], colours[ground]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_the_words_on_buttons_can_be_read(theme: int) -> None:
    assert contrast("#ffffff", tokens(theme)["v-accent-fill"]) >= 4.5


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("mark", ["v-green", "v-amber", "v-red", "v-grey", "v-accent"])
def test_marks_stand_out_from_the_surface(theme: int, mark: str) -> None:
    assert contrast(tokens(theme)[mark], tokens(theme)["v-surface"]) >= 3
