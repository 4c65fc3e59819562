"""Every raw answer as a file: one row per answer and question, safe for spreadsheets."""

import csv
import io
import json

import pytest
from openpyxl import load_workbook

from tests.builders import a_company, a_tier, a_user, an_account
from tests.conftest import CheckingClient
from tests.vocapp.results.builders import a_rich_version, a_rich_wave, an_answer
from vocapp.identity.rules import RoleName
from vocapp.results.exporting import RAW_COLUMNS


@pytest.fixture(autouse=True)
def _signed_in(client: CheckingClient) -> None:
    a_company()
    client.sign_in(a_user(RoleName.LEADER))


def rows_of(client: CheckingClient, path: str) -> list[dict[str, str]]:
    response = client.get(path)
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.data.decode("utf-8-sig"))))


def test_there_is_one_row_per_answer_and_question_as_it_was_asked(client: CheckingClient) -> None:
    wave = a_rich_wave()
    account = an_account(name="Acme", external_id="X-1", tier_id=a_tier().id, region="North")
    said = {
        "what": ["price", "other"],
        "what.other": "Essen",
        "drivers": {"price": 2},
        "again": False,
        "reach": "phone",
        "who": {"name": "Ken", "email": "ken@acme.example"},
    }
    an_answer(wave, 9, account=account, language="de", said=said)
    rows = rows_of(client, f"/waves/{wave.id}/results/export.csv")
    assert tuple(rows[0]) == RAW_COLUMNS
    told = {row["question_key"]: (row["question"], row["answer"], row["raw_answer"]) for row in rows}
    assert told["rating"] == ("Wie wahrscheinlich?", "9", "9")
    assert told["what"] == ("Was zählt, Ana?", "Preis, Essen", '["price", "other"]')
    assert told["drivers.price"] == ("Wie gut sind wir? – Preis", "2", "2")
    assert told["again"] == ("Würden Sie Vendor wieder wählen?", "Nein", "FALSE")
    assert told["reach"][2] == "phone"
    assert told["who"][1] == "Ken ken@acme.example"
    first = rows[0]
    assert (first["survey"], first["version"], first["wave"]) == ("relations", "1", wave.name)
    assert (first["account"], first["account_external_id"], first["tier"]) == ("Acme", "X-1", "Tier 1")
    assert (first["persona"], first["region"], first["language"]) == ("Champion", "North", "de")
    assert (first["source"], first["state"]) == ("link", "complete")


def test_the_question_stands_in_the_version_that_was_used(client: CheckingClient) -> None:
    version = a_rich_version()
    an_answer(a_rich_wave(version), 9)
    [row] = rows_of(client, "/surveys/relations/results/export.csv")
    assert (row["version"], row["question"]) == ("1", "How likely?")


def test_formulas_are_defused_in_every_format(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9, said={"why": "=HYPERLINK(1)"})
    [answer] = [
        row["answer"]
        for row in rows_of(client, f"/waves/{wave.id}/results/export.csv")
        if row["question_key"] == "why"
    ]
    assert answer == "'=HYPERLINK(1)"
    book = load_workbook(io.BytesIO(client.get(f"/waves/{wave.id}/results/export.xlsx").data))
    cells = [str(cell.value) for line in book.active.iter_rows() for cell in line]
    assert "'=HYPERLINK(1)" in cells


def test_json_holds_the_same_rows(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9, said={"why": "Fine"})
    records = json.loads(client.get(f"/waves/{wave.id}/results/export.json").data)
    assert [(one["question_key"], one["raw_answer"]) for one in records] == [("rating", 9), ("why", "Fine")]


def test_only_the_people_asked_for_are_exported(client: CheckingClient) -> None:
    wave = a_rich_wave()
    an_answer(wave, 9, account=an_account(region="North"))
    an_answer(wave, 2, account=an_account(region="South"))
    rows = rows_of(client, f"/waves/{wave.id}/results/export.csv?region=South")
    assert [row["raw_answer"] for row in rows] == ["2"]


def test_many_answers_come_in_steps_without_a_gap(
    client: CheckingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vocapp.results.exporting.ROWS_AT_ONCE", 2)
    wave = a_rich_wave()
    for rating in range(5):
        an_answer(wave, rating)
    rows = rows_of(client, f"/waves/{wave.id}/results/export.csv")
    assert [row["raw_answer"] for row in rows] == ["0", "1", "2", "3", "4"]


def test_a_confidential_survey_is_refused_in_one_sentence(client: CheckingClient) -> None:
    wave = a_rich_wave(a_rich_version(is_confidential=True))
    an_answer(wave, 9, said={"why": "A secret"})
    response = client.get(f"/waves/{wave.id}/results/export.csv")
    assert response.status_code == 422
    assert "given in confidence" in response.text
    assert "A secret" not in response.text
