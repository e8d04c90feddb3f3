"""sqlmap: statements hidden in what people search, filter, sort and leaf through by."""

import re
from collections.abc import Callable
from urllib.parse import urlencode

from tests.attacks.scanners.findings import Finding, Level
from tests.attacks.scanners.scans import Ground, Reader, Scan, header_words, program
from tests.attacks.scanners.target import Caller

NAME = "sqlmap"
SECONDS = 150
"""At most: it ends once it has tried all."""
TARGETS: tuple[tuple[Caller, str, dict[str, str]], ...] = (
    (
        Caller.ADMIN,
        "/audit",
        {
            "q": "Bea",
            "log": "admin-actions",
            "action": "ticket.replied",
            "actor": "1",
            "target_id": "1",
            "ip": "127.0.0.1",
        },
    ),
    (Caller.AGENT, "/support/queue/all", {"q": "press"}),
    (Caller.AGENT, "/support/queue/all", {"q": "sort:due tenant:acme"}),
    (Caller.ADMIN, "/staff", {"q": "Bea", "role": "admin", "state": "active"}),
    (
        Caller.AGENT,
        "/customers",
        {"tab": "users", "q": "acme", "status": "active", "tenant": "1"},
    ),
    (Caller.ADMIN, "/coupons", {"q": "FAIR", "status": "active"}),
    (Caller.ADMIN, "/coupons/usage", {"coupon": "FAIR-15", "tenant": "acme"}),
    (Caller.ADMIN, "/catalog/features", {"q": "quotes", "category": "quotes", "level": "1"}),
    (Caller.ADMIN, "/tokens", {"q": "box", "kind": "service", "state": "live"}),
    (
        Caller.STAFF_TOKEN,
        "/api/audit/admin-actions",
        {"q": "Bea", "actor": "1", "action": "ticket.replied", "target_id": "1"},
    ),
    (
        Caller.SERVICE_TOKEN,
        "/api/support/tickets",
        {"status": "open", "tenant_id": "1", "user_id": "1"},
    ),
    (
        Caller.SERVICE_TOKEN,
        "/api/customers/users",
        {"q": "acme", "tenant": "acme", "status": "active"},
    ),
    # A cursor that nobody gave out is refused, whatever stands beside it: so it stands alone.
    (Caller.ADMIN, "/audit", {"cursor": "1"}),
    (Caller.SERVICE_TOKEN, "/api/customers/users", {"cursor": "1"}),
    (
        Caller.STAFF_TOKEN,
        "/api/entitlements/logs",
        {"user_id": "1", "feature_name": "basic_quotes", "admin": "1"},
    ),
)
NAMES_OF_DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
INJECTABLE = re.compile(r"^Parameter: (?P<name>.+?)(?: \((?P<place>[^()]+)\))?$", re.MULTILINE)
TITLE = re.compile(r"^ +Title: (.+)$", re.MULTILINE)
HINT = re.compile(
    r"heuristic \((?P<test>basic|XSS|FI|.+?)\) test shows that (?P<place>.+?) might be (?P<what>.+)"
)
CRITICAL = re.compile(r"\[CRITICAL\] (?P<said>.+)")
NOT_INJECTABLE = "do not appear to be injectable"
REMARKS = (NOT_INJECTABLE, "appears to be heavily dynamic")
"""Called critical, and no error: the second one asks again, as a request id differs each time."""


def scans() -> list[Scan]:
    return [
        Scan(
            NAME,
            caller,
            f"{path}: {', '.join(values)}",
            SECONDS,
            _words(path, values),
            _reader(path),
        )
        for caller, path, values in TARGETS
    ]


def _words(path: str, values: dict[str, str]) -> Callable[[Ground], list[str]]:
    """The name of the database spares what no other understands: all payloads meant for it run."""

    def words(ground: Ground) -> list[str]:
        return [
            program(".venv-scanners", "sqlmap"),
            *("--url", f"{ground.url}{path}?{urlencode(values)}"),
            *header_words("--header", ground.headers),
            *("-p", ",".join(values)),
            *("--dbms", NAMES_OF_DATABASES[ground.database]),
            *("--level", "3", "--risk", "2"),
            *("--time-sec", "2"),
            *("--time-limit", str(ground.seconds)),
            *("--output-dir", str(ground.folder)),
            *("--ignore-code", "*"),
            "--batch",
            "--flush-session",
            "--drop-set-cookie",
            "--disable-coloring",
        ]

    return words


def _reader(path: str) -> Reader:
    return lambda _folder, output: findings(f"GET {path}", output)


def findings(place: str, output: str) -> list[Finding]:
    """What it could inject, what looked like it at first, and why it broke off, if it did."""
    titles = TITLE.findall(output)
    found = [
        Finding(Level.CRITICAL, "SQL injection", f"{place} ({one['name']})", "; ".join(titles[:3]))
        for one in INJECTABLE.finditer(output)
    ]
    hints = [
        Finding(Level.LOW, f"{one['test']} hint", place, f"{one['place']}: {one['what']}")
        for one in HINT.finditer(output)
        if not one["what"].startswith("not ")
    ]
    broken = [
        Finding(Level.MEDIUM, "scanner error", place, one["said"][:300])
        for one in CRITICAL.finditer(output)
        if not any(remark in one["said"] for remark in REMARKS)
    ]
    is_whole = bool(found or broken) or NOT_INJECTABLE in output
    return [*found, *hints, *broken, *([] if is_whole else [_unfinished(place, output)])]


def _unfinished(place: str, output: str) -> Finding:
    """It says nothing itself when its time is up."""
    tried = output.count("does not seem to be injectable")
    return Finding(Level.INFO, "time was up", place, f"after {tried} parameters")
