"""The list of jobs, one job, and what a person may do about it."""

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.jobs.models import Job, JobStatus
from portal.jobs.queue import enqueue
from tests.ledger import events
from tests.statements import counted


def make_job(status=JobStatus.QUEUED, **payload):
    job = enqueue("tests.paper", payload)
    job.status = status
    if status in {JobStatus.FAILED, JobStatus.CANCELLED, JobStatus.DONE}:
        job.finished_at, job.last_error = clock.now(), "no paper"
    db.session.flush()
    return job


def test_an_empty_list_says_so(ann_client):
    assert ann_client.soup("/operations/jobs").select_one(".empty") is not None


def test_a_tab_shows_its_jobs_alone(ann_client):
    failed = make_job(JobStatus.FAILED)
    waiting = make_job()
    text = ann_client.get("/operations/jobs?status=failed").text
    assert f"/operations/jobs/{failed.id}" in text
    assert f"/operations/jobs/{waiting.id}" not in text


def test_the_list_costs_the_same_with_more_rows(ann_client):
    costs = []
    for _ in range(2):
        for _ in range(10):
            make_job()
        with counted() as statements:
            ann_client.get("/operations/jobs")
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 4


def test_a_manager_looks_and_does_not_touch(mo_client):
    job = make_job(JobStatus.FAILED)
    page = mo_client.soup(f"/operations/jobs/{job.id}")
    assert not page.select(f"form[action='/operations/jobs/{job.id}/retry']")
    assert mo_client.submit(f"/operations/jobs/{job.id}/retry").status_code == 403


@pytest.mark.parametrize("path", ["jobs", "mail", "health"])
def test_an_agent_is_denied(bea_client, path):
    assert bea_client.get(f"/operations/{path}").status_code == 403
    assert len(events("access.denied")) == 1


def test_a_payload_shows_no_secret(ann_client):
    job = make_job(password="do-not-show")
    text = ann_client.get(f"/operations/jobs/{job.id}").text
    assert "do-not-show" not in text
    assert "[redacted]" in text


def test_a_failed_job_is_queued_again(ann_proven):
    job = make_job(JobStatus.FAILED)
    assert ann_proven.submit(f"/operations/jobs/{job.id}/retry").status_code == 303
    assert (job.status, job.attempts) == (JobStatus.QUEUED, 0)
    assert [event.target_id for event in events("job.retried")] == [str(job.id)]


def test_nothing_is_decided_without_a_fresh_proof(ann_client):
    job = make_job(JobStatus.FAILED)
    assert ann_client.submit(f"/operations/jobs/{job.id}/retry").status_code == 403
    assert job.status == JobStatus.FAILED


def test_a_waiting_job_is_cancelled(ann_proven):
    job = make_job()
    assert ann_proven.submit(f"/operations/jobs/{job.id}/cancel").status_code == 303
    assert job.status == JobStatus.CANCELLED
    assert len(events("job.cancelled")) == 1


@pytest.mark.parametrize(
    ("status", "verb"),
    [("running", "cancel"), ("done", "cancel"), ("running", "retry"), ("queued", "retry")],
)
def test_what_the_state_forbids_changes_nothing(ann_proven, status, verb):
    job = make_job(JobStatus(status))
    assert ann_proven.submit(f"/operations/jobs/{job.id}/{verb}").status_code == 409
    assert job.status == status
    assert not events("job.cancelled") + events("job.retried")


def test_a_job_that_is_not_there_is_a_404(ann_proven):
    assert ann_proven.get("/operations/jobs/999").status_code == 404
    assert ann_proven.submit("/operations/jobs/999/retry").status_code == 404
    assert db.session.scalar(sa.select(Job.id)) is None
