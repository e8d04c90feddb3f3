"""Several sequencers beside several writers, in threads and in processes: one leaf each, no gap."""

from multiprocessing.queues import Queue
from pathlib import Path
from threading import Event, Thread

import pytest
import sqlalchemy as sa

from portal.audit.merkle import root
from portal.audit.models import AuditEvent
from portal.audit.sequencing import sequence, sequence_all
from portal.audit.tree import frontier_of
from portal.core.database import db
from tests.audit.growing import events_in_order, happen, leaves, pending
from tests.conftest import make_app
from tests.processes import APART
from tests.staff.test_races import together

pytestmark = pytest.mark.race
WRITERS, SEQUENCERS, TIMES = 6, 4, 15


def is_whole() -> bool:
    """One leaf for each event, indexes without a gap, and the root of exactly these leaves."""
    found = leaves()
    assert [leaf.leaf_index for leaf in found] == list(range(len(found)))
    assert {(leaf.event_id, leaf.leaf_hash) for leaf in found} == set(events_in_order())
    assert len(found) == db.session.scalar(sa.select(sa.func.count(AuditEvent.id)))
    frontier = frontier_of(db.session.connection())
    return frontier.root == root([leaf.leaf_hash for leaf in found]) and pending() == 0


def write(app) -> None:
    for _ in range(TIMES):
        with app.app_context():
            happen(1)


def sequence_until(app, done: Event) -> int:
    total = 0
    while not done.is_set():
        with app.app_context():
            total += sequence(7)
    return total


def test_sequencers_in_threads_share_the_events_of_many_writers(own_app):
    done, totals = Event(), []
    sequencers = [
        Thread(target=lambda: totals.append(sequence_until(own_app, done)))
        for _ in range(SEQUENCERS)
    ]
    for thread in sequencers:
        thread.start()
    together(lambda _: write(own_app), WRITERS)
    done.set()
    for thread in sequencers:
        thread.join()
    with own_app.app_context():
        left = sequence_all()
        assert sum(totals) + left == WRITERS * TIMES
        assert is_whole()


def in_a_process(url: str, folder: str, queue: Queue) -> None:
    app = make_app(url, Path(folder))
    with app.app_context():
        total = 0
        for _ in range(TIMES):
            happen(1)
            total += sequence(3)
        db.engine.dispose()
    queue.put(total)


def test_sequencers_in_processes_share_the_events(own_app, tmp_path):
    with own_app.app_context():
        happen(30)
        url = db.engine.url.render_as_string(hide_password=False)
    queue = APART.Queue()
    words = (url, str(tmp_path), queue)
    processes = [APART.Process(target=in_a_process, args=words) for _ in range(3)]
    for process in processes:
        process.start()
    totals = [queue.get(timeout=120) for _ in processes]
    for process in processes:
        process.join()
    with own_app.app_context():
        assert sum(totals) + sequence_all() == 30 + 3 * TIMES
        assert is_whole()
