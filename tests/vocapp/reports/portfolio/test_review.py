"""The portfolio review: what is frozen, and what the paper says of it."""

from datetime import timedelta

import pytest

from tests.builders import NOW, a_contact, a_user, an_account
from tests.vocapp.relationship.builders import asked, rescored
from tests.vocapp.reports.builders import (
    an_account_with_a_story,
    changed,
    figures,
    neighbours,
    opened,
)
from tests.vocapp.results.builders import a_rich_version, a_rich_wave, an_answer
from vocapp.accounts.models import Account
from vocapp.campaigns.rules import InvitationState, WaveState
from vocapp.core.errors import DomainError
from vocapp.identity.rules import RoleName
from vocapp.reports.freezing import take_snapshot
from vocapp.reports.printing import page_of_report, print_report
from vocapp.reports.rules import Order, ReportKind, snapshot_id

pytestmark = pytest.mark.usefixtures("app")


def review_for(reader, **looks):
    return take_snapshot(Order(ReportKind.PORTFOLIO, reader_id=reader.id, **looks), now=NOW)


@pytest.fixture
def leader():
    return a_user(role=RoleName.LEADER, name="Tomas Leader")


@pytest.fixture
def company(leader) -> Account:
    account = an_account_with_a_story()
    neighbours(12)
    rescored(on=NOW.date())
    return account


def test_a_review_holds_what_the_pages_say_and_prints_to_the_same_bytes(company, leader):
    review = review_for(leader, has_appendix=True)
    assert review["accounts"] == 13
    assert sum(one["accounts"] for one in review["shares"]) == 13
    assert review["answering"]["whole"]["asked"] > 0
    assert len(review["rows"]) == 13
    first, second = print_report(review), print_report(review)
    assert first == second
    assert len(first) < 500_000
    pdf = opened(first)
    assert str(pdf.Root.Lang) == "en"
    assert all(node.get("/Alt") for node in figures(pdf))
    assert snapshot_id(review) in page_of_report(review)
    assert [str(item.title) for item in pdf.open_outline().root][:1] == ["Portfolio review"]


def test_a_csm_reviews_only_their_own_accounts(company):
    other = a_user(name="Somebody else")
    an_account(owner_id=other.id, name="Only theirs")
    review = review_for(other, has_appendix=True)
    assert [row["name"] for row in review["rows"]] == ["Only theirs"]


def test_an_empty_company_gets_words_instead_of_charts(leader):
    review = review_for(leader)
    page = page_of_report(review)
    assert "There are no accounts yet, so there is nothing to review." in page
    assert "Not enough answers to say" in page
    assert "<img" not in page
    assert len(opened(print_report(review)).pages) >= 1


def test_names_are_letters_and_never_markup(leader):
    an_account(name='<img src="file:///etc/passwd"> & {{ 7 * 7 }}', owner_id=leader.id)
    page = page_of_report(review_for(leader, has_appendix=True))
    assert "<img" not in page
    assert "{{ 7 * 7 }}" in page.replace("&#123;", "{")


def test_whoever_has_left_gets_no_review(leader):
    leader.active = False
    with pytest.raises(DomainError, match="no longer here"):
        review_for(leader)


@pytest.mark.parametrize("language", ["de", "ar", "ja"])
def test_other_languages_are_laid_out_too(company, leader, language):
    pdf = opened(print_report(changed(review_for(leader), language=language)))
    assert str(pdf.Root.Lang) == language
    assert len(pdf.pages) <= 4


def test_a_wave_counts_who_had_the_question_and_answers_in_confidence(leader):
    account = an_account()
    wave = a_rich_wave(
        a_rich_version(is_confidential=True), state=WaveState.CLOSED, closed_at=NOW - timedelta(days=9)
    )
    an_answer(wave, 9, account=account, invitation={"state": InvitationState.COMPLETED})
    asked(a_contact(account), wave)
    asked(a_contact(account), wave, outcome=InvitationState.BOUNCED)
    (told,) = review_for(leader)["waves"]
    assert (told["asked"], told["answered"]) == (2, 1)
