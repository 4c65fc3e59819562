"""How flufl.bounce's own labelled samples are judged; its source distribution is fetched by pip."""

import ast
import subprocess
import sys
import tarfile
from collections import Counter
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from integrations.mail.classify.judging import classify
from integrations.mail.classify.verdict import MailKind, Verdict

_SOURCE = "flufl.bounce==6.0.0"
_FETCH = ("download", _SOURCE, "--no-binary", ":all:", "--no-deps", "--quiet", "--dest")


def main() -> None:
    """Print recall, precision and what would be suppressed, by flufl.bounce's own labels."""
    with TemporaryDirectory() as place:
        subprocess.run([sys.executable, "-m", "pip", *_FETCH, place], check=True)
        archive = next(Path(place).glob("*.tar.gz"))
        with tarfile.open(archive) as packed:
            packed.extractall(place, filter="data")
        _print_figures(next(Path(place).glob("*/tests")))


def _print_figures(tests: Path) -> None:
    labels = _labels((tests / "test_detectors.py").read_text(encoding="utf-8"))
    counts: Counter[str] = Counter()
    for sample in sorted((tests / "data").glob("*.txt")):
        verdict = classify(sample.read_bytes(), received_on=date(2026, 8, 10))
        addresses, is_temporary = labels.get(sample.name, (set(), None))
        name = {None: "unlabelled", True: "temporary", False: "permanent"}[is_temporary]
        counts[name] += 1
        counts[f"{name}, judged {verdict.kind.value}"] += 1
        counts[f"{name}, bounce of the labelled address"] += _is_right(verdict, addresses)
        counts[f"{name}, suppressed"] += verdict.suppress
    for name, count in sorted(counts.items()):
        print(f"{name:50} {count:5}")


def _is_right(verdict: Verdict, addresses: set[str]) -> bool:
    return verdict.kind is MailKind.BOUNCE and (verdict.recipient or "").lower() in addresses


def _labels(source: str) -> dict[str, tuple[set[str], bool]]:
    """Read the table DETECTORS out of their tests: sample, addresses, whether the failure is temporary."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "DETECTORS":
            rows = ast.literal_eval(node.value)
            return {
                name: ({a.decode().lower() for a in found}, soft) for _, name, found, soft in rows if found
            }
    raise ValueError(f"{_SOURCE} has no table of labels any more; look into its tests.")
