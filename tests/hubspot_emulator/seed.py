"""A small believable account."""

from datetime import timedelta

from tests.hubspot_emulator.server import HubspotEmulator

_COMPANIES = (
    ("Hafenwerk Logistik GmbH", "hafenwerk.example", "Logistics", "1840000"),
    ("Brightwater Clinics", "brightwater.example", "Health care", "920000"),
    ("Ølsted & Søn A/S", "olsted.example", "Wholesale", "310000"),
    ("Cadence Robotics", "cadence.example", "Machinery", "2250000"),
)
_PEOPLE = (
    ("Mara", "Lindqvist", "Head of Operations"),
    ("Tomás", "O'Brien", "Chief Financial Officer"),
    ("Priya", "Raman", "IT Manager"),
)


def seed(emulator: HubspotEmulator) -> None:
    """Fill an empty account with companies, three people each, a deal each and two owners."""
    store = emulator.store
    owners = [
        store.add_owner("ines@vendor.example", "Inês", "Duarte"),
        store.add_owner("paul@vendor.example", "Paul", "Becker"),
    ]
    start = store.now() - timedelta(days=30)
    for number, (name, domain, industry, revenue) in enumerate(_COMPANIES):
        store.set_clock(start + timedelta(days=number))
        company = store.create(
            "companies",
            {
                "name": name,
                "domain": domain,
                "industry": industry,
                "annualrevenue": revenue,
                "hubspot_owner_id": str(owners[number % 2].id),
            },
        )
        for first, last, title in _PEOPLE:
            email = f"{first}.{last}@{domain}".lower().replace("'", "")
            values = {"firstname": first, "lastname": last, "email": email, "jobtitle": title}
            person = store.create("contacts", values)
            store.link("contacts", person.id, company.id, is_primary=True)
        stage = "closedwon" if number % 2 else "open"
        deal = store.create("deals", {"dealname": f"{name}: renewal", "amount": revenue, "dealstage": stage})
        store.link("deals", deal.id, company.id, is_primary=True)
    store.run_clock()
