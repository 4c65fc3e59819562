"""Run the emulator by hand: `python -m tests.hubspot_emulator --port 5056`."""

import argparse
import signal
import threading

from tests.hubspot_emulator.seed import seed
from tests.hubspot_emulator.server import HubspotEmulator


def main() -> None:
    """Serve a seeded account until interrupted."""
    parser = argparse.ArgumentParser(description="A small HubSpot account on this machine.")
    parser.add_argument("--port", type=int, default=5056)
    stopping = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stopping.set())
    with HubspotEmulator(port=parser.parse_args().port) as emulator:
        seed(emulator)
        print(f"HubSpot emulator at {emulator.url}, token {emulator.token}", flush=True)
        stopping.wait()


if __name__ == "__main__":
    main()
