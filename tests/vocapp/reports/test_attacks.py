"""Words that would like to be markup, and pages that would like to reach out or never end."""

import base64
import copy
import re
import signal
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote

import pikepdf
import pytest

from tests.builders import NOW, a_user
from tests.vocapp.relationship.builders import rescored
from tests.vocapp.reports.builders import (
    an_account_with_a_story,
    forbidden_parts,
    neighbours,
    opened,
    svg,
)
from tests.vocapp.reports.canary import Canary, listening
from vocapp.commitments.service import promise
from vocapp.core.settings import PROJECT_ROOT
from vocapp.identity.rules import RoleName
from vocapp.reports.freezing import take_snapshot
from vocapp.reports.printing import page_of_report
from vocapp.reports.rendering import RenderingFailed, render_pdf
from vocapp.reports.rules import Order, ReportKind

# Where people's own words stand in a snapshot.
WRITTEN = frozenset(
    [
        "name",
        "text",
        "owner",
        "tier",
        "region",
        "industry",
        "persona",
        "person",
        "company",
        "cohort",
        "external_id",
        "currency",
    ]
)
SECRET = "the canary sings at midnight"
DEEP = 20_000


@pytest.fixture
def canary():
    with listening() as server:
        yield server


@pytest.fixture
def addresses(canary, tmp_path) -> list[str]:
    """What must never be opened: a file of this machine, and a server that listens."""
    file = tmp_path / "secret.txt"
    file.write_text(SECRET)
    return [file.as_uri(), f"http://127.0.0.1:{canary.server_port}/"]


def attacks(address: str) -> list[str]:
    """Names that break out of text, of an attribute or of a style, and ask for an address."""
    return [
        f"<img src={address}>",
        f"\"><img src='{address}'><i title=\"",
        f"</style><style>@import url({address});</style>",
        f"}} body {{ background: url({address}) }} @font-face {{ font-family: x; src: url({address}) }}",
        f"</title><link rel=attachment href={address}><link rel=stylesheet href={address}>",
        f"</text></svg><svg><image href='{address}' xlink:href='{address}'/><script>1</script>",
        f"<svg><foreignObject><iframe src={address}></iframe></foreignObject></svg>",
        f"<object data={address}></object><embed src={address}>",
        f"<a rel=attachment href={address}>x</a><a href=javascript:alert(1)>x</a>",
        "{{ config }} {% include '/etc/passwd' %} {# x #} ${7*7} {first_name} %(name)s %s {0.__class__}",
        "&lt;b&gt; &#60;script&#62; <!-- <![CDATA[ ]]> \u202e\u2066 \x00\x1b",
    ]


def poisoned(value: Any, words: str, key: str = "") -> Any:
    """A copy of a snapshot in which everything people wrote says `words`."""
    if isinstance(value, dict):
        return {name: poisoned(inner, words, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [poisoned(inner, words, key) for inner in value]
    return words if isinstance(value, str) and value and key in WRITTEN else copy.copy(value)


class Shape(HTMLParser):
    """Which elements with which attributes a page has, in the drawings inside it as well."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[tuple[str, ...]] = set()
        self.sources: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add((tag, *sorted(name for name, _ in attrs)))
        for name, value in attrs:
            if name in {"src", "href", "data", "xlink:href", "srcset", "style"}:
                self._follow(value or "")

    def _follow(self, address: str) -> None:
        kind, comma, content = address.partition(",")
        self.sources.append(kind + comma)
        if kind.startswith("data:image/svg"):
            inner = base64.b64decode(content).decode() if kind.endswith("base64") else unquote(content)
            drawing = Shape(inner)
            self.found |= {("drawn", tag[0]) for tag in drawing.found}
            self.sources += drawing.sources


def all_of(pdf: bytes) -> bytes:
    """Every byte of a PDF, unpacked."""
    return pdf + b"".join(
        item.read_bytes() for item in opened(pdf).objects if isinstance(item, pikepdf.Stream)
    )


@pytest.fixture
def snapshots(app) -> list[dict[str, Any]]:
    """A full account benchmark with promises, and a portfolio review with its appendix."""
    account = an_account_with_a_story(industry="Banking")
    neighbours(12)
    rescored()
    owner = a_user(role=RoleName.LEADER)
    for number in range(4):
        promise(account, f"Promise {number}", due_on=None, by=owner, now=NOW)
    orders = Order(ReportKind.ACCOUNT, account_id=account.id), Order(ReportKind.PORTFOLIO, has_appendix=True)
    return [take_snapshot(order, now=NOW) for order in orders]


def test_whatever_people_write_a_page_has_the_same_elements(snapshots, addresses):
    for snapshot in snapshots:
        # A long name is set smaller, which is a class more.
        plain = [Shape(page_of_report(poisoned(snapshot, "Plain" + " words" * n))) for n in (1, 15, 40)]
        known = set().union(*(one.found for one in plain))
        for attack in attacks(addresses[0]):
            page = page_of_report(poisoned(snapshot, attack))
            shape = Shape(page)
            assert shape.found <= known, attack
            assert all(source.startswith("data:") for source in shape.sources), attack
            # Style is ours alone: no word of anybody's is in it.
            assert not any(addresses[0] in style for style in styles(page))


def styles(page: str) -> list[str]:
    return re.findall(r"<style>(.*?)</style>", page, re.DOTALL)


def test_papers_full_of_hostile_words_carry_and_reach_nothing(snapshots, addresses, canary: Canary):
    file, server = addresses
    words = f"</style><style>@import url({server});</style><img src={file}>\x00\ufffe"
    words += f"<a rel=attachment href={file}>"
    for snapshot in snapshots:
        pdf = render_pdf(page_of_report(poisoned(snapshot, words)))
        assert forbidden_parts(pdf) == set()
        assert SECRET.encode() not in all_of(pdf)
    assert canary.visits == []


def test_a_page_that_is_all_attack_carries_and_reaches_nothing(addresses, canary: Canary):
    drawings = [
        drawing
        for address in addresses
        for drawing in (
            svg(f"<script href='{address}'>1</script><foreignObject><img src='{address}'/></foreignObject>"),
            svg(f"<feImage href='{address}'/><a href='{address}'><text fill='url({address}#x)'>x</text></a>"),
            svg(f"<?xml-stylesheet href='{address}'?><style>* {{ cursor: url({address}) }}</style>"),
        )
    ]
    body = "".join(f"{one}<img alt='x' src=\"data:image/svg+xml,{one}\">" for one in drawings)
    body += "".join(f"<p>{attack}</p>" for address in addresses for attack in attacks(address))
    body += "<a href='javascript:app.launchURL(1)'>x</a><form action='/'><input name='a'></form>"
    pdf = render_pdf(f"<html lang='en'><title>x</title><body onload='1'>{body}</body></html>")
    assert canary.visits == []
    assert SECRET.encode() not in all_of(pdf)
    assert forbidden_parts(pdf) == set()


@pytest.mark.parametrize("page", ["<div>" * DEEP, f"<p>{'x' * 2000} " * 3000], ids=["nested", "long"])
def test_a_page_without_end_is_given_up_in_one_sentence(page):
    with pytest.raises(RenderingFailed) as failed:
        render_pdf(page, seconds=3)
    assert re.fullmatch(r"[A-Z][^.\n]*\.", str(failed.value))


def test_drawing_gets_no_more_memory_and_writes_no_larger_file_than_allowed(tmp_path):
    limited = "from vocapp.reports import cell; cell._limit_resources(); "
    for greedy, refused in (
        ("bytearray(cell.MEMORY)", "MemoryError"),
        ("open('big', 'wb').truncate(cell.LARGEST_FILE + 1)", "File too large"),
    ):
        command = [sys.executable, "-c", limited + greedy]
        environment = {"PYTHONPATH": str(PROJECT_ROOT)}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode != 0
        assert refused in done.stderr or done.returncode == -signal.SIGXFSZ
