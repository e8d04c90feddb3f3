"""`make run`: what it prints, what it starts, and how all of it ends."""

import http.client
import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa

from portal.config import settings
from portal.core.database import db
from seeds.serve import main, welcome_text
from tests.cast import make_admin
from tests.conftest import make_app
from tests.databases import Server
from tests.processes import HOST, Portal, Process
from tests.visitor import Visitor, give_password

TOKEN = "metrics-token-of-the-tests"
WELCOMED = "Ctrl-C ends the server and the worker."
SECONDS = 120


class Run(Process):
    """`make run` of a portal that is set up already, on its port."""

    def __init__(self, portal: Portal) -> None:
        portal.socket.close()  # it listens by itself
        environ = portal.environ | {"PORT": str(portal.port)}
        super().__init__(["seeds.serve"], environ, portal.folder / "run.log")
        self.port = portal.port
        self.instance = portal.folder / "instance"
        self.log_of_sqlite = Path(f"{sa.make_url(portal.database_url).database}-wal")

    def welcomes(self) -> bool:
        waited = 0.0
        while WELCOMED not in self.last_words() and waited < SECONDS:
            assert self.wait(0.1) is None, self.last_words()
            waited += 0.1
        return WELCOMED in self.last_words()

    def get(self, path: str) -> str:
        connection = http.client.HTTPConnection(HOST, self.port, timeout=SECONDS)
        connection.request("GET", path, headers={"Authorization": f"Bearer {TOKEN}"})
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    def kill(self) -> None:
        """What it started is in groups of its own."""
        for child in self.children():
            os.killpg(child, signal.SIGKILL)
        super().kill()

    def interrupt(self) -> int | None:
        """As a terminal does: every process of its group hears it."""
        assert self.running is not None
        assert self.running.pid is not None
        os.killpg(self.running.pid, signal.SIGINT)
        return self.wait(SECONDS)


@pytest.fixture
def first_run(database: Server, tmp_path: Path) -> Iterator[Run]:
    with Portal(database.clone(), tmp_path) as portal, Run(portal) as found:
        yield found


@pytest.fixture
def run(database: Server, tmp_path: Path) -> Iterator[Run]:
    with Portal(database.clone(), tmp_path, METRICS_TOKEN=TOKEN) as portal:
        app = make_app(portal.database_url, tmp_path)
        with app.app_context():
            make_admin("Pia Present")
            db.session.commit()
            db.engine.dispose()
        with Run(portal) as found:
            yield found


def is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}/cmdline").exists()


def test_the_address_to_open_is_the_one_that_passkeys_belong_to(app):
    assert f"{settings().brand} is at {settings().base_url}\n" in welcome_text()
    assert "no demo sign-in was made" in welcome_text()


@pytest.mark.one_database
def test_the_first_start_makes_people_who_sign_in(first_run):
    assert first_run.welcomes()
    people = json.loads((first_run.instance / "demo-credentials.json").read_text())
    visitor, ann = Visitor(first_run.port), people["admin"]
    give_password(visitor, ann["email"], ann["password"])
    code = pyotp.TOTP(ann["totp_secret"]).now()
    assert visitor.submit("/sign-in/second-factor", totp_code=code).status == 303
    assert visitor.get("/account/security").status == 200


def test_a_server_and_a_worker_run_until_ctrl_c(run):
    assert run.welcomes()
    children = run.children()
    assert len(children) == 2
    assert "<h1" in run.get("/sign-in")
    counts = run.get("/metrics")
    assert 'portal_requests_total{method="GET",route="/sign-in",status="200"} 1.0' in counts
    assert "portal_worker_silent 0.0" in counts
    assert run.interrupt() == 0
    assert not any(is_running(child) for child in children)
    with pytest.raises(ConnectionRefusedError):
        run.get("/sign-in")
    assert not run.log_of_sqlite.exists()


@pytest.mark.one_database
@pytest.mark.parametrize(("number", "name"), [(0, "server"), (1, "worker")])
def test_what_ends_by_itself_ends_the_other_too(run, number, name):
    assert run.welcomes()
    children = run.children()
    os.kill(children[number], signal.SIGKILL)
    assert run.wait(SECONDS) == 1
    assert f"The {name} ended with status -9." in run.last_words()
    assert not any(is_running(child) for child in children)


@pytest.mark.one_database
def test_a_port_that_is_taken_is_said_with_another_one(monkeypatch, capsys):
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        assert main() == 1
    assert f"Port {port} is taken. Another one: PORT={port + 1}" in capsys.readouterr().err


@pytest.mark.one_database
@pytest.mark.parametrize("wanted", ["", "http", "0", "65536", "-1"])
def test_what_is_no_port_is_refused(monkeypatch, capsys, wanted):
    monkeypatch.setenv("PORT", wanted)
    assert main() == 2
    assert "use 1 to 65535" in capsys.readouterr().err
