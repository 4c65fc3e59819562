"""Themes against revenue and personas: counted once, never across currencies, withheld in confidence."""

from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.confidentiality import GroupedAnswer
from surveys.theme_tables import (
    Mention,
    Mentions,
    theme_personas,
    theme_personas_in_confidence,
    theme_revenue,
)

CHAMPION, USER = 1, 2


def mention(number: int, *themes: str, **values: object) -> Mention:
    known = {"response": number, "person": number, "account": number, "persona": CHAMPION}
    return Mention(**{**known, "themes": themes, **values})


def together(said: list[Mention], **worth: tuple[Decimal | None, str]) -> Mentions:
    """Comments in columns; `worth` is by account, as a1=…"""
    return Mentions.read(
        ((place, one.person, one.account, one.persona) for place, one in enumerate(said)),
        themes_of=lambda place: said[place].themes,
        worth={int(key[1:]): value for key, value in worth.items()},
    )


def euros(amount: int) -> tuple[Decimal, str]:
    return Decimal(amount), "EUR"


def test_an_account_counts_once_however_much_it_says() -> None:
    said = [mention(1, "price", account=7), mention(2, "price", account=7)]
    row = theme_revenue(together(said, a7=euros(100)))[0]
    assert (row.comments, row.people, row.accounts) == (2, 2, 1)
    assert row.arr == {"EUR": Decimal(100)}


def test_currencies_are_not_added_up_and_cents_are_kept() -> None:
    said = [mention(number, "price") for number in (1, 2, 3)]
    worth = {"a1": (Decimal("100.01"), "EUR"), "a2": (Decimal(250), "USD"), "a3": (Decimal("50.02"), "EUR")}
    assert theme_revenue(together(said, **worth))[0].arr == {"USD": Decimal(250), "EUR": Decimal("150.03")}


def test_unknown_and_negative_revenue_is_counted_and_is_no_zero() -> None:
    said = [mention(number, "price") for number in (1, 2, 3)]
    row = theme_revenue(together(said, a2=euros(0), a3=euros(-5)))[0]
    assert row.unknown == 2
    assert row.arr == {"EUR": Decimal(0)}
    assert theme_revenue(together(said))[0].arr == {}


def test_a_comment_with_two_themes_stands_in_both_rows() -> None:
    rows = theme_revenue(together([mention(1, "price", "speed"), mention(2, "speed")]))
    assert [(row.theme, row.comments) for row in rows] == [("speed", 2), ("price", 1)]


comments = st.lists(
    st.tuples(
        st.sampled_from([None, "", ",price,", ",price,speed,"]),
        st.integers(1, 9),
        st.integers(1, 4),
        st.sampled_from([None, CHAMPION, USER]),
    )
)


@given(comments)
def test_comments_come_to_the_same_one_by_one_and_gathered(
    said: list[tuple[str | None, int, int, int | None]],
) -> None:
    def themes_of(stored: str | None) -> list[str] | None:
        return None if stored is None else [key for key in stored.split(",") if key]

    groups: defaultdict[tuple[str | None, int | None], list[str]] = defaultdict(list)
    for themes, person, account, persona in said:
        groups[themes, persona].append(f"{person},{account}")
    worth = {1: euros(10), 2: (None, ""), 3: (Decimal("0.5"), "USD")}

    one_by_one = Mentions.read(said, themes_of=themes_of, worth=worth)
    gathered = Mentions.gathered(
        [(themes, persona, ",".join(pairs)) for (themes, persona), pairs in groups.items()],
        themes_of=themes_of,
        worth=worth,
    )

    assert theme_revenue(gathered) == theme_revenue(one_by_one)
    assert theme_personas(gathered) == theme_personas(one_by_one)
    assert gathered.not_analysed == one_by_one.not_analysed


def test_nothing_said_makes_no_rows() -> None:
    assert theme_revenue(together([])) == []
    assert theme_personas(together([])).rows == []
    unread = together([Mention(1, 1, 1, None, None)])
    assert theme_revenue(unread) == []
    assert (unread.written, unread.not_analysed, unread.people, unread.accounts) == (1, 1, 1, 1)


def test_people_are_counted_per_persona_with_those_who_wrote() -> None:
    said = [
        mention(1, "price"),
        mention(2, "price", person=1),
        mention(3, "speed", persona=USER),
        mention(4, persona=USER),
        mention(5, persona=USER, themes=None),
        mention(6, person=3),
    ]
    table = theme_personas(together(said))
    assert table.wrote == {CHAMPION: 2, USER: 2}
    price = next(row for row in table.rows if row.theme == "price")
    assert (table.cell(price, CHAMPION), table.cell(price, USER)) == (1, 0)


def confidential(themes: dict[str, int], *, accounts: int = 3, persona: int = CHAMPION) -> list[Mention]:
    said = [theme for theme, count in themes.items() for _each in range(count)]
    return [
        mention(number, theme, account=number % accounts, persona=persona)
        for number, theme in enumerate(said, start=1)
    ]


def test_in_confidence_a_small_theme_is_not_even_named() -> None:
    table = theme_personas_in_confidence(confidential({"price": 12, "speed": 9, "people": 2}))
    assert {row.theme for row in table.rows} <= {"price", "speed"}
    assert table.is_withheld


def test_in_confidence_what_is_missing_is_no_zero() -> None:
    table = theme_personas_in_confidence(confidential({"price": 12, "speed": 12}))
    assert [row.theme for row in table.rows] == ["price", "speed"]
    assert table.cell(table.rows[0], USER) is None


def test_in_confidence_the_rest_must_be_large_enough_as_well() -> None:
    # Four of sixteen did not speak of the price: the twelve would give them away.
    said = [*confidential({"price": 12}), *(mention(n, account=n % 3) for n in range(13, 17))]
    assert theme_personas_in_confidence(said).rows == []


def test_in_confidence_too_few_people_show_nothing() -> None:
    table = theme_personas_in_confidence(confidential({"price": 4}))
    assert (table.rows, table.wrote) == ((), {})


def test_in_confidence_cells_respect_groups_that_are_shown_elsewhere() -> None:
    said = confidential({"price": 6, "speed": 6})
    assert len(theme_personas_in_confidence(said).rows) == 2
    elsewhere = {"group": [GroupedAnswer(one.response, one.person, one.account) for one in said[3:9]]}
    assert theme_personas_in_confidence(said, [elsewhere]).rows == []


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 4), st.sampled_from("abc")), max_size=60))
def test_in_confidence_no_number_is_smaller_than_the_rule(said: list[tuple[int, int, str]]) -> None:
    table = theme_personas_in_confidence(
        [
            mention(number, theme, person=person, account=account, persona=person % 2)
            for number, (person, account, theme) in enumerate(said)
        ]
    )
    shown = [*table.wrote.values(), *(row.people for row in table.rows)]
    shown += [count for row in table.rows for count in row.by_persona.values()]
    assert all(count >= 5 for count in shown)


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_the_comments_changes_nothing(order: int) -> None:
    said = confidential({"price": 8, "speed": 7})
    assert theme_personas(together(said[::order])).rows == theme_personas(together(said)).rows
