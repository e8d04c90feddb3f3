"""A database that takes nothing: who reads goes on, who writes is told why. One that is away."""

import socket
import sqlite3
import time
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError

from portal.core import clock
from portal.core.actor import SYSTEM
from portal.core.database import db, is_sqlite, looking
from portal.core.outages import is_away, refuses_writes
from portal.customers.models import Tenant
from portal.customers.token_text import new_text
from portal.customers.tokens import issue_user_token
from portal.jobs.worker import IDLE_SECONDS, TROUBLE_SECONDS, Worker
from portal.staff.models import AdminSession
from portal.support.models import SupportTicket
from seeds.catalog import seed_catalog
from tests.cast import PASSWORD, make_admin, make_tenant, make_user, signed_in
from tests.conftest import make_app
from tests.databases import hang_up
from tests.support.desk import customer_writes, make_agent, make_ticket

CHECK = "/api/entitlements/me/check-access"
SAID = "The database takes no changes"


@pytest.fixture
def own(database, tmp_path):
    app = make_app(database.clone(), tmp_path)
    with app.app_context():
        seed_catalog()
        yield app
        db.session.remove()
        db.engine.dispose()


def take_nothing(app: Flask) -> None:
    """From now on, as a disk without room or a server that became a copy of another."""
    db.session.commit()
    if is_sqlite():
        event.listen(db.engine, "connect", lambda new, _: new.execute("PRAGMA query_only = ON"))
    else:
        only_read = (
            f"ALTER DATABASE {db.engine.url.database} SET default_transaction_read_only = on"
        )
        db.session.execute(sa.text(only_read))
        db.session.commit()
    db.session.remove()
    db.engine.dispose()


def seen_long_ago(app: Flask, name: str, role: str):
    """Somebody whose next page would note when they were last seen."""
    before = clock.now() - timedelta(minutes=2)
    return signed_in(app, make_admin(name, role), last_seen_at=before, created_at=before)


def lines(caplog, event: str = "database.refuses_writes") -> list[dict[str, object]]:
    found = (one.msg for one in caplog.records if isinstance(one.msg, dict))
    return [one for one in found if one["event"] == event]


@contextmanager
def away(database):
    """Nobody finds the database any more, until the end of the block."""
    url, engine = db.engine.url, db.engine
    db.session.remove()
    engine.dispose()
    if is_sqlite():
        path = Path(str(url.database))
        kept = path.rename(path.with_suffix(".kept"))
        path.mkdir()
        try:
            yield
        finally:
            path.rmdir()
            kept.rename(path)
    else:
        database._run(f"ALTER DATABASE {url.database} RENAME TO {url.database}_kept")
        try:
            yield
        finally:
            database._run(f"ALTER DATABASE {url.database}_kept RENAME TO {url.database}")


@pytest.mark.parametrize("path", ["/", "/staff", "/customers", "/operations/health"])
def test_a_page_opens_though_nobody_is_noted_as_seen(own, path, caplog):
    client = seen_long_ago(own, "Ann Admin", "admin")
    take_nothing(own)
    assert client.get(path).status_code == 200
    assert len(lines(caplog)) == 1
    with looking():
        session = db.session.query(AdminSession).one()
        assert session.last_seen_at == session.created_at


@pytest.mark.one_database("postgresql")
def test_the_health_page_says_that_the_database_only_reads(own):
    client = signed_in(own, make_admin("Ann Admin", "admin"))
    assert SAID not in client.get("/operations/health").text
    take_nothing(own)
    assert SAID in client.get("/operations/health").text


def test_an_agent_reads_a_ticket_that_stays_unread(own):
    admin = make_admin("Bea Agent", "support_agent")
    make_agent(admin)
    ticket = make_ticket()
    ticket.assignee_id = admin.id
    customer_writes(ticket, "It stopped again.")
    client, url = signed_in(own, admin), f"/support/tickets/{ticket.number}"
    take_nothing(own)
    page = client.get(url)
    assert (page.status_code, "It stopped again." in page.text) == (200, True)
    assert client.get(f"{url}/news", headers={"HX-Request": "true"}).status_code == 200
    with looking():
        assert db.session.query(SupportTicket).one().is_unread


@pytest.mark.one_database("sqlite")
def test_a_page_waits_for_no_writer_and_the_next_one_notes(own, caplog):
    client = seen_long_ago(own, "Ann Admin", "admin")
    db.session.commit()
    with closing(sqlite3.connect(str(db.engine.url.database), isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        assert client.get("/staff").status_code == 200
        assert time.monotonic() - began < 5  # a form would wait for ten seconds
        with looking():
            session = db.session.query(AdminSession).one()
            assert session.last_seen_at == session.created_at
    assert client.get("/staff").status_code == 200
    assert session.last_seen_at > session.created_at
    assert len(lines(caplog, "database.busy")) == 1


def test_the_product_is_answered_who_may_what(own):
    user = make_user(make_tenant())
    token = issue_user_token(by=SYSTEM, user=user, expires_in=timedelta(days=1)).text
    client, headers = own.test_client(), {"Authorization": f"Bearer {token}"}
    take_nothing(own)
    found = client.post(CHECK, json={"feature_name": "basic_quotes"}, headers=headers)
    assert (found.status_code, found.get_json()["allowed"]) == (200, True)


def add_tenant(client):
    return client.submit("/customers/tenants/new", name="Oak", external_id="oak", time_zone="UTC")


def test_a_change_is_refused_with_the_reason_and_not_half_done(own, caplog):
    client = seen_long_ago(own, "Ann Admin", "admin")
    client.form_token()
    take_nothing(own)
    form = add_tenant(client)
    assert (form.status_code, SAID in form.text) == (503, True)
    assert {"request_id": form.headers["X-Request-ID"]}.items() <= lines(caplog)[-1].items()
    answer = client.call("PUT", "/api/customers/tenants/oak", {"name": "Oak"})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "unavailable")
    assert SAID in answer.get_json()["detail"]
    with looking():
        assert db.session.query(Tenant).count() == 0


def test_nothing_is_denied_without_an_event(own, caplog):
    own.config["PROPAGATE_EXCEPTIONS"] = False
    client = signed_in(own, make_admin("Ann Admin", "admin"))
    assert client.get("/api/entitlements/me/features").status_code == 403
    take_nothing(own)
    refused = client.get("/api/entitlements/me/features")
    assert (refused.status_code, SAID in refused.get_json()["detail"]) == (503, True)
    assert len(lines(caplog)) == 1


def test_nobody_signs_in_without_an_event(own):
    email, client = make_admin().email, own.test_client()
    take_nothing(own)
    refused = client.submit("/sign-in", email=email, password=PASSWORD)
    assert (refused.status_code, SAID in refused.text) == (503, True)


@pytest.fixture
def ann_away(own, database):
    """Ann's browser, while the database is away."""
    client = signed_in(own, make_admin("Ann Admin", "admin"))
    client.form_token()
    db.session.commit()
    with away(database):
        yield client
    assert client.get("/staff").status_code == 200


def test_while_it_is_away_people_get_a_page_that_says_so(ann_away):
    page = ann_away.get("/staff")
    assert (page.status_code, page.headers["Retry-After"]) == (503, "2")
    assert page.content_type.startswith("text/html")
    assert "The database cannot be reached" in page.text
    assert page.headers["X-Request-ID"] in page.text
    form = ann_away.submit("/customers/tenants/new", name="Oak", external_id="oak")
    assert (form.status_code, "Nothing was changed" in form.text) == (503, True)


def test_while_it_is_away_a_piece_of_a_page_says_so(ann_away):
    piece = ann_away.get("/staff", headers={"HX-Request": "true"})
    assert (piece.status_code, "<html" in piece.text) == (503, False)
    assert "The database cannot be reached" in piece.text


@pytest.mark.parametrize("ask", ["GET /no-such-page", "GET /static/no.css", "DELETE /sign-in"])
def test_while_it_is_away_a_wrong_address_is_no_crash(own, ann_away, ask):
    own.config["PROPAGATE_EXCEPTIONS"] = False
    method, path = ask.split()
    page = ann_away.open(path, method=method)
    assert (page.status_code, "The database cannot be reached" in page.text) == (503, True)


def test_while_it_is_away_nobody_signs_in(ann_away):
    refused = ann_away.submit("/sign-in", email="ann.admin@boxcostpro.test", password=PASSWORD)
    assert (refused.status_code, "<html" in refused.text) == (503, True)


def test_while_it_is_away_programs_are_told_so(ann_away):
    headers = {"Authorization": f"Bearer {new_text('Unknown1')}"}
    found = ann_away.post(CHECK, json={"feature_name": "basic_quotes"}, headers=headers)
    assert (found.status_code, found.get_json()["code"]) == (503, "unavailable")
    assert found.headers["Retry-After"] == "2"


def test_while_it_is_away_probes_are_told_so(ann_away):
    assert ann_away.get("/healthz").status_code == 200
    ready = ann_away.get("/readyz")
    assert (ready.status_code, ready.get_json()["database"]) == (503, False)


def test_the_first_page_and_form_after_a_restart_are_answered(own):
    client = seen_long_ago(own, "Ann Admin", "admin")
    client.form_token()
    hang_up()
    assert client.get("/staff").status_code == 200
    hang_up()
    assert add_tenant(client).status_code == 303


@pytest.mark.one_database("postgresql")
def test_a_connection_that_was_closed_is_not_handed_out(own):
    with db.engine.connect() as connection:
        driver = connection.connection.driver_connection
    driver.close()
    with db.engine.connect() as connection:
        assert connection.scalar(sa.select(1)) == 1


def test_a_worker_outlives_that_the_database_is_away(own, database):
    worker = Worker(own)
    with away(database):
        assert worker._round() == TROUBLE_SECONDS
    assert worker._round() in {0, IDLE_SECONDS}


def test_a_host_that_refuses_or_says_nothing_is_away():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent_one = f"127.0.0.1:{silent.getsockname()[1]}"
        for host in (silent_one, "127.0.0.1:1"):
            address = f"postgresql+psycopg://u:p@{host}/x?connect_timeout=1"
            with pytest.raises(DBAPIError) as refused:
                sa.create_engine(address).connect()
            assert is_away(refused.value), host


def test_a_process_that_begins_on_a_full_disk_of_sqlite_cannot_read():
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE
    assert is_away(DBAPIError("", {}, error))
    assert refuses_writes(DBAPIError("", {}, error))


@pytest.mark.one_database("postgresql")
def test_a_statement_that_cannot_be_sent_is_a_fault_of_ours(app):
    question = "SELECT " + ", ".join(["%s"] * 70_000)
    with pytest.raises(DBAPIError, match="number of parameters") as refused:
        db.session.connection().exec_driver_sql(question, (1,) * 70_000)
    assert not is_away(refused.value)


def test_a_full_disk_of_sqlite_is_known():
    with sa.create_engine("sqlite://").connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 2")
        connection.exec_driver_sql("CREATE TABLE one (text)")
        with pytest.raises(DBAPIError) as refused:
            connection.exec_driver_sql("INSERT INTO one VALUES (?)", ("x" * 10_000,))
        assert refuses_writes(refused.value)
        with pytest.raises(DBAPIError) as mistaken:
            connection.exec_driver_sql("INSERT INTO other VALUES (1)")
        assert not refuses_writes(mistaken.value)


@pytest.mark.parametrize(
    ("error", "is_known"),
    [
        (psycopg.errors.DiskFull, True),
        (psycopg.errors.ReadOnlySqlTransaction, True),
        (psycopg.errors.UniqueViolation, False),
    ],
)
def test_what_postgresql_says_is_known(error, is_known):
    assert refuses_writes(DBAPIError("", {}, error())) is is_known
