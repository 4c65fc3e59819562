"""The benchmarks page."""

from tests.builders import a_tier, a_user, an_account
from tests.vocapp.benchmarks.builders import a_scored_account
from vocapp.identity.rules import RoleName


def test_the_page_of_an_empty_company_says_that_there_is_nothing_to_compare(client):
    client.sign_in(a_user(RoleName.LEADER))
    assert "Nothing to compare yet" in client.get("/benchmarks").get_data(as_text=True)


def test_a_csm_sees_aggregates_of_all_accounts_but_only_their_own_names(client):
    ana = a_user()
    tier = a_tier()
    for number in range(12):
        a_scored_account(strength=40.0 + number, tier_id=tier.id, region="North", name=f"Secret {number}")
    a_scored_account(strength=51.0, tier_id=tier.id, region="North", name="Mine", owner_id=ana.id)
    client.sign_in(ana)
    page = client.get("/benchmarks").get_data(as_text=True)
    assert "Mine" in page
    assert "Secret" not in page
    assert "13 accounts, 65 answers" in page
    assert "among 12 others" in page


def test_a_group_in_which_somebody_could_be_recognised_is_not_shown(client):
    tier = a_tier()
    a_scored_account(strength=41.0, tier_id=tier.id, region="North")
    client.sign_in(a_user(RoleName.LEADER))
    page = client.get("/benchmarks").get_data(as_text=True)
    assert "too few to show" in page
    assert "there are 0" in page


def test_nobody_works_out_an_account_by_taking_away_their_own(client):
    ana, ben = a_user(), a_user()
    tier = a_tier()
    for number, region in enumerate(["North"] * 11 + ["South"] * 12):
        owner = ben if number in (10, *range(17, 23)) else ana
        values = {"strength": 40.0 + number, "tier_id": tier.id, "region": region, "industry": "Energy"}
        a_scored_account(owner_id=owner.id, **values)
    client.sign_in(ana)
    page = client.get("/benchmarks").get_data(as_text=True)
    # One of Ben's among Ana's ten in the North: with her own taken away, it alone would be left.
    assert page.count("too few to show") == 2
    assert "23 accounts" not in page.split("Cohorts large enough")[0]
    cohorts = page.split("Cohorts large enough")[1].split("</table>")[0]
    assert "Tier 1" in cohorts
    assert "North" not in cohorts
    assert "South" not in cohorts
    assert "among 22 others" in page


def test_every_measure_has_its_own_page(client):
    a_scored_account(strength=None)
    an_account()
    client.sign_in(a_user(RoleName.EXECUTIVE))
    for measure in ("engagement", "sentiment", "footprint", "nonsense"):
        assert client.get(f"/benchmarks?measure={measure}").status_code == 200
