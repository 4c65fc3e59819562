"""Files: what is written reads back, and whatever is wrong is refused in one sentence."""

import base64
import contextlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vocapp.exchange.files import (
    FINGERPRINT,
    THEIRS,
    TODAY,
    a_content,
    a_file,
    a_summary,
    altered,
    signed_anyway,
)
from vocapp.core.errors import DomainError
from vocapp.exchange.document import (
    SignedFile,
    fingerprint_of,
    new_private_key,
    public_key_of,
    read_file,
    read_fingerprint,
    unknown_key,
    write_fitting,
)
from vocapp.exchange.reading import MOST_BYTES, MOST_CELLS
from vocapp.exchange.rules import Cell, Cohort, Exchanged


def read(content: bytes) -> SignedFile:
    def admit(fingerprint: str) -> None:
        if fingerprint != FINGERPRINT:
            raise unknown_key(fingerprint)

    return read_file(content, today=TODAY, admit=admit)


def refusal(content: bytes) -> str:
    started = time.process_time()
    with pytest.raises(DomainError) as caught:
        read(content)
    assert time.process_time() - started < 1
    said = str(caught.value)
    assert said.endswith(".")
    assert "\n" not in said
    return said


def test_what_is_written_reads_back_however_it_is_laid_out() -> None:
    cells = (
        Cell(Exchanged.NPS, Cohort(), a_summary(7, lowest=-80, highest=60)),
        Cell(Exchanged.CES, Cohort(industry="Énergie"), a_summary(3)),
        Cell(Exchanged.STRENGTH, Cohort("Tier 1", "Software", "EMEA"), a_summary(60)),
    )
    file = a_file(*cells)
    assert read(file).content == a_content(*cells)
    assert read(file).fingerprint == FINGERPRINT
    compact = json.dumps(json.loads(file), separators=(",", ":"), sort_keys=True).encode()
    assert read(compact).digest == read(file).digest


def test_a_file_holds_as_many_cohorts_as_others_take() -> None:
    long = [
        Cell(Exchanged.CES, Cohort(industry=f"{number} " + 60 * "語"), a_summary(60))
        for number in range(MOST_CELLS)
    ]
    said, file = write_fitting(a_content(*long), THEIRS)
    assert MOST_BYTES / 2 < len(file) <= MOST_BYTES
    assert read(file).content == said
    assert 1000 < len(said.cells) <= MOST_CELLS


def test_a_key_that_is_not_trusted_is_named_before_anything_of_the_file_is_believed() -> None:
    strange = new_private_key()
    said = refusal(signed_anyway(lambda content: content.update(cells="nonsense"), strange))
    fingerprint = fingerprint_of(public_key_of(strange))
    assert "trust it, and import the file again" in said
    assert " ".join(fingerprint[at : at + 4] for at in range(0, 32, 4)) in said


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (b"", "no JSON in UTF-8"),
        (b"\xff\xfe{}", "no JSON in UTF-8"),
        (b"PK\x03\x04 a workbook", "no JSON in UTF-8"),
        (b"[]", "no file of exchanged benchmarks"),
        (b'{"format": "something"}', "no file of exchanged benchmarks"),
        (b"x" * (MOST_BYTES + 1), "larger than 2 MB"),
        (b"[" * 20_000 + b"]" * 20_000, "nested too deeply"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "nested too deeply"),
        (b"[" * 100_000 + b"]" * 100_000, "far more parts"),
        (b"[" + b"[]," * 600_000 + b"[]]", "far more parts"),
        (b"[" + b"0," * 1_000_000 + b"0]", "no file of exchanged benchmarks"),
        (b'{"format": 1, "format": 2}', "says something twice"),
        (b'{"format": NaN}', "numbers have to be whole"),
        (b'{"format": -Infinity}', "numbers have to be whole"),
        (b'{"format": 1.5}', "numbers have to be whole"),
        (b'{"format": 1e9}', "numbers have to be whole"),
        (b'{"format": ' + b"9" * 5000 + b"}", "far too large"),
        (altered(a_file(), version=2), "another version"),
        (altered(a_file(), version=True), "another version"),
        (altered(a_file(), version="1"), "another version"),
        (altered(a_file(), more=1), "parts too many"),
        (altered(a_file(), signature="no"), "cannot be read"),
        (altered(a_file(), signature=None), "cannot be read"),
        (altered(a_file(), key="A" * 44), "cannot be read"),
        (altered(a_file(), signature=base64.b64encode(b"0" * 64).decode()), "altered or damaged"),
        (altered(a_file(), key=public_key_of(new_private_key())), "altered or damaged"),
        (altered(a_file(), content={}), "altered or damaged"),
        (a_file().replace(b'"mean": 55', b'"mean": 56'), "altered or damaged"),
        (a_file().replace(b"Harrier", b"Kestrel"), "altered or damaged"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_file_that_is_none_or_was_altered_is_refused(file: bytes, reason: str) -> None:
    assert reason in refusal(file)


def set_cell(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda content: content["cells"][0].update(values)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda content: content.update(made_on="2026-03-12"), "lies ahead"),
        (lambda content: content.update(to="2027-01-01"), "lies ahead"),
        (lambda content: content.update({"from": "2026-03-12"}), "no order"),
        (lambda content: content.update(made_on="11.3.2026"), "no date"),
        (lambda content: content.update(made_on="20260311"), "no date"),
        (lambda content: content.update(made_on=20260311), "no date"),
        (lambda content: content.update(made_on="2026-02-30"), "no date"),
        (lambda content: content.update(accounts=["Acme"]), "more than version 1 knows"),
        (lambda content: content.pop("demo"), "lacks something"),
        (lambda content: content.update(demo=0), "neither true nor false"),
        (lambda content: content.update(source="a" * 81), "no text of up to 80"),
        (lambda content: content.update(source="a\u202eb"), "cannot be shown"),
        (lambda content: content.update(source="a\x00b"), "cannot be shown"),
        (lambda content: content.update(source="\ud800"), "cannot be shown"),
        (lambda content: content.update(source="a\nb"), "cannot be shown"),
        (lambda content: content.update(method_version="1"), "no whole number"),
        (lambda content: content["parameters"].pop("floor"), "parameters"),
        (lambda content: content["parameters"].update(floor="50"), "no whole number"),
        (lambda content: content.update(cells=[]), "no cohorts"),
        (lambda content: content.update(cells=content["cells"] * (MOST_CELLS + 1)), "no cohorts, or more"),
        (lambda content: content.update(cells=content["cells"] * 2), "stands in it twice"),
        (lambda content: content.update(cells={"0": 1}), "no cohorts"),
        (lambda content: content.update(cells=[[[[]]]]), "lacks something"),
        (set_cell(accounts=2, quantiles={}), "fewer than 5 people or 3 accounts"),
        (set_cell(respondents=4), "fewer than 5 people or 3 accounts"),
        (set_cell(respondents=-5), "no whole number"),
        (set_cell(accounts="180"), "no whole number"),
        (set_cell(accounts=True), "no whole number"),
        (set_cell(accounts=None), "no whole number"),
        (set_cell(mean="55"), "no whole number"),
        (set_cell(mean=101), "no whole number"),
        (set_cell(mean=-1), "no whole number"),
        (set_cell(mean=[55]), "no whole number"),
        (set_cell(measure="happiness"), "no measure"),
        (set_cell(measure=["nps"]), "no measure"),
        (set_cell(maximum=99), "more than version 1 knows"),
        (set_cell(quantiles={}), "other quantiles"),
        (set_cell(quantiles={"0": 1, "100": 99}), "other quantiles"),
        (set_cell(accounts=5), "other quantiles"),
        (set_cell(quantiles=[1, 2, 3]), "other quantiles"),
        (set_cell(cohort={"account": "Acme"}), "not one of version 1"),
        (set_cell(cohort={"tier": ""}), "not one of version 1"),
        (set_cell(cohort={"industry": "X", "region": "Y"}), "not one of version 1"),
        (set_cell(cohort="all"), "not one of version 1"),
        (set_cell(cohort={"tier": {"a": 1}}), "no text"),
        (
            lambda content: content["cells"][0]["quantiles"].update({"10": 99}),
            "do not rise",
        ),
    ],
)
def test_what_a_trusted_partner_signed_is_still_looked_at(change: Any, reason: str) -> None:
    assert reason in refusal(signed_anyway(change))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(field=st.sampled_from(["source", "from", "to", "cells", "parameters", "demo"]), value=JSON)
def test_any_value_at_all_is_taken_or_refused(field: str, value: Any) -> None:
    with contextlib.suppress(DomainError):
        read(signed_anyway(lambda content: content.update({field: value})))


@given(st.binary(max_size=200))
def test_any_bytes_at_all_are_refused(content: bytes) -> None:
    with pytest.raises(DomainError):
        read(content)


def test_a_fingerprint_is_read_however_it_is_written() -> None:
    spoken = " ".join(FINGERPRINT[at : at + 4].upper() for at in range(0, 32, 4))
    assert read_fingerprint(spoken) == read_fingerprint(f" {FINGERPRINT}\n") == FINGERPRINT
    for wrong in ("", FINGERPRINT[1:], "g" + FINGERPRINT[1:], FINGERPRINT + "0"):
        with pytest.raises(DomainError, match="32 digits"):
            read_fingerprint(wrong)
    assert THEIRS not in a_file().decode()
