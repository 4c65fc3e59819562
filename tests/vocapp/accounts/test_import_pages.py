"""The pages that bring a file in: checked, shown, confirmed, reported."""

from io import BytesIO

import pytest
from sqlalchemy import select

from tests.builders import a_company, a_contact, a_user, an_account
from tests.conftest import CheckingClient
from vocapp.accounts.models import Account, ImportRun
from vocapp.campaigns.models import Wave
from vocapp.core.db import db
from vocapp.core.jobs import Job
from vocapp.identity.models import User
from vocapp.identity.rules import RoleName
from vocapp.worker import JOBS


@pytest.fixture
def leader(client: CheckingClient) -> User:
    a_company()
    user = a_user(RoleName.LEADER)
    client.sign_in(user)
    return user


def jobs(kind: str) -> list[Job]:
    return list(db.session.scalars(select(Job).where(Job.kind == kind)))


def run_import_jobs() -> None:
    for job in jobs("import_file"):
        JOBS["import_file"].run(job.payload)


def upload(
    client: CheckingClient, content: bytes, *, kind: str = "accounts", name: str = "file.csv"
) -> ImportRun:
    response = client.post("/import", data={"kind": kind, "file": (BytesIO(content), name)})
    assert response.status_code == 302, response.text
    run = db.session.scalar(select(ImportRun).order_by(ImportRun.id.desc()))
    assert run is not None
    return run


def test_a_file_is_checked_shown_confirmed_and_reported(client: CheckingClient, leader: User) -> None:
    run = upload(client, b"Kundennr,name,arr\nA-1,Acme,100\nA-2,Bad,-5\n")
    assert "Checking the file" in client.get(f"/import/{run.id}").text
    run_import_jobs()
    assert "external_id" in client.get(f"/import/{run.id}").text
    columns = {"column-0": "external_id", "column-1": "name", "column-2": "arr"}
    client.post(f"/import/{run.id}/columns", data=columns)
    run_import_jobs()
    assert "Import 1 row" in client.get(f"/import/{run.id}").text
    assert db.session.scalar(select(Account)) is None
    client.post(f"/import/{run.id}/confirm")
    run_import_jobs()

    assert "What the file did" in client.get(f"/import/{run.id}").text
    assert db.session.scalars(select(Account.name)).all() == ["Acme"]
    assert ",3,arr,The amount is negative" in client.get(f"/import/{run.id}/errors.csv").text


def test_progress_is_asked_for_until_it_is_over(client: CheckingClient, leader: User) -> None:
    run = upload(client, b"external_id,name\nA-1,Acme\n")
    path, headers = f"/import/{run.id}/progress", {"HX-Request": "true"}
    assert "HX-Refresh" not in client.get(path, headers=headers).headers

    run_import_jobs()

    assert client.get(path, headers=headers).headers["HX-Refresh"] == "true"


def test_an_imported_file_is_let_go(client: CheckingClient, leader: User) -> None:
    run = upload(client, b"external_id,name\nA-1,Acme\n")
    client.post(f"/import/{run.id}/confirm")

    run_import_jobs()

    assert run.content == b""


def test_a_file_is_imported_once(client: CheckingClient, leader: User) -> None:
    run = upload(client, b"external_id,name\nA-1,Acme\n")
    client.post(f"/import/{run.id}/confirm")
    run_import_jobs()

    assert client.post(f"/import/{run.id}/confirm").status_code == 422


def test_a_file_that_is_no_table_is_explained(client: CheckingClient, leader: User) -> None:
    run = upload(client, b"PK not a workbook", name="book.xlsx")
    run_import_jobs()

    text = client.get(f"/import/{run.id}").text

    assert "damaged" in text
    assert "No row of this file" in text


def test_two_columns_cannot_mean_the_same(client: CheckingClient, leader: User) -> None:
    run = upload(client, b"external_id,name,company\nA-1,Acme,Acme\n")
    run_import_jobs()

    columns = {"column-0": "external_id", "column-1": "name", "column-2": "name"}
    text = client.post(f"/import/{run.id}/columns", data=columns, follow_redirects=True).text

    assert "choose one of them" in text


def test_importing_asks_for_new_scores_of_all(client: CheckingClient, leader: User) -> None:
    run = upload(client, b"external_id,name\nA-1,Acme\n")
    client.post(f"/import/{run.id}/confirm")

    run_import_jobs()

    assert [job.payload for job in jobs("rescore_accounts")] == [{"all": True}]


def test_answers_of_another_tool_come_in_by_page(client: CheckingClient, leader: User) -> None:
    a_contact(an_account(external_id="A-1", external_key="A-1"), email="ana@c.example", last_name="Ruiz")
    rows = (
        b"survey,email,date,score,wave\nNPS,ana@c.example,2025-03-31,9,Spring\nNPS,x@c.example,2025-03-31,9,"
    )
    run = upload(client, rows, kind="responses")
    run_import_jobs()
    assert "A file of answers from another tool." in client.get(f"/import/{run.id}").text
    client.post(f"/import/{run.id}/confirm")
    run_import_jobs()

    assert "/responses?source=import" in client.get(f"/import/{run.id}").text
    assert "Imported from another tool" in client.get("/responses?source=import").text
    wave = db.session.scalars(select(Wave)).one()
    assert wave.owner_id == leader.id
    page = client.get(f"/waves/{wave.id}").text
    assert "One answer from another tool." in page
    assert "Ruiz" in page
    assert "Close now" not in page
    assert "Change what is still to come" not in page
    assert "not known" in client.get("/waves").text
    assert client.get(f"/waves/{wave.id}/results").status_code == 200
    for act in ("close", "cancel"):
        client.post(f"/waves/{wave.id}/{act}")
    assert db.session.get_one(Wave, wave.id).state == "closed"
