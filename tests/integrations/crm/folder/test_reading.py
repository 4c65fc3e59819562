"""Files that are dropped: which count, which row wins, what is wrong with them."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from integrations.crm.base import SchemaChanged
from integrations.crm.records import Place
from integrations.errors import Rejected
from integrations.tables.writing import write_xlsx
from tests.integrations.crm.folder.builders import changed, drop, folder_crm, problems

ANN = {"external_id": "P-1", "name": "Ann"}


def test_the_file_with_the_newest_content_wins(tmp_path: Path) -> None:
    newer = drop(tmp_path, "contacts-b.csv", {**ANN, "name": "Anna"})
    older = drop(tmp_path, "contacts-a.csv", ANN)
    moment = newer.stat().st_mtime
    os.utime(older, (moment - 60, moment - 60))
    assert [record.values["name"] for record in changed(folder_crm(tmp_path))] == ["Anna"]


def test_a_file_with_an_old_date_is_new_when_it_comes(tmp_path: Path) -> None:
    crm = folder_crm(tmp_path)
    since = crm.now()
    late = drop(tmp_path, "contacts.csv", ANN)
    os.utime(late, (1_000_000_000, 1_000_000_000))
    assert [record.id for record in changed(crm, since=since)] == ["P-1"]


def test_in_one_file_the_last_row_wins(tmp_path: Path) -> None:
    drop(tmp_path, "contacts.csv", ANN, {**ANN, "name": "Anna"})
    assert [record.values["name"] for record in changed(folder_crm(tmp_path))] == ["Anna"]


def test_a_file_counts_once_it_has_stopped_growing(tmp_path: Path) -> None:
    drop(tmp_path, "contacts.csv", ANN)
    with pytest.raises(SchemaChanged, match="no readable file"):
        changed(folder_crm(tmp_path, settle=timedelta(seconds=30)))
    time.sleep(0.1)
    assert len(changed(folder_crm(tmp_path, settle=timedelta(milliseconds=50)))) == 1


@pytest.mark.parametrize(
    "name", ["contacts.csv.part", ".contacts.csv", "~$contacts.xlsx", "contacts.txt", "people.csv"]
)
def test_other_names_do_not_count(tmp_path: Path, name: str) -> None:
    drop(tmp_path, "contacts.csv", ANN)
    drop(tmp_path, name, {"external_id": "P-2", "name": "Bea"})
    assert [record.id for record in changed(folder_crm(tmp_path))] == ["P-1"]


def test_names_count_in_upper_case_and_with_a_date(tmp_path: Path) -> None:
    drop(tmp_path, "Contacts 2026-03-02.CSV", ANN)
    assert len(changed(folder_crm(tmp_path))) == 1


def test_workbooks_are_read(tmp_path: Path) -> None:
    with (tmp_path / "contacts.xlsx").open("wb") as file:
        write_xlsx(file, ["External ID", "name"], [["007", "Ann"]])
    assert [(record.id, record.values["name"]) for record in changed(folder_crm(tmp_path))] == [
        ("007", "Ann")
    ]


def test_files_of_other_kinds_are_kept_apart(tmp_path: Path) -> None:
    drop(tmp_path, "contacts.csv", ANN)
    drop(tmp_path, "accounts.csv", {"external_id": "A-1", "name": "Acme"})
    assert [record.id for record in changed(folder_crm(tmp_path), "accounts")] == ["A-1"]


def test_rows_of_one_file_can_be_gone_on_behind(tmp_path: Path) -> None:
    drop(tmp_path, "contacts.csv", *({"external_id": f"P-{number}", "name": "x"} for number in (3, 1, 2)))
    crm = folder_crm(tmp_path)
    first = changed(crm)[0]
    assert first.id == "P-3"
    rest = changed(crm, after=Place(first.changed_at, first.id))
    assert [record.id for record in rest] == ["P-1", "P-2"]


def test_a_file_that_is_replaced_is_read_anew(tmp_path: Path) -> None:
    drop(tmp_path, "contacts.csv", ANN)
    crm = folder_crm(tmp_path)
    [before] = changed(crm)
    drop(tmp_path, "contacts.csv", {**ANN, "name": "Anna"})
    [after] = changed(crm)
    assert after.values["name"] == "Anna"
    assert after.changed_at > before.changed_at


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"name\nAnn\n", "external_id"),
        (b"", "empty"),
        (b"\x00\x01\x02\xff\xfe\x81" * 50, ""),
        (b"PK\x03\x04 no zip file at all", "workbook"),
        (b"external_id,name,Name\n1,a,b\n", "twice"),
    ],
)
def test_a_file_nobody_can_read_is_left_with_a_note_beside_it(
    tmp_path: Path, content: bytes, words: str
) -> None:
    drop(tmp_path, "contacts-good.csv", ANN)
    path = tmp_path / "contacts-bad.csv"
    path.write_bytes(content)
    assert [record.id for record in changed(folder_crm(tmp_path))] == ["P-1"]
    assert path.read_bytes() == content
    assert words in problems(path)
    assert "Nothing of the file was taken in." in problems(path)


def test_an_object_without_a_good_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_bytes(b"name\nAnn\n")
    with pytest.raises(SchemaChanged) as caught:
        changed(folder_crm(tmp_path))
    assert caught.value.object == "contacts"


def test_a_bad_row_is_left_out_and_the_others_count(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    long = "x" * 41
    path.write_text(f"external_id,name\nP-1,Ann\nP-2,too,many,cells\n,Nobody\n{long},Long\nP-3,Bea\n")
    assert [record.id for record in changed(folder_crm(tmp_path))] == ["P-1", "P-3"]
    assert [line.split(":")[0] for line in problems(path).splitlines()[1:]] == [
        "- Line 3",
        "- Line 4",
        "- Line 5",
    ]


def test_the_note_goes_away_with_the_problem(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_bytes(b"name\nAnn\n")
    crm = folder_crm(tmp_path)
    with pytest.raises(SchemaChanged):
        changed(crm)
    drop(tmp_path, "contacts.csv", ANN)
    changed(crm)
    assert problems(path) == ""


def test_a_file_of_other_people_by_the_name_of_a_note_stays(tmp_path: Path) -> None:
    path = drop(tmp_path, "contacts.csv", ANN)
    note = tmp_path / "contacts.csv.problems.txt"
    note.write_text("Our own list.")
    changed(folder_crm(tmp_path))
    assert problems(path) == "Our own list."


def test_a_link_is_not_followed_and_says_so(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    inside = tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    drop(outside, "contacts.csv", {"external_id": "P-9", "name": "Secret"})
    (inside / "contacts-link.csv").symlink_to(outside / "contacts.csv")
    drop(inside, "contacts.csv", ANN)
    assert [record.id for record in changed(folder_crm(inside))] == ["P-1"]
    assert "link" in problems(inside / "contacts-link.csv")


def test_a_note_does_not_write_through_a_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim.txt"
    victim.write_text("precious")
    root = tmp_path / "root"
    root.mkdir()
    (root / "contacts.csv").write_bytes(b"name\nAnn\n")
    (root / "contacts.csv.problems.txt").symlink_to(victim)
    with pytest.raises(SchemaChanged):
        changed(folder_crm(root))
    assert victim.read_text() == "precious"


def test_a_pipe_in_place_of_a_file_hangs_nobody(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "contacts-pipe.csv")
    drop(tmp_path, "contacts.csv", ANN)
    assert len(changed(folder_crm(tmp_path))) == 1


def test_a_filter_is_refused(tmp_path: Path) -> None:
    drop(tmp_path, "contacts.csv", ANN)
    with pytest.raises(Rejected, match="no filters"):
        changed(folder_crm(tmp_path), where="name = 'Ann'")
