"""Accounts with something to report on, and readers of what was printed."""

import copy
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import pikepdf

from tests.builders import NOW, a_company, a_contact, a_profile, a_tier, a_user, an_account, save
from tests.vocapp.relationship.builders import a_closed_wave, asked, rescored
from vocapp.accounts.models import Account, Contact
from vocapp.campaigns.models import Wave
from vocapp.reports.freezing import take_snapshot
from vocapp.reports.rules import Order, ReportKind
from vocapp.responses.models import Response
from vocapp.responses.queries import response_of

TITLE = "Tier 1"
# How many days ago the waves of the story began; each took 21 days.
LAUNCHED = (240, 150, 60)


def an_account_with_a_story(name: str = "Alderbrook Bank", **values: Any) -> Account:
    """An account of three people: a silent decision maker, a happy champion, an unhappy admin."""
    a_company()
    tier = a_tier(TITLE)
    a_profile(tier, decision_maker=1, champion=1, admin=2)
    owner = values.pop("owner_id", None) or a_user(name="Ana Costa").id
    # Draws follow the external id: with its own, the story has the same numbers in every test.
    key = {"external_id": "STORY", "external_key": "STORY"}
    account = an_account(name=name, tier_id=tier.id, owner_id=owner, region="DACH", **key, **values)
    people = [
        a_contact(
            account,
            personas=(persona,),
            first_name=name,
            last_name="Okafor",
            created_at=NOW - timedelta(days=900),
        )
        for persona, name in (("decision_maker", "Deniz"), ("champion", "Chiara"), ("admin", "Amadou"))
    ]
    for days in LAUNCHED:
        wave = a_closed_wave(NOW - timedelta(days=days))
        asked(people[0], wave)
        say(people[1], wave, 10, "Best onboarding we have seen.")
        say(people[2], wave, 4, "Exports are slow every Monday.")
    return account


def say(contact: Contact, wave: Wave, rating: int, comment: str) -> Response:
    """An answer with a comment."""
    invitation = asked(contact, wave, rating=rating)
    response = response_of(invitation.id)
    response.comment = comment
    return save(response)


def neighbours(count: int = 12) -> list[Account]:
    """Other accounts of the same tier, with one answer each; nobody's, so nobody knows all but one."""
    tier = a_tier(TITLE)
    wave = a_closed_wave(NOW - timedelta(days=60))
    accounts = []
    for number in range(count):
        key = f"N-{number}"
        account = an_account(tier_id=tier.id, external_id=key, external_key=key)
        contact = a_contact(account, created_at=NOW - timedelta(days=900))
        asked(contact, wave, rating=number % 11)
        accounts.append(account)
    return accounts


def account_snapshot(account_id: int, *, now: datetime) -> dict[str, Any]:
    """What a report of an account would show."""
    return take_snapshot(Order(ReportKind.ACCOUNT, account_id=account_id), now=now)


def snapshot_of(account: Account) -> dict[str, Any]:
    """The snapshot of an account after everything was scored, at the end of each wave and now."""
    for days in LAUNCHED:
        rescored(on=(NOW - timedelta(days=days - 21)).date())
    rescored()
    return account_snapshot(account.id, now=NOW)


def figures(pdf: pikepdf.Pdf) -> Iterator[pikepdf.Object]:
    """The figures of the structure tree."""
    yield from (node for node in structure(pdf.Root.StructTreeRoot) if node.get("/S") == "/Figure")


def structure(node: pikepdf.Object) -> Iterator[pikepdf.Object]:
    """Every element of the structure tree."""
    children = node.get("/K", [])
    for child in children if isinstance(children, pikepdf.Array) else [children]:
        if isinstance(child, pikepdf.Dictionary):
            yield child
            yield from structure(child)


def fonts(pdf: pikepdf.Pdf) -> dict[str, bool]:
    """Font name → whether the file is inside."""
    found = {}
    for page in pdf.pages:
        for font in page.get("/Resources", {}).get("/Font", {}).values():
            descendant = font.DescendantFonts[0]
            found[str(font.BaseFont)] = "/FontFile2" in descendant.FontDescriptor
    return found


def forbidden_parts(pdf: bytes) -> set[str]:
    """What a paper has that opens, runs or carries something."""
    bad = {"/Launch", "/JavaScript", "/JS", "/URI", "/GoToR", "/SubmitForm", "/ImportData", "/OpenAction"}
    bad |= {"/EmbeddedFiles", "/EmbeddedFile", "/Filespec", "/RichMedia", "/AA"}
    found = set()
    for item in opened(pdf).objects:
        if isinstance(item, pikepdf.Dictionary | pikepdf.Stream):
            names = {str(value) for value in item.values() if isinstance(value, pikepdf.Name)}
            found |= bad & (set(item.keys()) | names)
    return found


def changed(snapshot: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A copy of a snapshot with other values."""
    return {**copy.deepcopy(snapshot), **changes}


def opened(pdf: bytes) -> pikepdf.Pdf:
    """A PDF to read."""
    return pikepdf.open(BytesIO(pdf))


def svg(content: str) -> str:
    """A drawing."""
    return f'<svg xmlns="http://www.w3.org/2000/svg">{content}</svg>'
