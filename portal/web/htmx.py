"""The only place that speaks htmx-flask: one URL, two answers."""

from typing import Any

from flask import Flask, Response, make_response, redirect, render_template
from htmx_flask import Htmx
from htmx_flask import request as htmx_request
from werkzeug.wrappers import Response as BaseResponse

from portal.web.headers import say_when
from portal.web.rendering import encoded

htmx = Htmx()


def init_htmx(app: Flask) -> None:
    htmx.init_app(app)
    app.add_template_global(wants_fragment)


def wants_fragment() -> bool:
    """Does htmx ask for a part of the page? A boosted link or a history restore wants it whole."""
    asked = htmx_request.htmx
    return bool(asked) and not asked.boosted and not asked.history_restore_request


def page_or_fragment(page: str, fragment: str, *, status: int = 200, **context: Any) -> Response:
    """The page, or for htmx the very fragment file that the page includes."""
    template = fragment if wants_fragment() else page
    return make_response(encoded(render_template(template, **context)), status)


def page(
    template: str, *, status: int = 200, retry_after: int | None = None, **context: Any
) -> Response:
    """A whole page. With `retry_after`, seconds to wait, it is a 429 that says so."""
    body = encoded(render_template(template, **context))
    return say_when(make_response(body, 429 if retry_after else status), retry_after)


def see_other(url: str) -> BaseResponse:
    """Where to look after a change. htmx follows it as a page of its own, with a new form token."""
    if wants_fragment():
        answer = make_response("", 204)
        answer.headers["HX-Redirect"] = url
        return answer
    return redirect(url, code=303)
