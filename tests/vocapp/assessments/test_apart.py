"""What we think ourselves never enters what is measured from the customers."""

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests.builders import NOW, a_response, a_user, an_invitation
from tests.vocapp.assessments.builders import a_note, an_assessment
from tests.vocapp.relationship.builders import a_closed_wave, a_full_account, people, rescored, score_of
from vocapp.assessments.rules import ACCOUNT_QUESTIONS, PERSON_QUESTIONS
from vocapp.core.settings import PROJECT_ROOT
from vocapp.relationship.models import AccountScore

MEASURING = ("engagement", "relationship", "benchmarks", "reports")


@pytest.mark.parametrize("rating", [1, 5])
def test_no_measure_moves_whatever_we_think(app: Flask, rating: int) -> None:
    account, wave, author = a_full_account(), a_closed_wave(), a_user()
    decider, champion = people(account, "decision_maker", "champion")
    a_response(an_invitation(wave, decider), rating=3, answered_at=NOW - timedelta(days=20))
    a_response(an_invitation(wave, champion), rating=9, answered_at=NOW - timedelta(days=20))
    rescored(account)
    before = figures(score_of(account))

    an_assessment(account, by=author, **{question.key: rating for question in ACCOUNT_QUESTIONS})
    for person in (decider, champion):
        answers = {question.key: rating for question in PERSON_QUESTIONS}
        an_assessment(account, contact=person, by=author, **answers)
    a_note(account, by=author, text="0 out of 10.")
    rescored(account)

    assert before[0]["strength"]["value"] is not None
    assert figures(score_of(account)) == before


def figures(score: AccountScore) -> tuple[dict[str, Any], object, object, object]:
    return (dict(score.measures), score.status, score.confidence, score.strength)


def test_nothing_that_measures_knows_assessments() -> None:
    sources = [
        path for feature in MEASURING for path in (PROJECT_ROOT / "vocapp" / feature).rglob("*.py")
    ] + list((PROJECT_ROOT / "surveys").rglob("*.py"))
    assert len(sources) > 20
    assert [str(path) for path in sources if "assessments" in imported_by(path)] == []


def imported_by(path: Path) -> set[str]:
    """Return the parts of all module names a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found.update((node.module or "").split("."))
        elif isinstance(node, ast.Import):
            found.update(part for name in node.names for part in name.name.split("."))
    return found
