"""What becomes of a logo and a colour somebody gives, and what is refused with which sentence."""

import re
import struct
import zlib
from base64 import b64decode
from io import BytesIO
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw

from vocapp.core.errors import DomainError
from vocapp.identity.branding import brand_of, contrast_on_white, read_accent, read_logo
from vocapp.identity.models import Company

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# Orientation 6: the camera was turned, so that the picture is to be turned back.
TURNED = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"


def a_picture(
    size: tuple[int, int] = (900, 300), *, mode: str = "RGB", kind: str = "PNG", **options: Any
) -> bytes:
    """A red disc on a white ground, or on none where the mode knows transparency."""
    drawn = Image.new("RGBA", size, (255, 255, 255, 0 if mode in ("RGBA", "LA") else 255))
    ImageDraw.Draw(drawn).ellipse((0, 0, size[0] - 1, size[1] - 1), fill=(200, 30, 60, 255))
    return saved(drawn.convert(mode), kind, **options)


def saved(picture: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def a_png_that_says(width: int, height: int, rows: bytes = b"") -> bytes:
    parts = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)), (b"IDAT", zlib.compress(rows)))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in (*parts, (b"IEND", b""))
    )


def a_webp_that_says(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return struct.pack("<4sI4s4sI4x", b"RIFF", 100, b"WEBP", b"VP8X", 10) + canvas + bytes(60)


def chunks_of(png: bytes) -> list[bytes]:
    names, place = [], 8
    while place < len(png):
        names.append(png[place + 4 : place + 8])
        place += 12 + int.from_bytes(png[place : place + 4], "big")
    return names


def shown(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "WEBP"])
def test_a_picture_of_any_kind_becomes_a_small_png_of_pixels_alone(mode: str) -> None:
    kind = {"CMYK": "JPEG", "WEBP": "WEBP"}.get(mode, "PNG")
    extras = {} if mode in ("1", "LA", "P") else {"icc_profile": SRGB if mode[0] == "R" else b"no profile"}
    given = a_picture(mode="RGBA" if mode == "WEBP" else mode, kind=kind, **extras)
    logo = read_logo(given)
    assert shown(logo).size == ((549, 183) if mode == "1" else (720, 240))
    assert len(logo) <= 150_000
    assert set(chunks_of(logo)) == {b"IHDR", b"IDAT", b"IEND"}
    assert shown(logo).mode == ("RGBA" if mode in ("RGBA", "LA", "WEBP") else "RGB")
    assert read_logo(given) == logo == read_logo(logo)


def test_a_picture_keeps_its_shape_its_colours_and_its_upright() -> None:
    assert shown(read_logo(a_picture((60, 20)))).size == (60, 20)
    assert shown(read_logo(a_picture((4000, 4000), kind="JPEG"))).size == (240, 240)
    assert shown(read_logo(a_picture((300, 60), kind="JPEG", exif=TURNED))).size == (48, 240)
    assert shown(read_logo(a_picture())).getpixel((360, 120)) == (200, 30, 60)
    grey = saved(Image.new("I;16", (100, 50), 30_000))
    assert shown(read_logo(grey)).getpixel((5, 5)) == (116, 116, 116)
    # Two colours at once change places when red and blue are swapped by the profile.
    swapped = ImageCms.ImageCmsProfile(
        BytesIO(SRGB.replace(b"rXYZ", b"####").replace(b"bXYZ", b"rXYZ").replace(b"####", b"bXYZ"))
    ).tobytes()
    turned = shown(read_logo(saved(Image.new("RGB", (100, 50), (250, 10, 10)), icc_profile=swapped)))
    red, _green, blue = turned.getpixel((5, 5))
    assert blue > 200 > red


def test_a_picture_full_of_noise_is_made_smaller_until_it_is_light() -> None:
    noise = Image.frombytes("RGB", (720, 240), Random(1).randbytes(720 * 240 * 3))
    logo = read_logo(saved(noise))
    assert 50_000 < len(logo) <= 150_000
    assert shown(logo).width == pytest.approx(3 * shown(logo).height, abs=3)


def many_passes() -> bytes:
    """A JPEG in which one pass over the whole picture comes sixty times."""
    picture = a_picture((90, 30), kind="JPEG", progressive=True)
    last = picture[picture.rindex(b"\xff\xda") : -2]
    return picture[:-2] + last * 60 + b"\xff\xd9"


STILL, MOVED = Image.new("RGB", (50, 50)), Image.new("RGB", (50, 50), "red")
DRAWING = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
REFUSED = {
    "nothing": (b"", "The file is empty; choose the logo again."),
    "40 MB": (b"\x89PNG" + bytes(40 * 2**20), "The file is larger than 2 MB; save the logo smaller, as PNG"),
    "a drawing": (DRAWING.encode(), "This is an SVG drawing; save it as PNG"),
    "a drawing in UTF-16": (DRAWING.encode("utf-16"), "This is an SVG drawing; save it as PNG"),
    "a page": (
        b"\n<!DOCTYPE html><script>alert(1)</script>",
        "This is a web page; save the logo on it as PNG",
    ),
    "an archive": (
        b"PK\x03\x04" + bytes(90),
        "This is no picture in PNG, JPEG or WebP; save the logo as PNG",
    ),
    "a GIF": (saved(STILL, "GIF", save_all=True, append_images=[MOVED]), "This is a GIF; save it as PNG"),
    "a PNG that moves": (saved(STILL, save_all=True, append_images=[MOVED]), "The picture moves"),
    "a WebP that moves": (saved(STILL, "WEBP", save_all=True, append_images=[MOVED]), "The picture moves"),
    "a PNG bomb": (
        a_png_that_says(50_000, 50_000, bytes(10**7)),
        "The picture has 50000 × 50000 pixels; save",
    ),
    "a WebP bomb": (
        a_webp_that_says(16_383, 16_383),
        "The picture has 16383 × 16383 pixels; save it with at m",
    ),
    "a JPEG of many passes": (many_passes(), "The picture is damaged; save it again as PNG"),
    "one pixel too wide": (
        a_picture((4001, 400)),
        "The picture has 4001 × 400 pixels; save it with at most 4000",
    ),
    "no pixels": (a_png_that_says(0, 10), "The picture is damaged; save it again as PNG"),
    "no rows": (a_png_that_says(100, 100), "The picture is damaged; save it again as PNG"),
    "one pixel wide": (a_picture((1, 300)), "The picture has 1 × 300 pixels; choose one that is at least 16"),
    "a line": (a_picture((3000, 20)), "and would be a mere line on paper; choose a logo that is less thin."),
    "half a PNG": (a_picture()[:1500], "The picture is damaged; save it again as PNG and choose that."),
    "half a JPEG": (a_picture(kind="JPEG")[:4000], "The picture is damaged; save it again as PNG"),
    "half a WebP": (a_picture(kind="WEBP")[:1500], "The picture is damaged; save it again as PNG"),
    "white": (saved(Image.new("RGB", (90, 30), "white")), "Nothing of this picture is seen on white paper"),
    "clear": (saved(Image.new("RGBA", (90, 30), (9, 9, 9, 0))), "Nothing of this picture is seen on white"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_logo_is_refused_with_one_sentence(what: str) -> None:
    content, sentence = REFUSED[what]
    with pytest.raises(DomainError, match=re.escape(sentence)) as refusal:
        read_logo(content)
    said = str(refusal.value)
    assert said.endswith(".")
    assert said.count(". ") == 0


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_damage_anywhere_is_a_refusal_or_a_picture_and_never_a_failure() -> None:
    draw = Random(7)
    whole = [
        a_picture((60, 30), mode="P"),
        a_picture((60, 30), mode="RGBA", icc_profile=SRGB),
        a_picture((60, 30), kind="JPEG", exif=TURNED, icc_profile=SRGB),
        a_picture((60, 30), kind="WEBP", exif=TURNED),
        a_picture((60, 30), mode="RGBA", kind="WEBP", lossless=True),
    ]
    refused = 0
    for _ in range(1500):
        broken = bytearray(draw.choice(whole))
        for _ in range(draw.choice((1, 3, 20))):
            broken[draw.randrange(min(len(broken), draw.choice((50, 5000))))] = draw.randrange(256)
        try:
            read_logo(bytes(broken))
        except DomainError:
            refused += 1
    assert 200 < refused < 1500


@given(st.binary(min_size=3, max_size=3))
def test_a_colour_is_taken_when_it_can_be_read_and_answered_with_one_that_can(levels: bytes) -> None:
    accent = f"#{levels.hex()}"
    if contrast_on_white(accent) >= 4.5:
        assert read_accent(accent.upper()) == read_accent(f" {levels.hex()} ") == accent
        return
    with pytest.raises(DomainError) as refusal:
        read_accent(accent)
    darker = re.findall(r"#[0-9a-f]{6}", str(refusal.value))[-1]
    assert read_accent(darker) == darker
    assert all(ours <= theirs for ours, theirs in zip(bytes.fromhex(darker[1:]), levels, strict=True))
    # One step lighter is too pale: this is the nearest.
    brightest, ours = max(levels), max(bytes.fromhex(darker[1:]))
    lighter = bytes(round(level * (ours + 1) / brightest) for level in levels)
    assert contrast_on_white(f"#{lighter.hex()}") < 4.5


def test_the_contrast_is_that_of_wcag_and_words_are_no_colours() -> None:
    assert contrast_on_white("#ffffff") == 1
    assert contrast_on_white("#000000") == 21
    assert contrast_on_white("#767676") == pytest.approx(4.54, abs=0.005)
    with pytest.raises(DomainError, match=r"nearest darker colour that works is #767676\.$"):
        read_accent("#777777")
    for words in ("", "red", "#abc", "#0f52611", "#0f5261;}", "#0f5261\n#", "＃0f5261", "#٠f5261"):
        with pytest.raises(DomainError, match="Write # and six digits"):
            read_accent(words)


def test_a_brand_is_ready_for_a_paper() -> None:
    plain = {"accent": "#0f5261", "logo": None, "logo_size": None}
    assert brand_of(None) == plain == brand_of(Company(accent="#0f5261"))
    logo = read_logo(a_picture((300, 50)))
    brand = brand_of(Company(accent="#aa0011", logo=logo))
    head, _comma, body = brand["logo"].partition(",")
    assert (brand["accent"], head, brand["logo_size"]) == ("#aa0011", "data:image/png;base64", [300, 50])
    assert b64decode(body) == logo
