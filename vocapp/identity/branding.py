"""How the company's own papers look: its logo and accent colour, read from what an administrator gives."""

import re
import struct
import zlib
from base64 import b64encode
from io import BytesIO
from typing import Any, Final

from PIL import Image, ImageCms, ImageFile, ImageOps
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from vocapp.core.errors import DomainError
from vocapp.identity.models import Company

DEFAULT_ACCENT: Final = "#0f5261"
# WCAG 2, 1.4.3: what small text needs against its ground.
LEAST_CONTRAST: Final = 4.5

LARGEST_FILE: Final = 2 * 1024 * 1024
LONGEST_SIDE: Final = 4000
SHORTEST_SIDE: Final = 16
# Three times what a paper has room for, so that it prints sharply.
LOGO_ROOM: Final = (720, 240)
LARGEST_LOGO: Final = 150_000
# Thinner than this, a logo is a line.
THINNEST_LOGO: Final = 8
# A photo has about ten passes; each of thousands would be worked out over the whole picture.
MOST_PASSES: Final = 30
# From this grey on, nothing is seen on white paper.
PALEST: Final = 235

_HEX = re.compile(r"#?([0-9a-f]{6})", re.IGNORECASE)
# What Pillow raises for files that are not what they say.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    OverflowError,
    struct.error,
    zlib.error,
)


def read_logo(content: bytes) -> bytes:
    """Return a picture as the PNG that papers print: at most 720 × 240 pixels and 150 kB, nothing but pixels.

    Takes PNG, JPEG and WebP. The same file gives the same bytes, and what this returned comes back unchanged.
    Raises `DomainError` for what is none, too large, broken, moving, or not to be seen on white paper.
    """
    if not content:
        raise DomainError("The file is empty; choose the logo again.")
    if len(content) > LARGEST_FILE:
        raise DomainError("The file is larger than 2 MB; save the logo smaller, as PNG, and choose that.")
    try:
        picture = _decoded(_opened(content))
    except _BROKEN:
        raise DomainError("The picture is damaged; save it again as PNG and choose that.") from None
    logo = _fitted(picture, LOGO_ROOM)
    if _is_invisible(logo):
        raise DomainError(
            "Nothing of this picture is seen on white paper; choose the logo made for light backgrounds."
        )
    return _small_png(logo)


def _opened(content: bytes) -> ImageFile.ImageFile:
    """Return a picture whose header alone was read, once its size is known to be bearable."""
    # Pillow makes room for the whole canvas of a WebP when it opens one, so its header is read here.
    if _is_webp(content):
        _check_size(*_webp_size(content))
        picture: ImageFile.ImageFile = WebPImageFile(BytesIO(content))
    elif content.startswith(b"\x89PNG\r\n\x1a\n"):
        picture = PngImageFile(BytesIO(content))
    elif content.startswith(b"\xff\xd8\xff"):
        if content.count(b"\xff\xda") > MOST_PASSES:
            raise ValueError("too many passes")
        picture = JpegImageFile(BytesIO(content))
    else:
        raise DomainError(_what_instead(content))
    _check_size(*picture.size)
    if getattr(picture, "n_frames", 1) > 1:
        raise DomainError("The picture moves, and paper does not; save one frame of it as PNG.")
    return picture


def _is_webp(content: bytes) -> bool:
    return content[:4] == b"RIFF" and content[8:12] == b"WEBP"


def _webp_size(content: bytes) -> tuple[int, int]:
    """Return width and height as the first chunk of a WebP says (RFC 9649, 2.5 to 2.7)."""
    chunk, body = content[12:16], content[20:30]
    if len(body) < 10:
        raise ValueError("no header")
    if chunk == b"VP8X":
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if chunk == b"VP8L":
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if chunk == b"VP8 ":
        return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    raise ValueError("no picture first")


def _what_instead(content: bytes) -> str:
    """Return the sentence for a file that is no picture we read, whatever its name says."""
    start = content[:4096].replace(b"\0", b"").lower()
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "This is a GIF; save it as PNG, one frame of it if it moves, and choose that."
    if b"<svg" in start or content.startswith(b"\x1f\x8b"):
        return "This is an SVG drawing; save it as PNG, 720 pixels wide or more, and choose that."
    if start.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith((b"<!doctype html", b"<html")):
        return "This is a web page; save the logo on it as PNG and choose that."
    return "This is no picture in PNG, JPEG or WebP; save the logo as PNG and choose that."


def _check_size(width: int, height: int) -> None:
    """Raise `DomainError` for a picture too large to decode, or too small or thin to print."""
    is_large = max(width, height) > LONGEST_SIDE
    is_small = min(width, height) < SHORTEST_SIDE
    shown = f"The picture has {width} × {height} pixels"
    if is_large:
        raise DomainError(f"{shown}; save it with at most {LONGEST_SIDE} × {LONGEST_SIDE} and choose that.")
    if is_small:
        raise DomainError(f"{shown}; choose one that is at least {SHORTEST_SIDE} pixels wide and high.")
    if min(_fitting((width, height), LOGO_ROOM)) < THINNEST_LOGO:
        raise DomainError(f"{shown} and would be a mere line on paper; choose a logo that is less thin.")


def _decoded(picture: ImageFile.ImageFile) -> Image.Image:
    """Return the upright picture in sRGB with transparency, without anything that came beside the pixels."""
    # A JPEG is decoded at a fraction of its size where that is enough.
    picture.draft(None, (2 * LOGO_ROOM[0], 2 * LOGO_ROOM[1]))
    picture.load()
    ImageOps.exif_transpose(picture, in_place=True)
    upright: Image.Image = picture
    if upright.mode.startswith("I"):
        # Sixteen bits of grey, which a plain conversion would cut off instead of scaling.
        upright = upright.convert("I").point(lambda level: level / 257).convert("L")
    plain = _in_srgb(upright, picture.info.get("icc_profile")).convert("RGBA")
    plain.info = {}
    return plain


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture with the colours that its profile means; without a usable one, as it is."""
    if not profile or picture.mode not in ("RGB", "RGBA", "CMYK"):
        return picture
    mode = "RGBA" if picture.mode == "RGBA" else "RGB"
    try:
        meant = ImageCms.ImageCmsProfile(BytesIO(profile))
        ours = ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(picture, meant, ours, outputMode=mode)
    except (ImageCms.PyCMSError, *_BROKEN):
        return picture
    return turned or picture


def _fitting(size: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """Return the largest size of the same shape that fits a room, and never one above its own."""
    scale = min(1.0, room[0] / size[0], room[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _fitted(picture: Image.Image, room: tuple[int, int]) -> Image.Image:
    size = _fitting(picture.size, room)
    return picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3)


def _is_invisible(logo: Image.Image) -> bool:
    paper = Image.new("RGBA", logo.size, "white")
    counts = Image.alpha_composite(paper, logo).convert("RGB").histogram()
    # By channel: yellow is bright, but seen.
    return not any(any(counts[channel : channel + PALEST]) for channel in (0, 256, 512))


def _small_png(logo: Image.Image) -> bytes:
    """Return a PNG of a logo, smaller and smaller until it weighs little enough."""
    # Opaque pictures are kept without the channel that says so.
    is_opaque = logo.getchannel("A").getextrema() == (255, 255)
    sharpest = logo.convert("RGB") if is_opaque else logo
    room = logo.size
    while True:
        file = BytesIO()
        _fitted(sharpest, room).save(file, "PNG", optimize=True)
        if file.tell() <= LARGEST_LOGO:
            return file.getvalue()
        room = (room[0] * 7 // 8, room[1] * 7 // 8)


def read_accent(text: str) -> str:
    """Return a colour as `#rrggbb` in lower case.

    Raises `DomainError` for what is none, and for one too pale for text on white, naming the nearest darker
    one of the same hue.
    """
    found = _HEX.fullmatch(text.strip())
    if found is None:
        raise DomainError(f"Write # and six digits or letters from a to f, such as {DEFAULT_ACCENT}.")
    accent = f"#{found[1].lower()}"
    if contrast_on_white(accent) < LEAST_CONTRAST:
        raise DomainError(
            f"{accent} is too pale to be read on white paper; the nearest darker colour that works is"
            f" {_dark_enough(accent)}."
        )
    return accent


def contrast_on_white(accent: str) -> float:
    """Return the contrast ratio (WCAG 2) of a colour `#rrggbb` with white, from 1 to 21."""
    red, green, blue = (_linear(level / 255) for level in bytes.fromhex(accent[1:]))
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def _linear(level: float) -> float:
    return level / 12.92 if level <= 0.04045 else float(((level + 0.055) / 1.055) ** 2.4)


def _dark_enough(accent: str) -> str:
    """Return the lightest colour between a pale one and black that can be read on white."""
    levels = bytes.fromhex(accent[1:])
    brightest = max(levels)
    shades = (bytes(round(level * step / brightest) for level in levels) for step in range(brightest, 0, -1))
    darker = (f"#{shade.hex()}" for shade in shades)
    return next(shade for shade in darker if contrast_on_white(shade) >= LEAST_CONTRAST)


def brand_of(company: Company | None) -> dict[str, Any]:
    """Return how a company's papers look, ready for JSON, and for templates as it is.

    `accent` is `#rrggbb`, `logo` a data address or None, `logo_size` its width and height in pixels or None.
    """
    logo = company.logo if company else None
    return {
        "accent": company.accent if company else DEFAULT_ACCENT,
        "logo": f"data:image/png;base64,{b64encode(logo).decode()}" if logo else None,
        # Where every PNG has them.
        "logo_size": list(struct.unpack(">II", logo[16:24])) if logo else None,
    }
