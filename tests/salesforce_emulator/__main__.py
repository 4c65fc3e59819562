"""`python -m tests.salesforce_emulator`: an emulated org for developers, until it is stopped."""

import argparse
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tests.salesforce_emulator.org import CONSUMER_KEY, CONSUMER_SECRET
from tests.salesforce_emulator.server import SalesforceEmulator

WORDS = """A Salesforce org is emulated at {url} and holds {accounts} accounts and {contacts} contacts.
It listens on this machine only and forgets everything when it ends. To use it:

    VOCAPP_SALESFORCE_DOMAIN={domain}
    VOCAPP_SALESFORCE_CONSUMER_KEY={key}
    VOCAPP_SALESFORCE_CONSUMER_SECRET={secret}
    VOCAPP_SALESFORCE_EMULATOR_URL={url}
"""


def parse_arguments(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.salesforce_emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=5055, help="0 takes a free one")
    parser.add_argument("--seed", choices=("demo", "none"), default="none", help="begin with these records")
    parser.add_argument("--org", choices=("production", "sandbox"), default="production")
    parser.add_argument("--accounts", type=int, default=0, help="so many plain accounts more")
    parser.add_argument("--contacts", type=int, default=0, help="so many plain contacts more")
    parser.add_argument("--currencies", action="store_true", help="an org with several currencies")
    parser.add_argument("--person-accounts", action="store_true", help="an org with person accounts")
    parser.add_argument("--public-key", type=Path, help="PEM file of the key that signs JWT assertions")
    parser.add_argument(
        "--until-parent-ends", action="store_true", help="end with the process that started it"
    )
    return parser.parse_args(arguments)


def make_emulator(chosen: argparse.Namespace) -> SalesforceEmulator:
    """Return the emulator that was asked for, filled and not yet serving."""
    emulator = SalesforceEmulator(
        port=chosen.port,
        is_sandbox=chosen.org == "sandbox",
        has_currencies=chosen.currencies,
        has_person_accounts=chosen.person_accounts,
        assigns_permission_sets=True,
    )
    if chosen.public_key:
        emulator.set_access(public_key=chosen.public_key.read_text())
    if chosen.seed == "demo":
        emulator.seed_demo()
    if chosen.accounts or chosen.contacts:
        emulator.seed_many(accounts=chosen.accounts, contacts=chosen.contacts)
    return emulator


def watch_parent(parent: int) -> None:
    """End this process when the one that started it is gone."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def main() -> None:
    """Serve until the process is stopped."""
    chosen = parse_arguments()
    if chosen.until_parent_ends:
        threading.Thread(target=watch_parent, args=(os.getppid(),), daemon=True).start()
    emulator = make_emulator(chosen)
    counts = {name: len(emulator.rows(name)) for name in ("Account", "Contact")}
    domain = "emulator--test.sandbox.my" if chosen.org == "sandbox" else "emulator.my"
    words = WORDS.format(
        url=emulator.url,
        accounts=counts["Account"],
        contacts=counts["Contact"],
        domain=domain,
        key=CONSUMER_KEY,
        secret=CONSUMER_SECRET,
    )
    print(words, flush=True)
    try:
        emulator.serve()
    except KeyboardInterrupt:
        emulator.stop()


if __name__ == "__main__":
    main()
