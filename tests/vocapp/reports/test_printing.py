"""The PDF itself, read back."""

import functools
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from tests.builders import an_account
from tests.vocapp.reports.builders import (
    an_account_with_a_story,
    changed,
    figures,
    fonts,
    neighbours,
    opened,
    snapshot_of,
    structure,
    svg,
)
from tests.vocapp.reports.canary import Canary, listening
from vocapp.reports.fonts import faces_of
from vocapp.reports.printing import print_report
from vocapp.reports.rendering import RenderingFailed, render_pdf

# In Arabic, Greek, Ukrainian, Japanese, Korean, Devanagari, Hebrew, Thai, Chinese, Polish, and signs.
SCRIPTS = "ليلى حدّاد Ελένη Ґалаґан 髙橋 さくら 김지우 अनन्या שלום สวัสดี 简体 Łukasz 👍"
LIMIT = 500_000
LONG_NAME = "Internationale Gesellschaft für vorausschauende Instandhaltung und Anlagentechnik mbH & Co"


@pytest.fixture
def story(app):
    """The snapshot of an account among enough others."""
    account = an_account_with_a_story()
    neighbours(12)
    return snapshot_of(account)


@functools.cache
def _printed_once(text: str) -> bytes:
    return print_report(json.loads(text))


def printed(snapshot: dict[str, Any]) -> bytes:
    """The PDF of a snapshot, drawn once for all tests that look at it."""
    return _printed_once(json.dumps(snapshot))


def text_of(pdf: bytes, folder: Path) -> str:
    path = folder / "paper.pdf"
    path.write_bytes(pdf)
    done = subprocess.run(["pdftotext", path, "-"], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split())


def test_a_paper_is_two_tagged_pages_that_bring_everything_along(story):
    pdf = printed(story)
    paper = opened(pdf)
    assert len(paper.pages) == 2
    assert paper.Root.MarkInfo.Marked
    assert str(paper.Root.Lang) == "en"
    assert str(paper.docinfo.Title) == "Alderbrook Bank: account benchmark"
    assert paper.open_metadata()["pdfuaid:part"] == "1"
    assert all(str(figure.get("/Alt", "")) for figure in figures(paper))
    assert {"/H1", "/H2", "/Table", "/TH", "/Figure", "/P"} <= {
        str(node.S) for node in structure(paper.Root.StructTreeRoot)
    }
    assert all(fonts(paper).values())
    assert all("Paper-" in name for name in fonts(paper))
    assert "/EmbeddedFiles" not in paper.Root.get("/Names", {})
    assert not [page for page in paper.pages if "/Annots" in page]
    assert len(pdf) < LIMIT


def test_the_same_snapshot_gives_the_same_bytes(story):
    assert print_report(story) == printed(story)


def test_an_account_without_anything_still_has_two_pages(app):
    assert len(opened(print_report(snapshot_of(an_account()))).pages) == 2


@pytest.mark.parametrize(
    ("name", "language"),
    [(LONG_NAME, "en"), ("Alderbrook Bank of Commerce", "en"), (LONG_NAME, "de"), (LONG_NAME, "es")],
)
def test_the_fullest_paper_still_has_two_pages(story, name, language):
    personas = [f"Regional deputy of the managing director {number}" for number in range(12)]
    quote = {"rating": 3, "persona": personas[0], "language": "ja", "on": "2026-02-01"}
    step = {
        "kind": "confirm",
        "persona": personas[0][:23],
        "person": "髙" * 14,
        "count": 1,
        "rating": 3,
        "silent_waves": 9,
    }
    full = changed(
        story,
        language=language,
        account={
            **story["account"],
            "name": name,
            "owner": "Maria " * 5,
            "industry": "Manufacturing of parts",
        },
        quotes=[
            {**quote, "text": "髙" * 95},
            {**quote, "text": "Wirklich " * 21},
            {**quote, "text": "سريع جدا " * 21},
        ],
        people=[{"persona": persona, "outcomes": {"answered": 20, "silent": 20}} for persona in personas],
        footprint={
            "filled": 3,
            "required": 240,
            "personas": [{"name": persona, "filled": 5, "doubtful": 5, "empty": 10} for persona in personas],
        },
        steps={"first": [step] * 5, "total": 60},
        waves=[{**story["waves"][0], "answered": number} for number in range(8)],
    )
    full["score"]["answers"] = 400
    pdf = print_report(full)
    assert len(opened(pdf).pages) == 2
    assert len(pdf) < LIMIT


@pytest.mark.needs("pdftotext")
def test_names_in_every_script_can_be_read(story, tmp_path):
    named = changed(story, account={**story["account"], "name": SCRIPTS})
    pdf = print_report(named)
    assert all("Paper-" in name for name in fonts(opened(pdf)))
    text = text_of(pdf, tmp_path)
    # Marks and right-to-left runs are reordered by the reader; the others stand as they were written.
    for name in ("Ελένη", "Ґалаґан", "髙橋", "さくら", "김지우", "Łukasz", "简体"):
        assert name in text


@pytest.mark.needs("pdftotext")
def test_the_paper_says_what_the_snapshot_says(story, tmp_path):
    text = text_of(printed(story), tmp_path)
    for words in (
        "Alderbrook Bank",
        "A relationship at risk",
        "12 other accounts of Tier 1",
        "Exports are slow every Monday.",
        "4 of 10 · Admin",
        "3 waves measured; nothing can be called a trend before the fifth.",
        "silent for 3 waves",
    ):
        assert words in text


def test_every_letter_has_a_font_of_ours():
    covered = faces_of(SCRIPTS)
    assert not [letter for letter in SCRIPTS if not any(face.has(ord(letter)) for face in covered)]


def test_plain_words_bring_one_font():
    assert [face.family for face in faces_of("Fine, thanks")] == ["Paper inter-latin"]


@pytest.fixture
def canary() -> Iterator[Canary]:
    with listening() as server:
        yield server


def hostile_page(addresses: list[str]) -> str:
    """A page that asks for every address in every way WeasyPrint knows."""
    head, body = [], []
    for address in addresses:
        image = f'<image href="{address}" width="9" height="9"/>'
        style = f'<style>@import url("{address}");</style>'
        head += [
            f'<link rel="attachment" href="{address}">',
            f'<link rel="stylesheet" href="{address}">',
            style,
            f"<style>@font-face {{ font-family: F; src: url({address}) }}",
            f"@page {{ background: url({address}) }}",
            f"body {{ font-family: F; background: url({address}) }} i {{ content: url({address}) }}</style>",
        ]
        body += [
            f'<img src="{address}" alt="x"><img srcset="{address} 1x" alt="x"><embed src="{address}">',
            f'<object data="{address}">x</object><iframe src="{address}"></iframe>',
            f'<a rel="attachment" href="{address}">x</a>',
            svg(f'<title>x</title>{image}{style}<use href="{address}#x"/><image xlink:href="{address}"/>'),
            f"<img alt='x' src='data:image/svg+xml,{svg(image + style)}'>",
            f"<img alt='x' src='data:image/svg+xml,<!DOCTYPE svg [<!ENTITY x SYSTEM \"{address}\">]>"
            f"{svg('<text>&x;</text>')}'>",
        ]
    head.insert(0, f'<title>x</title><base href="{addresses[0]}">')
    html = f"<head>{''.join(head)}</head><body>{''.join(body)}<i>x</i></body>"
    return f'<!doctype html><html lang="en">{html}</html>'


def test_a_hostile_page_opens_nothing(canary, tmp_path):
    secret = "the canary sings at midnight"
    file = tmp_path / "secret.txt"
    file.write_text(secret)
    there = f"127.0.0.1:{canary.server_port}"
    addresses = [
        file.as_uri(),
        f"FILE://{file}",
        "file:secret.txt",
        "secret.txt",
        f"http://{there}/",
        f"//{there}/",
    ]
    pdf = render_pdf(hostile_page(addresses))
    assert canary.visits == []
    paper = opened(pdf)
    streams = b"".join(item.read_bytes() for item in paper.objects if isinstance(item, pikepdf.Stream))
    assert secret.encode() not in pdf + streams
    assert "/EmbeddedFiles" not in paper.Root.get("/Names", {})


def test_a_page_that_takes_too_long_is_given_up():
    with pytest.raises(RenderingFailed, match="took too long"):
        render_pdf("<p>x</p>", seconds=0.01)


def test_a_picture_that_unfolds_without_end_is_left_out():
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 40}">' for n in range(1, 9))
    picture = f'<!DOCTYPE svg [<!ENTITY e0 "xxxxxxxxxx">{bomb}]>{svg("<text>&e8;</text>")}'
    pdf = render_pdf(f"<p>Still here</p><img alt='x' src='data:image/svg+xml,{picture}'>")
    assert len(opened(pdf).pages) == 1
