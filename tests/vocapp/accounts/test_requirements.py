"""Which number of contacts an account must have when overrides and the tier profile differ."""

from vocapp.accounts.requirements import Override, Place, required_at
from vocapp.accounts.rules import OverrideScope

TIER, OTHER_TIER = 1, 2
PROFILES = {TIER: {"champion": 1, "admin": 1}, OTHER_TIER: {"champion": 5}}
PLACE = Place(7, TIER, "Enterprise", "EMEA")


def override(scope: OverrideScope, required: int, *, tier_id: int | None = None) -> Override:
    value = {OverrideScope.SEGMENT: "Enterprise", OverrideScope.REGION: "EMEA"}.get(scope, "")
    account_id = PLACE.account_id if scope is OverrideScope.ACCOUNT else None
    return Override(scope, value, account_id, tier_id, "champion", required)


REGION, SEGMENT, ACCOUNT = OverrideScope.REGION, OverrideScope.SEGMENT, OverrideScope.ACCOUNT


def champions(*overrides: Override, place: Place = PLACE) -> int:
    return required_at([place], PROFILES, overrides)[place.account_id]["champion"]


def test_without_overrides_the_tier_profile_holds() -> None:
    assert required_at([PLACE], PROFILES, []) == {7: {"champion": 1, "admin": 1}}


def test_an_override_leaves_the_other_personas_as_the_profile_has_them() -> None:
    assert required_at([PLACE], PROFILES, [override(REGION, 3)])[7] == {"champion": 3, "admin": 1}


def test_the_segment_comes_before_the_region() -> None:
    assert champions(override(SEGMENT, 2), override(REGION, 3)) == 2


def test_the_account_comes_before_segment_and_region() -> None:
    assert champions(override(ACCOUNT, 4), override(SEGMENT, 2), override(REGION, 3)) == 4


def test_a_wide_override_for_the_tier_stays_behind_a_narrow_one_for_all() -> None:
    assert champions(override(REGION, 3, tier_id=TIER), override(SEGMENT, 2)) == 2


def test_among_equals_one_for_the_tier_comes_first() -> None:
    assert champions(override(SEGMENT, 2, tier_id=TIER), override(SEGMENT, 9)) == 2


def test_among_equals_the_latest_wins() -> None:
    assert champions(override(SEGMENT, 2), override(SEGMENT, 9)) == 9


def test_an_override_for_another_tier_does_not_concern_the_account() -> None:
    assert champions(override(ACCOUNT, 4, tier_id=OTHER_TIER), override(REGION, 3, tier_id=OTHER_TIER)) == 1


def test_segments_are_compared_without_regard_to_case() -> None:
    assert champions(override(SEGMENT, 2), place=Place(7, TIER, " enterprise ", "")) == 2


def test_an_override_asks_an_account_without_a_tier_too() -> None:
    assert required_at([Place(7, None, "", "EMEA")], PROFILES, [override(REGION, 3)]) == {7: {"champion": 3}}


def test_an_account_without_tier_and_override_must_have_nobody() -> None:
    assert required_at([Place(7, None, "", "")], PROFILES, [override(REGION, 3)]) == {7: {}}


def test_two_accounts_of_one_kind_do_not_share_an_accounts_own_override() -> None:
    neighbour = Place(8, TIER, "Enterprise", "EMEA")

    found = required_at([PLACE, neighbour], PROFILES, [override(ACCOUNT, 4)])

    assert (found[7]["champion"], found[8]["champion"]) == (4, 1)
