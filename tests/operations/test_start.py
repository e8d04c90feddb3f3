"""In production nothing begins to serve or work on a database whose secrets it cannot open."""

import base64
import socket
from urllib.request import urlopen

import pytest
import sqlalchemy as sa

from portal.core import clock
from portal.core.database import db
from portal.staff.models import Admin
from portal.two_factor.authenticators import sealed_secret
from portal.two_factor.models import TwoFactorAuth
from tests.cast import make_admin
from tests.conftest import make_app
from tests.processes import Portal

OLD, NEW = (base64.b64encode(bytes(range(n, n + 32))).decode() for n in (1, 2))
STRICT = {
    "ENV": "production",
    "SECRET_KEY": base64.b64encode(bytes(range(3, 51))).decode(),
    "TOKEN_PEPPER": base64.b64encode(bytes(range(4, 52))).decode(),
    "MAIL_URL": "smtp://127.0.0.1:25",
    "METRICS_TOKEN": base64.b64encode(bytes(range(5, 53))).decode(),
}


@pytest.fixture
def portal(database, tmp_path):
    """A portal in which somebody's second factor is sealed under the old key."""
    url = database.clone()
    app = make_app(url, tmp_path, DATA_KEYS=f"old:{OLD}")
    with app.app_context():
        bea = make_admin("Bea Agent")
        sealed = sealed_secret("A" * 32, bea.id)
        factor = {"secret_sealed": sealed, "key_id": "old", "enabled_at": clock.now()}
        db.session.execute(sa.insert(TwoFactorAuth).values(admin_id=bea.id, **factor))
        db.session.commit()
        db.engine.dispose()
    with Portal(url, tmp_path, **STRICT) as found:
        found.settings["BASE_URL"] = "https://portal.example"
        yield found


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        (f"new:{NEW}", "PORTAL_DATA_KEYS lacks old"),
        (f"old:{NEW}", "the key old does not open what was sealed under this name"),
    ],
)
def test_neither_starts_without_a_key_that_is_in_use(portal, keys, said):
    portal.settings["DATA_KEYS"] = keys
    for program in (portal.server(1), portal.worker("--once")):
        with program:
            assert program.wait(60) not in {0, None}
            assert said in program.last_words()


def test_another_application_is_served_as_it_is(portal):
    server = portal.server(1)
    server.words = [*server.words[:-1], "benchmarks.bare:app"]
    with server, urlopen(f"{portal.url}/json", timeout=60) as answer:
        assert answer.status == 200


def test_with_both_keys_the_worker_works(portal):
    portal.settings["DATA_KEYS"] = f"new:{NEW},old:{OLD}"
    with portal.worker("--once") as program:
        assert program.wait(60) == 0, program.last_words()


def test_commands_that_mend_it_are_free(portal):
    app = make_app(portal.database_url, portal.folder, DATA_KEYS=f"new:{NEW}")
    with app.app_context():
        assert app.test_cli_runner().invoke(args=["keys", "rotate-data"]).exit_code == 1
        assert db.session.query(Admin).one()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def unix(portal):
    """The path of the Unix socket that this portal serves instead."""
    path = portal.folder / "socket"
    portal.socket.close()
    portal.socket = socket.socket(socket.AF_UNIX)
    portal.socket.bind(str(path))
    portal.socket.listen()
    portal.settings["DATA_KEYS"] = f"old:{OLD}"
    return str(path)


def test_a_unix_socket_is_refused_unless_its_proxy_is_named(portal, unix):
    with portal.server(1) as server:
        assert server.wait(60) not in {0, None}
        assert "Add unix to PORTAL_TRUSTED_PROXIES" in server.last_words()


def test_behind_a_unix_socket_the_named_proxy_is_believed(portal, unix):
    portal.settings["TRUSTED_PROXIES"] = "unix"
    with portal.server(1), socket.socket(socket.AF_UNIX) as proxy:
        proxy.connect(unix)
        proxy.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: portal.example\r\nConnection: close\r\n"
            b"X-Request-ID: named-by-the-proxy\r\n\r\n"
        )
        answer = b"".join(iter(lambda: proxy.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"named-by-the-proxy" in answer
