"""`python -m benchmarks.audit [events]`: the audit log on a million events, beside ten thousand.

On both databases every page is compared with itself on the small log, request by request in the
same rounds, and the first page with the bare page of 50 rows. Free text is asked by one reader at
a time. `flask audit verify` and `flask audit export` run as the commands they are: seconds, and
the most memory that they held.
"""

import os
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

import sqlalchemy as sa

from benchmarks.__main__ import BARE, CONNECTIONS, DATABASES
from benchmarks.judging import judge
from benchmarks.load import Request, run
from benchmarks.options import parser_of
from benchmarks.server import Server, peak_kib
from benchmarks.stage import environ_of, signed_in
from portal import create_app
from portal.audit.keyset import place_before
from portal.audit.models import AuditEvent
from portal.config import ROOT
from portal.core import clock
from portal.core.database import db, is_sqlite
from portal.core.roles import Role
from portal.web.paging import PAGE_SIZE
from seeds.catalog import seed_catalog
from seeds.events import DAY, seed_events
from tests.cast import make_admin

SMALL, LARGE = 10_000, 1_000_000
EXPORTED = 100_000
PARTS = ("pages", "text", "verify", "export")
MOST_GROWTH, LEAST_SHARE, MOST_SEARCH_MS = 1.3, 0.15, 300
MOST_VERIFY_SECONDS, MOST_MEMORY_GROWTH = 60, 1.3
FIRST = "first page"
RARE = {
    "log": {"log": "entitlements"},
    "outcome": {"outcome": "denied"},
    "severity": {"severity": "warning"},
    "log and outcome": {"log": "auth-events", "outcome": "denied"},
    "nothing fits": {"log": "mail", "outcome": "denied"},
    "a word and a log": {"log": "entitlements", "q": "phone"},
}
MOST_COMMON = {
    "action": "action",
    "actor": "actor_id",
    "tenant": "tenant_id",
    "ip": "ip",
    "session": "session_ref",
    "request": "request_id",
    "feature": "feature_name",
}
"""Filters whose value is the one that the small log has most of. Where it has too few for a full
page, the large log is asked for another value, of which it has as many.
"""
WORDS = (
    "ticket",
    "replied",
    "system",
    "packaging",
    "bulk.test",
    "tck-001234",
    "custom_reports",
    "custom reports asked",
    "signed_out",
    "aino.moreau@bulk.test",
    "outage spring",
    "stolen",
    "unpaid invoices",
    "whitlock packaging",
    "nobodysaysthis",
    "not_a_feature",
    "0011223344556677",
    "acc",
)


@dataclass
class Log:
    """A database with so many events, an admin's cookie, and what filling it took."""

    environ: dict[str, str]
    seconds: float
    common: dict[str, dict[str, str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    cookie: str = ""

    def sign_in(self):
        """When it is measured: filling takes longer than a session may idle."""
        app = create_app(self.environ)
        with app.app_context():
            admin = make_admin("Ann Admin", Role.ADMIN, is_second_factor_on=True)
            self.cookie = signed_in(app, admin)
            db.engine.dispose()

    def request(self, **query):
        headers = {"Cookie": self.cookie, "Accept": "text/html"}
        return Request(f"/audit?{urlencode(query)}", b"</html>", headers)


def fill(environ, events, small=None):
    app = create_app(environ)
    with app.app_context():
        seed_catalog()
        db.session.commit()
        begun = time.monotonic()
        seed_events(events, seed=20, until=clock.now())
        settle()
        log = Log(environ, time.monotonic() - begun)
        log.common, log.counts = common_values(small)
        db.session.remove()
        db.engine.dispose()
    return log


def settle():
    """What PostgreSQL's autovacuum does by itself after such a load; planners count."""
    db.session.remove()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("ANALYZE" if is_sqlite() else "VACUUM ANALYZE"))


def common_values(small=None):
    """The query of each filter, and how many events its value has: both pages draw as many."""
    event, found, counts = AuditEvent.__table__.c, {}, {}
    for name, column in MOST_COMMON.items():
        value, count = event[column], sa.func.count()
        query = sa.select(value, count).where(value.is_not(None), event.actor_type == "admin")
        query = query.group_by(value).limit(1)
        if small and small.counts[name] >= PAGE_SIZE:
            found[name], counts[name] = small.common[name], small.counts[name]
            continue
        order = sa.func.abs(count - small.counts[name]) if small else count.desc()
        top, counts[name] = db.session.execute(query.order_by(order)).one()
        found[name] = {name: str(top)}
    found["actor and log"] = {**found["actor"], "log": "entitlements"}
    found["target"] = {"target_type": "staff", "target_id": found["actor"]["actor"]}
    return found, counts


def pages(common):
    """Each page's query, by its name."""
    long_ago = clock.now() - 500 * DAY
    return {
        FIRST: {},
        "deep in the past": {"cursor": place_before(long_ago)},
        "jump to a day": {"cursor": place_before(long_ago), "log": "admin-actions"},
        "between two days": {"from": f"{long_ago - 30 * DAY:%F}", "to": f"{long_ago:%F}"},
        **RARE,
        **common,
    }


class Bench:
    """The bare server, and the rounds of whoever is measured."""

    def __init__(self, bare, folder, options):
        self.bare, self.folder, self.options = bare, folder, options

    def serve(self, log):
        server = Server("wsgi:app", log=self.folder / "portal.log", environ=log.environ)
        server.wait("/sign-in")
        return server

    def load(self, server, requests, seconds=None, connections=CONNECTIONS):
        seconds = seconds or self.options.seconds
        found = run(server.port, requests, seconds=seconds, connections=connections)
        if found.errors:
            raise RuntimeError(f"{found.errors} wrong answers, the first: {found.first_error}")
        return found

    def growth(self, servers, logs, name, query):
        """How many times the small log's time the large one's page takes."""
        few, many = (
            (server, [log.request(**log.common.get(name, query))])
            for server, log in zip(servers, logs, strict=True)
        )
        shares = []
        for server, requests in (few, many):
            self.load(server, requests, 0.3)
        for _ in range(self.options.rounds):
            before = self.load(*few).per_second
            shares.append(before / self.load(*many).per_second)
        return statistics.median(shares)

    def share(self, server, log):
        """The first page's share of the bare page's speed."""
        shares = []
        for _ in range(self.options.rounds):
            base = self.load(self.bare, [BARE["page"]]).per_second
            shares.append(self.load(server, [log.request()]).per_second / base)
        return statistics.median(shares)

    def searches(self, server, log):
        """Milliseconds that one reader waits for each page of found events, all words in turn."""
        requests = [log.request(q=words) for words in WORDS]
        found = {}
        for request, words in zip(requests, WORDS, strict=True):
            times = self.load(server, [request], connections=1).latencies
            found[words] = 1000 * statistics.median(times)
        mixed = self.load(server, requests, 4 * self.options.seconds + 4, connections=1).latencies
        return found, 1000 * sorted(mixed)[len(mixed) * 95 // 100]


def command(environ, *words):
    """Exit code, seconds and peak MiB of `flask audit ...`.

    What the kernel tells of a child that ended includes its parent's memory from before `exec`, so
    the peak is read while the command runs.
    """
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "--app", "wsgi", "audit", *words],
        env={**os.environ, **environ},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    peak = 0
    while process.poll() is None:
        with suppress(RuntimeError, FileNotFoundError):  # it ended just now
            peak = max(peak, peak_kib(process.pid))
        time.sleep(0.02)
    return process.returncode, time.monotonic() - begun, peak / 1024


def measure_pages(bench, logs, figures):
    for log in logs:
        log.sign_in()
    servers = [bench.serve(log) for log in logs]
    try:
        if "pages" in bench.options.parts:
            for name, query in pages(logs[0].common).items():
                figures["growth"][name] = bench.growth(servers, logs, name, query)
            figures["share"] = bench.share(servers[1], logs[1])
        if "text" in bench.options.parts:
            figures["searches"], figures["search p95"] = bench.searches(servers[1], logs[1])
        figures["memory"] = servers[1].peak_memory()
    finally:
        for server in servers:
            server.stop()


def measure_commands(bench, logs, events, figures):
    for size, log in zip(("small", "large"), logs, strict=True):
        for word in ("init", "checkpoint"):
            command(log.environ, word)
        if "verify" in bench.options.parts:
            figures[f"verify {size}"] = command(log.environ, "verify")
        if "export" in bench.options.parts:
            file = bench.folder / f"{size}.zip"
            last = min(EXPORTED, events if size == "large" else SMALL) - 1
            words = ("export", str(file), "--first", "0", "--last", str(last))
            figures[f"export {size}"] = command(log.environ, *words)
            file.unlink(missing_ok=True)


def on_database(name, bare, folder, options):
    place = folder / name
    place.mkdir()
    server, keyring = DATABASES[name](place), environ_of(place)
    figures = {"growth": {}}
    try:
        server.migrate(lambda url: create_app({**keyring, "PORTAL_DATABASE_URL": url}))
        logs = []
        for size, events in (("small", SMALL), ("large", options.events)):
            own = {**environ_of(place), "PORTAL_INSTANCE_DIR": str(place / size)}
            own["PORTAL_DATABASE_URL"] = server.clone()
            logs.append(fill(own, events, *logs))
        figures["seconds to fill"] = logs[1].seconds
        bench = Bench(bare, place, options)
        measure_pages(bench, logs, figures)
        measure_commands(bench, logs, options.events, figures)
    finally:
        server.stop()
    return figures


def faults(name, figures):
    for page, growth in figures["growth"].items():
        if growth > MOST_GROWTH:
            yield f"{page} on {name}: {growth:.2f} times its time, {MOST_GROWTH} wanted"
    if figures.get("share", 1) < LEAST_SHARE:
        yield f"{FIRST} on {name}: {figures['share']:.3f} of the bare page, {LEAST_SHARE} wanted"
    if figures.get("search p95", 0) > MOST_SEARCH_MS:
        yield f"free text on {name}: p95 {figures['search p95']:.0f} ms, {MOST_SEARCH_MS} wanted"
    for part in ("verify", "export"):
        if f"{part} large" in figures:
            yield from _faults_of_command(part, name, figures)


def _faults_of_command(part, name, figures):
    few, many = figures[f"{part} small"], figures[f"{part} large"]
    if few[0] or many[0]:
        yield f"{part} on {name}: exits {few[0]} and {many[0]}"
    if part == "verify" and many[1] > MOST_VERIFY_SECONDS:
        yield f"verify on {name}: {many[1]:.0f} s, {MOST_VERIFY_SECONDS} wanted"
    if many[2] > few[2] * MOST_MEMORY_GROWTH:
        yield f"{part} on {name}: {many[2]:.0f} MiB, {few[2]:.0f} on the small log"


def table(name, figures):
    yield f"{name}: filled in {figures['seconds to fill']:.0f} s"
    for page, growth in figures["growth"].items():
        yield f"  {page:<20} {growth:>6.2f} times its time on {SMALL:,} events"
    if "share" in figures:
        yield f"  {FIRST:<20} {figures['share']:>6.3f} of the bare page"
    for words, milliseconds in figures.get("searches", {}).items():
        yield f"  {words:<24} {milliseconds:>6.1f} ms"
    if "search p95" in figures:
        yield f"  {'free text, p95':<24} {figures['search p95']:>6.1f} ms"
    for part in ("verify", "export"):
        for size in ("small", "large"):
            if (found := figures.get(f"{part} {size}")) is not None:
                yield f"  {part} {size:<10} exit {found[0]} {found[1]:>6.1f} s {found[2]:>5.0f} MiB"


def wanted():
    parser = parser_of("audit", __doc__, rounds=7)
    parser.add_argument("events", nargs="?", type=int, default=LARGE)
    parser.add_argument("--part", action="append", dest="parts", choices=PARTS)
    parser.add_argument("--database", action="append", choices=DATABASES)
    found = parser.parse_args()
    found.parts = found.parts or list(PARTS)
    return found


def main():
    options = wanted()
    sizes = {"events": options.events}
    return judge("audit", options, on_database=on_database, table=table, faults=faults, sizes=sizes)


if __name__ == "__main__":
    sys.exit(main())
