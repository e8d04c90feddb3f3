"""Clients that take their time: gunicorn's threads alone give in, the documented proxy does not.

nginx runs here with the lines of `docs/operate.md`; only where it listens, and whom it asks, is
another place. It serves without TLS, which changes nothing about its buffers.
"""

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from portal.config import ROOT
from tests.attacks.ground import Ground
from tests.attacks.wire import COOKIE, Attacker
from tests.docs.reading import FENCE
from tests.processes import HOST, SECONDS_TO_END

pytestmark = pytest.mark.attack
SLOW = 200  # so many that each of two processes has more than it has threads, however they share
CROWDS = 4  # one process may take nearly all of the first, beside other tests
PAGES = 20
SOON, SOON_BESIDE_OTHER_TESTS = 1.0, 5.0  # seconds in which 95 of 100 pages are answered
HELD_UP = 2.0  # seconds after which nobody waits any longer
TLS = re.compile(r"^ *ssl_.*\n", re.MULTILINE)
LARGE = b"/static/vendor/tabler.min.css"

HOSTED = b"Host: 127.0.0.1\r\n"
BEGUN = {
    "a header": b"GET /sign-in HTTP/1.1\r\n" + HOSTED + b"X-Slow: ",
    "a body": b"POST /sign-in HTTP/1.1\r\n" + HOSTED + b"Content-Length: 900\r\n\r\nemail=",
    "reading": b"GET " + LARGE + b" HTTP/1.1\r\n" + HOSTED + b"\r\n",
}

NGINX = """
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
{server}}}
"""


def documented(port: int, portal: int) -> str:
    """The server that the docs print, at these two places."""
    page = (ROOT / "docs" / "operate.md").read_text()
    (server,) = [text for text in FENCE.findall(page) if text.startswith("server {")]
    server = TLS.sub("", server).replace("listen 443 ssl;", f"listen {HOST}:{port};")
    return server.replace("127.0.0.1:8000", f"{HOST}:{portal}")


@pytest.fixture
def nginx(proxied: Ground, tmp_path: Path) -> Iterator[int]:
    """Its port. The command returns once it listens, and serves on behind our back."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    port, config = free_port(), tmp_path / "nginx.conf"
    server = documented(port, proxied.port)
    config.write_text(NGINX.format(folder=tmp_path, server=server))
    command = [program, "-e", str(tmp_path / "error.log"), "-p", str(tmp_path), "-c", str(config)]
    subprocess.run(command, check=True)
    try:
        yield port
    finally:
        subprocess.run([*command, "-s", "stop"], check=True)


def free_port() -> int:
    with socket.create_server((HOST, 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def slow_clients(port: int, kind: str, count: int) -> Iterator[list[socket.socket]]:
    """So many that began a request, or to read what they asked for, and go on a byte at a time."""
    with ExitStack() as lines:
        found = []
        for _ in range(count):
            line = lines.enter_context(socket.socket())
            line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            line.settimeout(SECONDS_TO_END)
            line.connect((HOST, port))
            line.sendall(BEGUN[kind])
            found.append(line)
        yield found


def go_on(lines: list[socket.socket], kind: str) -> None:
    for line in lines:
        if kind == "reading":
            assert line.recv(1)
        else:
            line.sendall(b"a")


def worker_at(ground: Ground, port: int) -> Attacker:
    """Somebody signed in, who reaches the portal there."""
    inside = ground.attacker(ground.person())
    found = Attacker(port, inside.cookies[COOKIE])
    ground.attackers.append(found)
    return found


@pytest.mark.parametrize("kind", BEGUN)
def test_behind_the_documented_proxy_slow_clients_hold_nobody_up(
    proxied, nginx, kind, attack_rounds
):
    worker, times = worker_at(proxied, nginx), []
    with slow_clients(nginx, kind, SLOW) as lines:
        for _ in range(PAGES):
            go_on(lines[::PAGES], kind)
            started = time.perf_counter()
            assert worker.get("/account/security").status == 200
            times.append(time.perf_counter() - started)
        go_on(lines, kind)
    soon = SOON if attack_rounds > 1 else SOON_BESIDE_OTHER_TESTS
    assert sorted(times)[PAGES * 95 // 100 - 1] < soon, times


@pytest.mark.parametrize("kind", ["a header", "a body"])
def test_gunicorn_alone_is_held_up_by_more_than_it_has_threads(proxied, kind):
    """The stated weakness. When this fails, the docs may ask for less."""
    worker = worker_at(proxied, proxied.port)
    with ExitStack() as crowds:
        assert any(is_held_up(proxied.port, kind, crowds) for _ in range(CROWDS))
    assert worker.get("/account/security").status == 200


def is_held_up(port: int, kind: str, crowds: ExitStack) -> bool:
    """By another crowd of slow clients, which stays."""
    crowds.enter_context(slow_clients(port, kind, SLOW))
    try:
        ask_briefly(port)
    except TimeoutError:
        return True
    return False


def ask_briefly(port: int) -> bytes:
    with socket.create_connection((HOST, port), HELD_UP) as line:
        line.sendall(b"GET /healthz HTTP/1.1\r\n" + HOSTED + b"\r\n")
        return line.recv(100)
