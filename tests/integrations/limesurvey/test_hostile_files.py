"""Files that are no survey, or more than one: refused with one sentence, in bounded time and memory."""

import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.limesurvey.reading import read_limesurvey
from integrations.limesurvey.records import LimeSurveyFile, LimeSurveyRefused
from tests.integrations.limesurvey.samples import (
    LSS_START,
    TABS_HEADER,
    lss,
    one_question,
    sample,
    table,
    tabs,
)

SIZE = 49_000_000
START, HEADER = LSS_START.encode(), TABS_HEADER.encode()
DECLARED = b"<?xml version='1.0'?>"
BOMB = b'<!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><document>&b;</document>'
OUTSIDE = b'<!DOCTYPE d [<!ENTITY f SYSTEM "file:///etc/passwd">]><document>&f;</document>'
EXTERNAL_DTD = b'<!DOCTYPE document SYSTEM "http://127.0.0.1/d.dtd"><document/>'


def refusal(content: bytes, name: str = "survey.lss") -> str:
    with pytest.raises(LimeSurveyRefused) as refused:
        read_limesurvey(content, name)
    return str(refused.value)


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"", "survey.lss", "empty"),
        (b" \n\t", "survey.txt", "empty"),
        (b"<" * 50_000_001, "survey.lss", "larger than 50 MB"),
        (DECLARED + BOMB, "survey.lss", "entities"),
        (DECLARED + OUTSIDE, "survey.lss", "entities"),
        (DECLARED + EXTERNAL_DTD, "survey.lss", "document type"),
        ((DECLARED + BOMB).decode().encode("utf-16"), "survey.lss", "entities"),
        (b"# LimeSurvey Survey Dump", "survey.lss", "not XML"),
        (b"first_name,last_name\nAda,Example", "people.csv", "no LimeSurvey survey"),
        (b"class,type/scale,name,text\nQ,T,a,b", "survey.csv", "separated by tabs"),
        (b"class\ttype/scale\tname\nQ\tT\ta", "survey.txt", '"text" is missing'),
        (b"<html><body>Sign in</body></html>", "survey.lss", "not a LimeSurvey survey"),
        (b"<document><a>b</a></document>", "survey.lss", "not a LimeSurvey survey"),
        (b"<document><LimeSurveyDocType>Group</LimeSurveyDocType></document>", "a.lsg", "a single group"),
        (START + b"<a></b></document>", "survey.lss", "not well-formed XML (line 4)"),
        (b"PK\x03\x04....", "survey.lsa", "an archive"),
        (b"<?xml version='1.0' encoding='utf-7'?><document/>", "survey.lss", '"utf-7" is not read'),
        (b"<?xml version='1.0' encoding='no-such'?><document/>", "survey.lss", '"no-such" is not read'),
        (bytes(range(256)) * 10, "survey.txt", "no text"),
        (lss(), "survey.lss", "no questions"),
        (tabs("S\t\tlanguage\t\ten"), "survey.txt", "no questions"),
        (lss("<themes>" + "<a>" * 20 + "</a>" * 20 + "</themes>"), "survey.lss", "nested deeper"),
        (lss(table("quota", *[{"id": "1"}] * 20_001)), "survey.lss", "more than 20,000 rows"),
        (tabs(*["Q\tT\ta\t1\tb"] * 20_001), "survey.txt", "more than 20,000 rows"),
        (tabs('Q\tT\ta\t1\t"open'), "survey.txt", "starts in line 2 a quotation mark is opened"),
        (tabs("Q\tT\ta\0\t1\tb"), "survey.txt", "Line 2 holds a character that is no text"),
        (lss(one_question(question="x" * 100_001)), "survey.lss", "longer than 100,000 characters"),
        (tabs(*(f"Q\tT\ta\t1\tb\t\tl{n:03}" for n in range(101))), "survey.txt", "more than 100 languages"),
    ],
)
def test_what_is_no_survey_is_refused_with_its_reason(content: bytes, name: str, words: str) -> None:
    sentence = refusal(content, name)
    assert words in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_an_lss_file_that_was_cut_off_is_refused(share: float) -> None:
    content = sample("new_layout.lss")
    assert "ends in the middle" in refusal(content[: int(len(content) * share)])


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a million elements": lambda: START + b"<a/>" * (SIZE // 4),
    "elements with attributes": lambda: START + b'<a b="" c="" d=""/>' * (SIZE // 20),
    "nothing but line breaks": lambda: START + (b"\n" * 90_000 + b"<a/>") * (SIZE // 90_004),
    "comments": lambda: START + b"<!---->" * (SIZE // 7),
    "instructions": lambda: START + b"<?a?>" * (SIZE // 5),
    "an attribute without end": lambda: START + b'<a b="' + b"x" * SIZE,
    "a comment without end": lambda: START + b"<!--" + b"x" * SIZE,
    "a text without end": lambda: START + b"<a><![CDATA[" + b"x" * SIZE,
    "character references": lambda: START + b"<a>" + b"&#65;" * (SIZE // 5),
    "wide characters": lambda: START + "<a>😀".encode() + b"x" * SIZE,
    "depth": lambda: START + b"<a>" * (SIZE // 3),
    "blank lines": lambda: HEADER + b"\n" * SIZE,
    "one line": lambda: HEADER + b"x" * SIZE,
    "a quotation mark": lambda: HEADER + b'Q\tT\t"' + b"a\n" * (SIZE // 2),
    "cells": lambda: HEADER + (b"\t" * 900_000 + b"\n") * (SIZE // 900_001),
    "columns": lambda: (
        HEADER[:-1]
        + b"".join(b"\tset%d" % number for number in range(490))
        + b"\n"
        + (b"Q\tT\tx\t\ty" + b"\t1" * 495 + b"\n") * 9_000
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_cost_neither_time_nor_memory(name: str) -> None:
    content = HOSTILE[name]()
    began = time.process_time()
    refusal(content, "survey.txt")
    assert time.process_time() - began < 1
    tracemalloc.start()
    refusal(content, "survey.txt")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 100_000_000


@pytest.mark.parametrize("piece", ["<b>", "<p>", "<script></script", "&lt;b ", "<!---->", "&abcdefghijklm"])
def test_the_largest_texts_that_are_read_cost_little_time(piece: str) -> None:
    codes = [f"{first}{second}" for first in "abc" for second in "abcdefghij"]
    markup = piece * (99_000 // len(piece))
    rows = [{"qid": "1", "language": code, "question": markup} for code in codes]
    content = lss(one_question(), table("question_l10ns", *rows))
    began = time.process_time()
    read_limesurvey(content, "survey.lss")
    assert time.process_time() - began < 1


WORDS = [
    b"<",
    b">",
    b"</",
    b"<row>",
    b"<rows>",
    b"<questions>",
    b"<qid>1",
    b"\t",
    b"\n",
    b'"',
    b"Q",
    b"T",
    b"]]>",
]


def outcome(content: bytes, name: str) -> LimeSurveyFile | str:
    try:
        return read_limesurvey(content, name)
    except LimeSurveyRefused as refused:
        return str(refused)


@given(
    start=st.sampled_from([b"", START, HEADER, b"\xff\xfe", b"\xef\xbb\xbf", b"<?xml version='1.0'?>"]),
    pieces=st.lists(st.one_of(st.binary(max_size=8), st.sampled_from(WORDS)), max_size=30),
    name=st.sampled_from(["survey.lss", "survey.txt", "survey", ""]),
)
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_a_survey_or_a_refusal(start: bytes, pieces: list[bytes], name: str) -> None:
    assert outcome(start + b"".join(pieces), name)


@given(
    name=st.sampled_from(["new_layout.lss", "old_layout.lss", "structure.txt"]),
    place=st.floats(0, 1),
    length=st.integers(0, 40),
    instead=st.binary(max_size=8),
)
@settings(max_examples=200, deadline=None)
def test_a_damaged_survey_is_a_survey_or_a_refusal(
    name: str, place: float, length: int, instead: bytes
) -> None:
    content = sample(name)
    at = int(place * len(content))
    assert outcome(content[:at] + instead + content[at + length :], name)
