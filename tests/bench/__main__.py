"""`./voc bench [NAME …]`: run the benchmarks of these names (`BENCHMARKS`), or all."""

import platform
import sys
from collections.abc import Callable

from tests.bench import (
    bench_answers,
    bench_bounces,
    bench_know,
    bench_pages,
    bench_portfolio,
    bench_reports,
    bench_rescore,
    bench_salesforce,
    bench_sending,
    bench_waves,
)
from tests.bench.places import close_places

BENCHMARKS: dict[str, Callable[[], None]] = {
    "answers": bench_answers.main,
    "bounces": bench_bounces.main,
    "sending": bench_sending.main,
    "waves": bench_waves.main,
    "rescore": bench_rescore.main,
    "know": bench_know.main,
    "portfolio": bench_portfolio.main,
    "pages": bench_pages.main,
    "reports": bench_reports.main,
    "salesforce": bench_salesforce.main,
}


def main(names: list[str]) -> int:
    """Run benchmarks by name; return an exit code."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(
            f"There is no benchmark called {unknown[0]}; choose from: {', '.join(BENCHMARKS)}",
            file=sys.stderr,
        )
        return 2
    print(f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}")
    try:
        for name in names or BENCHMARKS:
            print(f"\n== {name}")
            BENCHMARKS[name]()
    finally:
        close_places()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
