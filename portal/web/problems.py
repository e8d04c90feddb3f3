"""Errors of the JSON API, as RFC 9457 problem details with a stable `code`."""

from typing import Any

from flask import Response, g, json, request

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
