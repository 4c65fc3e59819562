"""HTML to plain text: what is kept, and that no markup ever is."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.limesurvey.plain_text import plain_text

PIECES = [
    "<",
    ">",
    "&lt;",
    "&gt;",
    "&amp;",
    "<script>",
    "</script",
    "<!--",
    "-->",
    "<b>",
    "<scr",
    "ipt>",
    "/",
]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Plain & simple", "Plain & simple"),
        ("<p>One</p><p>two</p>", "One two"),
        ("<b>H</b>ello<br/>you", "Hello you"),
        ("M&uuml;ller &amp; Co", "Müller & Co"),
        ("5 < 6 and 7 > 6", "5 < 6 and 7 > 6"),
        ('<img src="x" onerror="alert(1)">Hi', "Hi"),
        ("a<script>alert('<b>')</script >b", "a b"),
        ("a<SCRIPT>never closed", "a"),
        ("<scr<b>ipt>alert(1)</script>x", "x"),
        ("&lt;script&gt;alert(1)&lt;/script&gt;x", "x"),
        ("a<!-- <p>hidden</p> -->b", "ab"),
        ("<style>p{color:red}</style>Text", "Text"),
        ('<a href="javascript:alert(1)">link</a>', "link"),
        ("<<b>bold", "bold"),
        ("a\x00b\x1fc\u0085d", "a b c d"),
        ("", ""),
    ],
)
def test_markup_becomes_what_a_reader_sees(markup: str, text: str) -> None:
    assert plain_text(markup) == text


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=20).map("".join))
def test_nothing_that_looks_like_a_tag_is_ever_left(markup: str) -> None:
    text = plain_text(markup)
    assert not re.search(r"<[A-Za-z/!?]", text)
    assert text == " ".join(text.split())
