"""`python -m benchmarks.scale [part...]`: the API and the pages on many customers, on PostgreSQL.

10,000 tenants, 200,000 users and 1,000,000 overrides, asked by the tokens of users spread over
them. Each API figure is a share of the bare JSON route, measured right before it in every round;
growth compares the same requests before and after 990,000 more overrides, and a page with itself
on a hundred tenants. What another fallback plan would do to all of them is shown within a time.
"""

import contextvars
import json
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from itertools import count
from pathlib import Path

import sqlalchemy as sa

from benchmarks.__main__ import BARE, CONNECTIONS
from benchmarks.load import Request, run
from benchmarks.options import known, parser_of
from benchmarks.server import Server
from benchmarks.stage import OnDisk, environ_of, noted_statements
from portal import create_app
from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.roles import Role
from portal.customers.models import Tenant, User
from portal.customers.tokens import issue_user_token
from portal.entitlements.grants import grant_tenant_feature, grant_user_feature
from portal.staff.current import cookie_name
from seeds.bulk_customers import bulk_customers
from seeds.catalog import seed_catalog
from tests.cast import make_admin, open_session, sudo_until

SMALL = {"tenants": 100, "users": 2_000, "overrides": 1_000}
LARGE = {"tenants": 10_000, "users": 200_000, "overrides": 10_000}
MORE_OVERRIDES = 990_000
ASKING = 300
PAGES = {
    "user page": "/customers/users/{user}",
    "tenant page": "/customers/tenants/{tenant}",
    "grant form": "/entitlements/users/{user}/grant",
}
CHECK = b'{"feature_name": "custom_reports"}'
CONSUME = b'{"feature_name": "basic_quotes"}'
GROWING = ("check", "features")
PARTS = (*GROWING, "consume", "pages", "preview")
PREVIEW = "/catalog/plans/basic/make-fallback"
TARGETS = {"check": 0.40, "features": 0.35, "consume spread": 0.12, "consume hot": 0.12}
MOST_GROWTH = 1.15
MOST_PAGE_GROWTH = 1.3
MOST_PREVIEW_MS = 1000
ME = "/api/entitlements/me"
keys = count(1)


class Place:
    """One database with customers, an admin's cookie, and tokens of its users."""

    def __init__(self, server, folder, sizes):
        self.environ = {**environ_of(folder), "PORTAL_DATABASE_URL": server.clone()}
        self.app = create_app(self.environ)
        with self.app.app_context():
            with clock.standing_at(clock.now() - timedelta(days=720)):
                seed_catalog()
            db.session.commit()
            bulk_customers(**sizes, seed=20)
            admin = make_admin("Ann Admin", Role.ADMIN, is_second_factor_on=True)
            self.cookie = f"{cookie_name()}={open_session(admin)[1]}"
            self.users, self.tokens = self._tokens()
            db.session.commit()
            self.settle()
            self.release()

    def _tokens(self):
        """Users spread evenly over all of them, each with a token and a roomy quota."""
        every = sa.select(User.id, User.tenant_id).join(Tenant, Tenant.id == User.tenant_id)
        active = every.where(User.status == "active", Tenant.status == "active").order_by(User.id)
        found = db.session.execute(active).all()
        chosen = found[:: max(1, len(found) // ASKING)][:ASKING]
        tokens = []
        for user_id, _ in chosen:
            user = db.session.get_one(User, user_id)
            token = issue_user_token(by=SYSTEM, user=user, expires_in=timedelta(days=1))
            tokens.append((user_id, token.text))
            # Whatever the bulk gave or blocked: these may consume from their tenant's counter.
            grant_user_feature(by=SYSTEM, user=user, feature_name="basic_quotes")
        for tenant_id in {tenant_id for _, tenant_id in chosen}:
            tenant = db.session.get_one(Tenant, tenant_id)
            grant_tenant_feature(
                by=SYSTEM, tenant=tenant, feature_name="basic_quotes", quota_limit=10**9
            )
        return [tuple(row) for row in chosen], tokens

    def grow(self, overrides):
        with self.app.app_context():
            bulk_customers(tenants=0, users=0, overrides=overrides, seed=21)
            self.settle()
            self.release()

    def settle(self):
        """What PostgreSQL's autovacuum does by itself after such a load, done before measuring."""
        db.session.remove()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))

    def release(self):
        db.session.remove()
        db.engine.dispose()

    def calls(self, path, marker, body=b"", *, users=None, has_key=False):
        """The same call by each of these users' tokens."""
        return [
            _call(path, marker, body, token, has_key=has_key)
            for user_id, token in self.tokens
            if users is None or user_id in users
        ]

    def pages(self, shape):
        headers = {"Cookie": self.cookie, "Accept": "text/html"}
        paths = [shape.format(user=user, tenant=tenant) for user, tenant in self.users[:100]]
        return [Request(path, b"</html>", headers) for path in paths]

    def preview(self):
        """Asked by an admin who proves themselves now: filling takes longer than a proof lasts."""
        with self.app.app_context():
            admin = make_admin("Pia Proven", Role.ADMIN, is_second_factor_on=True)
            cookie = f"{cookie_name()}={open_session(admin, sudo_until=sudo_until())[1]}"
            db.session.commit()
            self.release()
        return Request(PREVIEW, b" gain ", {"Cookie": cookie, "Accept": "text/html"})

    def queries(self, shape):
        """How many statements the page sends on a process that has not met it yet."""
        request = self.pages(shape)[7]
        client = self.app.test_client(use_cookies=False)
        headers = {**request.headers, "Host": "127.0.0.1"}
        with noted_statements() as statements:
            answer = contextvars.Context().run(client.get, request.path, headers=headers)
        if answer.status_code != 200:
            raise RuntimeError(f"{request.path} answers {answer.status_code}")
        with self.app.app_context():
            self.release()
        return len(statements)


class Keyed(Request):
    """A call that must carry a new idempotency key each time."""

    @property
    def bytes(self):
        head, _, body = super().bytes.partition(b"\r\n\r\n")
        return head + f"\r\nIdempotency-Key: bench-{next(keys)}\r\n\r\n".encode() + body


def _call(path, marker, body, token, *, has_key=False):
    kind = Keyed if has_key else Request
    return kind(path, marker, {"Authorization": f"Bearer {token}"}, body=body)


class Bench:
    """Bare and portal servers side by side, and the rounds between them."""

    def __init__(self, bare, folder, options):
        self.bare, self.folder, self.options = bare, folder, options

    def wanted(self, *parts):
        return [part for part in parts if part in self.options.parts]

    def serve(self, place):
        portal = Server("wsgi:app", log=self.folder / "portal.log", environ=place.environ)
        portal.wait("/sign-in")
        return portal

    def share(self, portal, requests):
        """The median share of the bare JSON route, and the answers a second."""
        self.load(portal, requests, 1.0)
        shares, speeds = [], []
        for _ in range(self.options.rounds):
            base = self.load(self.bare, [BARE["json"]]).per_second
            found = self.load(portal, requests).per_second
            shares.append(found / base)
            speeds.append(found)
        return statistics.median(shares), statistics.median(speeds)

    def load(self, server, requests, seconds=None, connections=CONNECTIONS):
        found = run(
            server.port,
            requests,
            seconds=seconds or self.options.seconds,
            connections=connections,
        )
        if found.errors:
            raise RuntimeError(f"{found.errors} wrong answers, the first: {found.first_error}")
        return found


def measure_api(bench, place, figures, stage):
    """Check and features, if they are wanted, as `before` or `after` the growth."""
    portal = bench.serve(place)
    calls = {
        "check": place.calls(f"{ME}/check-access", b'"allowed":', CHECK),
        "features": place.calls(f"{ME}/features", b'"audit_logs"'),
    }
    try:
        for name in bench.wanted(*GROWING):
            figures[f"{name} {stage}"] = bench.share(portal, calls[name])
    finally:
        portal.stop()


def measure_consume(bench, place, figures):
    portal = bench.serve(place)
    try:
        spread = place.calls(f"{ME}/consume", b'"consumed":1', CONSUME, has_key=True)
        hot = place.calls(
            f"{ME}/consume", b'"consumed":1', CONSUME, users={place.users[0][0]}, has_key=True
        )
        figures["consume spread"] = bench.share(portal, spread)
        figures["consume hot"] = bench.share(portal, hot)
    finally:
        portal.stop()


def measure_pages(bench, small, large, figures):
    """The time of each page on many tenants, in times of that on a hundred."""
    servers = bench.serve(small), bench.serve(large)
    try:
        for name, shape in PAGES.items():
            growth = []
            pairs = tuple(zip(servers, (small, large), strict=True))
            for server, place in pairs:
                bench.load(server, place.pages(shape), 1.0)
            for _ in range(bench.options.rounds):
                few, many = (bench.load(s, p.pages(shape)).per_second for s, p in pairs)
                growth.append(few / many)
            figures[name] = statistics.median(growth), large.queries(shape)
    finally:
        for server in servers:
            server.stop()


def measure_preview(bench, place, figures):
    """Milliseconds of the median answer, asked by one at a time."""
    portal = bench.serve(place)
    try:
        asked = [place.preview()]
        found = [
            bench.load(portal, asked, connections=1).latencies for _ in range(bench.options.rounds)
        ]
        figures["preview"] = 1000 * statistics.median(each for one in found for each in one)
    finally:
        portal.stop()


def faults(figures):
    for name in GROWING:
        if f"{name} after" in figures:
            yield from _too_slow(name, figures[f"{name} after"][0])
            if _growth(figures, name) > MOST_GROWTH:
                growth = _growth(figures, name)
                yield f"{name}: {growth:.2f} times the time after growth, {MOST_GROWTH} wanted"
    for name in ("consume spread", "consume hot"):
        if name in figures:
            yield from _too_slow(name, figures[name][0])
    for name in (page for page in PAGES if page in figures):
        growth, queries = figures[name]
        if growth > MOST_PAGE_GROWTH or queries > 8:
            yield f"{name}: {growth:.2f} times the time, {queries} queries"
    yield from _too_late(figures.get("preview", 0))


def _too_slow(name, share):
    if share < TARGETS[name]:
        yield f"{name}: {share:.3f} of the bare route, {TARGETS[name]:.2f} wanted"


def _too_late(milliseconds):
    if milliseconds > MOST_PREVIEW_MS:
        yield f"preview: {milliseconds:.0f} ms, {MOST_PREVIEW_MS} wanted"


def _growth(figures, name):
    """The answers a second before, over those after; the shares even out what else ran."""
    return figures[f"{name} before"][0] / figures[f"{name} after"][0]


def table(figures):
    shares = [f"{name} {stage}" for name in GROWING for stage in ("before", "after")]
    for name in (*shares, "consume spread", "consume hot"):
        if name in figures:
            yield f"{name:<18} {figures[name][0]:>6.3f} of bare JSON {figures[name][1]:>7.0f}/s"
    for name in GROWING:
        if f"{name} after" in figures:
            yield f"{name + ' growth':<18} {_growth(figures, name):>6.2f} times the time"
    for name in (page for page in PAGES if page in figures):
        yield f"{name:<18} {figures[name][0]:>6.2f} times the time, {figures[name][1]} queries"
    if "preview" in figures:
        yield f"{'preview':<18} {figures['preview']:>6.0f} ms"


def wanted():
    parser = parser_of("scale", __doc__, rounds=9)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all of them")
    found = parser.parse_args()
    found.parts = known(parser, "part", found.parts, PARTS)
    return found


def measure_all(bench, server, folder):
    """Every wanted figure, by name."""
    figures, keyring = {}, environ_of(folder)
    server.migrate(lambda url: create_app({**keyring, "PORTAL_DATABASE_URL": url}))
    begun = time.monotonic()
    large = Place(server, folder, LARGE)
    if bench.wanted(*GROWING):
        measure_api(bench, large, figures, "before")
    large.grow(MORE_OVERRIDES)
    figures["seconds to fill"] = round(time.monotonic() - begun)
    if bench.wanted(*GROWING):
        measure_api(bench, large, figures, "after")
    if bench.wanted("consume"):
        measure_consume(bench, large, figures)
    if bench.wanted("pages"):
        measure_pages(bench, Place(server, folder, SMALL), large, figures)
    if bench.wanted("preview"):
        measure_preview(bench, large, figures)
    return figures


def main():
    options = wanted()
    with tempfile.TemporaryDirectory(prefix="portal-scale-") as name:
        folder = Path(name)
        server = OnDisk(folder)
        bare = Server("benchmarks.bare:app", log=folder / "bare.log", environ={})
        try:
            bare.wait("/json")
            figures = measure_all(Bench(bare, folder, options), server, folder)
        finally:
            bare.stop()
            server.stop()
    print("\n".join(table(figures)))
    found = list(faults(figures))
    print("\n".join(f"missed: {fault}" for fault in found) or "every target is met")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"figures": figures, "missed": found}, indent=2) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
