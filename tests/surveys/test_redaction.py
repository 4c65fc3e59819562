"""People are taken out of what somebody wrote, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.redaction import ADDRESS, NAME, NUMBER, redact

PEOPLE = ("Peter Müller", "Will Baker", "Pat O'Brien", "Lena Meyer", "田中 太郎", "Олена")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Ask Peter Müller.", f"Ask {NAME}."),
        ("MULLER knows, peter does not", f"{NAME} knows, {NAME} does not"),
        ("Peter's team and Müllers team", f"{NAME}'s team and {NAME} team"),
        ("Will said that we will leave", f"{NAME} said that we will leave"),
        ("Anna-Lena is kind", f"{NAME} is kind"),
        ("O'Brien's idea", f"O'{NAME}'s idea"),
        ("田中さんに聞いて", f"{NAME}さんに聞いて"),
        ("The bakery is fine", "The bakery is fine"),
        ("Спросите: Олена знает.", f"Спросите: {NAME} знает."),
        ("Bakers’ dozen", f"{NAME}’ dozen"),
    ],
)
def test_names_of_the_accounts_people_are_taken_out(said: str, shown: str) -> None:
    assert redact(said, PEOPLE) == shown


def test_addresses_are_taken_out() -> None:
    said = "write to p.mueller+voc@mail.customer.example, or a@b.example!"
    assert redact(said, ()) == f"write to {ADDRESS}, or {ADDRESS}!"


@pytest.mark.parametrize(
    "number", ["+49 (0)30 1234-5678", "030 1234567", "555-123-4567", "(555) 123 4567", "+15551234567"]
)
def test_phone_numbers_are_taken_out(number: str) -> None:
    assert redact(f"Call {number}.", ()) == f"Call {NUMBER}."


@pytest.mark.parametrize(
    "said",
    [
        "we pay 1,000,000 or 1.000.000 or 1 000 000 a year",
        "since 2026-03-11, or 11.03.2026, or 3/11/2026",
        "case 12345678 took 1234567.50 seconds",
        "version 10.4.2 at 99 %",
        "see https://x.example/12345678901/",
    ],
)
def test_dates_amounts_and_case_numbers_stay(said: str) -> None:
    assert redact(said, ()) == said


def test_empty_names_and_texts_change_nothing() -> None:
    assert redact("", PEOPLE) == ""
    assert redact("a b", ("", "A", "  ")) == "a b"


@pytest.mark.parametrize("piece", ["a", "1 ", "a@", "@a.", "+", "😀", "\u202eא", "<b>"])
def test_a_long_text_takes_no_long_time(piece: str) -> None:
    assert redact(piece * 10_000, PEOPLE) == piece * 10_000 or NUMBER in redact(piece * 10_000, PEOPLE)


@given(st.text(max_size=200))
def test_redacting_again_changes_nothing(said: str) -> None:
    once = redact(said, PEOPLE)
    assert redact(once, PEOPLE) == once
