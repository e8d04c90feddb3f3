"""A browser without JavaScript, for tests: each request in a context of its own."""

import contextvars
from typing import Any

from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.core.database import db
from portal.staff.current import cookie_name


class Client(FlaskClient):
    """Flask's client, without the leaks between requests that a shared context brings."""

    _token: tuple[str | None, str] | None = None

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        # What the test prepared becomes visible, and what the request changed is read afresh.
        db.session.commit()
        # What is sent while it is read is read in the request's context, as by a server.
        kwargs.setdefault("buffered", True)
        response = contextvars.Context().run(super().open, *args, **kwargs)
        db.session.expire_all()
        return response

    def sign_in(self, token: str) -> None:
        """Carry this session token from now on."""
        self.set_cookie(cookie_name(), token)

    def submit(self, url: str, **fields: Any) -> TestResponse:
        """Send a form as its page would: with the form token and as a same-origin request."""
        data = {"csrf_token": self.form_token(), **fields}
        return self.post(url, data=data, headers={"Sec-Fetch-Site": "same-origin"})

    def call(self, method: str, url: str, body: Any = None, **kwargs: Any) -> TestResponse:
        """Send JSON to the API with the token of this session."""
        headers = {"X-CSRFToken": self.form_token(), **kwargs.pop("headers", {})}
        return self.open(url, method=method, json=body, headers=headers, **kwargs)

    def form_token(self) -> str:
        """As of a page that stays open: asked for once a session."""
        if self._token is None or self._token[0] != self._session():
            found = str(self.get("/api/admin/auth/csrf").get_json()["csrf_token"])
            self._token = (self._session(), found)
        return self._token[1]

    def _session(self) -> str | None:
        cookie = self.get_cookie(cookie_name())
        return cookie.value if cookie else None

    def soup(self, url: str, **kwargs: Any) -> BeautifulSoup:
        """The page behind the address."""
        return parsed(self.get(url, **kwargs))


def parsed(answer: TestResponse) -> BeautifulSoup:
    """The page, or a piece of one, that was answered."""
    return BeautifulSoup(answer.text, "lxml")


def fields_in(form: Tag) -> dict[str, list[str]]:
    """What a browser would send of the form as it stands, but for its token."""
    found: dict[str, list[str]] = {}
    for one in form.select("input[name], textarea[name]"):
        if one.get("type") not in {"checkbox", "radio"} or one.get("checked") is not None:
            value = one.get("value") if one.name == "input" else one.get_text().strip("\n")
            found.setdefault(one["name"], []).append(value or "")
    for one in form.select("select[name]"):
        chosen = one.select("option[selected]")
        if not chosen and one.get("multiple") is None:
            chosen = one.select("option")[:1]
        found[one["name"]] = [each["value"] for each in chosen]
    return {name: values for name, values in found.items() if name != "csrf_token"}
