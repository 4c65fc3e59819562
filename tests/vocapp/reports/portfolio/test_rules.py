"""Which accounts a review puts on the table, and why."""

from vocapp.reports.portfolio.rules import Candidate, Reason, topics


def an_account(number: int = 1, **values) -> Candidate:
    defaults = {"status": "green", "tier_rank": 2, "share": 0.1}
    return Candidate(account_id=number, name=f"Account {number}", **{**defaults, **values})


def test_an_account_that_is_well_and_renews_needs_no_meeting():
    assert topics([an_account(days_to_renewal=20)]) == []


def test_the_weightiest_reasons_come_first_then_the_tier_then_the_revenue():
    found = topics(
        [
            an_account(1, status="red"),
            an_account(2, status="red", silent_waves=2, days_to_renewal=30),
            an_account(3, status="red", tier_rank=1),
            an_account(4, status="amber", fell=12.0),
            an_account(5, status="amber", decider_silent_waves=3),
        ]
    )
    assert [one.account_id for one in found] == [2, 3, 1, 4, 5]
    assert list(found[0].reasons) == [Reason.AT_RISK, Reason.SILENT, Reason.RENEWAL]


def test_at_most_five_and_no_decider_counted_beside_silence_of_all():
    found = topics([an_account(number, silent_waves=1, decider_silent_waves=1) for number in range(9)])
    assert len(found) == 5
    assert list(found[0].reasons) == [Reason.SILENT]


def test_a_renewal_that_has_passed_or_lies_far_ahead_is_no_reason():
    for days in (-3, 181):
        (found,) = topics([an_account(status="red", days_to_renewal=days)])
        assert list(found.reasons) == [Reason.AT_RISK]
