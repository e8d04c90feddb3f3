"""wapiti: follows the links of the pages, and attacks each form and parameter that it met."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.attacks.scanners.findings import Finding, Level
from tests.attacks.scanners.scans import Ground, Scan, header_words, program
from tests.attacks.scanners.target import Caller

NAME = "wapiti"
# Nothing here asks a directory, so `ldap` would only mistake one page of results for another.
MODULES = (
    "xss",
    "permanentxss",
    "sql",
    "exec",
    "file",
    "crlf",
    "ssrf",
    "redirect",
    "xxe",
    "upload",
    "shellshock",
    "csp",
    "http_headers",
    "cookieflags",
    "csrf",
    "methods",
    "htaccess",
)
# Whatever ends the scanner's own session, or shuts the role out in which it came.
LEFT_OUT = (
    "/sign-out*",
    "/account/sessions*",
    "/account/sudo*",
    "/account/password*",
    "/account/two-factor*",
    "/account/passkeys*",
    "/staff/policy*",
    "/static/*",
)
SECONDS = {Caller.ADMIN: 260, Caller.AGENT: 160, Caller.NOBODY: 60}
TASKS = 4
"""At once: of its usual 32 some wait too long for its own notebook, which ends it."""
SHARE_FOR_CRAWLING = 4
"""One part of so many of the time; the rest is for the attacks."""


def scans() -> list[Scan]:
    return [
        Scan(NAME, caller, "all pages that are linked", seconds, words, read)
        for caller, seconds in SECONDS.items()
    ]


def words(ground: Ground) -> list[str]:
    """No module that asks another host, and none that only tells which software runs."""
    crawling = max(10, ground.seconds // SHARE_FOR_CRAWLING)
    attacking = max(3, (ground.seconds - crawling) // len(MODULES))
    left_out = [word for path in LEFT_OUT for word in ("--exclude", ground.url + path)]
    return [
        program(".venv-wapiti", "wapiti"),
        *("--url", f"{ground.url}/"),
        *("--scope", "domain"),
        *header_words("--header", ground.headers),
        *left_out,
        *("--module", ",".join(MODULES)),
        *("--max-files-per-dir", "8"),
        *("--max-scan-time", str(crawling)),
        *("--max-attack-time", str(attacking)),
        *("--endpoint", ground.endpoint),
        *("--skip", "csrf_token"),
        *("--tasks", str(TASKS)),
        *("--store-session", str(ground.folder / "session")),
        *("--store-config", str(ground.folder / "config")),
        *("--format", "json"),
        *("--output", str(ground.folder / "report.json")),
        "--flush-session",
        "--no-bugreport",
    ]


def read(folder: Path, _output: str) -> list[Finding]:
    """Vulnerabilities and anomalies alike: an anomaly is an error or a timeout of the server."""
    report = json.loads((folder / "report.json").read_text())
    return [*_of(report["vulnerabilities"]), *_of(report["anomalies"])]


def _of(kinds: dict[str, list[dict[str, Any]]]) -> Iterator[Finding]:
    for kind, found in kinds.items():
        for one in found:
            said = " ".join(str(one["info"]).split())[:300]
            parameter = f" ({one['parameter']})" if one.get("parameter") else ""
            place = f"{one['method']} {one['path']}{parameter}"
            yield Finding(Level(int(one["level"])), kind, place, said)
