"""What probes, the scraper and people learn about the portal's state."""

import dataclasses

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.config import Environment
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.jobs.presence import mark_seen

BEARER = {"Authorization": "Bearer metrics-token-of-the-tests"}


def test_a_living_process_says_so(client):
    assert client.get("/healthz").status_code == 200


def test_a_migrated_portal_is_ready(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.get_json() == {"database": True, "migrations": True, "keys": True}


def test_a_portal_behind_its_migrations_is_not_ready(client):
    db.session.execute(sa.text("UPDATE alembic_version SET version_num = '0001_jobs'"))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.get_json()["migrations"] is False


def test_an_unsigned_log_in_production_is_a_warning_and_no_more(client, app):
    before = app.extensions["portal_settings"]
    nowhere = before.instance_dir / "no-such.key"
    strict = dataclasses.replace(before, env=Environment.PRODUCTION, audit_key_file=nowhere)
    app.extensions["portal_settings"] = strict
    try:
        answer = client.get("/readyz")
    finally:
        app.extensions["portal_settings"] = before
    assert answer.status_code == 200
    assert answer.get_json()["warnings"] == [
        "the audit log is not signed: no key (flask audit init)"
    ]


def test_metrics_tell_how_far_the_ledger_is_behind(client):
    text = client.get("/metrics", headers=BEARER).text
    assert "portal_audit_events_pending 0.0" in text
    assert "portal_audit_checkpoint_age_seconds -1.0" in text
    record(Action.BACKUP_MADE, by=SYSTEM)
    assert "portal_audit_events_pending 1.0" in client.get("/metrics", headers=BEARER).text


def test_metrics_want_their_token(client):
    assert client.get("/metrics").status_code == 401
    wrong = {"Authorization": "Bearer another"}
    assert client.get("/metrics", headers=wrong).status_code == 401


def test_metrics_count_requests_by_route(client):
    client.get("/healthz")
    text = client.get("/metrics", headers=BEARER).text
    assert 'portal_requests_total{method="GET",route="/healthz",status="200"}' in text
    assert "portal_jobs_queued 0.0" in text
    assert "portal_worker_silent 1.0" in text


def test_a_ledger_that_lost_a_guard_is_told(ann_client, database):
    assert "is not protected" not in ann_client.get("/operations/health").text
    on = {"sqlite": "", "postgresql": " ON audit_events"}[database.name]
    name = {"sqlite": "audit_events_no_update", "postgresql": "audit_events_no_change"}
    db.session.execute(sa.text(f"DROP TRIGGER {name[database.name]}{on}"))
    text = ann_client.get("/operations/health").text
    assert "The audit log is not protected." in text
    assert f"{name[database.name]} is missing" in text


def test_a_silent_worker_is_told(ann_client):
    assert "No worker is running" in ann_client.get("/operations/health").text
    mark_seen("one")
    assert "No worker is running" not in ann_client.get("/operations/health").text
