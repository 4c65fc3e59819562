"""A drop folder does what every adapter does."""

import itertools
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pytest

from integrations.crm.folder.files import clock_of
from tests.integrations.crm.contract import CrmContract
from tests.integrations.crm.folder.builders import drop, folder_crm


class FolderSite:
    """A folder into which a file is dropped for each change."""

    object = "contacts"
    text_field = "name"
    our_field = "voc_status"
    external_id_field = "external_id"
    missing_id = "nobody"
    refused = ("name", "Renamed by us")

    def __init__(self, root: Path) -> None:
        self.crm = folder_crm(root, page=3)
        self._root = root
        self._numbers = itertools.count(1)

    def add(self, *texts: str) -> Sequence[str]:
        rows = [{"external_id": f"P-{next(self._numbers):03d}", "name": text} for text in texts]
        self._drop(*rows)
        return [row["external_id"] for row in rows]

    def change(self, record_id: str, text: str) -> None:
        self._drop({"external_id": record_id, "name": text})

    def delete(self, record_id: str) -> None:
        self._drop({"external_id": record_id, "name": "", "is_deleted": "yes"})

    def later(self) -> datetime:
        time.sleep(0.01)
        return clock_of(self._root)

    def _drop(self, *rows: dict[str, str]) -> None:
        drop(self._root, f"contacts-{next(self._numbers):03d}.csv", *rows)


class TestFolder(CrmContract):
    @pytest.fixture
    def site(self, tmp_path: Path) -> FolderSite:
        return FolderSite(tmp_path)
