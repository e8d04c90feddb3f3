"""A worker's pulse: a row that says it lives, and the lease of its present job kept fresh."""

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread

import sqlalchemy as sa
import structlog
from flask import Flask

from portal.core import clock
from portal.core.database import db, insert_into
from portal.jobs import claims
from portal.jobs.claims import Claim, LostLease
from portal.jobs.models import WorkerPresence

BEAT_SECONDS = 15.0
LONGEST_JOB = timedelta(hours=1)
FORGOTTEN_AFTER = timedelta(days=1)

log = structlog.get_logger("portal.worker")


class Pulse:
    """Beats in a thread of its own. A job that hangs for an hour loses its lease all the same."""

    def __init__(self, app: Flask, name: str) -> None:
        self.app = app
        self.name = name
        self.claim: Claim | None = None
        self._held: tuple[Claim, datetime] | None = None
        self._stop = Event()

    @contextmanager
    def beating(self) -> Iterator[None]:
        self.beat()
        thread = Thread(target=self._loop, name="pulse", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def beat(self) -> None:
        contextvars.Context().run(self._beat)

    def _loop(self) -> None:
        while not self._stop.wait(BEAT_SECONDS):
            self.beat()

    def _beat(self) -> None:
        with self.app.app_context():
            try:
                mark_seen(self.name)
                db.session.commit()
                self._renew()
                db.session.commit()
            except (sa.exc.DBAPIError, LostLease) as error:
                # Busy or away: the next beat comes before the lease ends.
                db.session.rollback()
                log.warning("worker.beat_missed", worker=self.name, reason=type(error).__name__)

    def _renew(self) -> None:
        claim, now = self.claim, clock.now()
        if claim is None:
            self._held = None
            return
        if self._held is None or self._held[0] is not claim:
            self._held = (claim, now)
        if now - self._held[1] < LONGEST_JOB:
            claims.renew(claim)


def mark_seen(name: str) -> None:
    now = clock.now()
    new = insert_into(WorkerPresence).values(name=name, started_at=now, last_seen_at=now)
    db.session.execute(
        new.on_conflict_do_update(index_elements=[WorkerPresence.name], set_={"last_seen_at": now})
    )


def forget_old_workers() -> None:
    old = WorkerPresence.last_seen_at < clock.now() - FORGOTTEN_AFTER
    db.session.execute(sa.delete(WorkerPresence).where(old))
