"""A process of its own for mail of strangers: reads one mail, writes one verdict, with bounded memory."""

import json
import resource
import sys
from dataclasses import asdict
from datetime import date

from integrations.mail.classify.judging import classify

_MEMORY = 300_000_000


def main(received_on: str) -> None:
    """Judge the mail on standard input and print the verdict as JSON."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    verdict = classify(sys.stdin.buffer.read(), received_on=date.fromisoformat(received_on))
    sys.stdout.write(json.dumps(asdict(verdict), default=str))


if __name__ == "__main__":
    main(sys.argv[1])
