"""The JSON API: its base class, its description, and how it says that a body is not right."""

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify, make_response, request
from flask_openapi import OpenAPI
from pydantic import BaseModel, ValidationError

from portal.web.access import public
from portal.web.problems import CONTENT_TYPE, problem

MOST_FAULTS = 50


class FieldProblem(BaseModel):
    """What is not right with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """RFC 9457 problem details; `code` is stable."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[FieldProblem] | None = None


PROBLEMS: dict[str | int, Any] = {
    status: {
        "description": text,
        "content": {CONTENT_TYPE: {"schema": Problem.model_json_schema(mode="serialization")}},
    }
    for status, text in {"422": "A field is not right", "default": "Refused"}.items()
}


def make_api_app(import_name: str, **options: Any) -> OpenAPI:
    """A Flask application whose `/api` routes describe themselves."""
    return OpenAPI(
        import_name,
        info={"title": "Portal", "version": "1"},
        doc_ui=False,  # the library's own pages need inline style, which our policy forbids
        validation_error_callback=_refuse_body,
        **options,
    )


def init_openapi(app: OpenAPI) -> None:
    view: Callable[[], Response] = public(lambda: jsonify(app.api_doc))
    app.add_url_rule("/api/openapi.json", "openapi", view)


def _refuse_body(error: ValidationError) -> Response:
    """A body that is not of the documented form: which fields, and why."""
    if request.get_data() and request.get_json(silent=True) is None:
        return problem(400, "bad_request", "Not JSON", "The body cannot be read as JSON.")
    found = error.errors(include_url=False, include_input=False, include_context=False)
    errors = [
        {"field": ".".join(str(part) for part in fault["loc"])[:200], "message": fault["msg"]}
        for fault in found[:MOST_FAULTS]
    ]
    return make_response(
        problem(422, "validation_failed", "Not accepted", "Mend the named fields.", errors=errors)
    )
