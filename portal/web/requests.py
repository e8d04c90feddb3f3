"""What happens around every request: its id, its provenance, its one line in the log."""

import re
import secrets
import time

from flask import Flask, Response, g, request

from portal.core.provenance import Provenance, set_provenance
from portal.web.addresses import client_address, peer_is_trusted
from portal.web.logs import log_request

USER_AGENT_LENGTH = 512
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
TOKEN = re.compile(r"[\w-]{40,}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def init_requests(app: Flask) -> None:
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    g.started = time.perf_counter()
    g.request_id = _request_id()
    set_provenance(
        Provenance(
            ip=client_address(),
            user_agent=printable(request.headers.get("User-Agent", ""))[:USER_AGENT_LENGTH] or None,
            request_id=g.request_id,
            method=request.method,
            route=str(request.url_rule) if request.url_rule else None,
        )
    )


def _end(response: Response) -> Response:
    if "request_id" not in g:  # refused before any of our hooks ran, as for a strange host
        _begin()
    response.headers["X-Request-ID"] = g.request_id
    if request.endpoint != "static":
        log_request(
            request_id=g.request_id,
            method=request.method,
            path=loggable_path(),
            status=response.status_code,
            milliseconds=round((time.perf_counter() - g.started) * 1000, 1),
        )
    return response


def loggable_path() -> str:
    """The path without what could be the token of a mailed link."""
    if "token" in (request.view_args or {}):
        return str(request.url_rule)
    return TOKEN.sub("<token>", request.path)[:500]


def _request_id() -> str:
    """A trusted proxy may name the request; otherwise we do."""
    given = request.headers.get("X-Request-ID")
    if given and peer_is_trusted() and REQUEST_ID.fullmatch(given):
        return given
    return secrets.token_hex(8)


def printable(text: str) -> str:
    """The text without control characters or direction overrides, fit for logs and pages."""
    return CONTROL.sub("\ufffd", text)
