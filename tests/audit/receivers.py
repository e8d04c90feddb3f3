"""Receivers of streams on the loopback address: they keep what they are sent."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


class Posted:
    """What a webhook was sent, and what it answers."""

    def __init__(self):
        self.status = 200
        self.requests = []
        self.url = ""

    @property
    def bodies(self):
        return [body for _, body in self.requests]


@contextmanager
def webhook() -> Iterator[Posted]:
    """An HTTP server that answers every POST with `status`."""
    posted = Posted()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            posted.requests.append((self.headers, body))
            self.send_response(posted.status)
            self.send_header("Location", posted.url)
            self.end_headers()
            self.wfile.write(b"heard")

        def log_message(self, *_):
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        posted.url = f"http://127.0.0.1:{server.server_port}/events?from=portal"
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield posted
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def dripping(begin: bytes) -> Iterator[str]:
    """The address of a server whose answer begins so, and goes on a byte at a time."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=_drip, args=(server, begin))
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/events"
        thread.join()


def _drip(server, begin):
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.sendall(begin)
        for _ in range(60):
            Event().wait(0.05)
            connection.sendall(b".")


class Logged:
    """What a syslog server was sent."""

    def __init__(self, address):
        self.address = address
        self.data = b""

    @property
    def messages(self):
        """Taken apart by their counted lengths."""
        rest, found = self.data, []
        while rest:
            length, _, rest = rest.partition(b" ")
            found.append(rest[: int(length)])
            rest = rest[int(length) :]
        return found


@contextmanager
def syslog() -> Iterator[Logged]:
    """A TCP server for one connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        logged = Logged(f"tcp://127.0.0.1:{server.getsockname()[1]}")
        thread = Thread(target=_keep, args=(server, logged))
        thread.start()
        yield logged
        thread.join()


def _keep(server, logged):
    connection, _ = server.accept()
    with connection:
        while data := connection.recv(65536):
            logged.data += data
