"""`python -m benchmarks [scenario...]`: measure, print a table, write it as JSON, judge.

The bare page is measured right before the scenario in every round, so that whatever else the
machine does weighs on both; the figures are medians over the rounds.
"""

import json
import statistics
import sys
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.load import Request, run
from benchmarks.options import known, parser_of
from benchmarks.server import Server
from benchmarks.stage import OnDisk, prepare, queries_by_page
from tests.databases import Sqlite

CONNECTIONS = 8
MOST_QUERIES = 4
MOST_ELSEWHERE = {
    "/support/reports": 24,
    **dict.fromkeys(
        ("/customers", "/catalog", "/subscriptions", "/entitlements", "/tokens", "/support"), 8
    ),
}
"""Pages that gather more, by the beginning of their address: the first that fits counts."""
HOME, MOST_AT_HOME = "/", 12
"""The first page has something of every room."""
MOST_MEMORY = 150
WARM_UP = 1.0
DATABASES = {"sqlite": Sqlite, "postgresql": OnDisk}
BARE = {"page": Request("/page", b"Person 50"), "json": Request("/json", b"Person 1")}
FIGURES = ("base", "per_second", "p50", "p95", "ratio", "cpu_ms", "base_cpu_ms")


@dataclass(frozen=True)
class Scenario:
    """What is asked of the portal and the share of the bare answer's speed that it must reach."""

    path: str
    marker: bytes
    target: float
    caller: str = "person"
    """`person` with a session, `program` with a user's token, or `stranger`."""
    base: str = "page"
    body: bytes = b""

    def request(self, stage):
        headers = {
            "person": {"Cookie": stage.cookie, "Accept": "text/html"},
            "program": {"Authorization": f"Bearer {stage.token}"},
            "stranger": {"Accept": "text/html"},
        }
        return Request(self.path, self.marker, headers[self.caller], body=self.body)


SCENARIOS = {
    "sign-in": Scenario("/sign-in", b'name="password"', 0.40, "stranger"),
    "people": Scenario("/staff", b"person48@example.com", 0.18),
    "check": Scenario(
        "/api/entitlements/me/check-access",
        b'"reason":"USER_OVERRIDE"',
        0.40,
        "program",
        "json",
        b'{"feature_name": "custom_reports"}',
    ),
    "check-metered": Scenario(
        "/api/entitlements/me/check-access",
        b'"remaining":',
        0.30,
        "program",
        "json",
        b'{"feature_name": "basic_quotes"}',
    ),
    "features": Scenario("/api/entitlements/me/features", b'"audit_logs"', 0.35, "program", "json"),
}


@dataclass
class Result:
    """Medians of one scenario on one database; times in milliseconds, memory in MiB."""

    scenario: str
    database: str
    target: float
    queries: int
    base: float = 0.0
    per_second: float = 0.0
    p50: float = 0.0
    p95: float = 0.0
    ratio: float = 0.0
    cpu_ms: float = 0.0
    base_cpu_ms: float = 0.0
    errors: int = 0
    first_error: str = ""
    memory: float = 0.0
    rounds: list[dict[str, float]] = field(default_factory=list)

    def faults(self):
        name = f"{self.scenario} on {self.database}"
        if self.errors:
            yield f"{name}: {self.errors} wrong answers, the first: {self.first_error}"
        if self.ratio < self.target:
            yield f"{name}: {self.ratio:.3f} of the bare page, {self.target:.2f} wanted"
        if self.memory > MOST_MEMORY:
            yield f"{name}: {self.memory:.0f} MiB a worker, at most {MOST_MEMORY} wanted"


def measure(server, request, seconds):
    """One span of load, and what it cost the workers."""
    before = server.cpu_seconds()
    outcome = run(server.port, [request], seconds=seconds, connections=CONNECTIONS)
    cpu = server.cpu_seconds() - before
    answered = max(1, len(outcome.latencies) + outcome.errors)
    return outcome, cpu / answered * 1000


def one_round(bare, portal, base, request, seconds):
    base, base_cpu = measure(bare, BARE[base], seconds)
    found, cpu = measure(portal, request, seconds)
    if base.errors:
        raise RuntimeError(f"the bare application failed: {base.first_error}")
    times = sorted(found.latencies) or [0.0]
    figures = {
        "base": base.per_second,
        "per_second": found.per_second,
        "p50": times[len(times) // 2] * 1000,
        "p95": times[len(times) * 95 // 100] * 1000,
        "ratio": found.per_second / base.per_second,
        "cpu_ms": cpu,
        "base_cpu_ms": base_cpu,
    }
    return found, figures


def play(name, stage, bare, folder, *, rounds, seconds, queries):
    scenario = SCENARIOS[name]
    request = scenario.request(stage)
    result = Result(name, stage.database, scenario.target, queries)
    portal = Server("wsgi:app", log=folder / f"{stage.database}.log", environ=stage.environ)
    try:
        portal.wait("/readyz")
        measure(portal, request, WARM_UP)
        for _ in range(rounds):
            found, figures = one_round(bare, portal, scenario.base, request, seconds)
            result.errors += found.errors
            result.first_error = result.first_error or found.first_error
            result.rounds.append(figures)
        result.memory = portal.peak_memory()
    finally:
        portal.stop()
    for figure in FIGURES:
        setattr(result, figure, statistics.median(each[figure] for each in result.rounds))
    return result


def on_database(database, bare, folder, options):
    """The results of all wanted scenarios, and how many queries each page sends."""
    place = folder / database
    place.mkdir()
    server = DATABASES[database](place)
    try:
        stage = prepare(server, place)
        pages = queries_by_page(stage)
        if SCENARIOS["people"].path not in pages:
            raise RuntimeError("nobody is signed in: the queries were not counted")
        results = [
            play(
                name,
                stage,
                bare,
                place,
                rounds=options.rounds,
                seconds=options.seconds,
                queries=pages.get(SCENARIOS[name].path, 0),
            )
            for name in options.scenarios
        ]
    finally:
        server.stop()
    return results, pages


def table(results):
    yield (
        "scenario       database     bare/s  page/s  ratio  target  p50 ms  p95 ms  errors  queries"
        "  MiB"
    )
    for found in results:
        yield (
            f"{found.scenario:<14} {found.database:<11} {found.base:>7.0f} {found.per_second:>7.0f}"
            f" {found.ratio:>6.3f} {found.target:>7.2f} {found.p50:>7.1f} {found.p95:>7.1f}"
            f" {found.errors:>7} {found.queries:>8} {found.memory:>4.0f}"
        )


def judge(results, pages):
    for found in results:
        yield from found.faults()
    for database, counts in pages.items():
        for path, count in counts.items():
            fits = (most for begin, most in MOST_ELSEWHERE.items() if path.startswith(begin))
            most = MOST_AT_HOME if path == HOME else next(fits, MOST_QUERIES)
            if count > most:
                yield f"{path} on {database}: {count} queries, at most {most} wanted"


def wanted():
    parser = parser_of("", __doc__, rounds=15)
    parser.add_argument("scenarios", nargs="*", help=f"of {', '.join(SCENARIOS)}; all of them")
    parser.add_argument("--database", action="append", choices=DATABASES)
    found = parser.parse_args()
    found.scenarios = known(parser, "scenario", found.scenarios, SCENARIOS)
    return found


def main():
    options = wanted()
    results, pages = [], {}
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as name:
        folder = Path(name)
        bare = Server("benchmarks.bare:app", log=folder / "bare.log", environ={})
        try:
            bare.wait("/page")
            document, _ = measure(bare, BARE["json"], options.seconds)
            for database in options.database or DATABASES:
                found, pages[database] = on_database(database, bare, folder, options)
                results += found
        finally:
            bare.stop()
    print("\n".join(table(results)))
    print(f"bare JSON route: {document.per_second:.0f} a second")
    faults = list(judge(results, pages))
    write(options.json, results, pages, document.per_second, faults)
    print("\n".join(f"missed: {fault}" for fault in faults) or "every target is met")
    return 1 if faults else 0


def write(path, results, pages, document, faults):
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {
        "bare_json_per_second": document,
        "results": [asdict(result) for result in results],
        "queries": pages,
        "missed": faults,
    }
    path.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
