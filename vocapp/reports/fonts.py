"""The fonts of the paper: which faces a text needs, as style rules that carry the files themselves."""

import base64
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from vocapp.core.assets import NODE_MODULES, AssetsMissing

# The first package that has a letter draws it: Inter all it can, Japanese before Chinese. Of the others only
# their own script counts: the lists of their further pieces name signs that the files do not have.
PACKAGES = {
    "inter": None,
    "noto-sans-arabic": "arabic",
    "noto-sans-hebrew": "hebrew",
    "noto-sans-devanagari": "devanagari",
    "noto-sans-thai": "thai",
    "noto-sans-jp": "[",
    "noto-sans-kr": "[",
    "noto-sans-sc": "[",
    "noto-emoji": "[",
}
FOLDER = NODE_MODULES / "@fontsource-variable"


@dataclass(frozen=True)
class Face:
    """One font file and the code points it draws, as (first, last).

    Every file is a family of its own: WeasyPrint takes two files of one family and weight for the same font.
    """

    family: str
    path: Path
    ranges: tuple[tuple[int, int], ...]

    def has(self, point: int) -> bool:
        """Whether the face draws a code point."""
        return any(first <= point <= last for first, last in self.ranges)


def faces_of(text: str) -> list[Face]:
    """Return the installed faces that a text needs; raises `AssetsMissing` without the font packages."""
    return faces_for(text, _faces())


def font_style(chosen: Sequence[Face]) -> Markup:
    """Return the @font-face rules of faces and their stack, with every font inside as a data URI."""
    rules = [_rule(face) for face in chosen]
    stack = ", ".join(f'"{face.family}"' for face in chosen)
    # File names and families come from the table above, never from the text.
    return Markup("\n".join([*rules, f"html {{ font-family: {stack}, sans-serif }}"]))  # noqa: S704


def faces_for(text: str, faces: Sequence[Face]) -> list[Face]:
    """Return the faces that draw a text, in their order: for each character the first face that has it.

    The basic Latin face is always among them; characters that no face has are left to the machine's fonts.
    """
    points = {ord(character) for character in text} | {ord("n")}
    needed = {next((face for face in faces if face.has(point)), None) for point in points}
    return [face for face in faces if face in needed]


@lru_cache(maxsize=1)
def _faces() -> tuple[Face, ...]:
    return tuple(face for package, script in PACKAGES.items() for face in _package_faces(package, script))


def _package_faces(package: str, script: str | None) -> Iterable[Face]:
    """Yield the faces of a package whose name begins with `script`, or all.

    Scripts of many thousand signs are cut into numbered pieces, written as "[12]".
    """
    folder = FOLDER / package
    ranges = folder / "unicode.json"
    if not ranges.is_file():
        raise AssetsMissing(
            f"The font package {package} is missing; run ./voc up, or npm ci --ignore-scripts."
        )
    for subset, listed in json.loads(ranges.read_text(encoding="utf-8")).items():
        if script is not None and not subset.startswith(script):
            continue
        # Scripts of many thousand signs are cut into numbered pieces, written as "[12]".
        piece = f"{package}-{subset.strip('[]')}"
        # A family no machine has, so that no installed font of another version takes its place.
        yield Face(f"Paper {piece}", folder / "files" / f"{piece}-wght-normal.woff2", tuple(_parsed(listed)))


def _parsed(listed: str) -> Iterable[tuple[int, int]]:
    for first, last in re.findall(r"U\+([0-9A-Fa-f]+)(?:-([0-9A-Fa-f]+))?", listed):
        yield int(first, 16), int(last or first, 16)


def _rule(face: Face) -> str:
    content = base64.b64encode(face.path.read_bytes()).decode("ascii")
    return f'@font-face {{ font-family: "{face.family}"; src: url(data:font/woff2;base64,{content}) }}'
