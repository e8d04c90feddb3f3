"""Somebody at the other end of a real connection: cookies, forms, and no JavaScript."""

import re
from contextlib import suppress
from dataclasses import dataclass
from html import unescape
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

from tests.processes import HOST

SECONDS_TO_ANSWER = 60
ENROL = "/account/two-factor/enrol"
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


class Unanswered(Exception):
    """The server went away before the whole answer was here: nobody knows what it did."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer."""

    status: int
    text: str
    location: str

    @property
    def is_acknowledged(self) -> bool:
        return self.status < 400

    def found(self, pattern: str) -> str:
        """The one place on the page that matches."""
        places = re.findall(pattern, self.text)
        assert len(places) == 1, f"{len(places)} x {pattern} in answer {self.status}: {self.text}"
        return unescape(places[0])


class Visitor:
    """One browser."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}
        self.token = ""

    def copy(self) -> "Visitor":
        """Another tab of the same browser."""
        other = Visitor(self.port)
        other.cookies, other.token = dict(self.cookies), self.token
        return other

    def get(self, path: str) -> Answer:
        return self._ask("GET", path, None)

    def submit(self, path: str, **fields: str) -> Answer:
        """Send a form with the token of the last page that had one, and follow where it leads."""
        answer = self._ask("POST", path, urlencode({"csrf_token": self.token, **fields}))
        if answer.status == 303:
            self.look(answer.location)
        return answer

    def look(self, path: str) -> None:
        """Open a page for its token; what was acknowledged before stays so if that fails."""
        with suppress(Unanswered):
            self.get(path)

    def _ask(self, method: str, path: str, body: str | None) -> Answer:
        connection = HTTPConnection(HOST, self.port, timeout=SECONDS_TO_ANSWER)
        try:
            connection.request(method, path, body, self._headers(body))
            response = connection.getresponse()
            text = response.read().decode()
        except (OSError, HTTPException) as error:
            raise Unanswered(f"{method} {path}") from error
        finally:
            connection.close()
        self._keep(response.headers.get_all("Set-Cookie") or [])
        self.token = next(iter(TOKEN.findall(text)), self.token)
        location = urlsplit(response.headers.get("Location", "")).path
        return Answer(response.status, text, location)

    def _headers(self, body: str | None) -> dict[str, str]:
        headers = {"Sec-Fetch-Site": "same-origin", "Connection": "close"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        return headers

    def _keep(self, lines: list[str]) -> None:
        for line in lines:
            for name, morsel in SimpleCookie(line).items():
                self.cookies[name] = morsel.value
                if morsel["max-age"] == "0" or not morsel.value:
                    del self.cookies[name]


SECRET = r'id="totp-secret"[^>]*data-value="([A-Z2-7]+)"'
CODES = re.compile(r'id="backup-codes".*?</ol>', re.DOTALL)
CODE = re.compile(r"<li[^>]*>\s*([0-9A-Z-]+)\s*</li>")


def give_password(visitor: Visitor, email: str, password: str) -> Answer:
    """The first step; the answer says where the next one is."""
    visitor.get("/sign-in")
    return visitor.submit("/sign-in", email=email, password=password)


def begin_enrolment(visitor: Visitor) -> str:
    """The secret that the enrolment page shows."""
    return visitor.get(ENROL).found(SECRET)


def confirm_enrolment(visitor: Visitor, code: str) -> list[str]:
    """Ten codes, or none when the code was refused."""
    answer = visitor.submit(ENROL, totp_code=code)
    codes = [code for part in CODES.findall(answer.text) for code in CODE.findall(part)]
    if codes:
        visitor.look("/account/security")
    return codes
