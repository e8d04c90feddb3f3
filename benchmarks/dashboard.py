"""`python -m benchmarks.dashboard [role...]`: the first page of each role on a large desk and log.

The demo company alone, and beside 250,000 tickets and 1,000,000 ledger events, on both databases.
A page is a share of the bare page, measured right before it in every round, and of its own speed
on the demo data, one right after the other.
"""

import contextvars
import os
import statistics
import subprocess
import sys
import time

from benchmarks.__main__ import DATABASES
from benchmarks.audit import settle
from benchmarks.desk import Bench
from benchmarks.judging import judge
from benchmarks.load import HOST, Request
from benchmarks.options import known, parser_of
from benchmarks.server import Server
from benchmarks.stage import environ_of, noted_statements, signed_in
from portal import create_app
from portal.config import ROOT
from portal.core.database import db
from portal.core.roles import Role
from seeds.people import demo_staff

TICKETS, EVENTS = 250_000, 1_000_000
STAFF = 30
TENANTS_PER_TICKET, USERS_PER_TICKET = 0.01, 0.2
LEAST_SHARE, MOST_GROWTH, MOST_QUERIES = 0.06, 1.3, 12
ROLES = [role.value for role in Role]
MARKER = b"Good to see you"


class Company:
    """The demo company in a database of its own, with so much beside it, and its people's pages."""

    def __init__(self, server, folder, *, tickets=0, events=0):
        folder.mkdir()
        self.environ = {**environ_of(folder), "PORTAL_DATABASE_URL": server.clone()}
        self._seed()
        if tickets or events:
            self._seed(
                *("--staff", STAFF, "--tenants", max(20, int(tickets * TENANTS_PER_TICKET))),
                *("--users", max(100, int(tickets * USERS_PER_TICKET))),
                *("--tickets", tickets, "--audit-events", events),
            )
        self.app = create_app(self.environ)
        with self.app.app_context():
            settle()
            db.engine.dispose()
        self.pages = {}

    def sign_in(self):
        """When they are measured: filling takes longer than a session may idle."""
        with self.app.app_context():
            people = demo_staff()
            self.pages = {role: self._page(people[role]) for role in ROLES}
            db.session.remove()
            db.engine.dispose()

    def _seed(self, *numbers):
        """As on the command line; production would refuse to."""
        words = [sys.executable, "-m", "flask", "--app", "wsgi", "seed", "demo"]
        environ = {**os.environ, **self.environ, "PORTAL_ENV": "development"}
        subprocess.run([*words, *map(str, numbers)], env=environ, cwd=ROOT, check=True)

    def _page(self, person):
        headers = {"Cookie": signed_in(self.app, person), "Accept": "text/html"}
        return Request("/", MARKER, headers)

    def queries(self, role):
        """How many statements the page sends."""
        headers = {"Host": HOST, **self.pages[role].headers}
        client = self.app.test_client(use_cookies=False)
        with noted_statements() as statements:
            answer = contextvars.Context().run(client.get, "/", headers=headers)
        with self.app.app_context():
            db.engine.dispose()
        if answer.status_code != 200:
            raise RuntimeError(f"the page of {role} answers {answer.status_code}")
        return len(statements)


def growth(bench, few, many):
    """How many times its time on the demo data the page takes."""
    found = []
    for server, page in (few, many):
        bench.load(server, [page], seconds=1.0)
    for _ in range(bench.options.rounds):
        small, large = (bench.load(server, [page]).per_second for server, page in (few, many))
        found.append(small / large)
    return statistics.median(found)


def serve(bench, company):
    company.sign_in()
    server = Server("wsgi:app", log=bench.folder / "portal.log", environ=company.environ)
    server.wait("/sign-in")
    return server


def measure(bench, demo, large):
    small, big = serve(bench, demo), serve(bench, large)
    try:
        for role in bench.options.roles:
            share, speed = bench.share(big, [large.pages[role]])
            bench.figures[role] = {
                "queries": large.queries(role),
                "share": share,
                "per_second": speed,
                "growth": growth(bench, (small, demo.pages[role]), (big, large.pages[role])),
            }
    finally:
        small.stop()
        big.stop()


def on_database(name, bare, folder, options):
    place = folder / name
    place.mkdir()
    server, keys = DATABASES[name](place), environ_of(place)
    try:
        server.migrate(lambda url: create_app({**keys, "PORTAL_DATABASE_URL": url}))
        demo, begun = Company(server, place / "demo"), time.monotonic()
        numbers = {"tickets": options.tickets, "events": options.events}
        large = Company(server, place / "large", **numbers)
        print(f"{name}: filled in {time.monotonic() - begun:.0f} s", flush=True)
        bench = Bench(bare, place, options)
        measure(bench, demo, large)
    finally:
        server.stop()
    return bench.figures


def table(name, figures):
    for role, found in figures.items():
        yield (
            f"{name:<11} {role:<14} {found['share']:.3f} of the bare page"
            f" {found['per_second']:>6.0f}/s  {found['growth']:.2f} times its time on the demo data"
            f"  {found['queries']:>2} queries"
        )


def faults(name, figures):
    for role, found in figures.items():
        where = f"{role} on {name}"
        if found["share"] < LEAST_SHARE:
            yield f"{where}: {found['share']:.3f} of the bare page, {LEAST_SHARE} wanted"
        if found["growth"] > MOST_GROWTH:
            yield f"{where}: {found['growth']:.2f} times its time, {MOST_GROWTH} wanted"
        if found["queries"] > MOST_QUERIES:
            yield f"{where}: {found['queries']} queries, at most {MOST_QUERIES} wanted"


def wanted():
    parser = parser_of("dashboard", __doc__, rounds=9)
    parser.add_argument("roles", nargs="*", help=f"of {', '.join(ROLES)}; all of them")
    parser.add_argument("--database", action="append", choices=DATABASES)
    parser.add_argument("--tickets", type=int, default=TICKETS)
    parser.add_argument("--events", type=int, default=EVENTS)
    found = parser.parse_args()
    found.roles = known(parser, "role", found.roles, ROLES)
    return found


def main():
    options = wanted()
    sizes = {"tickets": options.tickets, "events": options.events}
    return judge(
        "dashboard", options, on_database=on_database, table=table, faults=faults, sizes=sizes
    )


if __name__ == "__main__":
    sys.exit(main())
