"""The JSON API: its base class, its description, and how it says that a body is not right."""

import json
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Response, jsonify, make_response, request
from flask_openapi import OpenAPI, SecurityScheme
from flask_openapi.utils import parse_rule
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.datastructures import Headers

from portal.core.permissions import Permission
from portal.web.access import SAFE_METHODS, Access, public
from portal.web.idempotency import KEY_HEADER, LONGEST_KEY, KeyUse
from portal.web.problems import CONTENT_TYPE, problem
from portal.web.urls import LateRule

MOST_FAULTS = 50
WRITTEN = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

View = TypeVar("View", bound=Callable[..., Any])


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


class StrictBody(BaseModel):
    """A body whose values are of their own type: `"1"` is no number."""

    model_config = ConfigDict(strict=True)


class ExactBody(StrictBody):
    """One that holds nothing else: a field that is misspelt would change what is done."""

    model_config = ConfigDict(extra="forbid")


def example(*bodies: dict[str, Any]) -> ConfigDict:
    """What the description shows for a model."""
    return ConfigDict(json_schema_extra={"examples": list(bodies)})


PROBLEMS: dict[str | int, Any] = {
    status: {
        "description": text,
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, text in {"422": "A field is not right", "default": "Refused"}.items()
}
# gunicorn answers by itself, before there is a request.
PROBLEMS["414"] = {
    "description": "The address is longer than 4,094 bytes",
    "content": {"text/html": {"schema": {"type": "string"}}},
}


SCHEMES: dict[str, SecurityScheme | dict[str, Any]] = {
    "token": {"type": "http", "scheme": "bearer"},
    "session": {"type": "apiKey", "in": "cookie", "name": ""},  # see `generate_spec_json`
    "form_token": {"type": "apiKey", "in": "header", "name": "X-CSRFToken"},
}


class _App(OpenAPI):
    """Flask asks of every hook and view whether it is asynchronous; none is."""

    url_rule_class = LateRule
    session_cookie: Callable[[], str]

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func

    def generate_spec_json(self) -> None:
        super().generate_spec_json()  # type: ignore[no-untyped-call]
        self.spec_json["components"]["securitySchemes"]["session"]["name"] = self.session_cookie()
        for operations in self.spec_json["paths"].values():
            operations.get("delete", {}).get("requestBody", {}).pop("required", None)
        for rule in self.url_map.iter_rules():
            operations = self.spec_json["paths"].get(parse_rule(rule.rule), {})
            for method in (rule.methods or set()) & {name.upper() for name in operations}:
                _describe(operations[method.lower()], self.view_functions[rule.endpoint], method)


def make_api_app(import_name: str, **options: Any) -> OpenAPI:
    """A Flask application whose `/api` routes describe themselves."""
    return _App(
        import_name,
        info={"title": "Portal", "version": "1"},
        doc_ui=False,  # the library's own pages need inline style, which our policy forbids
        validation_error_callback=_refuse_body,
        validation_error_model=Problem,
        security_schemes=SCHEMES,
        **options,
    )


def _describe(operation: dict[str, Any], view: Callable[..., Any], method: str) -> None:
    """What a view declares of itself: who may call it, and whether it heeds a key."""
    operation["security"] = _security(view.access, method)  # type: ignore[attr-defined]
    use: KeyUse | None = getattr(view, "key_use", None)
    if use is not None:
        _describe_key(operation, use)


def _security(access: Access, method: str) -> list[dict[str, list[str]]]:
    """A token, or a person's session; what is about signing in is for no token."""
    if access.is_public:
        return []
    by_session: dict[str, list[str]] = {"session": []}
    if method not in SAFE_METHODS:
        by_session["form_token"] = []
    is_personal = access.permission in {None, Permission.ACCOUNT_OWN}
    return [by_session] if is_personal else [{"token": []}, by_session]


def _describe_key(operation: dict[str, Any], use: KeyUse) -> None:
    operation.setdefault("parameters", []).append(
        {
            "name": KEY_HEADER,
            "in": "header",
            "required": use is KeyUse.REQUIRED,
            "description": "A retry sends the same one, and nothing happens twice.",
            "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
        }
    )


def init_openapi(app: OpenAPI, session_cookie: Callable[[], str]) -> None:
    """`session_cookie` says, inside a request, what the cookie of a person's session is called."""
    assert isinstance(app, _App)  # noqa: S101 - made by `make_api_app`
    app.session_cookie = session_cookie
    view: Callable[[], Response] = public(lambda: jsonify(app.api_doc))
    app.add_url_rule("/api/openapi.json", "openapi", view)


def takes(view: View) -> View:
    """Check `path`, `query` and `body` by their models, for a view that is asked often.

    Without this the library does, at several times the cost: it builds the JSON schema of a query
    anew for every request. It also reads a body as Python values, of which a strict model takes no
    instants.
    """
    models = {
        name: parameter.annotation
        for name, parameter in signature(view).parameters.items()
        if name in _GIVEN
    }

    @wraps(view)
    def taking(**given: Any) -> Any:
        try:
            values = {name: _GIVEN[name](model, given) for name, model in models.items()}
        except ValidationError as error:
            return _refuse_body(error)
        return view(**values)

    taking.__delay_validate_request__ = True  # type: ignore[attr-defined]
    taking.reads_body_itself = True  # type: ignore[attr-defined]
    return taking  # type: ignore[return-value]


def _without_body() -> bytes:
    """To delete something takes no body; everything else does."""
    return b"{}" if request.method == "DELETE" else b""


_GIVEN: dict[str, Callable[[Any, dict[str, Any]], BaseModel]] = {
    "path": lambda model, path: model.model_validate(path),
    "query": lambda model, _: model.model_validate(request.args.to_dict()),
    "body": lambda model, _: model.model_validate_json(request.get_data() or _without_body()),
}


def json_answer(body: dict[str, Any]) -> Response:
    """As `jsonify`, in a third of the time: plain values alone, in the order in which they are."""
    return written_answer(WRITTEN.encode(body))


class _Written(Response):
    """An answer whose headers are final: its length is known, and no address is relative."""

    def get_wsgi_headers(self, environ: "WSGIEnvironment") -> Headers:
        return self.headers


def written_answer(text: str) -> Response:
    """An answer that is JSON already."""
    return _Written(text.encode(), content_type="application/json")


def _is_unreadable() -> bool:
    """Of what is no JSON, Flask says what it says of `null`."""
    body = request.get_data()
    if not body or body.strip() == b"null":
        return False
    try:
        return request.get_json(silent=True) is None
    except RecursionError:
        return True


def _is_broken(error: ValidationError) -> bool:
    """Does pydantic call the body no JSON? Of a text alone flask-openapi asks what is in it."""
    is_text = isinstance(request.get_json(silent=True), str)
    return not is_text and any(fault["type"] == "json_invalid" for fault in error.errors())


def _refuse_body(error: ValidationError) -> Response:
    """A body that is not of the documented form: which fields, and why."""
    if _is_unreadable() or _is_broken(error):
        return problem(400, "bad_request", "Not JSON", "The body cannot be read as JSON.")
    return make_response(
        problem(
            422,
            "validation_failed",
            "Not accepted",
            "Mend the named fields.",
            errors=faults_of(error),
        )
    )


def faults_of(error: ValidationError) -> list[dict[str, str]]:
    """Which fields are not right, and why."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return [
        {"field": ".".join(str(part) for part in fault["loc"])[:200], "message": fault["msg"]}
        for fault in found[:MOST_FAULTS]
    ]
