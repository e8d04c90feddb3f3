"""What probes, the scraper and people learn about the portal's state."""

import dataclasses
import re

import sqlalchemy as sa

from portal.audit.actions import Action
from portal.audit.ledger import record
from portal.config import Environment
from portal.core.actor import SYSTEM
from portal.core.database import db
from portal.core.room import Disk, disk_of
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
    for wrong in (
        "Bearer another",
        "metrics-token-of-the-tests",
        "Basic metrics-token-of-the-tests",
    ):
        answer = client.get("/metrics", headers={"Authorization": wrong})
        assert answer.status_code == 401


def test_metrics_count_requests_by_route(client):
    client.get("/healthz")
    text = client.get("/metrics", headers=BEARER).text
    assert 'portal_requests_total{method="GET",route="/healthz",status="200"}' in text
    assert "portal_jobs_queued 0.0" in text
    assert "portal_worker_silent 1.0" in text


def fact(page, term):
    names = [one.get_text(strip=True) for one in page.select("main dt")]
    return page.select("main dd")[names.index(term)].get_text(strip=True)


def test_people_and_the_scraper_learn_how_large_the_database_is(ann_client, client, database):
    size = fact(ann_client.soup("/operations/health"), "Size of the database")
    assert size.endswith(("KiB", "MiB"))
    text = client.get("/metrics", headers=BEARER).text
    (line,) = [one for one in text.splitlines() if one.startswith("portal_database_bytes ")]
    assert float(line.split()[1]) > 100_000


def test_the_room_where_the_database_lies_is_told_where_it_can_be_known(ann_client, monkeypatch):
    page = ann_client.soup("/operations/health")
    assert re.fullmatch(r"[\d.]+ [GTM]iB, \d+ %", fact(page, "Free where it lies"))
    monkeypatch.setattr("portal.operations.health.disk_of_database", lambda _folder: None)
    page = ann_client.soup("/operations/health")
    assert fact(page, "Free where it lies") == "not known here"
    text = ann_client.get("/metrics", headers=BEARER).text
    assert "portal_database_disk_free_bytes" not in text


def test_a_disk_that_is_nearly_full_is_told_loudly(ann_client, monkeypatch):
    assert "nearly full" not in ann_client.get("/operations/health").text
    monkeypatch.setattr("portal.operations.health.disk_of_database", lambda _folder: Disk(4, 100))
    page = ann_client.soup("/operations/health")
    notices = [one.get_text(" ", strip=True) for one in page.select(".alert-danger")]
    assert any(one.startswith("A disk is nearly full. That of the database") for one in notices)
    assert page.select_one(".text-danger").text == "4 Bytes, 4 %"


def test_a_folder_that_nobody_here_can_see_has_no_disk(app):
    assert disk_of("/no/such/folder") is None
    found = disk_of("/")
    assert 0 <= found.free_percent <= 100


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
