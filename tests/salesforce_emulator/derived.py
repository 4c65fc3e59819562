"""Values the org works out itself: names, closed and won, case numbers, the two sides of a person."""

from tests.salesforce_emulator.org import Org
from tests.salesforce_emulator.schema import Kind
from tests.salesforce_emulator.table import Row

PERSON_FIELDS = {
    "FirstName": "FirstName",
    "LastName": "LastName",
    "PersonEmail": "Email",
    "PersonMobilePhone": "MobilePhone",
    "PersonTitle": "Title",
    "PersonHasOptedOutOfEmail": "HasOptedOutOfEmail",
    "Phone": "Phone",
    "OwnerId": "OwnerId",
}


def derive(org: Org, kind: Kind, row: Row, before: Row | None) -> None:
    """Fill in what follows from the rest of a row that is about to be stored."""
    if kind.name_format and before is None:
        head, _, rest = kind.name_format.partition("{")
        zeros, _, tail = rest.partition("}")
        row["Name"] = f"{head}{str(len(org.table(kind.name).rows) + 1).rjust(len(zeros), '0')}{tail}"
    elif kind.name in ("Contact", "User"):
        row["Name"] = full_name(row)
    elif kind.name == "Opportunity":
        stage = str(row.get("StageName", ""))
        row["IsClosed"], row["IsWon"] = stage.startswith("Closed"), stage == "Closed Won"
    elif kind.name == "Case":
        was_closed = bool(before and before.get("IsClosed"))
        row["IsClosed"] = row.get("Status") == "Closed"
        if row["IsClosed"] and not was_closed:
            row["ClosedDate"] = org.clock.stamp()
        elif not row["IsClosed"]:
            row.pop("ClosedDate", None)
        if before is None:
            row["CaseNumber"] = f"{len(org.table('Case').rows) + 1001:08d}"
    elif kind.name == "Task":
        row["IsClosed"] = row.get("Status") == "Completed"
    elif kind.name == "Account" and org.options.has_person_accounts:
        row["IsPersonAccount"] = row.get("LastName") is not None
        if row["IsPersonAccount"]:
            row["Name"] = full_name(row)


def full_name(row: Row) -> str:
    """Return first and last name."""
    return " ".join(filter(None, (row.get("FirstName"), row.get("LastName"))))


def spread_person(org: Org, kind: Kind, row: Row) -> None:
    """Keep the contact of a person account as the account says; it is made with the account."""
    if kind.name != "Account" or not row.get("IsPersonAccount"):
        return
    account = org.row(row["Id"])
    assert account is not None
    known = org.row(account.get("PersonContactId")) or {"Id": org.new_id("Contact")}
    contact = {
        **known,
        **{theirs: row.get(ours) for ours, theirs in PERSON_FIELDS.items()},
        "AccountId": row["Id"],
        "IsPersonAccount": True,
        "Name": row["Name"],
    }
    for name in ("CreatedDate", "CreatedById", "LastModifiedDate", "LastModifiedById", "SystemModstamp"):
        contact[name] = account[name]
    org.put({name: value for name, value in contact.items() if value is not None})
    org.put({**account, "PersonContactId": contact["Id"]})
