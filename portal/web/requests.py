"""What happens around every request: its id, its provenance, its one line in the log."""

import re
import secrets
import time

from flask import Flask, Request, Response, g, request
from werkzeug.exceptions import BadRequest

from portal.core.provenance import Provenance, set_provenance
from portal.web.addresses import client_address, peer_is_trusted
from portal.web.logs import log_request

USER_AGENT_LENGTH = 512
REQUEST_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
TOKEN = re.compile(r"[\w-]{40,}")
USER_OF_TENANT = re.compile(r"(/tenants/.+?/users/).+", re.DOTALL)
"""Where no view answers, the path alone tells."""
UNSAID = frozenset({"token", "user_external_id"})
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def init_requests(app: Flask) -> None:
    app.before_request(_receive)
    app.after_request(_end)


def _receive() -> None:
    """RFC 9112 3.2: whoever speaks HTTP/1.1 names the host they mean, or is refused."""
    _begin()
    environ = request.environ
    if "HTTP_HOST" not in environ and environ.get("SERVER_PROTOCOL") == "HTTP/1.1":
        raise BadRequest("The request names no host.")


def _begin() -> None:
    # Once: each look through the proxy costs.
    asked: Request = request._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    g.started = time.perf_counter()
    g.request_id = request_id = _request_id()
    set_provenance(
        Provenance(
            ip=client_address(),
            user_agent=printable(asked.headers.get("User-Agent", ""))[:USER_AGENT_LENGTH] or None,
            request_id=request_id,
            method=asked.method,
            route=str(asked.url_rule) if asked.url_rule else None,
        )
    )


def _end(response: Response) -> Response:
    if "request_id" not in g:  # refused before any of our hooks ran, as for a strange host
        _begin()
    known = g._get_current_object()  # noqa: SLF001
    asked: Request = request._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001
    response.headers.add("X-Request-ID", known.request_id)
    if asked.endpoint != "static":
        log_request(
            request_id=known.request_id,
            method=asked.method,
            path=loggable_path(),
            status=response.status_code,
            milliseconds=round((time.perf_counter() - known.started) * 1000, 1),
        )
    return response


def loggable_path() -> str:
    """The path without what could be the token of a mailed link, or says who a customer's user is.

    Products are free to call their users by their addresses, and the ledger keeps paths for ever.
    """
    if not UNSAID.isdisjoint(request.view_args or ()):
        return str(request.url_rule)
    return without_tokens(request.path)


def without_tokens(path: str) -> str:
    path = USER_OF_TENANT.sub(r"\1<user_external_id>", path)
    return TOKEN.sub("<token>", path)[:500]


def _request_id() -> str:
    """A trusted proxy may name the request; otherwise we do."""
    given = request.headers.get("X-Request-ID")
    if given and peer_is_trusted() and REQUEST_ID.fullmatch(given):
        return given
    return secrets.token_hex(8)


def printable(text: str) -> str:
    """The text without control characters or direction overrides, fit for logs and pages."""
    return text if text.isprintable() else CONTROL.sub("\ufffd", text)
