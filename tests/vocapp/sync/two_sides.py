"""Two sides that change at will, with trouble between them, under one clock."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from flask import Flask
from sqlalchemy import delete, select

from tests.builders import a_company, a_persona
from tests.conftest import rolled_back
from tests.salesforce_emulator.server import SalesforceEmulator
from tests.vocapp.sync.builders import FIELDS_OF_OURS, a_connection, change
from tests.vocapp.sync.conftest import settings_for_org
from vocapp.accounts.models import Contact, contact_personas
from vocapp.accounts.rules import ContactStatus
from vocapp.core.db import db, transaction
from vocapp.sync.marks import reconcile_soon
from vocapp.sync.models import CrmLink, CrmRun
from vocapp.sync.rules import LinkState, RunKind
from vocapp.workflows.sync_crm import run_sync

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# Ours → theirs, of what both sides may change.
TWO_WAY = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "email": "Email",
    "title": "Title",
    "phone": "Phone",
}


class TwoSides:
    """An org, the application connected to it, and what people did on both sides."""

    def __init__(self, org: SalesforceEmulator, clock: time_machine.Traveller) -> None:
        self.org = org
        self._clock = clock
        self.connection_id = a_connection()
        self.accounts = [self._insert("Account", Name=f"A{number}") for number in range(3)]
        self.people = [
            self._insert(
                "Contact", AccountId=account, FirstName="F", LastName=f"P{number}", Title="COO", Phone="1",
                Email=f"p{number}@a.example",
            )
            for number, account in enumerate([self.accounts[0], *self.accounts])
        ]  # fmt: skip
        self.run()
        self.wait(minutes=30)
        self.run()
        # (their id, our field) → the values somebody gave it, on either side, since both agreed.
        self.here: dict[tuple[str, str], list[str]] = {}
        self.there: dict[tuple[str, str], list[str]] = {}
        self.opted_out: set[str] = set()
        self.unsettled: set[str] = set()
        self.made_there: list[str] = []
        self.made_here: list[str] = []
        self._number = 0

    def _insert(self, type: str, **values: Any) -> str:
        return self.org.insert(type, **values)

    def wait(self, **length: float) -> None:
        """Let time pass on both sides."""
        self._clock.shift(timedelta(**length))

    def run(self, kind: RunKind = RunKind.SYNC) -> CrmRun:
        """A run, three minutes later: what is younger waits for the next one."""
        self.wait(minutes=3)
        db.session.expire_all()
        return run_sync(self.connection_id, kind, sleep=lambda seconds: self.wait(seconds=seconds))

    def run_with_everything(self) -> None:
        with transaction():
            reconcile_soon(self.connection_id)
        self.run()

    def next_word(self) -> str:
        self._number += 1
        return f"w{self._number}"

    # Who there is

    def links(self) -> dict[str, CrmLink]:
        rows = select(CrmLink).where(CrmLink.entity == "contact").execution_options(populate_existing=True)
        return {link.remote_id: link for link in db.session.scalars(rows)}

    def alive(self, type: str) -> list[str]:
        """Return the records that are in everybody's sight."""
        return sorted({row["Id"] for row in self.org.rows(type)} - self.org.org.hidden_rows)

    def contact_of(self, remote_id: str) -> Contact | None:
        link = self.links().get(remote_id)
        if link is None or link.state != LinkState.LINKED or link.local_id is None:
            return None
        return db.session.get_one(Contact, link.local_id, populate_existing=True)

    # What people do over there

    def edit_there(self, which: int, field: str, *, blank: bool = False) -> None:
        if not (people := self.alive("Contact")):
            return
        remote_id = people[which % len(people)]
        value = self._value(field, blank=blank and field not in {"last_name", "email"})
        self.org.update(remote_id, **{TWO_WAY[field]: value or None})
        self.there.setdefault((remote_id, field), []).append(value)

    def _value(self, field: str, *, blank: bool) -> str:
        if blank:
            return ""
        return f"{self.next_word()}@a.example" if field == "email" else self.next_word()

    def add_there(self, which: int) -> None:
        accounts = self.alive("Account")
        email = f"{self.next_word()}@a.example"
        made = self._insert(
            "Contact", AccountId=accounts[which % len(accounts)], LastName=self.next_word(), Email=email
        )
        self.made_there.append(made)

    def delete_there(self, which: int) -> None:
        if people := self.alive("Contact"):
            self.org.delete(people[which % len(people)])

    def undelete_there(self, which: int) -> None:
        gone = [
            row["Id"]
            for row in self.org.rows("Contact", with_deleted=True)
            if row.get("IsDeleted")
            and not row.get("MasterRecordId")
            and row["Id"] not in self.org.org.hidden_rows
        ]
        if gone:
            self.org.undelete(gone[which % len(gone)])

    def merge_people_there(self, which: int) -> None:
        people = self.alive("Contact")
        if len(people) < 2:
            return
        winner = people[which % len(people)]
        loser = people[(which + 1 + which // len(people)) % len(people)]
        if loser != winner:
            self.org.merge(winner, loser)
            self.unsettled |= {winner, loser}

    def merge_accounts_there(self, which: int) -> None:
        accounts = self.alive("Account")
        if len(accounts) < 2:
            return
        winner, loser = accounts[which % len(accounts)], accounts[(which + 1) % len(accounts)]
        self.org.merge(winner, loser)

    def move_there(self, which: int) -> None:
        people, accounts = self.alive("Contact"), self.alive("Account")
        if people:
            self.org.update(people[which % len(people)], AccountId=accounts[which % len(accounts)])

    def hide_there(self, which: int) -> None:
        if people := self.alive("Contact"):
            self.org.hide_row(people[which % len(people)])

    def show_there(self) -> None:
        self.org.org.hidden_rows.clear()

    def opt_out_there(self, which: int, *, back: bool = False) -> None:
        if not (people := self.alive("Contact")):
            return
        remote_id = people[which % len(people)]
        self.org.update(remote_id, VOC_Survey_Opt_Out__c=not back)
        if not back and self.contact_of(remote_id):
            # Until a run has read it, somebody there may take it back.
            self.unsettled.add(f"out:{remote_id}")

    # What people do here

    def _somebody(self, which: int) -> tuple[str, Contact] | None:
        linked = [remote_id for remote_id in self.alive("Contact") if self.contact_of(remote_id)]
        if not linked:
            return None
        remote_id = linked[which % len(linked)]
        person = self.contact_of(remote_id)
        return None if person is None or person.merged_into_id else (remote_id, person)

    def edit_here(self, which: int, field: str, *, blank: bool = False) -> None:
        if not (found := self._somebody(which)):
            return
        remote_id, person = found
        value = self._value(field, blank=blank and field not in {"last_name", "email"})
        change(person, **{field: value}, **({"email_key": value} if field == "email" else {}))
        self.here.setdefault((remote_id, field), []).append(value)

    def add_here(self, which: int) -> None:
        accounts = sorted(
            local_id
            for local_id in db.session.scalars(
                select(CrmLink.local_id).where(CrmLink.entity == "account", CrmLink.state == LinkState.LINKED)
            )
            if local_id
        )
        if not accounts:
            return
        email = f"{self.next_word()}@a.example"
        with transaction():
            person = Contact(
                account_id=accounts[which % len(accounts)], last_name=self.next_word(), email=email,
                email_key=email,
            )  # fmt: skip
            db.session.add(person)
        self.made_here.append(email)

    def opt_out_here(self, which: int) -> None:
        if found := self._somebody(which):
            remote_id, person = found
            change(person, status=ContactStatus.OPTED_OUT)
            self.opted_out.add(remote_id)

    def play_here(self, which: int) -> None:
        if not (found := self._somebody(which)):
            return
        _remote_id, person = found
        persona = a_persona("champion")
        with transaction():
            mine = contact_personas.c.contact_id == person.id
            if db.session.execute(select(contact_personas).where(mine)).first():
                db.session.execute(delete(contact_personas).where(mine))
            else:
                db.session.execute(
                    contact_personas.insert().values(contact_id=person.id, persona_id=persona.id)
                )

    # What goes wrong between them

    def trouble(self, kind: str, after: int) -> None:
        match kind:
            case "429":
                self.org.add_fault(status=429, headers={"Retry-After": "30"}, after=after, count=4)
            case "503":
                self.org.add_fault(status=503, html="<html>Down for maintenance</html>", after=after, count=4)
            case "dropped after":
                self.org.add_fault(method="PATCH", path="composite/sobjects", drop="after", count=4)
            case "dropped before":
                self.org.add_fault(drop="before", after=after, count=4)
            case "expired":
                self.org.expire_tokens()
            case "expiring":
                self.org.limit_tokens(3 + after)
            case "locked":
                for remote_id in (*self.alive("Contact"), *self.alive("Account")):
                    self.org.lock_row(remote_id, times=1)

    def no_more_trouble(self) -> None:
        self.org.clear_faults()
        self.org.limit_tokens(None)
        self.org.org.locks.clear()
        self.org.org.hidden_rows.clear()


@contextmanager
def two_sides(app: Flask) -> Iterator[TwoSides]:
    """Both sides, agreed, in an application whose transaction is rolled back at the end."""
    with time_machine.travel(START) as clock, SalesforceEmulator() as org, rolled_back(app):
        for name, fields in FIELDS_OF_OURS.items():
            org.install_fields(name, *fields)
        a_company()
        a_persona("champion")

        with settings_for_org(app, org):
            yield TwoSides(org, clock)
