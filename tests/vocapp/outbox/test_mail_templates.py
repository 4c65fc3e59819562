"""Every mail template: what mail programs can show, nothing hidden, nothing fetched, both parts alike."""

import re

import mrml
import pytest
from jinja2 import Environment, meta

from vocapp.core.settings import PROJECT_ROOT

FOLDER = PROJECT_ROOT / "templates" / "mail"
TEMPLATES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())

# What the mail programs people use at work show (Outlook for Windows and on the web, Gmail, Apple Mail), as
# far as our templates use it.
SHOWN_EVERYWHERE = {
    "background-color",
    "background",
    "border",
    "border-top",
    "border-collapse",
    "border-spacing",
    "color",
    "direction",
    "font-family",
    "font-size",
    "font-weight",
    "height",
    "line-height",
    "margin",
    "padding",
    "text-align",
    "text-decoration",
    "vertical-align",
    "width",
}
# Ignored somewhere, and nothing is lost then: corners stay square, columns take the whole width.
MAY_BE_IGNORED = {
    "border-radius",
    "box-sizing",
    "cursor",
    "display",
    "margin-left",
    "margin-right",
    "max-width",
    "min-width",
    "outline",
    "overflow-wrap",
    "table-layout",
    "text-transform",
    "word-break",
    "word-spacing",
}
# Written for Outlook and old phones, unknown to everybody else.
FOR_ONE_PROGRAM = re.compile(r"mso-|-ms-|-webkit-")
HIDING = re.compile(
    r"display:\s*none|visibility:\s*hidden|opacity:\s*0(?![.\d])|font-size:\s*[01](px)?\s*[;\"]|max-height:\s*0|"
    r"text-indent:\s*-|mso-hide"
)
FETCHING = re.compile(
    r"<(?:img|link|script|iframe|video|audio|object|embed|mj-image|mj-font)\b|@import|url\(|\bsrc="
)
# Words a part says in its own way: the subject in the title, links as buttons or as addresses.
OF_ONE_PART = {"subject", "language", "direction", "phrase", "_", "ngettext", "gettext", "run"}


def source(*parts: str) -> str:
    return FOLDER.joinpath(*parts).read_text(encoding="utf-8")


def fields_of(*parts: str) -> set[str]:
    """Return the values a part uses, in what it includes and extends, too."""
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    tree = environment.parse(source(*parts))
    fields = meta.find_undeclared_variables(tree)
    for other in meta.find_referenced_templates(tree):
        assert other is not None, "a template is named by its name"
        fields |= fields_of(other.removeprefix("mail/"))
    return fields - OF_ONE_PART


def styles_in(text: str) -> set[str]:
    """Return the names of all CSS properties in style attributes and style sheets."""
    blocks = re.findall(r'style="([^"]*)"', text)
    blocks += re.findall(r"\{([^{}]*)\}", "".join(re.findall(r"<style[^>]*>(.*?)</style>", text, re.S)))
    blocks += re.findall(r"\{([^{}]*)\}", "".join(re.findall(r"<mj-style[^>]*>(.*?)</mj-style>", text, re.S)))
    declarations = (part.partition(":")[0].strip().lower() for block in blocks for part in block.split(";"))
    return {name for name in declarations if re.fullmatch(r"[a-z-]+", name)}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_mail_has_a_subject_and_both_parts(name: str) -> None:
    assert {path.name for path in (FOLDER / name).iterdir()} >= {"subject.txt", "body.txt", "body.mjml"}


@pytest.mark.parametrize("name", TEMPLATES)
def test_nothing_is_hidden_or_fetched(name: str) -> None:
    for text in (source(name, "body.mjml"), source("layout.mjml")):
        assert not HIDING.search(text)
        assert not FETCHING.search(text)
        assert not re.search(r"https?://(?!www\.w3\.org)", text), "an address of its own"


@pytest.mark.parametrize("name", TEMPLATES)
def test_every_style_is_one_that_mail_programs_show_or_may_ignore(name: str) -> None:
    used = styles_in(source(name, "body.mjml")) | styles_in(source("layout.mjml"))
    assert used <= SHOWN_EVERYWHERE | MAY_BE_IGNORED


def test_what_mjml_makes_of_our_layout_is_shown_everywhere_too() -> None:
    layout = re.sub(r"\{[%#].*?[%#]\}", "", source("layout.mjml"), flags=re.S)
    filled = re.sub(r"\{\{.*?\}\}", "ltr", layout)
    content = '<mj-text><a href="x">Word</a></mj-text><mj-button href="x">Go</mj-button><mj-divider />'
    filled = filled.replace("<mj-column>", f"<mj-column>{content}", 1)
    html = str(mrml.to_html(filled, render_options=mrml.RenderOptions(fonts={})).content)
    assert "Word" in html
    made = {name for name in styles_in(html) if not FOR_ONE_PROGRAM.match(name)}
    assert made <= SHOWN_EVERYWHERE | MAY_BE_IGNORED
    assert not FETCHING.search(html)


@pytest.mark.parametrize("name", TEMPLATES)
def test_both_parts_carry_the_same_merge_fields(name: str) -> None:
    text, html = fields_of(name, "body.txt"), fields_of(name, "body.mjml")
    # The one link of the text is many in the HTML: one for each score, and the way out.
    if {"answer_url"} <= text and "scores" in html:
        text, html = text - {"answer_url"}, html - {"scores", "opt_out_url"}
    assert text - {"opt_out_url"} == html - {"opt_out_url"}


@pytest.mark.parametrize("name", ["invitation", "reminder"])
def test_the_text_of_a_survey_mail_has_one_link_beside_the_way_out(name: str) -> None:
    links = {field for field in fields_of(name, "body.txt") if field.endswith("url")}
    assert links - {"opt_out_url"} == {"answer_url"}


@pytest.mark.parametrize(
    "fault",
    [
        '<p style="display:none">x</p>',
        '<p style="font-size:0px;">x</p>',
        "<p style='opacity: 0;'>x</p>",
        '<p style="max-height:0">x</p>',
    ],
)
def test_hiding_is_recognised(fault: str) -> None:
    assert HIDING.search(fault)


def test_a_style_that_is_not_shown_is_recognised() -> None:
    assert styles_in('<p style="position:absolute;color:red">') - SHOWN_EVERYWHERE == {"position"}
    assert styles_in("<style>.a { float: left }</style>") == {"float"}
