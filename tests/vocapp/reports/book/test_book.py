"""The CSM's book: what is frozen, for whom it is, and what the paper says of it."""

from datetime import timedelta

import pytest

from tests.builders import NOW, a_contact, a_user, a_wave, an_account
from tests.vocapp.coverage.builders import record_all
from tests.vocapp.relationship.builders import a_closed_wave, asked, rescored
from tests.vocapp.reports.builders import an_account_with_a_story, changed, figures, neighbours, opened
from vocapp.campaigns.rules import WaveState
from vocapp.core.errors import DomainError
from vocapp.identity.rules import RoleName
from vocapp.reports.freezing import take_snapshot
from vocapp.reports.printing import page_of_report, print_report
from vocapp.reports.rules import Order, PaperSize, ReportKind

pytestmark = pytest.mark.usefixtures("app")


def book_of(csm, reader=None, **looks):
    order = Order(ReportKind.BOOK, user_id=csm.id, reader_id=(reader or csm).id, **looks)
    return take_snapshot(order, now=NOW)


def said(snapshot) -> str:
    return page_of_report(snapshot).replace("\N{NO-BREAK SPACE}", " ")


def test_a_book_tells_the_own_accounts_the_gaps_the_work_and_what_was_won():
    csm, leader = a_user(name="Ana Costa"), a_user(role=RoleName.LEADER, name="Tomas Leader")
    account = an_account_with_a_story(name="א" * 90, owner_id=csm.id)
    neighbours(3)
    unhappy, quiet = (
        a_contact(account, first_name=name, last_name="Berg", created_at=NOW - timedelta(days=900))
        for name in ("Bea", "<i>Uma</i> {{ 7 * 7 }}")
    )
    for days in (240, 150):
        wave = a_closed_wave(NOW - timedelta(days=days))
        asked(unhappy, wave, rating=3)
        asked(quiet, wave)
    latest = a_wave(csm, state=WaveState.OPEN, launched_at=NOW - timedelta(days=5))
    for person in (unhappy, quiet):
        asked(person, latest, rating=8)
    rescored(on=NOW.date())
    record_all()
    snapshot = book_of(csm, leader)
    assert [row["name"] for row in snapshot["rows"]] == ["א" * 90]
    assert [(one["person"], one["before"], one["after"]) for one in snapshot["wins"]["better"]] == [
        ("Bea Berg", 3, 8)
    ]
    assert [one["waves"] for one in snapshot["wins"]["heard"]] == [2]
    assert snapshot["gaps"]["accounts"] == 1
    assert snapshot["work"]["seats_now"][1] == 4
    assert snapshot["actions"]
    assert all(not one["comment"] for one in snapshot["actions"])
    assert snapshot["work"]["rate"]["asked"] == 3
    page = said(snapshot)
    assert "&lt;i&gt;Uma&lt;/i&gt; {{ 7 * 7 }}" in page.replace("&#123;", "{")
    assert "Was unhappy with 3, gave 8 now." in page
    assert "67% (2 of 3, likely 21 to 94%) answered" in page
    assert "Exports are slow" not in page
    first = print_report(snapshot)
    assert first == print_report(snapshot)
    assert len(first) < 500_000
    pdf = opened(first)
    assert all(node.get("/Alt") for node in figures(pdf))
    assert len(opened(print_report(changed(snapshot, paper=PaperSize.LETTER))).pages) <= 3


def test_without_accounts_or_wins_a_book_says_so():
    csm = a_user(name="Nobody’s keeper")
    page = said(book_of(csm))
    assert "has no accounts, so there is nothing to tell yet." in page
    assert "<svg" not in page
    an_account(owner_id=csm.id)
    page = said(book_of(csm))
    assert "1 account, none of them measured yet" in page
    assert "Nothing has been recorded yet; the first day is written down tonight." in page
    assert "No wave has gone out yet, so there are no wins to report yet." in page
    asked(a_contact(an_account(owner_id=csm.id)), a_wave(csm, launched_at=NOW - timedelta(days=3)))
    assert "No wins to report yet since the latest wave" in said(book_of(csm))


def test_a_book_is_for_its_csm_and_for_leaders():
    csm = a_user(name="Ana Costa")
    for other in (a_user(name="Another CSM"), a_user(role=RoleName.EXECUTIVE), a_user(role=RoleName.ADMIN)):
        with pytest.raises(DomainError, match="for its CSM and for leaders"):
            book_of(csm, other)
    csm.active = False
    with pytest.raises(DomainError, match="no longer here"):
        book_of(csm)
