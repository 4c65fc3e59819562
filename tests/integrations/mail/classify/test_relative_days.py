"""Weekdays and words like "tomorrow" in automatic replies, counted from the day the mail was written."""

from datetime import date

import pytest

from integrations.mail.classify.judging import classify
from integrations.mail.classify.verdict import MailKind, Reason, Verdict

# A Wednesday.
WRITTEN = "Wed, 12 Aug 2026 23:30:00 -0700"


def judged(words: str, *, written: str = WRITTEN, received_on: date = date(2026, 8, 13)) -> Verdict:
    head = f"From: ana@customer.example\r\nDate: {written}\r\nSubject: Out of office\r\n"
    marks = "Auto-Submitted: auto-replied\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    return classify(f"{head}{marks}{words}\r\n".encode(), received_on=received_on)


MONDAY, TUESDAY, NEXT_WEDNESDAY = "2026-08-17", "2026-08-18", "2026-08-19"
TOMORROW, OVER_TOMORROW, FRIDAY = "2026-08-13", "2026-08-14", "2026-08-14"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("I am out of the office and will be\nback on Monday.", MONDAY),
        ("I am away until Friday, back on Monday.", MONDAY),
        ("I'm out until tomorrow.", TOMORROW),
        ("I'm away until next week.", MONDAY),
        ("Back Tuesday of next week.", TUESDAY),
        ("Returning Wed.", NEXT_WEDNESDAY),
        ("From Monday I'll be available again.", MONDAY),
        ("Back the day after tomorrow.", OVER_TOMORROW),
        ("I am away and back next month.", "2026-09-01"),
        ("Away until Friday, back on 24 August.", "2026-08-24"),
        ("Ich bin am Montag wieder im Büro.", MONDAY),
        ("Ich bin bis einschließlich Freitag nicht im Büro.", FRIDAY),
        ("Ich bin bis morgen außer Haus.", TOMORROW),
        ("Ab nächster Woche bin ich wieder erreichbar.", MONDAY),
        ("Ich bin erst nächste Woche Dienstag wieder da.", TUESDAY),
        ("Übermorgen bin ich zurück.", OVER_TOMORROW),
        ("Absent, je serai de retour lundi.", MONDAY),
        ("Absente jusqu’à vendredi.", FRIDAY),
        ("Je suis absent jusqu'au mardi de la semaine prochaine.", TUESDAY),
        ("De retour après-demain.", OVER_TOMORROW),
        ("Estaré fuera hasta el lunes.", MONDAY),
        ("Regreso la próxima semana.", MONDAY),
        ("Estoy fuera hasta mañana.", TOMORROW),
        ("Estou ausente até segunda-feira.", MONDAY),
        ("Regresso na terça-feira da próxima semana.", TUESDAY),
        ("Estou fora e volto depois de amanhã.", OVER_TOMORROW),
        ("月曜日まで不在にしております。", MONDAY),
        ("来週の火曜日に出社いたします。", TUESDAY),
        ("明日まで不在です。", TOMORROW),
    ],
)
def test_the_day_is_the_next_such_day(words: str, expected: str) -> None:
    verdict = judged(words)
    assert (verdict.kind, str(verdict.return_date)) == (MailKind.AUTOMATIC, expected)


@pytest.mark.parametrize(
    "words",
    [
        "I have been away since Monday and answer when I am back.",
        "I am in back to back meetings. Our office is open Monday to Friday.",
        "I am out of office. Call us Monday to Friday, 9 to 17.",
        "Ab Montag bin ich im Urlaub.",
        "Guten Morgen, ich bin bald zurück.",
        "Estoy fuera. Por la mañana regreso.",
    ],
)
def test_other_days_are_no_return(words: str) -> None:
    assert judged(words).return_date is None


@pytest.mark.parametrize(
    ("written", "received_on", "expected"),
    [
        # Taken out of its mailbox weeks later, it still means its own Monday.
        (WRITTEN, date(2026, 9, 10), date(2026, 8, 17)),
        # Written on a Monday, "Monday" is the next one.
        ("Mon, 10 Aug 2026 08:00:00 +0900", date(2026, 8, 10), date(2026, 8, 17)),
        # What cannot be is not believed: then the day it came counts.
        ("Wed, 12 Aug 2099 08:00:00 +0000", date(2026, 8, 12), date(2026, 8, 17)),
        ("Wed, 12 Aug 1970 08:00:00 +0000", date(2026, 8, 12), date(2026, 8, 17)),
        ("Wed, 99 Aug 2026 99:00:00 +9999", date(2026, 8, 12), date(2026, 8, 17)),
        ("((((", date(2026, 8, 12), date(2026, 8, 17)),
    ],
)
def test_days_are_counted_from_the_day_of_the_mail(written: str, received_on: date, expected: date) -> None:
    verdict = judged("I will be back on Monday.", written=written, received_on=received_on)
    assert verdict.return_date == expected


@pytest.mark.parametrize(
    ("value", "is_automatic"),
    [
        ("auto-generated", True),
        ("auto-replied", True),
        ("Auto-Replied (vacation)", True),
        ("auto-notified; owner-email=ana@customer.example", True),
        ("(by (the) server) auto-replied", True),
        ("x-of-our-own", True),
        ("no", False),
        ("No", False),
        ("no (a person wrote this; auto-replied)", False),
        ("(really) no", False),
        ("no; owner-token=af3NN2pK5dDXI0W", False),
        ("(unfinished auto-replied", False),
        ("", False),
    ],
)
def test_what_says_that_it_was_sent_by_itself_is_read_by_the_standard(value: str, is_automatic: bool) -> None:
    raw = f"From: ana@customer.example\r\nAuto-Submitted: {value}\r\nSubject: Re: you\r\n\r\nSee you.\r\n"
    verdict = classify(raw.encode(), received_on=date(2026, 8, 12))
    assert verdict.kind is (MailKind.AUTOMATIC if is_automatic else MailKind.HUMAN)
    assert is_automatic or verdict.reason == Reason.REPLY
