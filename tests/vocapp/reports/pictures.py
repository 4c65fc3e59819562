"""Pages as small grey pictures, how far two of them are apart, and the pages that README shows.

Renew all of them after a change that was looked at: python -m tests.vocapp.reports.pictures
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter

from tests.vocapp.reports.samples import FOLDER, sample
from vocapp.app import create_app
from vocapp.core.settings import PROJECT_ROOT
from vocapp.reports.printing import print_report

DPI = 40
# In pixels, under a line of text: what such a blur leaves over is no edge that was drawn otherwise.
BLUR = 2
# Of a page cut into tiles of so many pixels, about as large as the smallest block of a paper.
TILE = 32
# Mean difference of the tile that differs most, of 255 shades.
TOLERANCE = 4.0

# (kind, language, how many of its first pages are compared)
COMPARED = (
    ("account", "en", 2),
    ("account", "de", 2),
    ("account", "ar", 2),
    ("account", "ja", 2),
    ("portfolio", "en", 1),
)

# First pages in README, in colour and large enough to read.
SHOWN = ("account", "portfolio")
SHOWN_DPI = 90
IMAGES = PROJECT_ROOT / "docs" / "images"


def pictures_of(pdf: bytes, folder: Path, *, pages: int) -> list[Image.Image]:
    """Draw the first pages of a paper."""
    paper = folder / "paper.pdf"
    paper.write_bytes(pdf)
    command = ["pdftoppm", "-gray", "-r", str(DPI), "-l", str(pages), str(paper), str(folder / "page")]
    subprocess.run(command, check=True)
    return [Image.open(path).convert("L") for path in sorted(folder.glob("page-*.pgm"))]


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return how much the tile that differs most does, in shades of 255; another size differs in all."""
    if one.size != other.size:
        return 255.0
    blurred = [picture.filter(ImageFilter.GaussianBlur(BLUR)) for picture in (one, other)]
    apart = ImageChops.difference(*blurred)
    width, height = (max(1, edge // TILE) for edge in apart.size)
    return float(max(apart.resize((width, height), Image.Resampling.BOX).tobytes()))


def reference(kind: str, language: str, page: int) -> Path:
    """Where the reviewed picture of a page is."""
    return FOLDER / f"{kind}-{language}-{page}.png"


def renew(folder: Path) -> Iterator[Path]:
    """Draw every reference anew."""
    for kind, language, pages in COMPARED:
        place = folder / f"{kind}-{language}"
        place.mkdir()
        drawn = pictures_of(print_report(sample(kind, language)), place, pages=pages)
        for number, picture in enumerate(drawn, start=1):
            path = reference(kind, language, number)
            # Sixteen shades are enough to tell blocks apart, and a third of the size.
            picture.quantize(16).save(path, optimize=True)
            yield path


def show(folder: Path) -> Iterator[Path]:
    """Draw what README shows."""
    for kind in SHOWN:
        paper, target = folder / f"{kind}.pdf", IMAGES / f"report-{kind}.png"
        paper.write_bytes(print_report(sample(kind)))
        command = ["pdftoppm", "-r", str(SHOWN_DPI), "-l", "1", "-singlefile", str(paper), str(folder / kind)]
        subprocess.run(command, check=True)
        with Image.open(folder / f"{kind}.ppm") as picture:
            picture.save(target, optimize=True)
        yield target


if __name__ == "__main__":
    import tempfile

    with create_app().app_context(), tempfile.TemporaryDirectory() as place:
        for made in (*renew(Path(place)), *show(Path(place))):
            sys.stdout.write(f"{made.name}: {made.stat().st_size:,} bytes; look at it before you commit it\n")
