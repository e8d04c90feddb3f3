"""One grant for many: who is meant, a result for each, progress, and going on after a kill."""

import json
from pathlib import Path
from threading import Event

import pytest
import sqlalchemy as sa
import time_machine

from portal.catalog.plans import plan_named
from portal.core.database import db
from portal.core.errors import Denied, NotFound
from portal.core.roles import Role
from portal.customers.models import TenantStatus, UserStatus
from portal.entitlements import bulk_work
from portal.entitlements.bulk import (
    KIND,
    bulk_grants,
    bulk_or_404,
    bulk_rows,
    start_bulk_grant,
)
from portal.entitlements.facts import Effect
from portal.entitlements.models import BulkGrant, TenantEntitlement, UserEntitlement
from portal.entitlements.subjects import BadSubjects, Reach, SubjectFilter, count_subjects
from portal.entitlements.terms import BadTerms
from portal.jobs.models import Job
from portal.jobs.worker import Worker
from portal.subscriptions.assignments import assign_plan
from seeds.catalog import seed_catalog
from tests.cast import actor, make_admin, make_tenant, make_user
from tests.conftest import make_app
from tests.entitlements.granting import REPORTS, days, events, open_rows
from tests.processes import APART
from tests.staff.test_races import together

THOUSANDS = 2_500


@pytest.fixture
def crowd(desk) -> list:
    """Five more users of Acme."""
    return [make_user(desk.tenant, f"U{number} User") for number in range(5)]


def start(desk, subjects, scope="user", **terms) -> BulkGrant:
    given = {"feature_name": REPORTS, **terms}
    bulk = start_bulk_grant(by=desk.by, scope=scope, subjects=subjects, **given)
    db.session.commit()
    return bulk


def work(app) -> None:
    """Everything that is due."""
    Worker(app).run_until_idle()
    db.session.expire_all()


def results(bulk) -> dict:
    return {row.subject_id: row.result for row in bulk_rows(bulk).items}


def test_everybody_of_a_list_is_granted_once(app, desk, crowd):
    ids = [user.id for user in crowd]
    bulk = start(desk, [*ids, ids[0]], quota_limit=7, reason="Beta")
    assert (bulk.status, bulk.total) == ("queued", 5)
    work(app)
    assert (bulk.status, bulk.done, bulk.failed) == ("done", 5, 0)
    assert bulk.finished_at is not None
    assert results(bulk) == dict.fromkeys(ids, "granted")
    rows = open_rows()
    assert sorted(row.user_id for row in rows) == ids
    assert {(row.quota_limit, row.reason, row.batch_id) for row in rows} == {
        (7, "Beta", f"bulk-{bulk.id}")
    }


def test_each_leaves_its_event_under_one_batch(app, desk, crowd):
    bulk = start(desk, [user.id for user in crowd])
    (began,) = events("entitlement.bulk_started")
    assert began.actor_label == desk.by.label
    work(app)
    given = events("entitlement.granted")
    batches = {json.loads(event.canonical)["meta"]["batch_id"] for event in given}
    assert (len(given), batches) == (5, {f"bulk-{bulk.id}"})
    assert {event.actor_id for event in given} == {desk.by.id}


def test_whoever_is_not_there_is_refused_and_the_others_are_not(app, desk, crowd):
    bulk = start(desk, [crowd[0].id, 99_999])
    work(app)
    assert (bulk.done, bulk.failed) == (2, 1)
    refused = bulk_rows(bulk, result="refused").items
    assert [(row.subject_id, row.detail) for row in refused] == [(99_999, "There is no such user.")]
    assert [row.label for row in bulk_rows(bulk, result="granted").items] == ["U0 User"]


def test_tenants_are_granted_and_blocked_alike(app, desk, birch):
    bulk = start(desk, [desk.tenant.id, birch.id], scope="tenant", effect=Effect.DISABLE)
    work(app)
    assert bulk.failed == 0
    assert {row.effect for row in open_rows(TenantEntitlement)} == {"disable"}


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ({}, {"acme", "birch", "cedar"}),
        ({"status": "suspended"}, {"cedar"}),
        ({"plan": "basic"}, {"birch"}),
        ({"plan": "free"}, {"acme", "cedar"}),
        ({"search": "BIR"}, {"birch"}),
        ({"search": "cedar"}, {"cedar"}),
        ({"status": "active", "plan": "free"}, {"acme"}),
    ],
)
def test_a_filter_means_the_tenants_that_it_names(desk, birch, narrowed, expected):
    cedar = make_tenant("Cedar", status=TenantStatus.SUSPENDED)
    assign_plan(by=desk.by, tenant=birch, plan=plan_named("basic"))
    names = {tenant.id: tenant.external_id for tenant in (desk.tenant, birch, cedar)}
    chosen = SubjectFilter(**narrowed)
    bulk = start(desk, chosen, scope="tenant")
    assert {names[row.subject_id] for row in bulk_rows(bulk).items} == expected
    reach = count_subjects(scope="tenant", subjects=chosen)
    assert (reach.subjects, reach.tenants) == (len(expected), len(expected))


def test_for_users_a_filter_means_the_active_ones_of_its_tenants(desk, crowd, birch):
    crowd[0].status = UserStatus.INACTIVE
    other = make_user(birch)
    acme = SubjectFilter(search="acme")
    reach = count_subjects(scope="user", subjects=acme)
    assert (reach.subjects, reach.tenants) == (5, 1)
    ids = {row.subject_id for row in bulk_rows(start(desk, acme)).items}
    assert ids == {desk.user.id, *(user.id for user in crowd[1:])}
    assert other.id not in ids
    assert count_subjects(scope="user", subjects=[other.id, 99_999]).subjects == 2


def test_a_choice_that_means_nobody_or_nothing_is_refused(desk):
    chosen = ([], [0], [2**40], SubjectFilter(search="nobody"), SubjectFilter(plan="gold"))
    for subjects in (*chosen, SubjectFilter(status="asleep")):
        with pytest.raises(BadSubjects):
            start(desk, subjects, scope="tenant")
        db.session.rollback()
    assert db.session.query(BulkGrant).count() == 0


def test_a_long_list_is_counted_and_kept_in_parts(desk, crowd):
    ids = [*(user.id for user in crowd), *range(1_000_000, 1_040_000)]
    assert count_subjects(scope="user", subjects=ids) == Reach(subjects=40_005, tenants=1)
    assert start(desk, ids).total == 40_005
    with pytest.raises(BadSubjects):
        start(desk, range(1, 100_002))


def test_terms_and_permissions_are_checked_before_it_begins(desk, brief_desk, mo):
    ids = [desk.user.id]
    with pytest.raises(BadTerms):
        start(desk, ids, quota_limit=-1)
    with pytest.raises(NotFound):
        start(desk, ids, feature_name="teleportation")
    with pytest.raises(Denied):
        start(brief_desk, ids, expires_at=days(3))
    with pytest.raises(Denied):
        start_bulk_grant(by=actor(mo), scope="tenant", subjects=[1], feature_name=REPORTS)


def test_whoever_was_disabled_meanwhile_grants_nothing_more(app, desk, ann, crowd):
    bulk = start(desk, [user.id for user in crowd])
    ann.disabled_at = days(0)
    db.session.commit()
    work(app)
    assert (bulk.done, bulk.failed, open_rows()) == (5, 5, [])
    assert "no longer grant" in bulk_rows(bulk).items[0].detail


def test_whoever_became_an_agent_meanwhile_grants_no_crowd(app, desk, ann, crowd):
    bulk = start(desk, [user.id for user in crowd], expires_at=days(9))
    ann.role = Role.SUPPORT_AGENT
    db.session.commit()
    work(app)
    assert (bulk.done, bulk.failed, open_rows()) == (5, 5, [])
    assert "no longer grant to many" in bulk_rows(bulk).items[0].detail


def test_a_start_that_passed_while_it_waited_is_now(app, desk, crowd):
    bulk = start(desk, [crowd[0].id], starts_at=days(1), expires_at=days(9))
    with time_machine.travel(days(2)):
        work(app)
    assert (bulk.failed, open_rows()[0].user_id) == (0, crowd[0].id)
    again = start(desk, [crowd[0].id], expires_at=days(1))
    with time_machine.travel(days(2)):
        work(app)
    assert "end must lie ahead" in bulk_rows(again).items[0].detail


def test_it_goes_on_in_batches_and_shows_how_far_it_is(desk, crowd, monkeypatch):
    monkeypatch.setattr(bulk_work, "AT_ONCE", 2)
    bulk = start(desk, [user.id for user in crowd])
    seen = []
    for _ in range(3):
        bulk_work.work_off({"bulk_grant_id": bulk.id})
        db.session.commit()
        seen.append((bulk.status, bulk.done))
    assert seen == [("running", 2), ("running", 4), ("done", 5)]
    bulk_work.work_off({"bulk_grant_id": bulk.id})
    assert len(events("entitlement.granted")) == 5


def test_a_batch_that_is_killed_leaves_nothing_and_is_done_again(desk, crowd, monkeypatch):
    bulk = start(desk, [user.id for user in crowd])
    write = bulk_work.write_drafts

    def dies(by, drafts, now):
        write(by, drafts[:3], now)
        raise KeyboardInterrupt

    monkeypatch.setattr(bulk_work, "write_drafts", dies)
    with pytest.raises(KeyboardInterrupt):
        bulk_work.work_off({"bulk_grant_id": bulk.id})
    db.session.rollback()
    assert (open_rows(), bulk.done, events("entitlement.granted")) == ([], 0, [])
    monkeypatch.setattr(bulk_work, "write_drafts", write)
    bulk_work.work_off({"bulk_grant_id": bulk.id})
    assert (len(open_rows()), bulk.done, bulk.status) == (5, 5, "done")


def test_the_list_of_them_is_the_latest_first(desk, crowd):
    first, second = start(desk, [crowd[0].id]), start(desk, [crowd[1].id], quota_limit=3)
    assert [line.id for line in bulk_grants().items] == [second.id, first.id]
    assert bulk_grants().items[0].feature_name == REPORTS
    assert bulk_or_404(first.id) is first
    with pytest.raises(NotFound):
        bulk_or_404(99_999)


@pytest.mark.race
def test_two_workers_at_once_grant_each_once(own_app, monkeypatch):
    monkeypatch.setattr(bulk_work, "AT_ONCE", 10)
    with own_app.app_context():
        seed_catalog()
        by = actor(make_admin("Ann", Role.ADMIN))
        tenants = [make_tenant(f"T{number}") for number in range(4)]
        ids = [make_user(tenants[n % 4], f"U{n}").id for n in range(40)]
        for _ in range(2):
            start_bulk_grant(by=by, scope="user", subjects=ids, feature_name=REPORTS)
        db.session.commit()
    together(lambda _: Worker(own_app).run_until_idle(), 3)
    with own_app.app_context():
        assert {bulk.status for bulk in db.session.query(BulkGrant)} == {"done"}
        assert [bulk.done for bulk in db.session.query(BulkGrant)] == [40, 40]
        assert len(events("entitlement.granted")) == 80
        assert len(open_rows()) == 40
        assert db.session.query(Job).filter_by(kind=KIND, attempts=1).count() == 10


def test_thousands_are_granted_batch_by_batch(app, desk):
    """Rows as the importer would write them; the time is that of the worker alone."""
    made = [
        {"tenant_id": desk.tenant.id, "external_id": f"x{n}", "name": f"X{n}", "name_key": f"x{n}"}
        | {"email": "", "email_key": "", "status": "active", "created_at": days(-1)}
        for n in range(THOUSANDS)
    ]
    table = type(desk.user).__table__
    db.session.execute(sa.insert(table), made)
    bulk = start(desk, SubjectFilter(search="acme"), quota_limit=3)
    assert bulk.total == THOUSANDS + 1
    work(app)
    assert (bulk.status, bulk.done, bulk.failed) == ("done", THOUSANDS + 1, 0)
    query = sa.select(sa.func.count()).where(UserEntitlement.batch_id == f"bulk-{bulk.id}")
    assert db.session.scalar(query) == THOUSANDS + 1


def work_slowly(url: str, folder: str) -> None:
    """In a process of its own, which is killed at some point of the first half of two hundred."""
    bulk_work.AT_ONCE = 5
    app = make_app(url, Path(folder))
    worker = Worker(app)
    while _done(app) < 100:
        worker.do_next()
    Event().wait()  # however late the kill is: the second half is never begun


@pytest.mark.race
def test_a_worker_that_is_killed_is_taken_over_and_each_is_granted_once(own_app, tmp_path):
    with own_app.app_context():
        ids = _two_hundred_tenants()
    url = own_app.config["SQLALCHEMY_DATABASE_URI"]
    worker = APART.Process(target=work_slowly, args=(url, str(tmp_path)))
    worker.start()
    while worker.is_alive() and not _done(own_app):
        worker.join(0.01)
    worker.kill()
    worker.join()
    assert 0 < _done(own_app) < len(ids)
    with time_machine.travel(days(1)):  # its lease has run out
        Worker(own_app).run_until_idle()
    with own_app.app_context():
        assert _done(own_app) == len(ids) == len(open_rows(TenantEntitlement))
        granted = [event.target_id for event in events("entitlement.granted")]
        assert sorted(granted, key=int) == [str(number) for number in ids]


def _two_hundred_tenants() -> list[int]:
    seed_catalog()
    by = actor(make_admin("Ann", Role.ADMIN))
    ids = [make_tenant(f"T{number}").id for number in range(200)]
    start_bulk_grant(by=by, scope="tenant", subjects=ids, feature_name=REPORTS)
    db.session.commit()
    return ids


def _done(app) -> int:
    with app.app_context():
        return db.session.scalar(sa.select(BulkGrant.done)) or 0
