"""One report of a whole run, for people and for programs."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.attacks.scanners.findings import Finding, Level
from tests.attacks.scanners.running import Outcome


@dataclass(frozen=True, slots=True)
class Run:
    """Everything that one run of the scanners gave."""

    database: str
    began: str
    versions: dict[str, str]
    outcomes: Sequence[Outcome]
    least: int
    """So many requests have to be answered, or the run proves too little."""

    @property
    def requests(self) -> int:
        return sum(one.answers.requests for one in self.outcomes)

    @property
    def broken(self) -> int:
        return sum(len(one.answers.broken) for one in self.outcomes)

    @property
    def levels(self) -> Counter[Level]:
        return Counter(found.level for one in self.outcomes for found in one.findings)

    @property
    def faults(self) -> list[str]:
        """Why the run has failed; empty when it has not."""
        grave = sum(times for level, times in self.levels.items() if level >= Level.MEDIUM)
        lost = [one.scan for one in self.outcomes if not one.is_known_after]
        said = {
            f"{grave} findings of medium or above": grave,
            f"{self.broken} answers of 5xx": self.broken,
            f"{self.requests} requests, {self.least} are asked for": self.requests < self.least,
            "lost its session: " + ", ".join(f"{s.scanner} as {s.caller}" for s in lost): lost,
        }
        return [words for words, is_so in said.items() if is_so]


def write_report(run: Run, place: Path) -> None:
    """`place` without its ending: one file for people, one for programs."""
    place.parent.mkdir(parents=True, exist_ok=True)
    place.with_suffix(".md").write_text(for_people(run))
    place.with_suffix(".json").write_text(json.dumps(for_programs(run), indent=2) + "\n")


def for_people(run: Run) -> str:
    verdict = "**Failed**: " + "; ".join(run.faults) if run.faults else "**Passed**"
    counts = ", ".join(f"{run.levels[level]} {level.word}" for level in reversed(Level))
    lines = [
        f"# Attack report: {run.database}, {run.began}",
        "",
        f"{verdict}. {run.requests:,} requests, {run.broken} answers of 5xx, findings: {counts}.",
        "",
        "Versions: " + ", ".join(f"{name} {version}" for name, version in run.versions.items()),
        "",
        "| scanner | as | where | requests | 2xx | 3xx | 4xx | 5xx | findings | seconds |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(_row(one) for one in run.outcomes),
    ]
    for number, one in enumerate(run.outcomes, 1):
        lines += ["", *_details(number, one)]
    return "\n".join(lines) + "\n"


def _row(one: Outcome) -> str:
    met = one.answers.by_class
    classes = " | ".join(f"{met.get(name, 0):,}" for name in ("2xx", "3xx", "4xx", "5xx"))
    cells = [one.scan.scanner, one.scan.caller, one.scan.what, f"{one.answers.requests:,}"]
    return f"| {' | '.join(cells)} | {classes} | {len(one.findings)} | {one.seconds:.0f} |"


def _details(number: int, one: Outcome) -> list[str]:
    broken = [
        f"- 5xx: {each.status} to {each.method} `{each.path}`, request {each.request_id}: "
        f"{each.reason}"
        for each in one.answers.broken
    ]
    return [
        f"## {number}. {one.scan.scanner} as {one.scan.caller}: {one.scan.what}",
        "",
        f"    {' '.join(one.words)}",
        "",
        *(f"- {_said(finding)}" for finding in one.findings),
        *broken,
        f"- statuses: {', '.join(f'{s} × {n}' for s, n in sorted(one.answers.statuses.items()))}",
    ]


def _said(finding: Finding) -> str:
    return f"{finding.level.word}: {finding.kind} at {finding.place}: {finding.detail}"


def for_programs(run: Run) -> dict[str, Any]:
    return {
        "database": run.database,
        "began": run.began,
        "versions": run.versions,
        "passed": not run.faults,
        "faults": run.faults,
        "requests": run.requests,
        "broken": run.broken,
        "levels": {level.word: run.levels[level] for level in Level},
        "scans": [_scan(one) for one in run.outcomes],
    }


def _scan(one: Outcome) -> dict[str, Any]:
    return {
        "scanner": one.scan.scanner,
        "caller": one.scan.caller,
        "what": one.scan.what,
        "words": one.words,
        "seconds": round(one.seconds, 1),
        "requests": one.answers.requests,
        "classes": one.answers.by_class,
        "slowest_ms": one.answers.slowest_ms,
        "findings": [{**asdict(found), "level": found.level.word} for found in one.findings],
        "broken": [asdict(each) for each in one.answers.broken],
        "session_outlived_it": one.is_known_after,
    }
