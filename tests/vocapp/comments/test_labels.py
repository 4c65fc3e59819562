"""Checking themes by hand: one comment at a time, the same for everybody, and what comes of it."""

import pytest

from tests.builders import NOW, a_user
from tests.conftest import CheckingClient
from tests.vocapp.comments.builders import a_comment, a_listening_wave, read_all, stored
from vocapp.comments.labels import CheckedTheme, check_of_themes, comment_to_label, current_labels
from vocapp.comments.models import CommentLabel
from vocapp.comments.rules import Verdict
from vocapp.comments.service import label_comment, take_back_label
from vocapp.core.db import db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName

THEME = "price"


@pytest.fixture
def leader(client: CheckingClient) -> User:
    person = a_user(RoleName.LEADER)
    client.sign_in(person)
    return person


def comments_about_price(count: int) -> None:
    wave = a_listening_wave()
    for number in range(count):
        a_comment(f"The price is high {number}", wave=wave)
    read_all()


def judged(user: User, verdicts: list[Verdict]) -> list[int]:
    """Judge as many comments as there are verdicts, in the order of the draw."""
    seen = []
    for verdict in verdicts:
        comment = comment_to_label(user, THEME)
        assert comment is not None
        seen.append(comment.id)
        with transaction():
            label_comment(comment.id, THEME, verdict, by=user, now=NOW)
    return seen


def theme_of(user: User) -> CheckedTheme:
    return next(theme for theme in check_of_themes(user).themes if theme.key == THEME)


@pytest.mark.usefixtures("leader")
def test_before_anybody_wrote_there_is_nothing_to_judge(client: CheckingClient) -> None:
    page = client.get("/comments/labels").text
    assert "No comment to judge yet" in page
    assert "found nowhere" not in page


def test_judging_goes_on_to_the_next_comment_and_back(client: CheckingClient, leader: User) -> None:
    comments_about_price(3)
    path = f"/comments/labels/{THEME}"
    first = comment_to_label(leader, THEME)
    assert first is not None
    assert first.text in client.get(path).text
    sent = client.post(path, data={"comment": first.id, "verdict": "right"})
    assert sent.status_code == 302
    page = client.get(path)
    assert first.text not in page.text
    assert "1 judged by you" in page.text
    client.post(f"{path}/undo")
    assert first.text in client.get(path).text
    assert db.session.query(CommentLabel).count() == 0


def test_skipping_counts_nowhere_and_shows_the_next(client: CheckingClient, leader: User) -> None:
    comments_about_price(2)
    first = comment_to_label(leader, THEME)
    assert first is not None
    client.post(f"/comments/labels/{THEME}", data={"comment": first.id, "verdict": "skipped"})
    after = comment_to_label(leader, THEME)
    assert after is not None
    assert after.id != first.id
    assert theme_of(leader).labelled == 0


def test_when_all_are_judged_the_page_says_so(client: CheckingClient, leader: User) -> None:
    comments_about_price(1)
    judged(leader, [Verdict.RIGHT])
    assert "Nothing left to judge" in client.get(f"/comments/labels/{THEME}").text
    assert "all judged" in client.get("/comments/labels").text


@pytest.mark.usefixtures("leader")
def test_who_wrote_it_is_left_out_while_judging(client: CheckingClient) -> None:
    response = a_comment("The price is high", 1)
    read_all()
    page = client.get(f"/comments/labels/{THEME}").text
    assert response.contact.last_name not in page
    assert response.account.name not in page


@pytest.mark.parametrize(
    "sent",
    [
        {"verdict": "right"},
        {"comment": "x", "verdict": "right"},
        {"comment": "999999", "verdict": "wrong"},
        {"comment": "1"},
        {"comment": "1", "verdict": "maybe"},
        {},
    ],
)
@pytest.mark.usefixtures("leader")
def test_nonsense_is_told_in_a_sentence_and_keeps_nothing(
    client: CheckingClient, sent: dict[str, str]
) -> None:
    comments_about_price(1)
    page = client.post(f"/comments/labels/{THEME}", data=sent, follow_redirects=True)
    assert page.status_code == 200
    assert "v-notice--error" in page.text
    assert db.session.query(CommentLabel).count() == 0


@pytest.mark.usefixtures("leader")
def test_taking_back_nothing_and_unknown_themes(client: CheckingClient) -> None:
    page = client.post(f"/comments/labels/{THEME}/undo", follow_redirects=True)
    assert "There is nothing to take back." in page.text
    assert client.get("/comments/labels/no-such-theme").status_code == 404


@pytest.mark.usefixtures("app")
def test_a_theme_the_comment_does_not_have_cannot_be_judged() -> None:
    comments_about_price(1)
    me = a_user(RoleName.LEADER)
    with pytest.raises(DomainError), transaction():
        label_comment(stored()[0].id, "support", Verdict.RIGHT, by=me, now=NOW)


@pytest.mark.usefixtures("app")
def test_one_person_has_one_word_on_a_comment() -> None:
    comments_about_price(1)
    me = a_user(RoleName.LEADER)
    comment = stored()[0]
    for verdict in (Verdict.RIGHT, Verdict.WRONG):
        with transaction():
            label_comment(comment.id, THEME, verdict, by=me, now=NOW)
    label = db.session.query(CommentLabel).one()
    assert label.is_right is False
    with transaction():
        take_back_label(THEME, by=me)
    assert db.session.query(CommentLabel).count() == 0


@pytest.mark.usefixtures("app")
def test_two_people_get_the_same_comments_in_the_same_order() -> None:
    comments_about_price(5)
    one, other = a_user(RoleName.LEADER), a_user(RoleName.ADMIN)
    assert judged(one, [Verdict.RIGHT] * 5) == judged(other, [Verdict.WRONG] * 5)


@pytest.mark.usefixtures("app")
def test_the_same_words_come_up_once_and_count_once() -> None:
    wave = a_listening_wave()
    for text in ("The price is high", "The price is high", "The price is high", "The price is fair"):
        a_comment(text, wave=wave)
    read_all()
    one, other = a_user(RoleName.LEADER), a_user(RoleName.ADMIN)
    assert theme_of(one).found == 2
    words = {row.id: row.text for row in stored()}
    assert len({words[seen] for seen in judged(one, [Verdict.RIGHT] * 2)}) == 2
    assert comment_to_label(one, THEME) is None
    assert (theme_of(one).mine, theme_of(one).labelled) == (2, 2)
    # From before: both copies were judged, one of them by somebody else as well.
    copies = [row.id for row in stored() if row.text == "The price is high"]
    for copy in copies:
        with transaction():
            label_comment(copy, THEME, Verdict.WRONG, by=other, now=NOW)
    assert (theme_of(other).mine, theme_of(other).labelled) == (1, 2)
    assert [label.is_right for label in current_labels() if label.coder == other.id] == [False]
    following = check_of_themes(one).next_theme
    assert following is None or following.key != THEME


def test_precision_is_shown_from_fifty_and_provisional_until_two_agree(
    client: CheckingClient, leader: User
) -> None:
    comments_about_price(50)
    judged(leader, [Verdict.RIGHT] * 39 + [Verdict.WRONG] * 10)
    assert "from 50 comments" not in client.get("/comments").text
    judged(leader, [Verdict.RIGHT])
    page = " ".join(client.get("/comments").text.split())
    assert "80%" in page.replace(" ", "").replace("\u202f", "")
    assert "from 50 comments" in page
    assert "provisional" in page
    judged(a_user(RoleName.ADMIN), [Verdict.RIGHT] * 39 + [Verdict.WRONG] * 10 + [Verdict.RIGHT])
    page = " ".join(client.get("/comments").text.split())
    assert "provisional" not in page
    assert "kappa of 1.00" in client.get("/comments/labels").text


@pytest.mark.parametrize("role", [RoleName.CSM, RoleName.EXECUTIVE])
def test_others_do_not_judge(client: CheckingClient, role: RoleName) -> None:
    client.sign_in(a_user(role))
    assert client.get("/comments/labels").status_code in {403, 404}
    assert client.post(f"/comments/labels/{THEME}", data={}).status_code in {403, 404}
