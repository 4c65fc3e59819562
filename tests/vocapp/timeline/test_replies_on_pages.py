"""What people wrote to us, on the pages that tell the story of an account and of a person."""

import pytest

from tests.builders import NOW, a_company, a_contact, a_user, an_account, save
from tests.conftest import CheckingClient
from vocapp.identity.rules import RoleName
from vocapp.inbound.models import InboundMail

WORDS = "تحية طيبة <b>8</b>"


@pytest.mark.parametrize("page", ["/accounts/{account}/timeline", "/people/{person}/timeline"])
def test_a_reply_stands_in_the_story_in_its_own_direction(client: CheckingClient, page: str) -> None:
    a_company()
    person = a_contact(an_account(), first_name="Ana", last_name="Silva")
    mail = save(
        InboundMail(
            key="k", via="pipe", kind="human", state="handled", received_at=NOW, words=WORDS, language="ar",
            account_id=person.account_id, contact_id=person.id,
        )
    )  # fmt: skip
    client.sign_in(a_user(RoleName.LEADER))
    text = client.get(page.format(account=person.account_id, person=person.id)).get_data(as_text=True)
    assert '<blockquote lang="ar">تحية طيبة &lt;b&gt;8&lt;/b&gt;</blockquote>' in text
    assert "rote to us" in text
    assert f'href="/replies/{mail.id}"' in text
