"""Reference values for the measurement engine."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def anchor() -> Callable[[str], dict[str, Any]]:
    """Return a reader of reference values by id: inputs, expected, tol."""
    entries = json.loads((Path(__file__).parent / "anchors.json").read_text(encoding="utf-8"))
    by_id = {entry["id"]: entry for entry in entries}
    return by_id.__getitem__
