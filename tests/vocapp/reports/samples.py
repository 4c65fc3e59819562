"""Snapshots frozen from the demo company: the same papers on every machine, without a database."""

import json
from pathlib import Path
from typing import Any

from vocapp.reports.account.snapshot import COMMITMENT_LENGTH
from vocapp.reports.texts import shortened

FOLDER = Path(__file__).parent / "references"
LONG_NAME = "Internationale Gesellschaft für vorausschauende Instandhaltung und Anlagentechnik mbH & Co"
PERSONAS = ("Decision maker", "Champion", "Admin", "Power user", "Influencer")


def sample(kind: str, language: str = "en", paper: str = "a4") -> dict[str, Any]:
    """A frozen snapshot in a language, for a sheet."""
    frozen = json.loads((FOLDER / f"{kind}.json").read_text(encoding="utf-8"))
    return {**frozen, "language": language, "paper": paper}


def fullest_account(language: str, paper: str, *, audience: str = "internal") -> dict[str, Any]:
    """A benchmark of an account with a name of 90 letters, 400 people and four promises."""
    full = sample("account", language, paper)
    quote = {"rating": 3, "persona": "Power user", "language": "de", "on": "2026-02-01"}
    step = {**full["steps"]["first"][0], "person": "Maximiliane Oberhuber-Steinbeißer"}
    outcomes = {"answered": 20, "declined": 9, "silent": 40, "not_reached": 5, "never_asked": 6}
    people = [{"persona": persona, "outcomes": outcomes} for persona in PERSONAS]
    assert sum(sum(row["outcomes"].values()) for row in people) == 400
    promise = "We move the export to the new engine, for all of your sites, before the end of the quarter."
    return {
        **full,
        "audience": audience,
        "account": {**full["account"], "name": LONG_NAME, "industry": "Manufacturing of parts"},
        "people": people,
        "quotes": [{**quote, "text": "Wirklich " * 21}] * 3,
        "steps": {"first": [step] * 5, "total": 60},
        "commitments": [
            {"text": shortened(promise, COMMITMENT_LENGTH), "state": state, "due_on": "2026-10-01"}
            for state in ("open", "open", "kept", "open")
        ],
        "waves": [full["waves"][0]] * 8,
    }
