"""Jobs: done once each, retried when they fail, and taken over when their worker is gone."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.jobs import claims, registry, schedule
from portal.jobs.claims import LostLease
from portal.jobs.models import Job, JobStatus, RecurringJob
from portal.jobs.queue import enqueue
from portal.jobs.registry import CannotBeDone, Kind, NotNow, handles
from portal.jobs.worker import Worker

PROBE = "tests.probe"


@pytest.fixture
def handle(monkeypatch):
    """Register a handler for the length of one test."""
    monkeypatch.setattr(registry, "_kinds", dict(registry._kinds))
    monkeypatch.setattr(registry, "_recurring", {})
    return lambda function, **more: handles(PROBE, **more)(function)


def work(app) -> int:
    db.session.commit()
    done = Worker(app).run_until_idle()
    db.session.expire_all()
    return done


def fail_with(error):
    def handler(payload):
        raise error

    return handler


def test_a_job_is_done_and_says_so(app, handle):
    seen = []
    handle(seen.append)
    job = enqueue(PROBE, {"number": 7})
    assert work(app) == 1
    assert seen == [{"number": 7}]
    assert job.status == JobStatus.DONE
    assert job.finished_at is not None


def test_a_rolled_back_job_never_was(app, handle):
    db.session.commit()
    enqueue(PROBE, {})
    db.session.rollback()
    assert db.session.scalar(sa.select(Job.id)) is None


def test_a_job_for_later_waits(app, handle):
    handle(lambda payload: None)
    job = enqueue(PROBE, {}, run_at=clock.now() + timedelta(minutes=1))
    assert work(app) == 0
    assert job.status == JobStatus.QUEUED


def test_a_failing_job_is_tried_again_later_and_each_time_later(app, handle):
    handle(fail_with(ValueError("no paper")))
    job = enqueue(PROBE, {})
    assert work(app) == 1
    assert (job.status, job.attempts) == (JobStatus.QUEUED, 1)
    assert job.last_error == "ValueError: no paper"
    assert job.run_at > clock.now()
    assert claims.retry_delay(2) == 2 * claims.retry_delay(1)
    assert claims.retry_delay(50) == claims.LONGEST_DELAY


def test_the_last_attempt_fails_visibly_and_frees_the_key(app, handle):
    handle(fail_with(ValueError("no paper")))
    job = enqueue(PROBE, {}, max_attempts=1, dedupe_key="paper")
    work(app)
    assert (job.status, job.dedupe_key) == (JobStatus.FAILED, None)
    assert job.finished_at is not None


def test_what_a_failed_attempt_wrote_is_rolled_back(app, handle):
    def handler(payload):
        enqueue("tests.never", {})
        raise ValueError

    handle(handler)
    enqueue(PROBE, {})
    work(app)
    assert db.session.scalar(sa.select(Job.id).where(Job.kind == "tests.never")) is None


def test_a_job_that_cannot_be_done_is_not_tried_again(app, handle):
    handle(fail_with(CannotBeDone("the customer is gone")))
    job = enqueue(PROBE, {})
    work(app)
    assert (job.status, job.last_error) == (JobStatus.FAILED, "the customer is gone")


def test_a_postponed_job_loses_no_attempt(app, handle):
    until = clock.now() + timedelta(hours=1)
    handle(fail_with(NotNow(until, "closed")))
    job = enqueue(PROBE, {})
    work(app)
    assert (job.status, job.attempts, job.run_at) == (JobStatus.QUEUED, 0, until)


def test_an_unknown_kind_fails_in_clear_words(app, handle):
    job = enqueue("tests.nobody", {})
    work(app)
    assert job.status == JobStatus.FAILED
    assert "tests.nobody" in job.last_error


def test_an_unfinished_twin_is_returned_instead(app, handle):
    first = enqueue(PROBE, {}, dedupe_key="one")
    assert enqueue(PROBE, {}, dedupe_key="one").id == first.id
    handle(lambda payload: None)
    work(app)
    assert enqueue(PROBE, {}, dedupe_key="one").id != first.id


def test_an_abandoned_job_is_taken_over_and_its_late_worker_changes_nothing(app, handle):
    job = enqueue(PROBE, {})
    first = claims.claim_next("first")
    assert claims.claim_next("second") is None
    job.locked_until = clock.now() - timedelta(seconds=1)
    db.session.flush()
    second = claims.claim_next("second")
    assert second.attempt == 2
    for end in (claims.finish, claims.renew):
        with pytest.raises(LostLease):
            end(first)
    claims.finish(second)


def test_a_job_that_kills_its_workers_fails_in_the_end(app, handle):
    handle(lambda payload: None)
    job = enqueue(PROBE, {}, max_attempts=2)
    job.status, job.attempts = JobStatus.RUNNING, 2
    job.locked_until = clock.now() - timedelta(seconds=1)
    work(app)
    assert (job.status, job.last_error) == (JobStatus.FAILED, claims.DIED)


def test_a_killed_worker_leaves_the_job_under_its_lease(app, handle):
    handle(fail_with(KeyboardInterrupt()))
    job = enqueue(PROBE, {})
    with pytest.raises(KeyboardInterrupt):
        work(app)
    db.session.expire_all()
    assert job.status == JobStatus.RUNNING
    assert job.locked_until > clock.now()


def test_a_recurring_job_is_queued_once_a_moment_and_missed_ones_are_not_made_up(app, handle):
    handle(lambda payload: None)
    registry.recurring(PROBE, every=timedelta(minutes=1))
    schedule.register_schedule()
    row = db.session.get(RecurringJob, PROBE)
    row.next_run_at = start = clock.now() - timedelta(minutes=10, seconds=30)
    assert (schedule.queue_due(), schedule.queue_due()) == (1, 0)
    assert clock.now() < row.next_run_at <= clock.now() + timedelta(minutes=1)
    assert (row.next_run_at - start) % timedelta(minutes=1) == timedelta()


@pytest.mark.race
def test_two_workers_do_four_hundred_jobs_once_each(own_app, handle):
    handle(lambda payload: enqueue("tests.trace", payload, run_at=clock.now() + timedelta(days=1)))
    with own_app.app_context():
        for number in range(400):
            enqueue(PROBE, {"number": number})
        db.session.commit()
    together(lambda: Worker(own_app).run_until_idle(), 2)
    with own_app.app_context():
        traces = db.session.scalars(sa.select(Job).where(Job.kind == "tests.trace")).all()
        assert sorted(job.payload["number"] for job in traces) == list(range(400))


@pytest.mark.race
def test_twins_queued_at_once_are_one_job(own_app, handle):
    found = []

    def queue():
        with own_app.app_context():
            found.append(enqueue(PROBE, {}, dedupe_key="one").id)
            db.session.commit()

    together(queue, 8)
    assert len(found) == 8
    assert len(set(found)) == 1


@pytest.mark.race
def test_many_workers_queue_a_moment_once(own_app, handle):
    handle(lambda payload: None)
    registry.recurring(PROBE, every=timedelta(hours=1))

    def tick():
        with own_app.app_context():
            schedule.register_schedule()
            db.session.commit()
            schedule.queue_due()
            db.session.commit()

    together(tick, 6)
    with own_app.app_context():
        jobs = db.session.scalars(sa.select(Job.id).where(Job.kind == PROBE)).all()
        assert len(jobs) == 1


def together(work, count):
    gate = Barrier(count)

    def run():
        gate.wait()
        work()

    threads = [Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_two_handlers_for_one_kind_are_a_mistake(handle):
    handle(lambda payload: None)
    with pytest.raises(ValueError, match="two handlers"):
        handle(lambda payload: None)
    assert isinstance(registry.kind_named(PROBE), Kind)
