"""Promises to a customer: made, kept, opened again, refused in a sentence."""

import pytest
from sqlalchemy import select

from tests.builders import a_company, a_user, an_account
from vocapp.commitments.models import Commitment
from vocapp.core.db import db
from vocapp.identity.rules import RoleName


def text(answer) -> str:
    return answer.get_data(as_text=True)


@pytest.fixture
def csm(client):
    a_company()
    user = a_user(name="Ana Ferreira")
    client.sign_in(user)
    return user


def test_a_promise_is_made_kept_and_opened_again(client, csm):
    account = an_account(owner_id=csm.id)
    address = f"/accounts/{account.id}/commitments"
    assert "Nothing is promised yet" in text(client.get(address))
    client.post(address, data={"text": "Faster <b>exports</b>", "due_on": "2020-01-01"})
    page = text(client.get(address))
    assert "Faster &lt;b&gt;exports&lt;/b&gt;" in page
    assert "late" in page
    made = db.session.scalars(select(Commitment)).one()
    client.post(f"/commitments/{made.id}/kept")
    assert "Open again" in text(client.get(address))
    client.post(f"/commitments/{made.id}/open")
    db.session.expire_all()
    assert (made.state, made.settled_at) == ("open", None)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"text": "  "}, "Say what was promised"),
        ({"text": "x" * 201}, "Shorten it to 200"),
        ({"text": "Soon", "due_on": "the day after tomorrow"}, "valid date"),
    ],
)
def test_what_cannot_be_promised_is_refused_in_a_sentence(client, csm, sent, said):
    answer = client.post(f"/accounts/{an_account(owner_id=csm.id).id}/commitments", data=sent)
    assert answer.status_code == 422
    assert said in text(answer)
    assert db.session.scalars(select(Commitment)).all() == []


def test_others_neither_see_nor_change_it(client, csm):
    account = an_account(owner_id=csm.id)
    client.post(f"/accounts/{account.id}/commitments", data={"text": "Soon"})
    made = db.session.scalars(select(Commitment)).one()
    client.sign_in(a_user(RoleName.CSM))
    assert client.get(f"/accounts/{account.id}/commitments").status_code == 404
    assert client.post(f"/commitments/{made.id}/kept").status_code == 404
