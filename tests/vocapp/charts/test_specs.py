"""The same spec on the page and on paper."""

import json
from typing import Any

import pytest

from .builders import EVERY_CHART, a_bubble, a_bubble_chart, a_trend, peer_dots_of


def layer_with(spec: dict[str, Any], mark: str) -> dict[str, Any]:
    return next(layer for layer in spec["layer"] if layer["mark"]["type"] == mark)


@pytest.mark.parametrize("chart", EVERY_CHART)
def test_a_chart_on_the_page_fills_its_container_and_leaves_colours_of_text_to_the_theme(chart: str) -> None:
    spec = EVERY_CHART[chart]()
    assert (spec["width"], spec["height"]) == ("container", "container")
    assert "config" not in spec


@pytest.mark.parametrize("chart", EVERY_CHART)
def test_a_chart_on_paper_has_a_size_and_nothing_to_interact_with(chart: str) -> None:
    spec = EVERY_CHART[chart](is_static=True)
    assert isinstance(spec["width"], int)
    text = json.dumps(spec)
    assert "tooltip" not in text
    assert "params" not in text


@pytest.mark.parametrize("is_static", [False, True])
@pytest.mark.parametrize("chart", EVERY_CHART)
def test_a_chart_holds_its_data_and_names_no_address_but_its_schema(chart: str, is_static: bool) -> None:
    text = json.dumps(EVERY_CHART[chart](is_static=is_static))
    assert text.count("://") == 1
    assert "vega.github.io/schema" in text


def test_the_largest_bubbles_are_drawn_first_so_that_small_ones_lie_on_top() -> None:
    spec = a_bubble_chart(a_bubble(1, area=50), a_bubble(2, area=900), a_bubble(3, area=400))
    rows = layer_with(spec, "point")["data"]["values"]
    assert [row["id"] for row in rows] == [2, 3, 1]


def test_a_trail_leads_from_the_place_before_to_the_place_now() -> None:
    spec = a_bubble_chart(a_bubble(1, x=0.6, y=0.7, before=(0.2, 0.3)), a_bubble(2))
    rows = layer_with(spec, "trail")["data"]["values"]
    assert [(row["x"], row["y"], row["at"]) for row in rows] == [(0.2, 0.3, 0), (0.6, 0.7, 1)]


def test_each_status_has_a_shape_of_its_own_and_grey_is_hollow() -> None:
    statuses = ("green", "amber", "red", "grey")
    spec = a_bubble_chart(*(a_bubble(n, status=status) for n, status in enumerate(statuses)))
    encoding = layer_with(spec, "point")["encoding"]
    assert encoding["shape"]["scale"]["range"] == ["circle", "triangle-up", "diamond", "circle"]
    assert encoding["fill"]["scale"]["range"][3] == "transparent"


def test_the_legend_names_only_statuses_that_are_there() -> None:
    spec = a_bubble_chart(a_bubble(1, status="red"))
    assert layer_with(spec, "point")["encoding"]["shape"]["scale"]["domain"] == ["At risk"]


def test_the_four_corners_have_names() -> None:
    text = json.dumps(a_bubble_chart())
    assert all(name in text for name in ("strong", "quiet friends", "vocal critics", "silent risk"))


def test_without_corners_there_are_no_lines_between_them() -> None:
    marks = [layer["mark"]["type"] for layer in a_bubble_chart(corners=None, split=None)["layer"]]
    assert "rule" not in marks


def test_an_account_without_a_value_has_no_dot_among_its_peers() -> None:
    own = peer_dots_of()["layer"][-1]["data"]["values"]
    assert [row["name"] for row in own] == ["Strength"]


def test_a_wave_without_a_value_keeps_its_place_in_the_trend() -> None:
    spec = a_trend()
    assert [row["value"] for row in spec["data"]["values"]] == [66, None, 26]
    assert spec["layer"][1]["encoding"]["x"]["scale"]["domain"] == ["Q1", "Q2", "Q3"]
