"""The address of a link as a picture that a phone's camera reads."""

import io

import segno

# As many damaged squares as a printed poster brings can be lost.
ERROR_LEVEL = "m"


def code_of(address: str) -> bytes:
    """Return the code of an address as an SVG file, black on white, a millimetre per square where printed."""
    drawn = io.BytesIO()
    code = segno.make(address, error=ERROR_LEVEL, micro=False)
    code.save(drawn, kind="svg", scale=1, unit="mm", light="#fff")
    return drawn.getvalue()
