"""The files we write into a drop folder, and which folder it is."""

import csv
from pathlib import Path

import pytest

from integrations.crm.base import Access, NoAccess, TooBusy
from integrations.crm.records import Batch, Operation, Value, Write
from integrations.errors import Rejected
from tests.integrations.crm.folder.builders import changed, drop, folder_crm

ACME = {"external_id": "A-1", "name": "Acme"}
BOLT = {"external_id": "A-2", "name": "Bolt"}


def scores(root: Path) -> list[dict[str, str]]:
    with (root / "out" / "accounts-scores.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def update(record_id: str, **values: Value) -> Batch:
    return Batch("accounts", Operation.UPDATE, [Write(record_id, values, id=record_id)])


def upsert(external_id: str, **values: Value) -> Batch:
    writes = [Write(external_id, values, external_id=external_id)]
    return Batch("accounts", Operation.UPSERT, writes, external_id_field="external_id")


def test_the_file_holds_every_row_written_so_far(tmp_path: Path) -> None:
    drop(tmp_path, "accounts.csv", ACME, BOLT)
    folder_crm(tmp_path).write(update("A-1", voc_relationship_score=70.5))
    folder_crm(tmp_path).write(update("A-2", voc_relationship_score=60))
    folder_crm(tmp_path).write(update("A-1", voc_relationship_band="Green"))
    assert scores(tmp_path) == [
        {"external_id": "A-1", "voc_relationship_score": "70.5", "voc_relationship_band": "Green"},
        {"external_id": "A-2", "voc_relationship_score": "60", "voc_relationship_band": ""},
    ]


def test_numbers_and_moments_are_read_back_as_they_were_written(tmp_path: Path) -> None:
    drop(tmp_path, "accounts.csv", ACME)
    values: dict[str, Value] = {
        "voc_relationship_score": 70.5,
        "voc_last_response_at": "2026-03-02T09:00:00Z",
    }
    crm = folder_crm(tmp_path)
    crm.write(update("A-1", **values))
    record = crm.fetch("accounts", ["A-1"], list(values))["A-1"]
    assert record is not None
    assert record.values == values


def test_what_a_spreadsheet_would_run_is_made_harmless(tmp_path: Path) -> None:
    drop(tmp_path, "accounts.csv", ACME)
    crm = folder_crm(tmp_path)
    crm.write(update("A-1", voc_relationship_band="=1+1"))
    assert scores(tmp_path)[0]["voc_relationship_band"] == "'=1+1"
    record = crm.fetch("accounts", ["A-1"], ["voc_relationship_band"])["A-1"]
    assert record is not None
    assert record.values["voc_relationship_band"] == "=1+1"


def test_what_we_write_is_no_change_of_theirs(tmp_path: Path) -> None:
    drop(tmp_path, "accounts.csv", ACME)
    crm = folder_crm(tmp_path)
    before = changed(crm, "accounts")
    crm.write(update("A-1", voc_relationship_band="Green"))
    assert changed(crm, "accounts") == before


def test_nothing_but_the_file_is_left_behind(tmp_path: Path) -> None:
    drop(tmp_path, "accounts.csv", ACME)
    folder_crm(tmp_path).write(update("A-1", voc_relationship_band="Green"))
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["accounts-scores.csv"]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".vocapp-folder.json", "accounts.csv", "out"]


def test_a_batch_that_is_refused_whole_writes_nothing(tmp_path: Path) -> None:
    drop(tmp_path, "accounts.csv", ACME)
    folder_crm(tmp_path).write(update("A-1", name="Ours"))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("batch", "code"),
    [
        (update("A-1", voc_relationship_band="x" * 40_000), "STRING_TOO_LONG"),
        (update("A-1", voc_relationship_band="a\0b"), "STRING_TOO_LONG"),
        (update("A-1", nope="x"), "INVALID_FIELD"),
        (upsert("", voc_relationship_band="x"), "INVALID_ID"),
        (upsert("x" * 41, voc_relationship_band="x"), "INVALID_ID"),
        (Batch("accounts", Operation.INSERT, [Write("new", {"name": "x"})]), "NO_ID"),
    ],
)
def test_what_cannot_be_written_is_refused_with_a_code(tmp_path: Path, batch: Batch, code: str) -> None:
    drop(tmp_path, "accounts.csv", ACME)
    [written] = folder_crm(tmp_path).write(batch)
    assert written.refusal is not None
    assert written.refusal.code == code


def test_a_deleted_record_is_not_written(tmp_path: Path) -> None:
    drop(tmp_path, "accounts.csv", {**ACME, "is_deleted": "TRUE"})
    [written] = folder_crm(tmp_path).write(update("A-1", voc_relationship_band="Green"))
    assert written.refusal is not None
    assert written.refusal.code == "ENTITY_IS_DELETED"


def test_a_file_of_ours_that_somebody_spoilt_is_not_replaced(tmp_path: Path) -> None:
    drop(tmp_path, "accounts.csv", ACME)
    (tmp_path / "out").mkdir()
    spoilt = tmp_path / "out" / "accounts-scores.csv"
    spoilt.write_text("notes\nmine\n")
    with pytest.raises(Rejected, match="move it away"):
        folder_crm(tmp_path).write(update("A-1", voc_relationship_band="Green"))
    assert spoilt.read_text() == "notes\nmine\n"


def test_out_being_a_link_is_refused(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "root", tmp_path / "elsewhere"
    root.mkdir()
    elsewhere.mkdir()
    drop(root, "accounts.csv", ACME)
    (root / "out").symlink_to(elsewhere)
    with pytest.raises(Rejected, match="link"):
        folder_crm(root).write(update("A-1", voc_relationship_band="Green"))
    assert list(elsewhere.iterdir()) == []


def test_a_place_that_cannot_be_written_may_be_tried_again(tmp_path: Path) -> None:
    drop(tmp_path, "accounts.csv", ACME)
    (tmp_path / "out").write_text("a file where the folder should be")
    with pytest.raises((TooBusy, Rejected)):
        folder_crm(tmp_path).write(update("A-1", voc_relationship_band="Green"))


def test_a_swapped_folder_is_noticed_before_anything_is_written(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for root in (first, second):
        root.mkdir()
        drop(root, "accounts.csv", ACME)
    expected = folder_crm(first).identity().organisation
    folder_crm(second).identity()
    with pytest.raises(NoAccess) as caught:
        folder_crm(second, expected_organisation=expected).write(update("A-1", voc_relationship_band="Green"))
    assert caught.value.access is Access.WRONG_ORGANISATION
    assert not (second / "out").exists()


def test_an_empty_folder_in_place_of_a_share_is_noticed(tmp_path: Path) -> None:
    with pytest.raises(NoAccess) as caught:
        folder_crm(tmp_path, expected_organisation="abc").identity()
    assert caught.value.access is Access.WRONG_ORGANISATION
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    [line] = folder_crm(tmp_path / "nowhere").check({"accounts": ["name"]})
    assert not line.is_fine
    assert "mounted" in line.hint


def test_a_marker_nobody_can_read_is_told(tmp_path: Path) -> None:
    (tmp_path / ".vocapp-folder.json").write_text("{")
    with pytest.raises(NoAccess, match="cannot be read"):
        folder_crm(tmp_path).identity()


def test_the_check_names_files_with_problems(tmp_path: Path) -> None:
    drop(tmp_path, "accounts.csv", ACME)
    (tmp_path / "accounts-bad.csv").write_text("name\nAcme\n")
    bad = [line for line in folder_crm(tmp_path).check({"accounts": ["name"]}) if not line.is_fine]
    assert ["accounts-bad.csv" in line.words for line in bad] == [True]


def test_a_record_has_a_page_where_somebody_said_so(tmp_path: Path) -> None:
    crm = folder_crm(tmp_path, pages="https://crm.example/{object}/{id}")
    assert crm.record_url("accounts", "A/1") == "https://crm.example/accounts/A%2F1"
    assert folder_crm(tmp_path).record_url("accounts", "A-1") == ""
