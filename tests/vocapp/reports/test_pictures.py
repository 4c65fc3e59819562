"""Pages look as they did when somebody last looked at them."""

import pytest
from PIL import Image, ImageChops

from tests.vocapp.reports.pictures import COMPARED, TOLERANCE, difference, pictures_of, reference
from tests.vocapp.reports.samples import sample
from vocapp.reports.printing import page_of_report, print_report
from vocapp.reports.rendering import render_pdf

pytestmark = [pytest.mark.usefixtures("app"), pytest.mark.needs("pdftotext")]


@pytest.mark.parametrize(("kind", "language", "pages"), COMPARED)
def test_pages_look_as_reviewed(kind, language, pages, tmp_path):
    drawn = pictures_of(print_report(sample(kind, language)), tmp_path, pages=pages)
    assert len(drawn) == pages
    for number, picture in enumerate(drawn, start=1):
        found = difference(picture, Image.open(reference(kind, language, number)).convert("L"))
        assert found <= TOLERANCE, f"page {number} differs by {found}: renew it if that is meant"


def test_a_missing_or_moved_block_is_noticed(tmp_path):
    before = Image.open(reference("account", "en", 1)).convert("L")
    page = page_of_report(sample("account"))
    cuts = {
        "the chart": (page.index('<section class="among">'), page.index('<div class="head break">')),
        "one line": (page.index('<p class="place">'), page.index("</p>", page.index('<p class="place">'))),
    }
    for name, (start, end) in cuts.items():
        folder = tmp_path / name
        folder.mkdir()
        closed = "</div>" if name == "the chart" else ""
        [after] = pictures_of(render_pdf(page[:start] + closed + page[end:]), folder, pages=1)
        assert difference(before, after) > 2 * TOLERANCE, name
    # Half a line of text lower.
    moved = ImageChops.offset(before, 0, 4)
    assert difference(before, moved) > TOLERANCE
    # Every edge drawn a quarter of a pixel aside, as another version of the drawing program would.
    aside = Image.blend(before, ImageChops.offset(before, 1, 0), 0.25)
    assert difference(before, aside) < TOLERANCE
