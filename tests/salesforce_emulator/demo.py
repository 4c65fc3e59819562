"""Rows to begin with: a believable company's customers, or very many of them."""

import random
from datetime import datetime, timedelta
from typing import Any

from tests.salesforce_emulator import demo_names
from tests.salesforce_emulator.edits import seed
from tests.salesforce_emulator.moments import write_moment
from tests.salesforce_emulator.org import ADMIN_USER, Org

Made = dict[str, Any]


def seed_demo(org: Org) -> None:
    """Fill an org with forty accounts and what belongs to them; the same each time, seen from now."""
    chance = random.Random(20260311)
    now = org.clock.now().replace(microsecond=0)
    owners, queue, types = _people(org)
    for number, (name, domain, country, region, language) in enumerate(demo_names.COMPANIES):
        account = _account(org, chance, now, number, name, domain, country, region)
        account["OwnerId"] = owners[number % len(owners)]
        account["RecordTypeId"] = types[number % len(types)]
        [account_id] = seed(org, [account])
        contacts = _contacts(org, chance, now, account_id, account["OwnerId"], domain, language, number)
        _opportunities(org, chance, now, account_id, account, contacts)
        _cases(org, chance, now, account_id, contacts, queue, account["OwnerId"])


def _people(org: Org) -> tuple[list[str], str, list[str]]:
    users = [
        {
            "type": "User",
            "FirstName": first,
            "LastName": last,
            "Email": f"{mail}@vendor.example",
            "Username": f"{mail}@vendor.example.crm",
            "FederationIdentifier": f"{mail}@vendor.example",
            "IsActive": is_active,
        }
        for first, last, mail, is_active in demo_names.OWNERS
    ]
    owners = seed(org, users)
    [queue] = seed(org, [{"type": "Group", "Name": "Support Queue", "Type": "Queue"}])
    types = [
        {"type": "RecordType", "Name": name, "DeveloperName": name, "SobjectType": "Account"}
        for name in ("Customer", "Partner")
    ]
    return owners, queue, seed(org, types)


def _account(
    org: Org,
    chance: random.Random,
    now: datetime,
    number: int,
    name: str,
    domain: str,
    country: str,
    region: str,
) -> Made:
    tier = ("Strategic", "Enterprise", "Mid-Market", "Small")[min(number // 8, 3)]
    size = {"Strategic": 900, "Enterprise": 250, "Mid-Market": 60, "Small": 12}[tier]
    arr = size * 1000 + chance.randrange(size * 500)
    return {
        "type": "Account",
        "Name": name,
        "Type": "Former Customer" if number == 39 else "Prospect" if number in (37, 38) else "Customer",
        "Industry": chance.choice(("Manufacturing", "Finance", "Healthcare", "Retail", "Technology")),
        "BillingCountry": country,
        "Region__c": region,
        "Segment__c": "Enterprise" if number < 16 else "Public" if number % 7 == 0 else "Commercial",
        "Tier__c": tier,
        "ARR__c": float(arr),
        "Renewal_Date__c": (now + timedelta(days=chance.randrange(-30, 365))).date().isoformat(),
        "Phone": f"+49 30 5550{number:03d}",
        "Website": f"https://www.{domain}",
        "AnnualRevenue": float(arr * 40),
        "NumberOfEmployees": size * 7 + chance.randrange(40),
        "AccountNumber": f"{number + 1:05d}",
        "CreatedDate": write_moment(now - timedelta(days=900 - number)),
        "SystemModstamp": write_moment(now - timedelta(days=chance.randrange(2, 200))),
    }


def _contacts(
    org: Org,
    chance: random.Random,
    now: datetime,
    account: str,
    owner: str,
    domain: str,
    language: str,
    number: int,
) -> list[str]:
    people = demo_names.PEOPLE[language]
    rows = []
    for place in range(4):
        first, last = people[(number * 4 + place) % len(people)]
        title, department, role = demo_names.JOBS[place if number % 5 else (place + 3) % len(demo_names.JOBS)]
        has_left = place == 3 and number % 9 == 4
        row: Made = {
            "type": "Contact",
            "AccountId": account,
            "FirstName": first,
            "LastName": last,
            "Email": f"{demo_names.mail_name(first, last, number * 4 + place)}@{domain}",
            "Phone": f"+49 30 5551{number:02d}{place}",
            "Title": title,
            "Department": department,
            "Role__c": role,
            "Language__c": language,
            "OwnerId": owner,
            "HasOptedOutOfEmail": number % 11 == 3 and place == 2,
            "Left_Company__c": has_left,
            "SystemModstamp": write_moment(now - timedelta(days=chance.randrange(2, 300))),
        }
        if place == 1 and number % 8 == 6:
            del row["Email"]
        rows.append(row)
    keys = seed(org, rows)
    for key in keys[1:3]:
        boss = org.row(key)
        assert boss is not None
        org.put(boss | {"ReportsToId": keys[0]})
    return keys


def _opportunities(
    org: Org, chance: random.Random, now: datetime, account_id: str, account: Made, contacts: list[str]
) -> None:
    stages = ["Negotiation"] if account["Type"] == "Customer" else ["Qualification"]
    stages += ["Closed Won"] if chance.random() < 0.8 else ["Closed Lost"]
    if account["Type"] == "Former Customer":
        stages = ["Closed Lost"]
    for stage in stages:
        is_open = not stage.startswith("Closed")
        days = chance.randrange(20, 200)
        kind = "New Business" if account["Type"] == "Prospect" else "Renewal"
        row = {
            "type": "Opportunity",
            "AccountId": account_id,
            "Name": f"{account['Name']} {kind}"[:120],
            "StageName": stage,
            "Type": kind,
            "Amount": account["ARR__c"],
            "CloseDate": (now + timedelta(days=days if is_open else -days)).date().isoformat(),
            "OwnerId": account["OwnerId"],
            "SystemModstamp": write_moment(now - timedelta(days=1 if is_open else days)),
        }
        [key] = seed(org, [row])
        roles = ("Economic Buyer", "Decision Maker") if is_open else ("Decision Maker",)
        seed(
            org,
            [
                {
                    "type": "OpportunityContactRole",
                    "OpportunityId": key,
                    "ContactId": contacts[place],
                    "Role": role,
                    "IsPrimary": place == 0,
                }
                for place, role in enumerate(roles)
            ],
        )


def _cases(
    org: Org, chance: random.Random, now: datetime, account: str, contacts: list[str], queue: str, owner: str
) -> None:
    for number in range(chance.randrange(4)):
        status = chance.choice(("New", "Working", "Escalated", "Closed", "Closed"))
        opened = now - timedelta(days=chance.randrange(3, 120))
        row: Made = {
            "type": "Case",
            "AccountId": account,
            "ContactId": chance.choice(contacts),
            "Subject": chance.choice(demo_names.SUBJECTS),
            "Status": status,
            "Priority": chance.choice(("High", "Medium", "Low")),
            "IsEscalated": status == "Escalated",
            "OwnerId": queue if number % 2 == 0 else owner,
            "CreatedDate": write_moment(opened),
            "SystemModstamp": write_moment(opened + timedelta(days=2)),
        }
        [key] = seed(org, [row])
        made = org.row(key)
        if status == "Closed" and made is not None:
            org.put(made | {"ClosedDate": write_moment(opened + timedelta(days=2))})


def seed_many(org: Org, *, accounts: int, contacts: int) -> None:
    """Fill an org with plain accounts and contacts; stamps rise by a second and end an hour ago."""
    first = org.clock.now() - timedelta(hours=1, seconds=accounts + contacts)
    keys = []
    for number in range(accounts):
        stamp = write_moment(first + timedelta(seconds=number))
        row = {"Id": org.new_id("Account"), "Name": f"Account {number:06d}", "OwnerId": ADMIN_USER}
        org.put(row | org.stamps(stamp, ADMIN_USER))
        keys.append(row["Id"])
    for number in range(contacts):
        stamp = write_moment(first + timedelta(seconds=accounts + number))
        row = {
            "Id": org.new_id("Contact"),
            "FirstName": "Person",
            "LastName": f"{number:07d}",
            "Name": f"Person {number:07d}",
            "Email": f"person{number}@customer{number % max(accounts, 1)}.example",
            "OwnerId": ADMIN_USER,
        }
        if keys:
            row["AccountId"] = keys[number % len(keys)]
        org.put(row | org.stamps(stamp, ADMIN_USER))
