"""Every chart can be drawn for paper, says what it is, and reaches for nothing."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from vocapp.charts.rendering import render_svg

from .builders import EVERY_CHART, a_bubble, a_bubble_chart


@pytest.mark.parametrize("chart", EVERY_CHART)
def test_a_drawing_carries_its_description(chart: str) -> None:
    spec = EVERY_CHART[chart](is_static=True)
    root = ET.fromstring(render_svg(spec))
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert root.get("role") == "img"
    assert root.get("aria-label") == spec["description"]
    assert title is not None
    assert title.text == spec["description"]


@pytest.mark.parametrize("chart", EVERY_CHART)
def test_a_drawing_refers_to_nothing_outside(chart: str) -> None:
    svg = render_svg(EVERY_CHART[chart](is_static=True))
    assert set(re.findall(r"https?://[^\"' )]+", svg)) <= {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "<script" not in svg
    assert "<image" not in svg


def test_names_and_corners_are_on_paper() -> None:
    svg = render_svg(a_bubble_chart(a_bubble(1, name="Änderungsschneiderei <Ost>"), is_static=True))
    assert "Änderungsschneiderei" in svg
    assert "silent risk" in svg


def test_a_description_with_markup_stays_text() -> None:
    svg = render_svg(a_bubble_chart(description='Look at "A & B" <script>', is_static=True))
    assert "<script" not in svg
    assert ET.fromstring(svg).get("aria-label") == 'Look at "A & B" <script>'


def spec_of(url: str) -> dict[str, object]:
    return {
        "data": {"url": url, "format": {"type": "csv"}},
        "mark": "text",
        "encoding": {"text": {"field": "word"}},
    }


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x.csv", "https://vega.github.io/x.csv", "/etc/hostname"])
def test_a_spec_that_names_an_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="not allowed"):
        render_svg(spec_of(url))


def test_a_file_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("word\nhush\n")
    assert "hush" not in render_svg(spec_of(secret.as_uri()))
