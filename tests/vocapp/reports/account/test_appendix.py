"""The data behind a benchmark: on request, complete for us, without single answers for the customer."""

import json
import re
from datetime import timedelta

import pytest

from tests.builders import NOW, a_contact, an_account
from tests.vocapp.relationship.builders import rescored
from tests.vocapp.reports.builders import an_account_with_a_story, neighbours
from tests.vocapp.reports.samples import sample
from vocapp.reports.account.appendix import MOST_ANSWERS
from vocapp.reports.account.snapshot import account_facts
from vocapp.reports.freezing import take_snapshot
from vocapp.reports.printing import page_of_report
from vocapp.reports.rules import Audience, Order, ReportKind


@pytest.fixture
def account(app):
    account = an_account_with_a_story()
    neighbours(12)
    rescored()
    return account


def frozen(account, **values):
    order = Order(ReportKind.ACCOUNT, account_id=account.id, has_appendix=True, **values)
    return take_snapshot(order, now=NOW)


def test_our_own_appendix_has_each_measure_each_wave_and_each_answer_without_a_name(account):
    snapshot = frozen(account)
    assert sorted(one["rating"] for one in snapshot["answers"]["first"]) == [4, 10]
    assert snapshot["answers"]["total"] == snapshot["score"]["answers"] == 2
    assert all(
        one["on"] > (NOW - timedelta(days=61)).date().isoformat() for one in snapshot["answers"]["first"]
    )
    told = json.dumps(snapshot["answers"])
    assert not any(name in told for name in ("Deniz", "Chiara", "Amadou", "Okafor"))
    page = page_of_report(snapshot)
    assert page.count("The data behind it") == 1
    assert "12 other accounts of Tier 1" in page[page.index("The data behind it") :]
    assert "Answers that count" in page


def test_a_customers_appendix_has_no_single_answer(account):
    snapshot = frozen(account, audience=Audience.CUSTOMER)
    assert "answers" not in snapshot
    page = page_of_report(snapshot)
    assert "The data behind it" in page
    assert "Answers that count" not in page


def test_a_reason_may_wrap_and_pushes_no_column_off_the_paper(app):
    account = an_account()
    a_contact(account)
    rescored()
    page = page_of_report(frozen(account))
    behind = page[page.index("The data behind it") :]
    assert re.search(r"<td>[^<]{15,}</td>", behind), behind[:3000]
    assert not re.search(r'<td class="number">[^<]{20,}</td>', behind)


def test_nothing_is_appended_that_nobody_asked_for(account):
    order = Order(ReportKind.ACCOUNT, account_id=account.id)
    assert "answers" not in account_facts(order, NOW, NOW.date())
    assert "The data behind it" not in page_of_report(take_snapshot(order, now=NOW))


def test_an_appendix_that_is_cut_says_so(app):
    one = {"on": "2026-03-01", "rating": 9, "persona": "", "wave": "Spring"}
    answers = {"first": [one] * MOST_ANSWERS, "total": 431}
    with app.test_request_context():
        page = page_of_report({**sample("account"), "has_appendix": True, "answers": answers})
    assert "The newest 200 of 431" in page
