"""The loop that does the jobs: any number of processes may run it beside each other."""

import contextvars
import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Event
from typing import TypeVar

import sqlalchemy as sa
import structlog
from flask import Flask

from portal.core.database import db, read_only
from portal.core.provenance import Provenance, set_provenance
from portal.jobs import claims, schedule
from portal.jobs.claims import Claim, LostLease
from portal.jobs.presence import Pulse
from portal.jobs.registry import CannotBeDone, Kind, NotNow, kind_named
from portal.jobs.ticks import Ticker

IDLE_SECONDS = 0.5
TROUBLE_SECONDS = 5.0
Result = TypeVar("Result")

log = structlog.get_logger("portal.worker")


def worker_name() -> str:
    return f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"


class Worker:
    """Claims and does one job after the other until `stopping` is set."""

    def __init__(self, app: Flask, *, name: str | None = None) -> None:
        self.app = app
        self.name = name or worker_name()
        self.stopping = Event()
        self.pulse = Pulse(app, self.name)

    def run(self, *, once: bool = False) -> None:
        """Until told to stop; with `once`, until nothing is due. The present job is finished."""
        log.info("worker.started", worker=self.name, once=once)
        ticker = Ticker(self.app)
        with self.pulse.beating(), nullcontext() if once else ticker.ticking():
            self._alone(_registered)
            if once:
                ticker.tick_until_still()  # before the jobs that ticks queue
            while not self.stopping.is_set():
                wait = self._round()
                if wait and once:
                    ticker.tick_until_still()  # and after the events that jobs record
                    break
                self.stopping.wait(wait)
        log.info("worker.stopped", worker=self.name)

    def run_until_idle(self) -> int:
        """Do everything that is due now, without a pulse; how many jobs. For tests and seeds."""
        self._alone(_registered)
        done = 0
        while self.do_next():
            done += 1
        return done

    def _round(self) -> float:
        """One job if there is one; how long to rest then."""
        try:
            return 0 if self.do_next() else IDLE_SECONDS
        except sa.exc.DBAPIError as error:
            # The lease brings the job back; a worker outlives a restart of its database.
            log.error("worker.database_unavailable", reason=explained(error))
            return TROUBLE_SECONDS

    def do_next(self) -> bool:
        """Do one job; False when none is due."""
        if not self._alone(_is_anything_due):
            return False
        self._alone(_queued_due)
        claim = self._alone(lambda: _claimed(self.name))
        if claim is None:
            return False
        self.pulse.claim = claim
        try:
            self._alone(lambda: do(claim))
        finally:
            self.pulse.claim = None
        return True

    def _alone(self, work: Callable[[], Result]) -> Result:
        """Run it in a context and a database session of its own, as a request would."""

        def inside() -> Result:
            with self.app.app_context():
                return work()

        return contextvars.Context().run(inside)


def _registered() -> None:
    schedule.register_schedule()
    db.session.commit()


def _is_anything_due() -> bool:
    read_only()
    return schedule.is_moment_due() or claims.is_work_due()


def _queued_due() -> None:
    read_only()
    if not schedule.is_moment_due():
        return
    db.session.rollback()
    read_only(False)
    schedule.queue_due()
    db.session.commit()


def _claimed(worker: str) -> Claim | None:
    claim = claims.claim_next(worker)
    db.session.commit()
    return claim


def do(claim: Claim) -> None:
    """One attempt. Whatever the handler raises ends the attempt, never the worker."""
    set_provenance(Provenance(request_id=f"job-{claim.id}-{claim.attempt}", route=claim.kind))
    with structlog.contextvars.bound_contextvars(job=claim.id, kind=claim.kind):
        try:
            with _ending(claim):
                _attempt(claim)
        except LostLease as lost:
            db.session.rollback()
            log.warning("job.lease_lost", reason=str(lost))


def _attempt(claim: Claim) -> None:
    kind = kind_named(claim.kind)
    if kind is None:
        raise CannotBeDone(f"No handler is registered for the kind {claim.kind!r}.")
    if claim.attempt > claim.max_attempts:
        raise CannotBeDone(claims.DIED)
    _run(kind, claim)
    # One commit for the work and the mark that it is done: both happen, or neither.
    claims.finish(claim)
    db.session.commit()
    log.info("job.done", attempt=claim.attempt)


def _run(kind: Kind, claim: Claim) -> None:
    kind.run(claim.payload)
    if kind.commits_itself:
        db.session.commit()


@contextmanager
def _ending(claim: Claim) -> Iterator[None]:
    try:
        yield
    except NotNow as wish:
        until, why = wish.until, str(wish)
        _back(lambda: claims.postpone(claim, until, why))
        log.info("job.postponed", reason=why)
    except CannotBeDone as refusal:
        fault = str(refusal)
        _back(lambda: claims.fail(claim, fault))
        log.error("job.failed", reason=fault)
    except LostLease:
        raise
    except Exception as error:
        reason = explained(error)
        _back(lambda: claims.retry_later(claim, reason))
        log.error("job.attempt_failed", attempt=claim.attempt, reason=reason, exc_info=error)


def _back(change: Callable[[], None]) -> None:
    db.session.rollback()
    change()
    db.session.commit()


def explained(error: Exception) -> str:
    """The error in words that hold no statement parameters: people read it."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return f"{type(error).__name__}: {cause}"[:500]
