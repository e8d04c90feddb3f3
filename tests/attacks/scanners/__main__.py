"""`python -m tests.attacks.scanners`: the public scanners against a seeded portal, one report."""

import argparse
import sys
import tempfile
from importlib.metadata import distributions
from pathlib import Path

from portal.config import ROOT
from portal.core import clock
from tests.attacks.scanners import schema_scans, sqlmap_scans, wapiti_scans
from tests.attacks.scanners.catcher import catching
from tests.attacks.scanners.report import Run, write_report
from tests.attacks.scanners.running import Outcome, carry_out
from tests.attacks.scanners.target import SERVERS, seeded

PLANS = {
    "schemathesis": schema_scans.scans,
    "wapiti": wapiti_scans.scans,
    "sqlmap": sqlmap_scans.scans,
}
PACKAGES = {"schemathesis": "schemathesis", "wapiti": "wapiti3", "sqlmap": "sqlmap"}
ENVIRONMENTS = (".venv-scanners", ".venv-wapiti")
LEAST = 10_000
MOST_TOLD = 8
"""Findings of one scan that the terminal shows; the report has all."""


def main(words: list[str]) -> int:
    asked = _parser().parse_args(words)
    wanted = asked.only or [*PLANS]
    scans = [scan for name in wanted for scan in PLANS[name]()]
    began = f"{clock.now():%Y-%m-%d %H:%M} UTC"
    with tempfile.TemporaryDirectory(prefix="portal-scanned-") as name, catching() as catcher:
        folder = Path(name)
        print(f"Seeding a portal on {asked.database}", flush=True)
        with seeded(asked.database, folder) as target:
            outcomes = [
                _tell(carry_out(scan, target, catcher, folder / f"scan-{number}", asked.pace))
                for number, scan in enumerate(scans, 1)
            ]
    run = Run(asked.database, began, _versions(wanted), outcomes, asked.least)
    write_report(run, asked.report)
    print("Failed: " + "; ".join(run.faults) if run.faults else "Passed.")
    print(f"The report is in {asked.report.with_suffix('.md')}.")
    return 1 if run.faults else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.scanners", description=__doc__)
    parser.add_argument("--database", choices=[*SERVERS], default="sqlite")
    parser.add_argument("--only", action="append", choices=[*PLANS], help="this scanner alone")
    parser.add_argument("--pace", type=float, default=1.0, help="0.5: half the time for each scan")
    parser.add_argument("--least", type=int, default=LEAST, help="requests that a run must make")
    parser.add_argument("--report", type=Path, default=ROOT / "instance" / "attack-report")
    return parser


def _tell(one: Outcome) -> Outcome:
    verdict = "FAILED" if one.has_failed else "ok"
    place = f"{one.scan.scanner:<13} {one.scan.caller:<14} {one.scan.what[:40]:<40}"
    print(f"{place} {one.answers.requests:>6} requests  {verdict}", flush=True)
    for finding in one.findings:
        print(
            f"    {finding.level.word}: {finding.kind} at {finding.place}: {finding.detail[:160]}"
        )
    for broken in one.answers.broken[:5]:
        print(f"    {broken.status} {broken.method} {broken.path}: {broken.reason[:160]}")
    return one


def _versions(wanted: list[str]) -> dict[str, str]:
    """As installed: each in an environment of its own."""
    places = [
        str(path) for name in ENVIRONMENTS for path in (ROOT / name).glob("lib/*/site-packages")
    ]
    found = {one.metadata["Name"].lower(): one.version for one in distributions(path=places)}
    return {name: found.get(PACKAGES[name], "not installed") for name in wanted}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
