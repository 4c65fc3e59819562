"""Synthetic replies in many languages with their labels (own work, CC0, from the project's fixtures)."""

import csv
from datetime import date
from pathlib import Path

from integrations.mail.classify.judging import classify
from integrations.mail.classify.verdict import MailKind

_REPLIES = Path(__file__).parent / "replies"


def _judged():
    with (_REPLIES / "labels.csv").open(encoding="utf-8", newline="") as labels:
        rows = list(csv.DictReader(labels))
    assert len(rows) > 100
    return [
        (row, classify((_REPLIES / row["file"]).read_bytes(), received_on=date(2026, 8, 10))) for row in rows
    ]


def test_programs_and_people_are_told_apart():
    judged = _judged()
    automatic = [verdict.kind for row, verdict in judged if row["automatic"] == "1"]
    people = [(row["file"], verdict.kind) for row, verdict in judged if row["automatic"] == "0"]
    assert automatic.count(MailKind.AUTOMATIC) / len(automatic) >= 0.95
    assert [file for file, kind in people if kind is not MailKind.HUMAN] == []


def test_who_is_said_to_have_left_has_left():
    left = [row["freshness"] for row, verdict in _judged() if verdict.freshness == "left"]
    assert left.count("left") / len(left) >= 0.98
    assert len(left) >= 50


def test_return_days_replacements_and_freshness_are_as_labelled():
    told = [
        (row["file"], str(verdict.return_date or ""), verdict.replacement or "", verdict.freshness or "")
        for row, verdict in _judged()
    ]
    assert told == [
        (row["file"], row["return_date"], row["replacement"], row["freshness"]) for row, _ in _judged()
    ]
