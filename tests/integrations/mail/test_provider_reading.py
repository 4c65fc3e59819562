"""Addresses in what providers report: read whatever stands around them, and nothing makes it fail."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from integrations.mail.providers import ses
from integrations.mail.providers.reading import address_of

ADDRESS = "ana@customer.example"
# What the grammar of addresses lets stand inside itself.
NESTING = st.lists(
    st.tuples(
        st.sampled_from(["(", ")", "<", "[", '"', "\\", ",", ":", ";", "@", "a", " "]), st.integers(1, 2_000)
    ),
    max_size=4,
).map(lambda parts: "".join(mark * times for mark, times in parts))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ADDRESS, ADDRESS),
        (f"Ana Silva <{ADDRESS}>", ADDRESS),
        (f'"boss@elsewhere.example" <{ADDRESS}>', ADDRESS),
        (f"<{ADDRESS}> (on behalf of <nobody>)", ADDRESS),
        (f" {ADDRESS} (Ana)", ADDRESS),
        ("ana@localhost", "ana@localhost"),
        ("nobody", "nobody"),
        ("", ""),
    ],
)
def test_the_address_is_found_beside_its_name(text: str, expected: str) -> None:
    assert address_of(text) == expected


@given(NESTING, NESTING)
@example("(" * 5_000, "")
@example("", ")" * 2_000 + "(" * 3_000)
def test_no_nesting_makes_a_report_fail(before: str, after: str) -> None:
    for text in (before, f"{before} <{ADDRESS}> {after}"):
        assert isinstance(address_of(text), str)
        bounce = {
            "bounceType": "Permanent",
            "bouncedRecipients": [{"emailAddress": text, "diagnosticCode": "550 5.1.1 unknown"}],
        }
        report = json.loads(json.dumps({"eventType": "Bounce", "bounce": bounce}))
        assert len(ses.events_of(report, name="one")) == 1
    if "<" not in after:
        assert address_of(f"{before} <{ADDRESS}> {after}") == ADDRESS
