"""`python -m benchmarks.ledger`: what recording costs a deed, on PostgreSQL.

Sixteen clients, each a process with a connection of its own, grant features to users and commit.
In every round they do so with the ledger as it is, and with `record` doing nothing: that is
patched into these processes alone, no setting of the portal can do it. The database keeps its
promises as in production: what is committed is on the disk.
"""

import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from types import SimpleNamespace

import sqlalchemy as sa

from benchmarks.options import parser_of
from benchmarks.stage import OnDisk, environ_of
from portal import create_app
from portal.audit import ledger
from portal.audit.models import AuditEvent
from portal.core import clock
from portal.core.database import db
from portal.core.provenance import Provenance, set_provenance
from portal.core.roles import Role
from portal.customers.models import Tenant, User
from portal.entitlements.grants import grant_user_feature
from seeds.bulk_customers import bulk_customers
from seeds.catalog import seed_catalog
from tests.cast import actor, make_admin

CLIENTS = 16
USERS_OF_A_CLIENT = 20
LEAST = 0.80
TERMS = {"quota_limit": 100, "interval": "month", "reason": "Asked for on the phone"}
ORIGIN = Provenance(
    ip="203.0.113.9",
    user_agent="Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
    request_id="0123456789abcdef",
    method="POST",
    route="/entitlements/users/<int:user_id>/grant",
    session_ref="0011223344556677",
    amr=("pwd", "otp"),
)
fork = multiprocessing.get_context("fork")


def unrecorded(*_words, **_terms):
    """What stands in for `record` while the base is measured."""
    return SimpleNamespace(id="")


def put_in_place(new, old):
    """Wherever a module of the portal calls `old`, it calls `new` from now on."""
    for module in list(sys.modules.values()):
        for name, value in list(vars(module).items()) if module else ():
            if value is old and module is not sys.modules[__name__]:
                setattr(module, name, new)


class Client:
    """One process that grants for as long as it is told, and counts."""

    def __init__(self, app, number, gate):
        self.ours, theirs = fork.Pipe()
        self.process = fork.Process(target=_serve, args=(app, number, theirs, gate), daemon=True)
        self.process.start()

    def stop(self):
        self.ours.send(None)
        self.process.join(30)


def _serve(app, number, orders, gate):
    record = ledger.record
    with app.app_context():
        set_provenance(ORIGIN)
        by, turns = _people(number)
        while (order := orders.recv()) is not None:
            is_recorded, seconds = order
            new, old = (record, unrecorded) if is_recorded else (unrecorded, record)
            put_in_place(new, old)
            gate.wait()
            orders.send(_grant_for(seconds, by, turns))


def _people(number):
    """The admin, and users whom no other client grants anything."""
    by = SimpleNamespace(id=1, email="ann@bench.test", role=Role.ADMIN.value)
    query = sa.select(User.id).join(Tenant, Tenant.id == User.tenant_id)
    active = query.where(User.status == "active", Tenant.status == "active")
    ids = db.session.scalars(active.where(Tenant.id % CLIENTS == number).order_by(User.id)).all()
    db.session.rollback()
    return actor(by), cycle(ids[:USERS_OF_A_CLIENT])


def _grant_for(seconds, by, turns):
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        user = db.session.get_one(User, next(turns))
        grant_user_feature(by=by, user=user, feature_name="custom_reports", **TERMS)
        db.session.commit()
        count += 1
    return count


def prepare(server, folder):
    keys = environ_of(folder)
    server.migrate(lambda url: create_app({**keys, "PORTAL_DATABASE_URL": url}))
    app = create_app({**keys, "PORTAL_DATABASE_URL": server.clone()})
    with app.app_context():
        with clock.standing_at(clock.now() - timedelta(days=720)):
            seed_catalog()
        make_admin("Ann Admin", Role.ADMIN, email="ann@bench.test")
        db.session.commit()
        bulk_customers(tenants=20 * CLIENTS, users=60 * CLIENTS, overrides=0, seed=20)
        db.session.remove()
        db.engine.dispose()
    return app


class Durable(OnDisk):
    """Without what other servers save time by: a commit waits for the disk."""

    extra = ""


def one_span(clients, gate, *, is_recorded, seconds):
    """Deeds a second of all clients together."""
    for client in clients:
        client.ours.send((is_recorded, seconds))
    gate.wait()
    return sum(client.ours.recv() for client in clients) / seconds


def measure(app, options):
    gate = fork.Barrier(CLIENTS + 1)
    clients = [Client(app, number, gate) for number in range(CLIENTS)]
    rounds = []
    try:
        for is_recorded in (True, False):
            one_span(clients, gate, is_recorded=is_recorded, seconds=1.0)
        for turn in range(options.rounds):
            # Who goes first changes, so that neither always finds the tables a little longer.
            order = (False, True) if turn % 2 else (True, False)
            speeds = {
                is_recorded: one_span(
                    clients, gate, is_recorded=is_recorded, seconds=options.seconds
                )
                for is_recorded in order
            }
            rounds.append({"with": speeds[True], "without": speeds[False]})
    finally:
        for client in clients:
            client.stop()
    return rounds


def events_of(app):
    with app.app_context():
        found = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEvent))
        db.session.remove()
        db.engine.dispose()
    return found


def wanted():
    return parser_of("ledger", __doc__, rounds=9, seconds=3.0).parse_args()


def main():
    options = wanted()
    with tempfile.TemporaryDirectory(prefix="portal-ledger-") as name:
        server = Durable(Path(name))
        try:
            app = prepare(server, Path(name))
            before = events_of(app)
            rounds = measure(app, options)
            written = events_of(app) - before
        finally:
            server.stop()
    ratio = statistics.median(each["with"] / each["without"] for each in rounds)
    speeds = {key: statistics.median(each[key] for each in rounds) for key in ("with", "without")}
    verdict = "met" if ratio >= LEAST else "missed"
    print(f"with the ledger    {speeds['with']:>7.0f} grants a second, {written} events")
    print(f"recording off      {speeds['without']:>7.0f} grants a second")
    print(f"share              {ratio:>7.3f}, {LEAST:.2f} wanted: {verdict}")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(
        json.dumps({"ratio": ratio, **speeds, "rounds": rounds}, indent=2) + "\n"
    )
    return 0 if ratio >= LEAST else 1


if __name__ == "__main__":
    sys.exit(main())
