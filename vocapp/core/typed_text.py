"""Text as people type it: what cannot be kept or shown is taken out."""

import re
from typing import Any

# No database keeps some of them, and no page may show the others.
UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def storable(text: Any) -> Any:
    """Return a text that was typed without what cannot be kept or shown; anything else as it is."""
    return UNSTORABLE.sub("", text) if isinstance(text, str) else text
