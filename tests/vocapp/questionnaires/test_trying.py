"""Trying a survey out: the frame of the staff pages, and the link of a test mail; neither keeps anything."""

import pytest
import time_machine
from sqlalchemy import func, select

from surveys.catalog import load_survey
from surveys.documents import definition_to_json
from tests.builders import NOW, a_company, a_user, save
from tests.conftest import CheckingClient
from vocapp.core.db import Base, db, transaction
from vocapp.core.errors import DomainError
from vocapp.identity.rules import RoleName
from vocapp.outbox.models import Message
from vocapp.outbox.rendering import render_letter
from vocapp.questionnaires.letters import send_test, trial_letter
from vocapp.questionnaires.models import Survey, SurveyDraft
from vocapp.questionnaires.trial import DRAFT, LINK_SECONDS, TrialOrder, trial_token

pytestmark = pytest.mark.usefixtures("app")


def rows() -> dict[str, int]:
    """Return how many rows each table holds."""
    tables = Base.metadata.sorted_tables
    return {table.name: db.session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def a_draft(**changes: object) -> SurveyDraft:
    document = {**definition_to_json(load_survey("pulse")), "key": "mine", **changes}
    survey = save(Survey(key="mine", name="Mine"))
    return save(SurveyDraft(survey_id=survey.id, document=document, base_number=None))


def test_a_preview_goes_through_every_page_and_keeps_nothing(client: CheckingClient) -> None:
    a_company()
    client.sign_in(a_user(RoleName.CSM, name="Ana Silva"))
    before = rows()

    first = client.get("/surveys/nps/preview?lang=de").text
    low = client.get(
        "/surveys/nps/preview?lang=de&page=start&sent=1&shown=rating+why+may_contact&score=3&why=Zu+langsam"
    ).text
    end = client.get("/surveys/nps/preview?lang=de&page=drivers&sent=1&score=3&drivers_low=support").text

    assert 'lang="de"' in first
    assert 'name="drivers_low"' in low
    assert 'name="drivers_high"' not in low
    assert 'type="hidden" name="score" value="3"' in low
    assert 'type="hidden" name="why" value="Zu langsam"' in low
    assert "Vielen Dank" in end
    assert rows() == before


def test_a_preview_shows_what_has_to_be_mended(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.CSM))

    page = client.get("/surveys/nps/preview?page=start&sent=1&why=no+number").text

    assert "Please choose a number." in page
    assert "no number" in page


def test_a_draft_is_previewed_as_it_stands(client: CheckingClient) -> None:
    client.sign_in(a_user(RoleName.ADMIN))
    document = definition_to_json(load_survey("pulse"))
    document["pages"][0]["questions"][0]["texts"]["en"]["prompt"] = "Quite new words?"
    a_draft(pages=document["pages"])

    assert "Quite new words?" in client.get("/surveys/mine/preview?version=draft").text
    assert client.get("/surveys/mine/preview?version=7").status_code == 404


@pytest.mark.parametrize(
    "address", ["/surveys/absent/preview", "/surveys/nps/preview?version=99", "/try/nonsense"]
)
def test_what_is_not_there_is_a_plain_404(client: CheckingClient, address: str) -> None:
    client.sign_in(a_user(RoleName.ADMIN))
    assert client.get(address).status_code == 404


def test_a_test_mail_leads_to_a_page_that_keeps_nothing(client: CheckingClient) -> None:
    a_company()
    me = a_user(RoleName.ADMIN, name="Ana Silva")
    with transaction():
        send_test(TrialOrder("nps", language="fr"), to=me, now=NOW)
        send_test(TrialOrder("nps", language="fr"), to=me, now=NOW)
    message = db.session.scalars(select(Message)).one()
    letter = trial_letter(message)
    assert letter is not None
    mail = render_letter("survey_test", letter)
    address = letter.values["scores"][7][1]
    before = rows()

    assert mail.subject == "Test: Une question de Ana Silva"
    assert address in mail.html
    page = client.get(address.removeprefix("http://localhost")).text
    assert 'value="7" checked' in page
    assert "Ceci est un test" in page
    assert rows() == before


def test_a_test_of_a_survey_without_a_rating_says_what_to_do() -> None:
    a_draft(pages=[{"key": "start", "questions": []}])
    with pytest.raises(DomainError, match="Put a rating first"):
        send_test(TrialOrder("mine", which=DRAFT), to=a_user(RoleName.ADMIN), now=NOW)


def test_the_link_of_a_test_ends(client: CheckingClient) -> None:
    me = a_user(RoleName.ADMIN)
    token = trial_token(TrialOrder("nps"), by=me)
    assert client.get(f"/try/{token}").status_code == 200
    with time_machine.travel(NOW):
        old = trial_token(TrialOrder("nps"), by=me)
    assert LINK_SECONDS < 30 * 24 * 3600
    assert client.get(f"/try/{old}").status_code == 404
