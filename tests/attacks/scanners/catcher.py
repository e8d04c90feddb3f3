"""A place that only the portal could call, were it talked into it: who calls is caught."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from tests.attacks.scanners.findings import Finding, Level
from tests.processes import HOST

# By these the scanner asks who called; it says hello at the root.
OF_THE_SCANNER = ("/get_", "/?")


@dataclass
class Catcher:
    """What wapiti calls its endpoint."""

    port: int = 0
    calls: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/"

    def note(self, method: str, path: str) -> None:
        if path != "/" and not path.startswith(OF_THE_SCANNER):
            self.calls.append(f"{method} {path}")

    def take_findings(self) -> list[Finding]:
        """What came since the last time."""
        kind = "server-side request forgery"
        found = [Finding(Level.CRITICAL, kind, call) for call in self.calls]
        self.calls.clear()
        return found


@contextmanager
def catching() -> Iterator[Catcher]:
    catcher = Catcher()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            catcher.note(self.command, self.path)
            body = json.dumps({}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_HEAD = do_GET  # noqa: N815 - names that the class above it asks for

        def log_message(self, *_: object) -> None:
            """Calls are findings, not lines on a terminal."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        catcher.port = server.server_port
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield catcher
        server.shutdown()
        thread.join()
