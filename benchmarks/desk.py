"""`python -m benchmarks.desk [part...]`: the support desk on many tickets.

250,000 tickets and 2,000,000 messages on PostgreSQL, 100,000 tickets on SQLite. A page is a share
of the bare page, measured right before it in every round, and of its own speed on 1,000 tickets;
a search, the sweeper and a change of many are timed as they are.
"""

import statistics
import sys
import time
from datetime import timedelta

import sqlalchemy as sa

from benchmarks.__main__ import BARE, CONNECTIONS, DATABASES
from benchmarks.desk_stage import Desk
from benchmarks.judging import judge
from benchmarks.load import run
from benchmarks.options import known, parser_of
from benchmarks.server import WORKERS, Server
from benchmarks.stage import environ_of
from portal import create_app
from portal.core import clock
from portal.core.database import db
from portal.core.roles import Role
from portal.staff.naming import actor_of
from portal.support import bulk_work, sweeping
from portal.support.bulk import start_bulk_change
from portal.support.models import BulkChangeRow, SupportTicket, TicketClock
from tests.cast import make_admin

TICKETS = {"postgresql": 250_000, "sqlite": 100_000}
FEW = 1_000
PAGES = {
    "queue": ("/support/queue/all", b'id="ticket-TCK-'),
    "filtered queue": ("/support/queue/all?q=priority:high+tag:quotes", b'id="ticket-TCK-'),
    "sorted queue": ("/support/queue/all?q=sort:quiet", b'id="ticket-TCK-'),
    "ticket": ("/support/tickets/{longest}", b'id="messages"'),
}
SHARES = {
    "queue": 0.12,
    "filtered queue": 0.08,
    "sorted queue": 0.12,
    "ticket": 0.08,
    "reply": 0.06,
}
MOST_GROWTH = 1.2
GROWING = ("queue",)
WORDS = (
    *("flute", "invoice", "E-421", "pallet wrong", '"cutting plan"', "letterhead tag:quotes"),
    *("status:open waste factor", "priority:urgent estimator", "comma", "Thursday"),
)
MOST_QUERIES = 12
LIMITS = {"search p95": 0.4, "sweep": 2.0, "sweep of many due": 2.0, "bulk of 1,000": 20.0}
"""Seconds."""
LONG_AHEAD = timedelta(days=30)
CHANGED = 1_000
PARTS = (*PAGES, "search", "reply", "queries", "sweep", "bulk")


class Figures(dict):
    """Each is printed when it is known: what comes after it may fail."""

    def __setitem__(self, name, found):
        super().__setitem__(name, found)
        print(f"  {name}: {found}", file=sys.stderr, flush=True)


class Bench:
    """The bare server, and what was measured so far on one database."""

    def __init__(self, bare, folder, options):
        self.bare, self.folder, self.options = bare, folder, options
        self.figures = Figures()

    def wants(self, *parts):
        return any(part in self.options.parts for part in parts)

    def load(self, server, requests, *, seconds=None, connections=CONNECTIONS):
        seconds = seconds or self.options.seconds
        found = run(server.port, requests, seconds=seconds, connections=connections)
        if found.errors:
            raise RuntimeError(f"{found.errors} wrong answers, the first: {found.first_error}")
        return found

    def share(self, portal, requests):
        """Medians: of the share of the bare page, and of the answers a second."""
        self.load(portal, requests, seconds=1.0)
        shares, speeds = [], []
        for _ in range(self.options.rounds):
            base = self.load(self.bare, [BARE["page"]]).per_second
            found = self.load(portal, requests).per_second
            shares.append(found / base)
            speeds.append(found)
        return statistics.median(shares), statistics.median(speeds)


def measure_pages(bench, desk, portal):
    for name, (path, marker) in PAGES.items():
        if bench.wants(name):
            request = desk.page(path.format(longest=desk.longest), marker)
            bench.figures[name] = bench.share(portal, [request])


def measure_growth(bench, large, small, portal):
    """The time of a page in times of that on a thousand tickets, one right after the other."""
    other = serve(bench, small)
    try:
        for name in GROWING:
            path, marker = PAGES[name]
            pairs = [(other, small.page(path, marker)), (portal, large.page(path, marker))]
            growth = []
            for server, request in pairs:
                bench.load(server, [request], seconds=1.0)
            for _ in range(bench.options.rounds):
                few, many = (bench.load(s, [request]).per_second for s, request in pairs)
                growth.append(few / many)
            bench.figures[f"{name} growth"] = statistics.median(growth)
    finally:
        other.stop()


def measure_search(bench, desk, portal):
    """One connection a worker: how long a search takes, not how long others make it wait."""
    requests = [desk.page(f"/support/search?q={words}", b"</html>") for words in quoted(WORDS)]
    bench.load(portal, requests, seconds=2.0, connections=WORKERS)
    times = []
    for _ in range(bench.options.rounds):
        times += bench.load(portal, requests, connections=WORKERS).latencies
    times.sort()
    bench.figures["search p95"] = times[len(times) * 95 // 100]
    bench.figures["search p50"] = times[len(times) // 2]


def quoted(words):
    return [each.replace('"', "%22").replace(" ", "+") for each in words]


def measure_queries(bench, desk):
    reply = {"body": "Try again.", "status": "", "submit_key": "one"}
    ways = {
        "claim": (f"/support/tickets/{desk.new[0]}/take", {}),
        "claim the next": ("/support/next", {}),
        "reply": (f"/support/tickets/{desk.waiting[0]}/reply", reply),
        "first reply": (f"/support/tickets/{desk.new[1]}/reply", reply),
    }
    for name, (path, fields) in ways.items():
        bench.figures[f"{name}, queries"] = desk.queries(path, **fields)


def measure_sweep(bench, desk):
    """A round as usual, one after a month without any, and all that follow until each is told."""
    with desk.app.app_context():
        bench.figures["running clocks"] = desk.running
        bench.figures["sweep"] = timed(lambda: sweeping.sweep({}))
        with clock.standing_at(clock.now() + LONG_AHEAD):
            late = sa.select(sa.func.count()).where(
                TicketClock.state == "running",
                TicketClock.breached_at.is_(None),
                TicketClock.due_at < clock.now(),
            )
            bench.figures["clocks due"] = db.session.scalar(late)
            bench.figures["sweep of many due"] = first = timed(lambda: sweeping.sweep({}))
            bench.figures["sweep until all told"] = first + timed(sweep_until_all_are_told)
        desk.release()


def sweep_until_all_are_told():
    untold = sa.select(sa.literal(1)).where(
        TicketClock.state == "running",
        TicketClock.due_at < clock.now(),
        TicketClock.escalated_at.is_(None),
    )
    while db.session.scalar(untold.limit(1)):
        sweeping.sweep({})
        db.session.commit()


def timed(work):
    """Seconds, its commit included."""
    begun = time.monotonic()
    work()
    db.session.commit()
    return time.monotonic() - begun


def measure_bulk(bench, desk):
    """A thousand open tickets get a priority, a tag and a status, batch by batch."""
    with desk.app.app_context():
        by = actor_of(make_admin("Mo Manager", Role.MANAGER))  # agents change their team's alone
        open_ones = sa.select(SupportTicket.id).where(SupportTicket.status == "open")
        ids = db.session.scalars(open_ones.order_by(SupportTicket.id).limit(CHANGED)).all()
        change = {"priority": "high", "status": "pending", "add_tags": ["seen"]}
        bulk = start_bulk_change(by=by, ticket_ids=ids, change=change)
        db.session.commit()
        begun = time.monotonic()
        while bulk.status != "done":
            bulk_work.work_off({"bulk_id": bulk.id})
            db.session.commit()
        if bulk.done != len(ids) or bulk.skipped:
            reason = db.session.scalar(
                sa.select(BulkChangeRow.detail).where(
                    BulkChangeRow.bulk_id == bulk.id, BulkChangeRow.result == "skipped"
                )
            )
            raise RuntimeError(f"{bulk.skipped} of {bulk.done} tickets were skipped: {reason}")
        bench.figures["bulk of 1,000"] = time.monotonic() - begun
        desk.release()


def serve(bench, desk):
    desk.sign_in()
    portal = Server("wsgi:app", log=bench.folder / "portal.log", environ=desk.environ)
    portal.wait("/sign-in")
    return portal


def measure_all(bench, large, small):
    portal = serve(bench, large)
    try:
        measure_pages(bench, large, portal)
        if bench.wants(*GROWING):
            measure_growth(bench, large, small, portal)
        if bench.wants("search"):
            measure_search(bench, large, portal)
        if bench.wants("reply"):
            bench.figures["reply"] = bench.share(portal, large.replies())
    finally:
        portal.stop()
    for part, measure in (
        ("queries", measure_queries),
        ("bulk", measure_bulk),
        ("sweep", measure_sweep),
    ):
        if bench.wants(part):
            measure(bench, large)


def faults(database, figures):
    for name, found in figures.items():
        fault = _too_slow(name, found) or _too_much(name, found)
        if fault:
            yield f"{name} on {database}: {fault} wanted"


def _too_slow(name, found):
    least = SHARES.get(name)
    if least is not None and found[0] < least:
        return f"{found[0]:.3f} of the bare page, {least}"
    return None


def _too_much(name, found):
    if name.endswith(" growth") and found > MOST_GROWTH:
        return f"{found:.2f} times the time, {MOST_GROWTH}"
    if name.endswith(", queries") and found > MOST_QUERIES:
        return f"{found}, at most {MOST_QUERIES}"
    if name in LIMITS and found > LIMITS[name]:
        return f"{found:.2f} s, at most {LIMITS[name]}"
    return None


def table(database, figures):
    for name, found in figures.items():
        if isinstance(found, tuple):
            text = f"{found[0]:.3f} of the bare page {found[1]:>6.0f}/s"
        elif isinstance(found, int):
            text = f"{found:,}"
        else:
            text = f"{found:.2f} times the time" if "growth" in name else f"{found:.3f} s"
        yield f"{database:<11} {name:<22} {text}"


def wanted():
    parser = parser_of("desk", __doc__, rounds=9)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all of them")
    parser.add_argument("--database", action="append", choices=DATABASES)
    parser.add_argument("--tickets", type=int, help="as many on each database")
    found = parser.parse_args()
    found.parts = known(parser, "part", found.parts, PARTS)
    return found


def on_database(database, bare, folder, options):
    place = folder / database
    place.mkdir()
    server = DATABASES[database](place)
    try:
        keys = environ_of(place)
        server.migrate(lambda url: create_app({**keys, "PORTAL_DATABASE_URL": url}))
        bench = Bench(bare, place, options)
        small = Desk(server, place, FEW)
        begun = time.monotonic()
        large = Desk(server, place, options.tickets or TICKETS[database])
        bench.figures |= large.made | {"seconds to fill": round(time.monotonic() - begun)}
        measure_all(bench, large, small)
    finally:
        server.stop()
    return bench.figures


def main():
    options = wanted()
    return judge("desk", options, on_database=on_database, table=table, faults=faults)


if __name__ == "__main__":
    sys.exit(main())
