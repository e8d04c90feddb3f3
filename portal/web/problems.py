"""Errors of the JSON API, as RFC 9457 problem details with a stable `code`."""

from typing import Any

from flask import Response, g, json, request

from portal.web.headers import say_when

CONTENT_TYPE = "application/problem+json"


def is_api_request() -> bool:
    return request.path.startswith("/api/")


def problem(
    status: int,
    code: str,
    title: str,
    detail: str = "",
    *,
    errors: list[dict[str, str]] | None = None,
    **more: Any,
) -> Response:
    """`errors` holds `{"field", "message"}` for each refused field."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": g.get("request_id", ""),
        **more,
    }
    if errors is not None:
        body["errors"] = errors
    return Response(json.dumps(body), status, content_type=CONTENT_TYPE)


def refused_code(retry_after: int | None = None) -> Response:
    """A wrong, used, expired or unknown code: one answer for all.

    With `retry_after`: too many of them, or of wrong passwords.
    """
    if retry_after is None:
        return problem(401, "invalid_code", "That code is not right", "Try the next one.")
    answer = problem(429, "throttled", "Too many tries", "Wait before the next try.")
    return say_when(answer, retry_after)
