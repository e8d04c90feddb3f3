"""What an attacker holds: a connection on which anything can be said, and the whole answer."""

import json
import re
import socket
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode

from tests.processes import HOST

COOKIE = "portal_session"  # its name where no https is spoken
SECONDS_TO_ANSWER = 60
CSRF = "/api/admin/auth/csrf"
LOGIN = "/api/admin/auth/login"
SECOND_STEP = "/api/admin/auth/login/2fa"
STATUS_LINE = re.compile(rb"^HTTP/1\.[01] (\d{3})")
# What differs between two answers that say the same.
PASSING = re.compile(r"[0-9a-f]{16}|[\w.-]{40,}|value=\"[^\"]*\"")


@dataclass(frozen=True, slots=True)
class Reply:
    """One whole answer, headers and all."""

    status: int
    headers: tuple[tuple[str, str], ...]
    text: str

    def header(self, name: str) -> str:
        found = [value for key, value in self.headers if key.lower() == name.lower()]
        return found[0] if found else ""

    @property
    def everything(self) -> str:
        return "\n".join(f"{key}: {value}" for key, value in self.headers) + "\n" + self.text

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def said(self) -> tuple[object, ...]:
        """What a caller can tell two answers apart by."""
        names = tuple(sorted(key.lower() for key, _ in self.headers))
        return self.status, names, PASSING.sub("", self.text)


class Attacker:
    """Keeps one connection and no cookie but those it was given."""

    def __init__(self, port: int, session: str = "", source: str = HOST) -> None:
        self.port, self.source = port, source
        self.cookies = {COOKIE: session} if session else {}
        self.form_token = ""
        self._connection: HTTPConnection | None = None

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        """One request; `user_agent="x"` is a header, and so is any other name."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        try:
            reply = self._once(method, path, body, sent)
        except (OSError, HTTPException):  # it was closed meanwhile, as an idle one may be
            self.hang_up()
            reply = self._once(method, path, body, sent)
        self._keep(reply)
        return reply

    def get(self, path: str, **headers: str) -> Reply:
        return self.ask("GET", path, **headers)

    def say(self, method: str, path: str, document: Any, **headers: str) -> Reply:
        """JSON, with the token of this session when there is one."""
        sent = {"Content_Type": "application/json", "Sec_Fetch_Site": "same-origin", **headers}
        if self.form_token:
            sent.setdefault("X_CSRFToken", self.form_token)
        return self.ask(method, path, json.dumps(document).encode(), **sent)

    def submit(self, path: str, fields: Any = (), **headers: str) -> Reply:
        """A form as its own page would send it."""
        pairs = [*(fields.items() if isinstance(fields, dict) else fields)]
        body = urlencode([("csrf_token", self.form_token), *pairs]).encode()
        kind = "application/x-www-form-urlencoded"
        sent = {"Content_Type": kind, "Sec_Fetch_Site": "same-origin", **headers}
        return self.ask("POST", path, body, **sent)

    def take_form_token(self) -> "Attacker":
        self.form_token = self.get(CSRF).json["csrf_token"]
        return self

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        if self._connection is None:
            self._connection = HTTPConnection(
                HOST, self.port, timeout=SECONDS_TO_ANSWER, source_address=(self.source, 0)
            )
        self._connection.request(method, path, body, headers)
        answer = self._connection.getresponse()
        text = answer.read().decode(errors="replace")
        if answer.will_close:
            self.hang_up()
        return Reply(answer.status, tuple(answer.getheaders()), text)

    def _keep(self, reply: Reply) -> None:
        for name, line in reply.headers:
            if name.lower() == "set-cookie":
                key, _, value = line.partition(";")[0].partition("=")
                self.cookies[key] = value


def speak(port: int, words: bytes) -> tuple[int, str]:
    """Exactly these bytes; the status and all that came back. 0 is a closed door."""
    heard = b""
    with socket.create_connection((HOST, port), SECONDS_TO_ANSWER) as line, suppress(OSError):
        line.sendall(words)
        line.shutdown(socket.SHUT_WR)
        while part := line.recv(65536):
            heard += part
    found = STATUS_LINE.match(heard)
    return (int(found[1]) if found else 0), heard.decode(errors="replace")
