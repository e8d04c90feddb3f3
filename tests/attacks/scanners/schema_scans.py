"""schemathesis: requests that the API's own description allows, and those that it does not."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.attacks.scanners.findings import Finding, Level
from tests.attacks.scanners.scans import Ground, Scan, header_words, program
from tests.attacks.scanners.target import Caller

NAME = "schemathesis"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
# Of a session it would only find that the cookie which it is told to send goes along with the
# wrong one that it makes up.
ALSO_BY_TOKEN = "ignored_auth"
# The session that scans must outlive the scan; that it can be ended is tested elsewhere.
LEFT_OUT = ("/api/admin/auth/logout",)
SECONDS = {
    Caller.STAFF_TOKEN: 110,
    Caller.ADMIN: 110,
    Caller.SERVICE_TOKEN: 80,
    Caller.AGENT: 60,
    Caller.USER_TOKEN: 40,
    Caller.NOBODY: 30,
}
DONE = frozenset({0, 1})
"""1: it found something."""


def scans() -> list[Scan]:
    return [
        Scan(NAME, caller, "/api, as described", seconds, words, read, DONE)
        for caller, seconds in SECONDS.items()
    ]


def words(ground: Ground) -> list[str]:
    """One worker: with more, its own parts disturb each other on Python 3.11."""
    checks = CHECKS if "Cookie" in ground.headers else (*CHECKS, ALSO_BY_TOKEN)
    left_out = [word for path in LEFT_OUT for word in ("--exclude-path", path)]
    return [
        program(".venv-scanners", "schemathesis"),
        "run",
        f"{ground.url}/api/openapi.json",
        *header_words("--header", ground.headers),
        *left_out,
        *("--checks", ",".join(checks)),
        *("--mode", "all"),
        *("--max-time", str(ground.seconds)),
        *("--workers", "1"),
        *("--seed", "20"),
        *("--generation-database", "none"),
        "--continue-on-failure",
        "--no-color",
        *("--report", "json,ndjson"),
        *("--report-json-path", str(ground.folder / "report.json")),
        *("--report-ndjson-path", str(ground.folder / "events.ndjson")),
    ]


def read(folder: Path, _output: str) -> list[Finding]:
    """Each kind of failure once an operation; a scanner that broke off is a finding as well."""
    report = json.loads((folder / "report.json").read_text())
    broken = [
        Finding(Level.MEDIUM, "scanner error", NAME, str(error.get("title", "")))
        for error in report["errors"]
    ]
    found: dict[tuple[str, str, int], Finding] = {}
    with (folder / "events.ndjson").open() as events:
        for line in events:
            for kind, place, status, finding in _failures(json.loads(line)):
                found.setdefault((kind, place, status), finding)
    return [*broken, *found.values()]


def _failures(event: dict[str, Any]) -> Iterator[tuple[str, str, int, Finding]]:
    recorder = event.get("ScenarioFinished", {}).get("recorder", {})
    for case, checks in recorder.get("checks", {}).items():
        answer = recorder["interactions"].get(case, {}).get("response") or {}
        for check in checks:
            if check["status"] != "success":
                status = answer.get("status_code", 0)
                failure = check["failure_info"]["failure"]
                place = failure.get("operation") or recorder["label"]
                finding = Finding(_level(failure), failure["type"], place, _said(failure, status))
                yield failure["type"], place, status, finding


def _level(failure: dict[str, Any]) -> Level:
    return Level[str(failure.get("severity", "medium")).upper()]


def _said(failure: dict[str, Any], status: int) -> str:
    lines = [failure["title"], *str(failure.get("message", "")).splitlines()]
    return f"[{status}] " + "; ".join(line.strip() for line in lines if line.strip())[:300]
