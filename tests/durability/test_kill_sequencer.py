"""kill -9 of writers and of the sequencer while sixteen write: the tree holds each deed once."""

import os
import random
from collections.abc import Iterator
from contextlib import ExitStack
from threading import Event

import pytest
import sqlalchemy as sa
from flask import Flask

from portal.audit.actions import Action
from portal.audit.merkle import root
from portal.audit.models import AuditEvent, PendingEvent
from portal.audit.tree import TreeReader, frontier_of
from portal.core import clock
from portal.core.database import db
from portal.customers.models import User
from tests.audit.growing import events_in_order, leaves, pending
from tests.cast import make_tenant
from tests.conftest import make_app
from tests.databases import let_all_come_again
from tests.processes import Portal, Process

pytestmark = [pytest.mark.race, pytest.mark.attack]
SEED = 20261128
PROCESSES, THREADS = 4, 4
STRIKES = 8
SECONDS_TO_WRITE = 900
SECONDS_TO_CATCH_UP = 5


@pytest.fixture
def deeds() -> int:
    """Of each writer: fifty in `make test`, a thousand in `make attack`."""
    return min(1000, 50 * int(os.environ.get("PORTAL_ATTACK_ROUNDS", "1")))


class Writers:
    """The processes of the writers, and the pipe on which each tells of a committed deed."""

    def __init__(self, portal: Portal, deeds: int) -> None:
        self.reading, self.writing = os.pipe()
        self.deeds = deeds
        self.processes = [self.process(portal, n * THREADS) for n in range(PROCESSES)]

    def process(self, portal: Portal, first: int) -> Process:
        numbers = [str(number) for number in (first, THREADS, self.deeds)]
        words = ["tests.durability.writers", *numbers, "{}"]
        log = portal.folder / f"writer-{first}.log"
        return Process(words, portal.environ, log, self.writing)

    def wait_for(self, deeds: int) -> None:
        """Until so many more are committed."""
        while deeds > 0:
            deeds -= len(os.read(self.reading, deeds))

    def finish(self) -> None:
        """Nobody may be held up by a pipe that nobody reads."""
        os.close(self.writing)
        while os.read(self.reading, 65536):
            pass
        for process in self.processes:
            assert process.wait(SECONDS_TO_WRITE) == 0, process.last_words()
        os.close(self.reading)


@pytest.fixture
def town(database, tmp_path) -> Iterator[tuple[Flask, Portal]]:
    """A tenant for each writer, so that none waits for another."""
    url = database.clone()
    app = make_app(url, tmp_path)
    with app.app_context():
        for number in range(PROCESSES * THREADS):
            make_tenant(f"W{number}")
        let_all_come_again(clock.now())
        db.session.commit()
        db.engine.dispose()
    with Portal(url, tmp_path) as portal:
        yield app, portal
    with app.app_context():
        db.engine.dispose()


def test_sixteen_writers_and_a_sequencer_that_are_killed_lose_nothing(town, deeds):
    app, portal = town
    with portal.worker() as worker, ExitStack() as stack:
        writers = Writers(portal, deeds)
        victims = [worker, *(stack.enter_context(process) for process in writers.processes)]
        for victim, pause in strikes(victims, deeds):
            writers.wait_for(pause)
            strike(victim)
        writers.finish()
        with app.app_context():
            late = wait_until_still()
    with app.app_context():
        assert faults(deeds) == []
    assert late < SECONDS_TO_CATCH_UP


def strikes(victims: list[Process], deeds: int) -> Iterator[tuple[Process, int]]:
    """Whom to strike, and after how many more deeds. Every other time it is the sequencer."""
    chance = random.Random(SEED)
    share = PROCESSES * THREADS * deeds // (STRIKES + 2)
    for number in range(STRIKES):
        victim = victims[0] if number % 2 == 0 else victims[chance.randrange(1, len(victims))]
        yield victim, chance.randint(share // 2, share)


def strike(victim: Process) -> None:
    """A writer that was done already needs no second life."""
    if not victim.is_over:
        victim.kill()
        victim.start()


def wait_until_still() -> float:
    """How many seconds the sequencer needs for what waits when the last writer is done."""
    begun = clock.now()
    while pending() and (clock.now() - begun).total_seconds() < 10 * SECONDS_TO_CATCH_UP:
        db.session.rollback()
        Event().wait(0.1)
    db.session.rollback()
    return (clock.now() - begun).total_seconds()


def faults(deeds: int) -> list[str]:
    """Whatever does not agree: rows with events, events with leaves, leaves with the tree.

    A word of the worker's own, such as its sign of life, may be its last deed before it ends: it
    waits for the next sequencer. No deed of a writer does.
    """
    found, connection = leaves(), db.session.connection()
    waiting = set(db.session.scalars(sa.select(PendingEvent.event_id)))
    in_place = {event for event in events_in_order() if event[0] not in waiting}
    created = AuditEvent.action == Action.USER_CREATED
    written = PROCESSES * THREADS * deeds
    hashes = [leaf.leaf_hash for leaf in found]
    truths = {
        "users": count(User.id) == written,
        "events": count(AuditEvent.id, created) == written,
        "indexes": [leaf.leaf_index for leaf in found] == list(range(len(found))),
        "deeds": count(AuditEvent.id, created, AuditEvent.id.in_(waiting)) == 0,
        "leaves": {(leaf.event_id, leaf.leaf_hash) for leaf in found} == in_place,
        "once": len(found) + len(waiting) == count(AuditEvent.id),
        "root": TreeReader(connection).root(len(found)) == root(hashes),
        "frontier": frontier_of(connection).root == root(hashes),
    }
    return [name for name, is_true in truths.items() if not is_true]


def count(column: sa.orm.InstrumentedAttribute, *where: sa.ColumnElement[bool]) -> int:
    return db.session.scalar(sa.select(sa.func.count(column)).where(*where))
