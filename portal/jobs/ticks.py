"""Small work that cannot wait for a job: asked for every second while a worker lives.

A tick leaves no row behind. It looks cheaply whether there is anything to do, and says whether
more is left, which is then done at once.
"""

import contextvars
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Event, Thread

import structlog
from flask import Flask

from portal.core import clock
from portal.core.database import db
from portal.jobs.registry import Tick, ticks

SECONDS_BETWEEN = 1.0
REST_IN_TROUBLE = timedelta(seconds=5)

log = structlog.get_logger("portal.worker")


class Ticker:
    """A thread for each tick: neither a job of an hour nor a slow receiver holds the others up."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._stop = Event()
        self._troubled: dict[Tick, datetime] = {}

    @contextmanager
    def ticking(self) -> Iterator[None]:
        threads = [Thread(target=self._loop, args=(tick,), daemon=True) for tick in ticks()]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    def tick_until_still(self) -> None:
        """Everything that there is to do now."""
        for rests in iter(lambda: [self._rest_after(tick) for tick in ticks()], []):
            if all(rests):
                return

    def _loop(self, tick: Tick) -> None:
        while not self._stop.is_set():
            self._stop.wait(self._rest_after(tick))

    def _rest_after(self, tick: Tick) -> float:
        """One tick; how long to rest then."""
        if tick in self._troubled and clock.now() < self._troubled[tick]:
            return SECONDS_BETWEEN
        try:
            return 0 if self._tick(tick) else SECONDS_BETWEEN
        except Exception as error:
            # A worker outlives whatever a tick meets; a later one finds the same work.
            self._troubled[tick] = clock.now() + REST_IN_TROUBLE
            log.error("worker.tick_failed", reason=type(error).__name__, exc_info=error)
            return SECONDS_BETWEEN

    def _tick(self, tick: Tick) -> bool:
        """In a context and a database session of its own, committed when it ends well."""
        return contextvars.Context().run(self._run, tick)

    def _run(self, tick: Tick) -> bool:
        with self.app.app_context():
            is_more_left = tick()
            db.session.commit()
            return is_more_left
