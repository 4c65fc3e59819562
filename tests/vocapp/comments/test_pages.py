"""The pages of comments: what they find, for whom, in which order, and that they pass on nobody's name."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import event

from tests.builders import NOW, a_persona, a_tier, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.comments.builders import a_comment, a_listening_wave, read_all
from tests.vocapp.results.builders import a_rich_version, a_rich_wave, an_answer
from vocapp.core.db import db, transaction
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName


@pytest.fixture
def leader(client: CheckingClient) -> User:
    person = a_user(RoleName.LEADER)
    client.sign_in(person)
    return person


def read(client: CheckingClient, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.text.split())


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []
    engine = db.engine

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.usefixtures("leader")
def test_without_comments_the_pages_say_what_is_missing(client: CheckingClient) -> None:
    account = an_account()
    for path in ("/comments", "/comments/themes", f"/accounts/{account.id}/comments"):
        assert "No comments yet" in read(client, path)


@pytest.mark.usefixtures("leader")
def test_a_comment_stands_with_person_account_themes_and_wave(client: CheckingClient) -> None:
    response = a_comment("The price doubled", 4)
    read_all()
    page = read(client, "/comments")
    assert "The price doubled" in page
    assert f"/people/{response.contact_id}" in page
    assert f"/accounts/{response.account_id}" in page
    assert "(<bdi>price</bdi>)" in page
    assert response.invitation.wave.name in page
    assert "not checked yet" in page


@pytest.mark.usefixtures("leader")
@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("MULLER", True),
        ("muller praise", True),
        ("100 %", True),
        ("%", True),
        ('"thanks"', True),
        ("'", False),
        ("_", False),
        ("x", False),
        ("m", True),
        ("<b>", True),
        ("😀", True),
        ("praise%thanks", False),
        ("\\", False),
    ],
)
def test_a_search_finds_words_and_takes_signs_for_letters(
    client: CheckingClient, query: str, finds: bool
) -> None:
    a_comment('Praise for Müller: "thanks", 100 % <b>fine</b> 😀')
    read_all()
    page = read(client, f"/comments?q={quote(query)}")
    assert ("No comment matches" in page) is not finds
    assert ("<mark>" in page) is finds


@pytest.mark.usefixtures("leader")
def test_markup_in_a_comment_is_text(client: CheckingClient) -> None:
    a_comment("<script>alert(1)</script> & <img src=x onerror=1>")
    read_all()
    page = read(client, "/comments?q=alert")
    assert "&lt;script&gt;<mark>alert</mark>(1)" in page
    assert "<img src=x" not in page


@pytest.mark.usefixtures("leader")
def test_long_and_right_to_left_comments_are_shown_whole(client: CheckingClient) -> None:
    a_comment("العربية " + "ش" * 9_000 + " نهاية", language="ar")
    read_all()
    page = read(client, "/comments?q=نهاية")
    assert 'dir="auto" lang="ar"' in page
    assert "<mark>نهاية</mark>" in page


@pytest.mark.usefixtures("leader")
def test_every_filter_narrows(client: CheckingClient) -> None:
    tier = a_tier()
    here = an_account(tier_id=tier.id, region="EMEA")
    wave = a_listening_wave()
    one = a_comment("The price is high, too", 3, account=here, wave=wave, language="en")
    a_comment("Tolle Bedienung", 10, wave=a_listening_wave(), persona="decision_maker", language="de")
    a_comment("Hinta", wave=wave, persona="decision_maker", language="fi")
    read_all()
    champion = a_persona("champion").id
    for query in (
        f"tier={tier.id}",
        "region=EMEA",
        "class=bad",
        f"persona={champion}",
        "language=en",
        f"account={here.id}",
        f"wave={wave.id}",
    ):
        page = read(client, f"/comments?{query}")
        assert "The price is high" in page, query
        assert "Tolle Bedienung" not in page, query
    assert one.account_id == here.id
    theme = read(client, "/comments?theme=not_analysed")
    assert "Hinta" in theme
    assert "The price is high" not in theme
    assert "Tolle Bedienung" in read(client, "/comments?class=good")
    assert "No comment matches" in read(client, "/comments?class=unrated")


@pytest.mark.usefixtures("leader")
@pytest.mark.parametrize(
    "query", ["theme=%25", "theme=x,y", "class=fine", "persona=x", "wave=-1", "page=0", "page=99", "sort=odd"]
)
def test_nonsense_in_the_address_breaks_nothing(client: CheckingClient, query: str) -> None:
    a_comment("Fine")
    read_all()
    read(client, f"/comments?{query}")
    read(client, f"/comments/themes?{query}")


def test_a_csm_sees_comments_of_their_own_accounts_only(client: CheckingClient) -> None:
    me = a_user(RoleName.CSM)
    mine, other = an_account(owner_id=me.id), an_account(owner_id=a_user().id)
    a_comment("Mine to read", account=mine)
    a_comment("Not for me", account=other)
    read_all()
    client.sign_in(me)
    page = read(client, "/comments")
    assert "Mine to read" in page
    assert "Not for me" not in page
    assert "Not for me" not in read(client, "/comments?q=not")
    assert "One comment from one person at one account" in read(client, "/comments/themes")
    assert client.get(f"/accounts/{other.id}/comments").status_code == 404
    assert "Not for me" not in client.get(f"/comments/export.csv?account={other.id}").text


@pytest.mark.usefixtures("leader")
def test_what_was_said_in_confidence_stands_nowhere(client: CheckingClient) -> None:
    a_comment("Said openly")
    an_answer(a_rich_wave(a_rich_version("quiet", is_confidential=True)), 2, said={"why": "Said in secret"})
    read_all()
    for path in ("/comments", "/comments?q=said", "/comments/export.csv", "/comments/themes"):
        assert "in secret" not in client.get(path).text


@pytest.mark.usefixtures("leader")
def test_an_accounts_page_shows_its_own_comments(client: CheckingClient) -> None:
    here = an_account()
    a_comment("From here", account=here)
    a_comment("From elsewhere")
    read_all()
    page = read(client, f"/accounts/{here.id}/comments")
    assert "From here" in page
    assert "From elsewhere" not in page
    assert "From elsewhere" not in read(client, f"/accounts/{here.id}/comments?account=1&q=from")
    assert f"/accounts/{here.id}/comments" in read(client, f"/accounts/{here.id}")


@pytest.mark.usefixtures("leader")
def test_harsh_words_order_comments_within_their_rating(client: CheckingClient) -> None:
    a_comment("Warm: great, lovely", 2)
    a_comment("Harsh: terrible, awful", 2)
    a_comment("Promoter: terrible, awful", 10)
    a_comment("Furchtbar", 2, language="de")
    read_all()
    page = read(client, "/comments?sort=harshest")
    places = [
        page.index(words) for words in ("Harsh: terr", "Warm: great", "Furchtbar</p>", "Promoter: terr")
    ]
    assert places == sorted(places)
    assert "it orders this list and enters no number" in page
    # All are rated: no tone is told of anybody.
    assert "a hint" not in page
    assert "tone not analysed" not in page


@pytest.mark.usefixtures("leader")
def test_the_tone_of_unrated_comments_is_a_hint_or_not_analysed(client: CheckingClient) -> None:
    for words, language in (("terrible, awful", "en"), ("great, lovely", "en"), ("schlimm", "de")):
        response = a_comment(words, language=language)
        with transaction():
            response.rating = None
    read_all()
    page = read(client, "/comments?sort=harshest")
    assert "words sound harsh (a hint)" in page
    assert "words sound warm (a hint)" in page
    assert "tone not analysed" in page
    assert "neutral" not in page


@pytest.mark.usefixtures("leader")
def test_themes_stand_beside_revenue_per_currency_and_personas(client: CheckingClient) -> None:
    euros = an_account(arr=Decimal(100_000), currency="EUR")
    a_comment("The price is high", account=euros)
    a_comment("Price again", account=euros, persona="decision_maker")
    a_comment("Price in dollars", account=an_account(arr=Decimal(70_000), currency="USD"))
    a_comment("Price of nobody knows what", account=an_account(arr=None))
    read_all()
    page = read(client, "/comments/themes")
    assert "€100" in page
    assert "$70" in page
    assert "€170" not in page
    assert "of one account not known" in page
    assert "4 comments from 4 people at 3 accounts" in page
    assert "of 3</small>" in page


@pytest.mark.usefixtures("leader")
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_what_is_passed_on_names_nobody(client: CheckingClient, file_format: str) -> None:
    response = a_comment("x")
    name = response.contact.last_name
    with transaction():
        words = f"Ask Ana {name} ({response.contact.email}, +49 30 1234567) =1+1"
        response.answers = {**response.answers, "why": words}
    read_all()
    sent = client.get(f"/comments/export.{file_format}")
    assert sent.status_code == 200
    if file_format == "csv":
        assert "Ask [name] ([email], [phone])" in sent.text
        assert name not in sent.text
        assert response.contact.email not in sent.text


@pytest.mark.usefixtures("leader")
def test_a_longer_list_needs_no_more_statements(client: CheckingClient) -> None:
    wave = a_listening_wave()
    paths = ("/comments?q=price", "/comments?sort=harshest", "/comments/themes", "/comments/labels")
    counts: list[list[int]] = []
    for number in range(2):
        for _each in range(1 + 6 * number):
            a_comment("The price is high", wave=wave, account=an_account(), changed_at=NOW)
        read_all()
        found = []
        for path in paths:
            db.session.expire_all()
            with statements() as seen:
                read(client, path)
            found.append(len(seen))
        counts.append(found)
    assert counts[0] == counts[1]
    assert max(counts[0]) < 40


@pytest.mark.usefixtures("leader")
def test_pages_of_many_comments_are_turned(client: CheckingClient) -> None:
    wave = a_listening_wave()
    for number in range(27):
        a_comment(f"Comment number {number}", wave=wave)
    read_all()
    assert "1 to 25 of 27" in read(client, "/comments")
    assert "26 to 27 of 27" in read(client, "/comments?page=2")
