"""The load: a fixed number of connections, each busy all the time, every answer checked.

A sync worker closes the connection after its answer, so each request opens one: the same for
both sides of a ratio. One process on plain sockets and epoll costs a small part of what a worker
does for the request; what it does cost is outside the second measure, the workers' own CPU time.
"""

import select
import socket
import time
from dataclasses import dataclass, field
from functools import cached_property
from itertools import cycle

HOST = "127.0.0.1"
CHUNK = 1 << 18
PATIENCE = 30.0


@dataclass(frozen=True)
class Request:
    """A GET, or with a body a POST; the status of its answer and a text that must stand in it."""

    path: str
    marker: bytes
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    body: bytes = b""

    @property
    def answered(self):
        """The status as it stands in the first line of the answer."""
        return f" {self.status} ".encode()

    @cached_property
    def bytes(self):
        method = "POST" if self.body else "GET"
        lines = [f"{method} {self.path} HTTP/1.1", "Connection: close"]
        headers = {"Host": HOST, "Accept": "*/*", **self.headers}
        if self.body:
            headers |= {"Content-Type": "application/json", "Content-Length": len(self.body)}
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode() + self.body


@dataclass
class Outcome:
    """What came back within a span of time."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    errors: int = 0
    first_error: str = ""

    @property
    def per_second(self):
        return len(self.latencies) / self.seconds if self.seconds else 0.0


def run(port, requests, *, seconds, connections):
    """Keep `connections` requests under way until the time is over, then let the last ones end.

    Several requests are sent in turn.
    """
    load = _Load((HOST, port), requests)
    started = time.perf_counter()
    load.until = started + seconds
    for _ in range(connections):
        load.open()
    while load.running:
        ready = load.poll.poll(PATIENCE)
        if not ready:
            raise TimeoutError(f"{load.requests[0].path}: no answer within {PATIENCE:.0f} seconds")
        for number, _ in ready:
            load.read(number)
    load.poll.close()
    load.outcome.seconds = load.ended - started
    return load.outcome


class _Load:
    def __init__(self, address, requests):
        self.address = address
        self.requests = requests
        self.turn = cycle(requests)
        self.poll = select.epoll()
        self.running = {}
        self.until = self.ended = 0.0
        self.outcome = Outcome()

    def open(self):
        connection, request = socket.socket(), next(self.turn)
        outgoing = request.bytes
        started = time.perf_counter()
        connection.connect(self.address)
        connection.sendall(outgoing)
        self.running[connection.fileno()] = (connection, request, started, [])
        self.poll.register(connection.fileno(), select.EPOLLIN)

    def read(self, number):
        connection, request, started, parts = self.running[number]
        try:
            data = connection.recv(CHUNK)
        except ConnectionError as error:
            data, parts = b"", [repr(error).encode()]
        if data:
            parts.append(data)
            return
        self.ended = time.perf_counter()
        # Closing takes it out of the epoll set as well.
        connection.close()
        del self.running[number]
        self.note(request, b"".join(parts), self.ended - started)
        if self.ended < self.until:
            self.open()

    def note(self, request, answer, latency):
        if answer[8:13] == request.answered and request.marker in answer:
            self.outcome.latencies.append(latency)
            return
        self.outcome.errors += 1
        self.outcome.first_error = self.outcome.first_error or answer[:300].decode("latin-1")
