"""What a reader that speaks, searches or archives finds in a paper: its structure, read back."""

from itertools import pairwise

import pikepdf
import pytest

from tests.vocapp.reports.builders import figures, forbidden_parts, opened, structure
from tests.vocapp.reports.samples import LONG_NAME, fullest_account, sample
from vocapp.reports.printing import print_report

pytestmark = pytest.mark.usefixtures("app")

LIMIT = 500_000
A4, LETTER = (595, 842), (612, 792)

# (snapshot, its sheet, how many pages it may have): each language and each sheet with each kind once.
PAPERS = {
    "account, de, letter": (fullest_account("de", "letter"), LETTER, 2),
    "account, ar, letter": (fullest_account("ar", "letter", audience="customer"), LETTER, 2),
    "account, ja, A4": (fullest_account("ja", "a4"), A4, 2),
    "portfolio, en, letter": ({**sample("portfolio", "en", "letter"), "has_appendix": True}, LETTER, 6),
    "portfolio, ar, A4": (sample("portfolio", "ar"), A4, 4),
}


def without_their_font(pdf: pikepdf.Pdf) -> list[str]:
    """The fonts, in drawings as well, whose file is not inside."""
    simple = {"/TrueType", "/Type1", "/Type3", "/MMType1", "/CIDFontType0", "/CIDFontType2"}
    files = {"/FontFile", "/FontFile2", "/FontFile3"}
    return [
        str(item.get("/BaseFont"))
        for item in pdf.objects
        if isinstance(item, pikepdf.Dictionary)
        and str(item.get("/Type")) == "/Font"
        and str(item.get("/Subtype")) in simple
        and not files & set(item.get("/FontDescriptor", {}).keys())
    ]


def heading_levels(pdf: pikepdf.Pdf) -> list[int]:
    names = (str(node.get("/S")) for node in structure(pdf.Root.StructTreeRoot))
    return [int(name[2]) for name in names if name in {"/H1", "/H2", "/H3", "/H4"}]


@pytest.mark.parametrize("which", PAPERS)
def test_a_paper_can_be_read_without_eyes_and_kept_for_ever(which):
    snapshot, sheet, most = PAPERS[which]
    content = print_report(snapshot)
    pdf = opened(content)
    assert len(content) < LIMIT
    is_account = snapshot["kind"] == "account"
    assert len(pdf.pages) == most if is_account else len(pdf.pages) <= most
    assert {tuple(round(float(edge)) for edge in page.MediaBox[2:]) for page in pdf.pages} == {sheet}

    assert pdf.Root.MarkInfo.Marked
    assert str(pdf.Root.Lang) == snapshot["language"]
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert (LONG_NAME if is_account else "Kestrel Cloud") in str(pdf.docinfo.Title)
    assert pdf.open_metadata()["pdfuaid:part"] == "1"

    alternatives = [str(figure.get("/Alt", "")).strip() for figure in figures(pdf)]
    assert alternatives
    assert all(alternatives)
    levels = heading_levels(pdf)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))

    first, *others = pdf.open_outline().root
    assert not others
    assert str(first.title) == (LONG_NAME if is_account else str(first.title).strip())
    assert len(first.children) == levels.count(2) >= 6
    assert all(str(chapter.title).strip() for chapter in first.children)

    assert without_their_font(pdf) == []
    assert forbidden_parts(content) == set()
