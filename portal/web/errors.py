"""Every error becomes an answer here: a fragment, a page or a problem document."""

from typing import Any

import structlog
from flask import Flask, Response, g, make_response, render_template
from pydantic import ValidationError
from sqlalchemy.exc import DataError, DBAPIError
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.routing import RequestRedirect

from portal.core.database import db
from portal.core.errors import DomainError
from portal.core.outages import is_away, is_busy, refuses_writes
from portal.core.sealing import CannotUnseal
from portal.web.access import roll_back
from portal.web.headers import say_when
from portal.web.htmx import wants_fragment
from portal.web.problems import is_api_request, problem
from portal.web.requests import loggable_path

log = structlog.get_logger("portal.errors")

CODES = {
    400: "bad_request",
    401: "not_authenticated",
    403: "permission_denied",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    410: "gone",
    413: "too_large",
    415: "unsupported_media_type",
    422: "validation_failed",
    429: "throttled",
    503: "unavailable",
}
UNCHANGED = "Nothing was changed."
NO_ROOM = (
    "The database takes no changes: its disk is full, or it may only be read. Nothing was changed. "
    "Tell whoever runs the portal."
)


def init_errors(app: Flask) -> None:
    app.register_error_handler(DomainError, answer_refusal)
    app.register_error_handler(HTTPException, answer_http)
    app.register_error_handler(DBAPIError, answer_database)
    app.register_error_handler(CannotUnseal, answer_sealed)
    app.register_error_handler(Exception, answer_crash)


def answer(
    status: int,
    title: str,
    detail: str,
    *,
    code: str | None = None,
    errors: list[dict[str, str]] | None = None,
    retry_after: int | None = None,
    **more: Any,
) -> Response:
    """One error in the form that the caller understands."""
    if is_api_request():
        found = problem(
            status, code or CODES.get(status, "error"), title, detail, errors=errors, **more
        )
    else:
        name = "errors/_refusal.html" if wants_fragment() else "errors/error.html"
        values = {"status": status, "title": title, "detail": detail, "retry_after": retry_after}
        found = make_response(
            render_template(name, request_id=g.get("request_id"), **values), status
        )
    return say_when(found, retry_after)


def answer_refusal(error: DomainError) -> Response:
    roll_back(error)
    errors = [{"field": error.field, "message": error.message}] if error.field else None
    if error.status == 422 and errors is None:
        errors = []
    retry_after = getattr(error, "retry_after", None)
    return answer(
        error.status,
        error.title,
        error.message,
        code=error.code,
        errors=errors,
        retry_after=retry_after,
        **getattr(error, "more", {}),
    )


def answer_http(error: HTTPException) -> Response:
    if isinstance(error.response, Response):  # a ready answer, such as of `validation_problem`
        return error.response
    broken = getattr(error, "original_exception", None)
    if isinstance(broken, DBAPIError):  # while an error was answered, as when a person is looked up
        return answer_database(broken)
    status = error.code or 500
    if isinstance(error, RequestRedirect):
        return make_response(error.get_response())
    found = answer(status, error.name, error.description or "")
    if status == 405 and getattr(error, "valid_methods", None):
        found.headers["Allow"] = ", ".join(error.valid_methods)  # type: ignore[attr-defined]
    return found


def answer_database(error: DBAPIError) -> Response:
    """A value that no column can hold is a bad request; a database that is away, or takes nothing,
    is a 503.
    """
    db.session.rollback()
    if is_busy(error):
        log.error("database.unavailable", exc_info=error, request_id=g.get("request_id"))
        return answer(503, "The database is busy", UNCHANGED, retry_after=2)
    if is_away(error):
        log.error("database.unavailable", exc_info=error, request_id=g.get("request_id"))
        title = "The database cannot be reached"
        return _answer_without_database(503, title, UNCHANGED, retry_after=2)
    if refuses_writes(error):
        log.error("database.refuses_writes", exc_info=error, request_id=g.get("request_id"))
        return answer(503, "Nothing can be saved at the moment", NO_ROOM)
    if isinstance(error, DataError):
        log.warning("database.refused_value", request_id=g.get("request_id"))
        return answer(400, "Bad Request", "Something in the request is out of range.")
    return answer_crash(error)


def answer_sealed(error: CannotUnseal) -> Response:
    """Without the right key nothing is proven and nobody let in, as long as the fault lasts."""
    db.session.rollback()
    log.error(
        "data_keys.cannot_unseal",
        exc_info=error,
        request_id=g.get("request_id"),
        path=loggable_path(),
    )
    detail = (
        "Something this needs is stored sealed, and the keys of this server do not open it. "
        "Nothing was changed. Tell whoever runs the portal: its health page says what to do."
    )
    return answer(503, "This cannot be opened at the moment", detail)


def answer_crash(error: Exception) -> Response:
    db.session.rollback()
    if isinstance(error, ValidationError):
        return answer(422, "Not accepted", "The request is not of the expected form.", errors=[])
    log.error(
        "request.crashed", exc_info=error, request_id=g.get("request_id"), path=loggable_path()
    )
    return _answer_without_database(
        500,
        InternalServerError().name,
        "Something broke on our side, and it has been logged. Nothing was changed.",
    )


def _answer_without_database(
    status: int, title: str, detail: str, *, retry_after: int | None = None
) -> Response:
    """An answer when anything may be broken: no person is looked up, plain text if need be."""
    g.is_failing = True
    try:
        return answer(status, title, detail, retry_after=retry_after)
    except Exception as error:
        log.error("errors.page_failed", exc_info=error, request_id=g.get("request_id"))
        advice = " Try again." if retry_after else ""
        text = f"{title}. {detail}{advice}\nRequest {g.get('request_id', '')}\n"
        return Response(text, status, content_type="text/plain; charset=utf-8")
