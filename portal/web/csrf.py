"""Two gates against forged requests: where the browser says it comes from, and a token.

The token is Flask-WTF's; it lives in the visitor's cookie and is replaced whenever a session is
(`portal.staff` does that). Requests with a bearer token carry no cookie and need neither.
"""

from urllib.parse import urlsplit

from flask import Flask, Request, current_app, g, request
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf

from portal.config import settings
from portal.core.errors import DomainError
from portal.web.urls import split_url

csrf = CSRFProtect()


class ForgedRequest(DomainError):
    """The form does not come from our own page, or its page is too old."""

    status = 400
    code = "bad_request"
    title = "This page is out of date"


class SentFromElsewhere(ForgedRequest):
    """The browser itself says that another site sends this."""

    status = 403
    code = "permission_denied"
    title = "This came from another site"


class UnreadableJson(DomainError):
    """Nested deeper than any parser follows."""

    status = 400
    code = "bad_request"
    title = "Not JSON"


class NotJson(DomainError):
    """The API takes JSON alone."""

    status = 415
    code = "unsupported_media_type"
    title = "JSON expected"


class PackedBody(DomainError):
    """What is packed has no size until somebody unpacks it."""

    status = 415
    code = "unsupported_media_type"
    title = "Not packed, please"


def init_csrf(app: Flask) -> None:
    app.config.update(
        WTF_CSRF_CHECK_DEFAULT=False,  # `access.guard` checks, after it knows who calls
        WTF_CSRF_TIME_LIMIT=None,  # bound to the session, not to the hour: pages stay open
        WTF_CSRF_HEADERS=["X-CSRFToken"],
    )
    csrf.init_app(app)
    app.add_template_global(form_token, "csrf_token")
    app.context_processor(lambda: {"csrf_token": form_token})


def form_token() -> str:
    """The token of this request's forms. A page has twenty of them, and the signed one is kept."""
    found: str = g.get("csrf_token") or generate_csrf()
    return found


def is_bearer_request() -> bool:
    return bears_token(request)


def bears_token(incoming: Request) -> bool:
    given: str = incoming.environ.get("HTTP_AUTHORIZATION", "")
    return given[:7].lower() == "bearer "


def refuse_packed_body() -> None:
    """Nothing here unpacks what comes: ten megabytes of gzip can be ten gigabytes.

    Raises:
        PackedBody: the request says that its body is encoded.
    """
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise PackedBody("Send the body without a Content-Encoding.")


def check_json_body(*, parse: bool = True) -> None:
    """Refuse an unsafe API request whose body is not JSON.

    `parse` False leaves reading it to a view whose own reader cannot be made to fail.

    Raises:
        NotJson: a form of another site could have sent it.
        UnreadableJson: it cannot be parsed.
    """
    if not request.path.startswith("/api/"):
        return
    if request.environ.get("CONTENT_TYPE") != "application/json":
        has_body = bool(request.content_length) or "Transfer-Encoding" in request.headers
        if (has_body or request.content_type) and request.mimetype != "application/json":
            raise NotJson("Send the body as application/json.")
    if not parse:
        return
    try:
        request.get_json(silent=True)  # kept for the view, which says what is wrong with it
    except RecursionError as error:
        raise UnreadableJson("The body is nested too deeply.") from error


def check_csrf() -> None:
    """Refuse an unsafe request that another site sent or that carries no token of its session.

    Raises:
        ForgedRequest: nothing was changed; reload the page and send it again.
    """
    if is_bearer_request():
        return
    if _comes_from_elsewhere():
        raise SentFromElsewhere("It was refused, and nothing was changed.")
    try:
        csrf.protect()
    except (CSRFError, ValueError) as error:  # Flask-WTF reads the referrer, whatever it is
        raise ForgedRequest(
            "Your session changed since the page was opened. Reload it and send it again."
        ) from error


def _comes_from_elsewhere() -> bool:
    """OWASP: fetch metadata first; a browser without it names its origin."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    source = request.headers.get("Origin") or request.headers.get("Referer")
    if not source:
        return False
    return split_url(source).netloc.lower() not in _own_hosts()


def _own_hosts() -> set[str]:
    own = {urlsplit(settings().base_url).netloc.lower()}
    if not settings().is_production or current_app.testing:
        own.add(request.host.lower())
    return own


def refuse_foreign_origin() -> None:
    """For views that cannot have a token yet.

    Raises:
        SentFromElsewhere: another site sends this.
    """
    if _comes_from_elsewhere():
        raise SentFromElsewhere("It was refused, and nothing was changed.")
