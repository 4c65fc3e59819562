"""The ready-made surveys that come with the product."""

import json
from functools import cache
from importlib import resources

from surveys.definition import SurveyDefinition
from surveys.documents import parse_definition


def library_keys() -> tuple[str, ...]:
    """Return the keys of all ready-made surveys, sorted."""
    files = resources.files("surveys.library").iterdir()
    return tuple(sorted(file.name.removesuffix(".json") for file in files if file.name.endswith(".json")))


@cache
def load_survey(key: str) -> SurveyDefinition:
    """Return a ready-made survey. Raises ValueError naming the known keys for any other."""
    known = library_keys()
    if key not in known:
        raise ValueError(f"there is no survey {key!r}; choose one of {', '.join(known)}")
    file = resources.files("surveys.library").joinpath(f"{key}.json")
    return parse_definition(json.loads(file.read_text(encoding="utf-8")))
